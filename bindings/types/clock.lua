---@meta moonwire.clock

--- Time, as the host gives it to the script (under a virtual clock it is the virtual time).
---@class moonwire.clock
local clock = {}

--- Seconds from an arbitrary start; never goes backwards. For measuring.
---
--- ```lua
--- local start = clock.now()
--- task.sleep(0.1)
--- print(("%.1f s"):format(clock.now() - start))
--- ```
---@return number
function clock.now() end

--- Seconds since 1970-01-01 00:00:00 UTC, with a fraction. For telling the time.
---
--- ```lua
--- print(("%.3f"):format(clock.time()))
--- ```
---@return number
function clock.time() end

--- The local date and time (UTC where the format begins with `!`) as by strftime(3); `%3` is replaced by the milliseconds of the second.
---
--- ```lua
--- print(clock.date("%H:%M:%S.%3"), clock.date("!%Y-%m-%d", 0))
--- ```
---@param format? string ("%Y-%m-%d %H:%M:%S.%3")
---@param time? number as from `clock.time` (now)
---@return string
function clock.date(format, time) end

return clock
