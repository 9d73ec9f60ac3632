---@meta moonwire.random

--- Random numbers. One generator an engine, seeded by `--seed` or by the system; math.random draws from it too. Not for
--- secrets.
---@class moonwire.random
local random = {}

--- A number from `low` (inclusive) to `high` (exclusive); 0 to 1 without arguments.
---@param low? number
---@param high? number
---@return number
function random.uniform(low, high) end

--- A whole number from `low` to `high`, both inclusive.
---@param low integer
---@param high integer
---@return integer
function random.integer(low, high) end

--- True with this probability.
---@param probability number 0 to 1
---@return boolean
function random.chance(probability) end

--- A string of `n` random bytes.
---@param n integer
---@return string
function random.bytes(n) end

return random
