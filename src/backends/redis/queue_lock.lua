-- queue_lock.lua: what is written down of a lock with a queue, and of the queue.
--
--   F  the lock: o its owner, '': it is free; r the request, h the token, u until when, d '1': the owner before died; t the last ticket;
--      n the first place in the queue, or ''. For the next hand-off, or '' (queue_express.lua): g who gives: ASKER REQUEST TOKEN RUN;
--      b not from this second on; c the host, m the beginning of what it is told; and once that is done, p SECONDS MICROSECONDS ACCEPT
--      KEEP, when, and with what
--   Q  who waits, by ticket: ASKER REQUEST UNTIL. A place that its asker remembers (common.lua) is its own as long as it is in here
local Q = KEYS[3]

local function read_place(place)
	local who, r, last = string.match(place, '^(%S+) (%d+) (%d+)$')
	return who, tonumber(r or '0'), tonumber(last or '0')
end

-- The first place that still lasts, and whose it is.
local function first()
	while true do
		local place = call('ZRANGE', Q, 0, 0)[1]
		if not place then return end
		local who, r, last = read_place(place)
		if last >= now then return place, who, r end
		call('ZREM', Q, place)
	end
end

-- The hand-off to that place, should the owner give back, in time, the last token that there is.
local function prepare(l, place)
	if not (place and l.o and l.h == l.f) then return '', '', '', '' end
	local who, r, last = read_place(place)
	local host, at = whose(who)
	return table.concat({ l.o, text(l.r), l.h, l.e }, ' '), text(math.floor(math.min(l.u, last) / 1000)), host,
		table.concat({ 'G', at, text(r), plus(l.f, 1), '' }, ' ')
end

local function put(l)
	local place = first()
	local g, b, c, m = prepare(l, place)
	call('HSET', F, 'o', l.o or '', 'r', text(l.r), 'h', l.h, 'u', text(l.u), 'd', l.d, 't', l.t, 'n', place or '', 'g', g, 'b', b, 'c', c,
		'm', m, 'p', '', 'f', l.f, 'x', l.x, 'e', l.e)
	return place
end

-- It was handed on: whose request that ended is over, and who was granted it is not in the queue any more.
local function settle(l, place, p)
	local s, us, lease, kept = string.match(p, '^(%d+) (%d+) (%d+) (%d+)$')
	call('SET', string.sub(S, 1, -1 - #tok) .. l.o, text(l.r), 'PX', kept)
	call('ZREM', Q, place)
	l.x, l.f = l.f, plus(l.f, 1)
	l.o, l.r = read_place(place)
	l.h, l.d, l.u = l.f, '0', s * 1000 + math.floor(us / 1000) + lease
	put(l)
end

-- The lock as it is now: a lease that has run out is none.
local function lock()
	local v = call('HMGET', F, 'o', 'r', 'h', 'u', 'd', 't', 'n', 'p', 'f', 'x', 'e')
	local l = fence_of(v[9], v[10], v[11])
	l.o, l.r, l.h, l.u, l.d, l.t, l.n = v[1], tonumber(v[2] or '0'), v[3] or '0', tonumber(v[4] or '0'), v[5] or '0', v[6] or '0', v[7] or ''
	if v[8] and v[8] ~= '' then settle(l, v[7], v[8]) end
	if l.o == '' or l.u < now then l.o = nil end
	return l
end
