-- fence.lua: tokens: the counter F has f, the last one there was; x, the last one that was given back cleanly; e, the run of the
-- server in which it last counted. It stays for ever.

-- Texts of digits: a double ends at 2^53.
local function above(a, b) return #a > #b or (#a == #b and a > b) end

-- Another run may have forgotten grants: tokens begin far above them.
local function era()
	local e = call('HGET', F, 'e')
	if e == run then return end
	if e then call('HINCRBY', F, 'f', '1048576') end
	call('HSET', F, 'e', run)
end

-- A host has seen larger ones. Where nothing at all is known, nobody is known to have died.
local function raise()
	local f = call('HGET', F, 'f')
	if not above(floor, f or '0') then return end
	call('HSET', F, 'f', floor)
	if not f then call('HSET', F, 'x', floor) end
end

-- The next token; and '1' if the tenure before did not end cleanly.
local function count()
	local v = call('HMGET', F, 'f', 'x')
	call('HINCRBY', F, 'f', '1')
	return call('HGET', F, 'f'), (v[1] or '0') ~= (v[2] or '0') and '1' or '0'
end

-- A request asked again has the same token, unless a later one may have been handed out meanwhile, and forgotten.
local function is_last(f) return f == call('HGET', F, 'f') end
local function ended_cleanly(f) call('HSET', F, 'x', f) end
