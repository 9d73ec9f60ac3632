---@meta moonwire.json

--- JSON (RFC 8259): Lua values as text, and back.
---
--- An object is a table with string keys, an array one with the keys 1 to n. `json.array` marks a table as an array, so
--- that it is one when it is empty, too. Arrays that `json.decode` has read carry the mark. What the network has sent is
--- checked by `json.decode`; a value that cannot be JSON is the script's mistake, so `json.encode` throws.
---@class moonwire.json
---@field null userdata  stands for JSON's null, which nil cannot do in a table; prints as `null`, and counts as true
local json = {}

--- The text of a value: UTF-8, keys in the order of their bytes, so that equal values give equal texts. Whole numbers are
--- exact up to 2^53; others are written as short as they can be to be read as the same number. Metamethods are not asked.
---
--- Throws, with the place in the value ("value.rooms[3].name"), for what JSON has no form for: NaN and infinities, strings
--- that are not UTF-8 (of what other programs have sent, say), functions, cycles, more than 1000 levels, an array with
--- gaps, a table with both elements and names. A text may have 64 MiB.
---
--- ```lua
--- print(json.encode { type = "room-join", rooms = json.array {} })  --> {"rooms":[],"type":"room-join"}
--- ```
---@param value table|string|number|boolean|userdata  userdata: `json.null`
---@param options? JsonEncodeOptions
---@return string text
function json.encode(value, options) end

---@class JsonEncodeOptions
---@field indent? integer  spaces a level, up to 8, with each element on a line of its own (0: all on one line)

--- The value of a text. Of an object's equal keys the last one counts. Whole numbers beyond 2^53 become the nearest number
--- that there is.
---
--- ```lua
--- local message, err = json.decode('{"type":"say","text":"hello"}')
--- if message then print(message.text) else print("ignored:", err) end
--- ```
---@param text string  UTF-8
---@param options? JsonDecodeOptions
---@return any value  objects and arrays are tables, null is `json.null`
---@return Error? err  invalid_json, too_deep, too_long
function json.decode(text, options) end

---@class JsonDecodeOptions
---@field max_depth? integer  levels of objects and arrays in each other, up to 1000 (100)
---@field max_size? integer   bytes of the text, up to 1 GiB (1048576)

--- Marks a table as an array, by its metatable.
---
--- ```lua
--- print(json.encode(json.array {}), json.encode {})  --> []  {}
--- ```
---@param t table  without a metatable of its own
---@return table t  the same table
function json.array(t) end

return json
