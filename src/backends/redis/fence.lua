-- fence.lua: tokens, in fields of F: f, the last one there was; x, the last one that was given back cleanly; e, the run of the
-- server in which it last counted. Whoever has read them changes the record here, and writes them with what else is new.

-- Texts of digits: a double ends at 2^53.
local function above(a, b) return #a > #b or (#a == #b and a > b) end
local function plus(f, n)
	local high, low = tonumber(string.sub(f, 1, -16)) or 0, tonumber(string.sub(f, -15)) + n
	if low >= 1e15 then high, low = high + 1, low - 1e15 end
	return high > 0 and text(high) .. string.format('%015.0f', low) or text(low)
end

local function fence_of(f, x, e) return { f = f or '0', x = x or '0', e = e or '', new = not f } end

-- A host has seen larger ones. Where nothing at all is known, nobody is known to have died.
local function raise(v)
	if not above(floor, v.f) then return end
	v.f = floor
	if v.new then v.x = floor end
end

-- The next token; and '1' if the tenure before did not end cleanly. Another run of the server may have forgotten grants, and deaths:
-- tokens begin far above them.
local function count(v)
	local other = v.e ~= '' and v.e ~= run
	local d = (other or v.f ~= v.x) and '1' or '0'
	v.f, v.e = plus(v.f, other and 1048577 or 1), run
	return v.f, d
end

-- A request asked again has the same token, unless a later one may have been handed out meanwhile, and forgotten, as its owner's
-- death was.
local function is_last(v, f) return v.e == run and v.f == f end
