---@meta moonwire.process

--- Other programs: started without a shell, fed and read like connections, and ended with the task that started them.
---
--- ```lua
--- local child = assert(process.start("sort", { "-n" }))
--- child.stdin:write("10\n9\n")
--- child.stdin:close()
--- for line in child.stdout:lines() do print(line) end
--- print(child:wait().code)
--- ```
---
--- A child is a program with all that it starts in turn (its process group). It belongs to the task that started it: when
--- that task has ended, failed or been cancelled, its children are sent SIGTERM, and SIGKILL if they are still there after
--- their time of grace. What a program leaves running when it ends is ended the same way; only what makes itself
--- independent (setsid, as daemons do) stays. If moonwire itself is killed, its children are killed with it (not their
--- own children, nor a set-user-ID program). A Ctrl-C at the terminal reaches moonwire only, which then ends them.
---
--- While a child runs, virtual time passes as real time does.
---
--- Misuse (a wrong type, an unknown option, a signal that nobody knows) throws. What the system or the program can cause
--- is returned as `nil, err`; the words of `err.code` are those of moonwire.tcp and `ProcessErrorCode`.
---@class moonwire.process
local process = {}

---@alias ProcessErrorCode
---| "no_such_file"    # no such program, or no such directory for it
---| "access_denied"   # the program may not be executed; a signal may not be sent
---| "not_executable"  # the file is not a program that this system can run
---| "too_long"        # the arguments are; or an output of `process.run` is longer than `max_output`
---| "ended"           # the program has ended: no signal can reach it

--- Starts a program.
---@param program string   a path if it has a slash, otherwise searched for in PATH. A relative path begins in `directory`.
---@param args? (string|number)[] its arguments, handed over as they are: no shell looks at them
---@param options? StartOptions
---@return Child? child
---@return Error? err  no_such_file (the program, or the directory), access_denied, not_executable, too_long (the arguments), too_many_files, system
function process.start(program, args, options) end

---@class StartOptions
---@field directory? string       where it runs (where moonwire runs)
---@field environment? table<string, string|false> variables beside those that moonwire has; false takes one out
---@field stdin? "pipe"|"inherit"|"null"  "pipe": `child.stdin`; "inherit": moonwire's own; "null": empty ("pipe")
---@field stdout? "pipe"|"inherit"|"null" "pipe": `child.stdout`; "null": discarded ("pipe")
---@field stderr? "pipe"|"inherit"|"null"|"stdout" "pipe": `child.stderr`; "stdout": where standard output leads ("pipe")
---@field grace? number           seconds between SIGTERM and SIGKILL (2)
---@field read_timeout? number    seconds that each read from it waits unless it says otherwise (no limit)
---@field write_timeout? number   seconds that each write waits for a program that does not read (60)

--- Runs a program to its end and returns what it wrote. It has `input` on its standard input, or nothing. Both outputs
--- are read at the same time.
---
--- ```lua
--- local result = assert(process.run("openssl", { "version" }, { timeout = 5 }))
--- print(result.code, result.stdout)
--- ```
---@param program string   as for `process.start`
---@param args? (string|number)[]
---@param options? RunOptions
---@return RunResult? result
---@return RunError? err  as for `process.start`; timeout; too_long: an output grew beyond `max_output`. The program was ended.
function process.run(program, args, options) end

---@class RunOptions
---@field input? string           what it reads from its standard input (nothing)
---@field max_output? integer     bytes that each of the two outputs may bring (16777216)
---@field timeout? number         seconds for all of it (no limit)
---@field grace? number           seconds between SIGTERM and SIGKILL when it has to be ended; also how long an output is waited for that a daemon it has started keeps open (2)
---@field directory? string       as for `process.start`
---@field environment? table<string, string|false>
---@field stdout? "pipe"|"inherit"|"null" "pipe": into the result ("pipe")
---@field stderr? "pipe"|"inherit"|"null"|"stdout" "pipe": into the result; "stdout": together with standard output ("pipe")

--- How a program has ended: one of the two.
---@class ExitStatus
---@field code? integer   it ended by itself; 0 means success by convention
---@field signal? string  it was ended by this signal: "SIGTERM", "SIGKILL", "SIGSEGV", …

---@class RunResult: ExitStatus
---@field stdout? string  what it wrote to standard output, unless that led elsewhere
---@field stderr? string

---@class RunError: Error
---@field stdout? string  what it had written until then, at most `max_output` bytes
---@field stderr? string

---@class Child
---@field stdin? ChildInput    unless it leads elsewhere
---@field stdout? ChildOutput  a program waits when nobody reads what it writes: read it, or have it lead to "null"
---@field stderr? ChildOutput
local Child = {}

--- Waits for the program's end. Any number of tasks may.
---@param timeout? number seconds
---@return ExitStatus? status
---@return Error? err  timeout
function Child:wait(timeout) end

--- Ends the program and all that it has started: SIGTERM, and SIGKILL to those who are still there after `grace`.
--- Waits until they have ended. Called for a program that has ended, it returns at once.
---@param grace? number seconds (the option `grace` of `process.start`)
---@return ExitStatus? status
---@return Error? err  access_denied: it has become another user's
function Child:terminate(grace) end

--- Sends a signal to the program and all that it has started.
---@param signal? string its name: "SIGINT", "SIGHUP", … ("SIGKILL")
---@return true?
---@return Error? err  ended; access_denied: it has become another user's
function Child:kill(signal) end

--- The program's process number.
---@return integer
function Child:pid() end

--- Has it not ended yet?
---@return boolean
function Child:running() end

--- A program's standard input, written to as a connection is. Once the program reads no more, a write fails with "closed".
---@class ChildInput
---@field write fun(self: ChildInput, data: string|string[], timeout?: number): integer?, Error? see `Connection:write`
---@field flush fun(self: ChildInput, timeout?: number): true?, Error? see `Connection:flush`
---@field shutdown fun(self: ChildInput, timeout?: number): true?, Error? as `close`
---@field close fun(self: ChildInput, timeout?: number): true?, Error? sends what was written; the program then finds the end of its input
---@field abort fun(self: ChildInput) discards what was not sent, and closes

--- What a program writes, read as a connection is. Its end is "closed".
---@class ChildOutput
---@field read fun(self: ChildOutput, n: integer, timeout?: number): string?, Error? see `Connection:read`
---@field read_some fun(self: ChildOutput, max?: integer, timeout?: number): string?, Error? see `Connection:read_some`
---@field read_until fun(self: ChildOutput, delimiter: string, max?: integer, timeout?: number): string?, Error? see `Connection:read_until`
---@field read_line fun(self: ChildOutput, max?: integer, timeout?: number): string?, Error? see `Connection:read_line`
---@field read_all fun(self: ChildOutput, max?: integer, timeout?: number): string?, Error? see `Connection:read_all`
---@field lines fun(self: ChildOutput, max?: integer): fun(): string? see `Connection:lines`
---@field pipe fun(self: ChildOutput, other: Connection|ChildInput): integer?, Error? see `Connection:pipe`
---@field close fun(self: ChildOutput, timeout?: number): true?, Error? the program then finds that nobody reads (SIGPIPE)
---@field abort fun(self: ChildOutput) as `close`

return process
