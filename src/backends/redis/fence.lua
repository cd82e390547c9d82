-- fence.lua: tokens: the counter F has f, the last one there was; x, the last one that was given back cleanly; e, the run of the
-- server in which it last counted. It stays for ever.

-- Texts of digits: a double ends at 2^53.
local function above(a, b) return #a > #b or (#a == #b and a > b) end

-- A host has seen larger ones. Where nothing at all is known, nobody is known to have died.
local function raise()
	local f = call('HGET', F, 'f')
	if not above(floor, f or '0') then return end
	call('HSET', F, 'f', floor)
	if not f then call('HSET', F, 'x', floor) end
end

-- The next token; and '1' if the tenure before did not end cleanly. Another run of the server may have forgotten grants, and deaths:
-- tokens begin far above them.
local function count()
	local v = call('HMGET', F, 'e', 'f', 'x')
	local other = v[1] and v[1] ~= run
	local n = call('HINCRBY', F, 'f', other and '1048577' or '1')
	if v[1] ~= run then call('HSET', F, 'e', run) end
	return n < 2 ^ 53 and text(n) or call('HGET', F, 'f'), (other or (v[2] or '0') ~= (v[3] or '0')) and '1' or '0'
end

-- A request asked again has the same token, unless a later one may have been handed out meanwhile, and forgotten, as its owner's
-- death was.
local function is_last(f)
	local v = call('HMGET', F, 'e', 'f')
	return v[1] == run and v[2] == f
end

local function ended_cleanly(f) call('HSET', F, 'x', f) end
