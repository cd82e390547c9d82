-- setnx.lua: the lock is a key, which a plain client takes by SETNX K VALUE, EXPIRE K SECONDS, and gives back by DEL K; who is first
-- when it is free has it. Ours says whose: ASKER:REQUEST:TOKEN.
--
--   N  a value that was found without an end, and when (repair): its owner may have died between SETNX and EXPIRE
local N = KEYS[4]

local function held()
	local v = call('GET', K)
	local o, r, f = string.match(v or '', '^([^:]+):(%d+):(%d+)$')
	return v, o, tonumber(r or '0'), f
end

local function granted(f)
	wait_no_more()
	return { 'G', f, contended(), call('HGET', F, 'd') or '0' }
end

local function give(died)
	local f, d = count()
	d = died or d
	call('SET', K, tok .. ':' .. text(req) .. ':' .. f, 'PX', text(ttl))
	call('HSET', F, 'd', d)
	return granted(f)
end

local function free()
	call('DEL', K)
	wake()
end

-- Seen twice, a lease apart, the same and without an end: it gets one.
local function mend(v)
	if repair == '0' or call('PTTL', K) ~= -1 then return end
	local at, what = string.match(call('GET', N) or '', '^(%d+) (%x+)$')
	local sum = redis.sha1hex(v)
	if what ~= sum then
		call('SET', N, text(now) .. ' ' .. sum, 'PX', text(keep))
	elseif now - at >= ttl then
		call('PEXPIRE', K, text(ttl))
		call('DEL', N)
	end
end

local function acquire()
	if finished() >= req then return { 'L' } end
	local v, o, r, f = held()
	if o == tok and r > req then return { 'L' } end
	finish(req - 1)
	raise()
	if o == tok and r < req then
		call('DEL', K)
		v = nil
	end
	if not v then return give() end
	if o == tok then
		if not is_last(f) then return give('1') end
		call('PEXPIRE', K, text(ttl))
		return granted(f)
	end
	mend(v)
	wait_here()
	if o and f then tell(o, 'R', text(r), f) end
	return { 'Q', call('PTTL', K) }
end

local function renew()
	local _, o, r, f = held()
	if o ~= tok or r ~= req or f ~= fence then return { 'L' } end
	call('PEXPIRE', K, text(ttl))
	return granted(f)
end

-- `clean` speaks of the token in the request; what a cancelled one was granted, nobody may have heard of.
local function is_clean(f)
	if op == 'cancel' then return call('HGET', F, 'd') == '0' end
	return clean == '1' and f == fence
end

local function over()
	if finished() >= req then return { 'R' } end
	finish(req)
	wait_no_more()
	local _, o, r, f = held()
	if o ~= tok or r > req then return { 'R' } end
	if r == req and is_clean(f) then ended_cleanly(f) end
	free()
	return { 'R' }
end

if op == 'acquire' then return acquire() end
return op == 'renew' and renew() or over()
