-- SPDX-License-Identifier: BSD-2-Clause
-- common.lua: what the scripts of all protocols begin with: a request is one script, and its answer is one of these
--
--   G hi contended died   granted                     L   lost: it is over
--   Q milliseconds hi     not yet; the last token     R   released, now or before
--   E text                refused: what is there is not a lock of this protocol
--
-- KEYS: what is written down of the lock, for ever; what is of the asker, until long after its last request; and what the protocol
-- needs besides.
-- An asker is a host, or a place of one: HOST, HOST.PLACE. Numbers that may grow are texts: Lua prints 1e14 as "1e+14", and counts
-- only to 2^53.
local op, tok, req, fence, run, clean, hand, accept, keep, channel, name, floor, ttl, wait, blind, unit, repair = unpack(ARGV)
local F, S = KEYS[1], KEYS[2]
local call = redis.call
local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
-- What is renewed or given back has its room already: a server whose memory is full refuses but a script's first write, and not this.
if op ~= 'acquire' then call('PERSIST', F) end
req, ttl, wait, keep = tonumber(req), tonumber(ttl), tonumber(wait), tonumber(keep)

local function text(n) return string.format('%.0f', n) end

-- Requests up to this number are over: a late copy of one must not bring it back to life. Behind it, the asker's place in the queue,
-- if it has one.
local function asked()
	local last, place = string.match(call('GET', S) or '0', '^(%d+) ?(.*)$')
	return tonumber(last), place
end
local function finish(last, place)
	call('SET', S, text(last) .. (place and place ~= '' and ' ' .. place or ''), 'PX', text(keep))
end

-- Which host that is, and which place of it.
local function whose(who)
	local host, place = string.match(who, '^([^.]*)%.?(.*)$')
	return host, place == '' and '-' or place
end

-- R somebody waits for what `who` was granted; A it may be free: ask again; G it is granted, for `lease` ms; d '1': the owner
-- before died.
local function tell(who, what, r, f, lease, d)
	local host, place = whose(who)
	call('PUBLISH', channel .. host, table.concat({ what, place, r, f or '0', lease or '0', d or '0', name }, ' '))
end
