-- SPDX-License-Identifier: BSD-2-Clause
-- boot.lua: since when has this server been the one that grants, and who may hold what it has forgotten?
--
-- A run of the server is its run id, and where in the stream of changes it was promoted last: a server that became a replica and
-- a master again may have lost grants, too. The offset disappears (-1) when nobody can take that stream up any more.
-- Answer: how old the run is, in milliseconds; the longest lease anybody asks for; the run's name.
local run, offset, ttl, uptime = unpack(ARGV)
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local known = redis.call('HMGET', KEYS[1], 'run', 'offset', 'since', 'ttl')
local since, longest = tonumber(known[3] or now), math.max(tonumber(known[4] or 0), ttl)

if known[1] ~= run or (offset ~= '-1' and offset ~= known[2]) then
	since = offset == '-1' and now - uptime or now
	known[2] = offset
end
redis.call('HSET', KEYS[1], 'run', run, 'offset', known[2], 'since', string.format('%.0f', since),
	'ttl', string.format('%.0f', longest))
return { math.max(now - since, 0), longest, run .. ':' .. known[2] }
