---@meta moonwire.random

--- Random numbers. One generator an engine, seeded by `--seed` or by the system; math.random draws from it too. Not for
--- secrets.
---@class moonwire.random
local random = {}

--- A number from `low` (inclusive) to `high` (exclusive); 0 to 1 without arguments.
---
--- ```lua
--- print(random.uniform(), random.uniform(5, 10))
--- ```
---@param low? number  (0)
---@param high? number  at least `low` (`low` + 1)
---@return number
function random.uniform(low, high) end

--- A whole number from `low` to `high`, both inclusive.
---
--- ```lua
--- print("the die shows " .. random.integer(1, 6))
--- ```
---@param low integer  whole, down to -2^53
---@param high integer  whole, at least `low`, up to 2^53
---@return integer
function random.integer(low, high) end

--- True with this probability.
---
--- ```lua
--- if random.chance(0.3) then print("this one is lost") end
--- ```
---@param probability number 0 to 1
---@return boolean
function random.chance(probability) end

--- A string of `n` random bytes.
---
--- ```lua
--- local nonce = random.bytes(16)
--- print(#nonce)
--- ```
---@param n integer  how many, up to 1 GiB
---@return string
function random.bytes(n) end

return random
