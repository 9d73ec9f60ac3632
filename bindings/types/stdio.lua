---@meta moonwire.stdio

--- Standard input without blocking the other tasks. (`print` and `io.write` are standard output; `io.read` would stop
--- every task until somebody has typed.)
---@class moonwire.stdio
local stdio = {}

--- Writes `prompt` if standard input is a terminal, and waits for a line.
---
--- ```lua
--- local name = stdio.read_line("Your name: ")
--- print("Hello, " .. (name or "nobody"))
--- ```
---@param prompt? string  what to ask (nothing)
---@return string? line without its ending; nil at the end of the input
---@return Error? err
function stdio.read_line(prompt) end

--- Writes a line to standard output. If a task waits at a prompt, the line takes the prompt's place, and the prompt comes
--- again below it. (What has been typed there so far is no longer seen, but still read.)
---
--- ```lua
--- stdio.print_line("somebody has joined")
--- ```
---@param text string  without a line ending
function stdio.print_line(text) end

--- `for line in stdio.lines() do … end`
---
--- ```lua
--- for line in stdio.lines("> ") do print(line:upper()) end
--- ```
---@param prompt? string  as of `read_line`
---@return fun(): string?
function stdio.lines(prompt) end

return stdio
