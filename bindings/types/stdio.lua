---@meta moonwire.stdio

--- Standard input without blocking the other tasks. (`print` and `io.write` are standard output; `io.read` would stop
--- every task until somebody has typed.)
---@class moonwire.stdio
local stdio = {}

--- Writes `prompt` if standard input is a terminal, and waits for a line.
---@param prompt? string
---@return string? line without its ending; nil at the end of the input
---@return Error? err
function stdio.read_line(prompt) end

--- `for line in stdio.lines() do … end`
---@param prompt? string
---@return fun(): string?
function stdio.lines(prompt) end

return stdio
