-- SPDX-License-Identifier: BSD-2-Clause
-- boot.lua: since when has this server been the one that grants, and who may hold what it has forgotten?
--
-- A run of the server is its run id, and where in the stream of changes it was promoted last: a server that became a replica and
-- a master again may have lost grants, too. The offset disappears (-1) when nobody can take that stream up any more.
-- Of leases, `ttl` is the longest of this run, `before` that of the run before, or of all whose leases may still last; where nothing is
-- known of that, those who ask now are all there is to go by.
-- Answer: how old the run is, in milliseconds; the longest lease of before; the run's name.
local run, offset, ttl, uptime = unpack(ARGV)
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local known = redis.call('HMGET', KEYS[1], 'run', 'offset', 'since', 'ttl', 'before')
local since, longest, before = tonumber(known[3] or now), tonumber(known[4] or 0), tonumber(known[5] or 0)

if known[1] ~= run or (offset ~= '-1' and offset ~= known[2]) then
	if known[1] then
		before = math.max(longest, now - since < 1.1 * before and before or 0)
		longest = 0
	end
	since = offset == '-1' and now - uptime or now
	known[2] = offset
end
longest = math.max(longest, ttl)
redis.call('HSET', KEYS[1], 'run', run, 'offset', known[2], 'since', string.format('%.0f', since),
	'ttl', string.format('%.0f', longest), 'before', string.format('%.0f', before))
return { math.max(now - since, 0), before > 0 and before or longest, run .. ':' .. known[2] }
