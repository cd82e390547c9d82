-- queue.lua: who asked first is first, and whoever gives the lock back hands it to the next one in the same step.
--
--   K  the lock, held: o its owner, r the request, f the token, d '1': the owner before died. Gone when the lease is
--   Q  who waits, by ticket;  A  until when, and for which request: MILLISECONDS:REQUEST
local Q, A = KEYS[4], KEYS[5]

local function held()
	local v = call('HMGET', K, 'o', 'r', 'f', 'd')
	return v[1], tonumber(v[2] or '0'), v[3], v[4]
end

local function leave(who)
	call('ZREM', Q, who)
	call('HDEL', A, who)
end

local function place_of(who)
	local last, r = string.match(call('HGET', A, who) or '', '^(%d+):(%d+)$')
	return tonumber(last or '0'), r
end

-- The request of our own place; 0: none.
local function mine() return tonumber(select(2, place_of(tok)) or '0') end

-- The first one whose place still lasts.
local function first()
	while true do
		local who = call('ZRANGE', Q, 0, 0)[1]
		if not who then return end
		local last, r = place_of(who)
		if last >= now then return who, r end
		leave(who)
	end
end

-- The same, and takes it out of the queue.
local function shift()
	while true do
		local who = call('ZPOPMIN', Q)[1]
		if not who then return end
		local last, r = place_of(who)
		call('HDEL', A, who)
		if last >= now then return who, r end
	end
end

local function give(who, r, lease)
	local f, d = count()
	call('HSET', K, 'o', who, 'r', r, 'f', f, 'd', d)
	call('PEXPIRE', K, lease)
	return f, d
end

-- Whoever gets it unasked has to confirm it soon: `accept` is what one who died meanwhile costs. Others wait for the end of this:
-- every command counts.
local function pass_on()
	local who, r
	if hand == '1' then who, r = shift() end
	if not who then
		call('DEL', K)
		return
	end
	local f, d = give(who, r, accept)
	tell(who, 'G', r, f, accept, d)
end

local function granted(f, d) return { 'G', f, first() and 1 or 0, d } end

-- Both last as long as anybody's place.
local function enqueue()
	if not call('ZSCORE', Q, tok) then call('ZADD', Q, text(call('HINCRBY', F, 't', '1')), tok) end
	call('HSET', A, tok, text(now + wait) .. ':' .. text(req))
	if call('PTTL', Q) < keep then
		call('PEXPIRE', Q, text(keep))
		call('PEXPIRE', A, text(keep))
	end
end

local function acquire()
	if finished() >= req then return { 'L' } end
	local o, r, f, d = held()
	local waits = mine()
	if (o == tok and r > req) or waits > req then return { 'L' } end
	finish(req - 1)
	raise()
	if waits > 0 and waits < req then leave(tok) end
	if o == tok and r < req then
		pass_on()
		o, r, f, d = held()
	end
	if o == tok then
		if not is_last(f) then
			f, d = count(), '1'
			call('HSET', K, 'f', f, 'd', d)
		end
		call('PEXPIRE', K, ttl)
		return granted(f, d)
	end
	local next = first()
	if not o and (not next or next == tok) then
		if next then leave(tok) end
		return granted(give(tok, text(req), ttl))
	end
	enqueue()
	if o then tell(o, 'R', text(r), f) else pass_on() end
	return { 'Q', call('PTTL', K), call('HGET', F, 'f') or '0' }
end

local function renew()
	local o, r, f, d = held()
	if o ~= tok or r ~= req or f ~= fence then return { 'L' } end
	call('PEXPIRE', K, ttl)
	return granted(f, d)
end

-- `clean` speaks of the token in the request; what a cancelled one was granted, nobody may have heard of.
local function is_clean(f, d)
	if op == 'cancel' then return d == '0' end
	return clean == '1' and f == fence
end

local function over()
	if finished() >= req then return { 'R' } end
	finish(req)
	local o, r, f, d = held()
	if o == tok and r <= req then
		if r == req and is_clean(f, d) then ended_cleanly(f) end
		pass_on()
	elseif mine() <= req then
		leave(tok)
	end
	return { 'R' }
end

if op == 'acquire' then return acquire() end
return op == 'renew' and renew() or over()
