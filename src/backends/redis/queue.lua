-- queue.lua: who asked first is first, and whoever gives the lock back hands it to the next one in the same step.

local function give(l, who, r, lease)
	l.h, l.d = count(l)
	l.o, l.r, l.u = who, r, now + lease
end

-- Whoever gets it unasked has to confirm it soon: `accept` is what one who died meanwhile costs.
local function pass_on(l)
	local place, who, r
	if hand == '1' then place, who, r = first() end
	l.o = nil
	if not place then return end
	call('ZREM', Q, place)
	give(l, who, r, tonumber(accept))
	tell(who, 'G', text(r), l.h, accept, l.d)
end

local function granted(l) return { 'G', l.h, put(l) and 1 or 0, l.d } end

-- Its place lasts until it is asked for again; the queue as long as anybody's.
local function enqueue(l, place)
	local ticket = place ~= '' and call('ZSCORE', Q, place)
	local anew = tok .. ' ' .. text(req) .. ' ' .. text(now + wait)
	if ticket then
		call('ZREM', Q, place)
	else
		l.t = text(l.t + 1)
	end
	call('ZADD', Q, ticket or l.t, anew)
	if call('PTTL', Q) < keep then call('PEXPIRE', Q, text(keep)) end
	finish(req - 1, anew)
end

local function acquire()
	local l = lock()
	local last, place = asked()
	if last >= req then return { 'L' } end
	local _, waits = read_place(place)
	if (l.o == tok and l.r > req) or waits > req then return { 'L' } end
	raise(l)
	if waits < req and place ~= '' then
		call('ZREM', Q, place)
		place = ''
	end
	if l.o == tok and l.r < req then pass_on(l) end
	if l.o == tok then
		if not is_last(l, l.h) then
			l.h = count(l)
			l.d = '1'
		end
		l.u = now + ttl
		finish(req - 1)
		return granted(l)
	end
	local next, who = first()
	if not l.o and (not next or who == tok) then
		if next then call('ZREM', Q, next) end
		give(l, tok, req, ttl)
		finish(req - 1)
		return granted(l)
	end
	enqueue(l, place)
	if l.o then tell(l.o, 'R', text(l.r), l.h) else pass_on(l) end
	put(l)
	return { 'Q', l.o and l.u - now or -1, l.f }
end

local function renew()
	local l = lock()
	if l.o ~= tok or l.r ~= req or l.h ~= fence then return { 'L' } end
	l.u = now + ttl
	if l.n ~= '' or first() then return granted(l) end
	call('HSET', F, 'u', text(l.u)) -- nobody waits, as before: most renewals
	return { 'G', l.h, 0, l.d }
end

-- `clean` speaks of the token in the request; what a cancelled one was granted, nobody may have heard of.
local function is_clean(l)
	if op == 'cancel' then return l.d == '0' end
	return clean == '1' and l.h == fence
end

local function over()
	local l = lock()
	local last, place = asked()
	if last >= req then return { 'R' } end
	local _, waits = read_place(place)
	if l.o == tok and l.r <= req then
		if l.r == req and is_clean(l) then l.x = l.h end
		pass_on(l)
		put(l)
	elseif waits > 0 and waits <= req then
		call('ZREM', Q, place)
		place = ''
		put(l)
	end
	finish(req, place)
	return { 'R' }
end

if op == 'acquire' then return acquire() end
return op == 'renew' and renew() or over()
