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

--- Writes a line to standard output. If a task waits at a prompt, the line takes the prompt's place, and the prompt comes
--- again below it. (What has been typed there so far is no longer seen, but still read.)
---@param text string
function stdio.print_line(text) end

--- `for line in stdio.lines() do … end`
---@param prompt? string
---@return fun(): string?
function stdio.lines(prompt) end

return stdio
