-- waiters.lua: who waits where there is no queue: W has ASKER REQUEST, by the time at which its place ends. Only where all who use
-- the lock are known (blind=0): otherwise it must be taken for contended at any time, and given back soon.
local W = KEYS[#KEYS]

local function waiter() return tok .. ' ' .. text(req) end

local function wait_here()
	if blind == '1' then return end
	call('ZADD', W, text(now + wait), waiter())
	if call('PTTL', W) < wait then call('PEXPIRE', W, text(wait)) end
end

local function wait_no_more()
	if blind == '0' then call('ZREM', W, waiter()) end
end

-- 1: somebody else waits, or may.
local function contended()
	if blind == '1' then return 1 end
	call('ZREMRANGEBYSCORE', W, '-inf', '(' .. text(now))
	return call('ZCARD', W) > 0 and 1 or 0
end

-- It is free: the one whose place ends first is told to ask again.
local function wake()
	if contended() == 0 or blind == '1' then return end
	local who, r = string.match(call('ZRANGE', W, 0, 0)[1], '^(%S+) (%d+)$')
	if who then tell(who, 'A', r) end
end
