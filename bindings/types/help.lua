---@meta moonwire.help

--- Help about modules, functions, types, error codes and scenarios. It is the global `help`, too. A name of the API
--- weighs more than a scenario's.
---
--- ```lua
--- help()               -- what there is
--- help(help.text)      -- a function; its name does as well: help "help.text"
--- help "Connection"    -- a type
--- help "timeout"       -- a word of err.code
--- ```
---@class moonwire.help
---@overload fun(what?: any)
help = {}

--- The text that `help(what)` prints.
---
--- ```lua
--- print(help.text("help.names"))
--- ```
---@param what any  a name ("tcp.connect", "Connection:read", "timeout", "pmu/udp"), or the module, function, object or error itself
---@return string? text
---@return string? reason  why there is none, with the nearest name that there is
function help.text(what) end

--- One line about a function: how it is called, and what it does.
---
--- ```lua
--- print(help.signature("help.text"))  --> help.text(what) -> text, reason   The text that `help(what)` prints.
--- ```
---@param what any  as for `help.text`
---@return string? signature  nil for what is not documented
---@return string? summary  its first sentence
function help.signature(what) end

--- All names that have help, scenarios apart, in order.
---
--- ```lua
--- for _, name in ipairs(help.names()) do print(name) end
--- ```
---@return string[] names
function help.names() end

return help
