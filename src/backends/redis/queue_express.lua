-- SPDX-License-Identifier: BSD-2-Clause
-- queue_express.lua: the hand-off, which somebody waits for: before all functions, and nothing but what cannot wait. Whoever queued up, or
-- was granted the lock, has written down what there will be to say (queue_lock.lua, prepare); that it was said, and when, is all that is
-- written here, and what follows from it is left to whoever asks next (settle). Whatever is not as usual goes the long way.
--
-- To a server that has slept each function is news, those that turn numbers into texts most of all. So there is none here: of the
-- clock, seconds are compared as they come. Asked 10 ms apart, in turns, on a busy machine, the script alone: 130 us; one that reads
-- eight fields, counts, and writes nine 170, SET instead of HSET 155; INCR, SET, PUBLISH 98.
if ARGV[1] == 'release' then
	local _, tok, req, fence, run, clean, hand, accept, keep, channel, name = unpack(ARGV)
	local v = redis.call('HMGET', KEYS[1], 'g', 'b', 'c', 'm', 'p')
	if v[1] == tok .. ' ' .. req .. ' ' .. fence .. ' ' .. run and v[5] == '' and clean == '1' and hand == '1' and
		keep ~= '0' then
		local clock = redis.call('TIME')
		if clock[1] < v[2] then
			local done = redis.pcall('HSET', KEYS[1], 'p', clock[1] .. ' ' .. clock[2] .. ' ' .. accept .. ' ' .. keep)
			if type(done) == 'number' then
				redis.call('PUBLISH', channel .. v[3], v[4] .. accept .. ' 0 ' .. name)
				return { 'R' }
			end
		end
	end
end
