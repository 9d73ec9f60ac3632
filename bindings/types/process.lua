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
---
--- ```lua
--- local child = assert(process.start("tr", { "a-z", "A-Z" }))
--- child.stdin:write("hello\n")
--- child.stdin:close()
--- print(child.stdout:read_line())  --> HELLO
--- ```
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
---@param args? (string|number)[]  as for `process.start`
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
---@field environment? table<string, string|false>  as for `process.start`
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

--- A program that was started, as from `process.start`.
---@class Child
---@field stdin? ChildInput    unless it leads elsewhere
---@field stdout? ChildOutput  a program waits when nobody reads what it writes: read it, or have it lead to "null"
---@field stderr? ChildOutput
local Child = {}

--- Waits for the program's end. Any number of tasks may.
---
--- ```lua
--- local status = assert(child:wait(10))
--- print(status.code or status.signal)
--- ```
---@param timeout? number seconds
---@return ExitStatus? status
---@return Error? err  timeout
function Child:wait(timeout) end

--- Ends the program and all that it has started: SIGTERM, and SIGKILL to those who are still there after `grace`.
--- Waits until they have ended. Called for a program that has ended, it returns at once.
---
--- ```lua
--- child:terminate(0.5)
--- ```
---@param grace? number seconds (the option `grace` of `process.start`)
---@return ExitStatus? status
---@return Error? err  access_denied: it has become another user's
function Child:terminate(grace) end

--- Sends a signal to the program and all that it has started.
---
--- ```lua
--- child:kill("SIGTERM")
--- ```
---@param signal? string its name: "SIGINT", "SIGHUP", … ("SIGKILL")
---@return true?
---@return Error? err  ended; access_denied: it has become another user's
function Child:kill(signal) end

--- The program's process number.
---
--- ```lua
--- print("started " .. child:pid())
--- ```
---@return integer
function Child:pid() end

--- Has it not ended yet?
---
--- ```lua
--- if child:running() then child:terminate() end
--- ```
---@return boolean
function Child:running() end

--- A program's standard input, written to as a connection is. Once the program reads no more, a write fails with "closed".
---@class ChildInput
local Input = {}

--- As `Connection:write`.
---
--- ```lua
--- assert(child.stdin:write("10\n9\n"))
--- ```
---@param data string|string[]  the bytes, in one string or several
---@param timeout? number  seconds
---@return integer? bytes accepted
---@return Error? err  closed, timeout
function Input:write(data, timeout) end

--- As `Connection:flush`.
---
--- ```lua
--- child.stdin:write("10\n")
--- assert(child.stdin:flush())
--- ```
---@param timeout? number  seconds
---@return true?
---@return Error? err  closed, timeout
function Input:flush(timeout) end

--- As `close`.
---
--- ```lua
--- child.stdin:shutdown()
--- ```
---@param timeout? number  seconds
---@return true?
---@return Error? err  closed, timeout
function Input:shutdown(timeout) end

--- Sends what was written; the program then finds the end of its input.
---
--- ```lua
--- child.stdin:close()
--- ```
---@param timeout? number  seconds
---@return true?
---@return Error? err  closed, timeout
function Input:close(timeout) end

--- Discards what was not sent, and closes.
---
--- ```lua
--- child.stdin:abort()
--- ```
function Input:abort() end

--- What a program writes, read as a connection is. Its end is "closed".
---@class ChildOutput
local Output = {}

--- As `Connection:read`.
---
--- ```lua
--- print(child.stdout:read(2, 1))
--- ```
---@param n integer  bytes
---@param timeout? number  seconds
---@return string? data
---@return Error? err  closed, timeout
function Output:read(n, timeout) end

--- As `Connection:read_some`.
---
--- ```lua
--- print(child.stdout:read_some(4096, 1))
--- ```
---@param max? integer  bytes
---@param timeout? number  seconds
---@return string? data
---@return Error? err  closed, timeout
function Output:read_some(max, timeout) end

--- As `Connection:read_until`.
---
--- ```lua
--- print(child.stdout:read_until(",", 100, 1))
--- ```
---@param delimiter string  one byte or more
---@param max? integer  bytes
---@param timeout? number  seconds
---@return string? data
---@return Error? err  closed, too_long, timeout
function Output:read_until(delimiter, max, timeout) end

--- As `Connection:read_line`.
---
--- ```lua
--- print(child.stdout:read_line(1024, 1))
--- ```
---@param max? integer  bytes
---@param timeout? number  seconds
---@return string? line
---@return Error? err  closed, too_long, timeout
function Output:read_line(max, timeout) end

--- As `Connection:read_all`.
---
--- ```lua
--- child.stdin:close()
--- print(child.stdout:read_all())
--- ```
---@param max? integer  bytes
---@param timeout? number  seconds
---@return string? data
---@return Error? err  too_long, timeout
function Output:read_all(max, timeout) end

--- As `Connection:lines`.
---
--- ```lua
--- child.stdin:close()
--- for line in child.stdout:lines() do print(line) end
--- ```
---@param max? integer  bytes
---@return fun(): string?
function Output:lines(max) end

--- As `Connection:pipe`.
---
--- ```lua
--- child.stdin:close()
--- local file = assert(process.start("cat", {}, { stdout = "null" }))
--- child.stdout:pipe(file.stdin)
--- ```
---@param other Connection|ChildInput  what it goes to
---@return integer? bytes copied
---@return Error? err
function Output:pipe(other) end

--- The program then finds that nobody reads (SIGPIPE).
---
--- ```lua
--- child.stdout:close()
--- ```
---@param timeout? number  seconds
---@return true?
---@return Error? err  closed, timeout
function Output:close(timeout) end

--- As `close`.
---
--- ```lua
--- child.stdout:abort()
--- ```
function Output:abort() end

return process
