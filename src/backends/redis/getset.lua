-- getset.lua: the lock is a key whose value is the time at which it ends. A plain client takes it by SETNX K TIME, or when that time
-- has passed, by GETSET K TIME, if what it gets back had passed, too; and gives it back, in time, by DEL K.
--
-- All go by clocks; ours is the server's. Who loses a GETSET has overwritten the owner's time nevertheless: what counts for ours is
-- what we wrote, and each renewal writes it again. Times are in units: milliseconds, or seconds.
--
--   F  our tenure: t whose, ASKER:REQUEST; s the time written; d '1': the owner before died; u '1': this one did
local K = KEYS[3]
unit = tonumber(unit)
local clock_now = math.floor(now / unit)

local function stamp()
	return math.floor((now + ttl) / unit) + (unit > 1 and 1 or 0)
end

-- The time in K; nil: it is free, and whether whoever had it died. What is none, or far from now, is not a lock of this kind.
local function ends()
	local v = call('GET', K)
	if not v then return nil, nil, false end
	if not string.match(v, '^%d+$') or #v > 15 then return nil, 'its key holds no time: is it a lock of another kind?' end
	local n = tonumber(v)
	if n > 0 and (n > clock_now * 100 or n * 100 < clock_now) then
		return nil, 'its key holds a time far from now: is unit= in the URL right?'
	end
	if n >= clock_now then return n end
	return nil, nil, n > 0
end

local function tenure()
	local v = call('HMGET', F, 't', 's', 'd', 'u')
	local o, r = string.match(v[1] or '', '^([^:]+):(%d+)$')
	return o, tonumber(r or '0'), tonumber(v[2] or '0'), v[3], v[4]
end

-- Nobody has been told otherwise, and the time has not passed.
local function is_mine(last, o, s) return o == tok and last and clock_now < s end

local function write(d)
	local s = text(stamp())
	call('SET', K, s)
	call('HSET', F, 't', tok .. ':' .. text(req), 's', s, 'd', d)
	wait_no_more()
	return { 'G', '0', contended(), d }
end

local function free(died)
	call('DEL', K, F)
	if died then call('HSET', F, 'u', '1') end
	wake()
end

local function acquire()
	if asked() >= req then return { 'L' } end
	local last, bad, died = ends()
	if bad then return { 'E', bad } end
	local o, r, s, d, u = tenure()
	if o == tok and r > req then return { 'L' } end
	finish(req - 1)
	if is_mine(last, o, s) then
		if r == req then return write(d) end
		last = nil
	end
	if last then
		wait_here()
		if o and clock_now < s then tell(o, 'R', text(r)) end
		return { 'Q', (last - clock_now + 1) * unit }
	end
	d = (o or u or died) and '1' or '0'
	call('HDEL', F, 'u')
	return write(d)
end

local function renew()
	local last, bad = ends()
	if bad then return { 'E', bad } end
	local o, r, s, d = tenure()
	if r ~= req or not is_mine(last, o, s) then return { 'L' } end
	return write(d)
end

-- After its time it may be somebody else's: nothing is touched.
local function over()
	if asked() >= req then return { 'R' } end
	finish(req)
	wait_no_more()
	local last, bad = ends()
	if bad then return { 'R' } end
	local o, r, s, d = tenure()
	if r > req or not is_mine(last, o, s) then return { 'R' } end
	if op == 'cancel' then clean = d == '0' and '1' or '0' end
	free(r < req or clean == '0')
	return { 'R' }
end

if op == 'acquire' then return acquire() end
return op == 'renew' and renew() or over()
