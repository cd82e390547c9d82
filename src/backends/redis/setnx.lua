-- setnx.lua: the lock is a key, which a plain client takes by SETNX K VALUE, EXPIRE K SECONDS, and gives back by DEL K; who is first
-- when it is free has it. Ours says whose: ASKER:REQUEST:TOKEN.
--
--   N  a value that was found without an end, and when (repair): its owner may have died between SETNX and EXPIRE
local K, N = KEYS[3], KEYS[4]

local function tokens()
	local v = call('HMGET', F, 'f', 'x', 'e', 'd')
	local t = fence_of(v[1], v[2], v[3])
	t.d = v[4] or '0'
	return t
end

local function put(t) call('HSET', F, 'f', t.f, 'x', t.x, 'e', t.e, 'd', t.d) end

local function held()
	local v = call('GET', K)
	local o, r, f = string.match(v or '', '^([^:]+):(%d+):(%d+)$')
	return v, o, tonumber(r or '0'), f
end

local function granted(f, d)
	wait_no_more()
	return { 'G', f, contended(), d }
end

local function give(t, died)
	local f, d = count(t)
	t.d = died or d
	call('SET', K, tok .. ':' .. text(req) .. ':' .. f, 'PX', text(ttl))
	put(t)
	return granted(f, t.d)
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
	if asked() >= req then return { 'L' } end
	local v, o, r, f = held()
	if o == tok and r > req then return { 'L' } end
	finish(req - 1)
	local t = tokens()
	raise(t)
	if o == tok and r < req then
		call('DEL', K)
		v = nil
	end
	if not v then return give(t) end
	if o == tok then
		if not is_last(t, f) then return give(t, '1') end
		call('PEXPIRE', K, text(ttl))
		return granted(f, t.d)
	end
	put(t)
	mend(v)
	wait_here()
	if o and f then tell(o, 'R', text(r), f) end
	return { 'Q', call('PTTL', K) }
end

local function renew()
	local _, o, r, f = held()
	if o ~= tok or r ~= req or f ~= fence then return { 'L' } end
	call('PEXPIRE', K, text(ttl))
	return granted(f, tokens().d)
end

-- `clean` speaks of the token in the request; what a cancelled one was granted, nobody may have heard of.
local function is_clean(f)
	if op == 'cancel' then return tokens().d == '0' end
	return clean == '1' and f == fence
end

local function over()
	if asked() >= req then return { 'R' } end
	finish(req)
	wait_no_more()
	local _, o, r, f = held()
	if o ~= tok or r > req then return { 'R' } end
	if r == req and is_clean(f) then call('HSET', F, 'x', f) end
	free()
	return { 'R' }
end

if op == 'acquire' then return acquire() end
return op == 'renew' and renew() or over()
