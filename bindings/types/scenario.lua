---@meta moonwire.scenario

--- A scenario is a Lua file that returns `scenario.define { … }`: its parameters, and the roles that play it.
---@class moonwire.scenario
local scenario = {}

---@class ScenarioDeclaration
---@field summary string  one line: what it shows
---@field description? string  what `--help` prints below the summary
---@field params? table<string, Param>
---@field roles table<string, Role|fun(p: table)>
---@field thresholds? table<string, string|string[]>  what a figure has to be for the run to be good, see below

---@class Param  `{ default, "help", type = …, … }`
---@field [1] string|number|boolean  the default; its type is the parameter's unless `type` says otherwise
---@field [2] string  a line of help
---@field type? "string"|"number"|"integer"|"boolean"|"duration"|"port"|"size"|"file"  duration: seconds (also "200ms", "1.5s", "2m"); port: 0 to 65535; size: bytes (also "64K", "10M")
---@field unit? string  shown in the help ("seconds", "bytes", …)
---@field min? number
---@field max? number
---@field choices? (string|number)[]
---@field live? boolean  may change during the run (`run:set`): for parameters that the roles look at (`p.name`) whenever they need them, or follow by `scenario.changes`

---@class Role
---@field run fun(p: table, ...: string)  plays the role; `p` has the parameters by name, and an unknown name throws
---@field args? string[]     parameters that may be given by position when the role is run alone: `moonwire run S role ARG…`. A last "..." stands for any number of words, flags and all, that `run` gets behind `p`
---@field after? string|string[]  when all roles are played together: start when these said `ready`
---@field help? string       a line of help

--- Declares a scenario; what it is given is checked here, so that a mistake is named before anything runs.
---
--- Without a role all roles are played in one process: those without `after` first. When every role that no other one
--- comes after has ended, the servers that were said `ready` are closed (UDP sockets when they have received what has
--- been sent to them), their roles get two seconds to finish what they are doing, and the run ends.
---
--- `thresholds` are conditions on what `moonwire.report` is told, by the figure's name: `{ rtt = { "p99 < 0.05",
--- "max < 1" }, lost = "value == 0" }`. A condition compares (<, <=, >, >=, ==, ~=) with a number: the `value` of
--- report.value; the `count` or the `rate` (a second) of report.count; the `count`, `min`, `mean`, `max` or a percentile
--- such as `p50`, `p99`, `p99.9` of report.latency, in seconds. They are judged when the run has ended; if one is missed,
--- the exit status is 99. A figure that was never reported misses its thresholds, but not when only one role is played:
--- it may be another's. `--threshold "rtt: p99 < 0.1"` takes the place of those on the same figure.
---
--- ```lua
--- return scenario.define {
---   summary = "says hello",
---   params = { port = { 0, "the server's port", type = "port" } },
---   roles = {
---     server = function(p) scenario.ready(assert(tcp.listen { port = p.port })) end,
---     client = { after = "server", run = function(p) assert(tcp.connect("localhost", p.port)) end },
---   },
--- }
--- ```
---@param declaration ScenarioDeclaration  summary, parameters and roles
---@return table
function scenario.define(declaration) end

--- Says that this role serves now: roles that come after it may start. In a run of all roles the parameter `port`
--- becomes the port that was really opened. Says the address on standard error.
---
--- ```lua
--- local server = assert(tcp.listen { port = p.port })
--- scenario.ready(server)
--- ```
---@param server? Server|Socket  also closed at the end of the run
function scenario.ready(server) end

--- Says something about the run on standard error, behind the name of the role (as string.format).
---
--- ```lua
--- scenario.log("%d requests, %.1f %% lost", requests, 100 * lost / requests)
--- ```
---@param format string  as of string.format
---@param ... any  the values in it
function scenario.log(format, ...) end

--- Iterates over the values that a live parameter is given during the run, by `run:set`. Values that come faster than
--- the loop are passed over, but for the last. A role that looks at `p.name` whenever it needs it has no use for this.
---
--- ```lua
--- -- In a role; the parameter is declared as rate = { 10, "…", live = true }.
--- local function follow(p)
---   print("the rate is " .. p.rate)
---   for rate in scenario.changes("rate") do print("the rate is now " .. rate) end
--- end
--- ```
---@param name string  a parameter that is declared `live`
---@return fun(): any next  waits for the next value
function scenario.changes(name) end

--- Starts a scenario in the background. At a prompt this is the global `run`. The run goes on, whatever becomes of the
--- task that has started it, until it ends, is stopped, or the program ends; how it has ended is said where it was
--- started. Any number of runs may go on at once.
---
--- ```lua
--- local run = scenario.run("pmu/udp", { loss = 0.5, port = 0, runs = 10 })
--- task.sleep(1)
--- run:set { loss = 0.1 }
--- print(run:wait()["requests that it took"])
--- ```
---@param name string  as `moonwire run` takes it: "pmu/udp", or a file
---@param params? table<string, string|number|boolean>  those that differ from the default; a wrong name or value throws
---@param role? string  the only role to be played; absent: all
---@param ... string  what this role gets behind its parameters, if it takes more
---@return Run run
function scenario.run(name, params, role, ...) end

--- A run of a scenario, as `run` and `this_run` at a prompt have it.
---@class Run
local Run = {}

--- The parameters as they are now, by name.
---
--- ```lua
--- print(run:params().loss)
--- ```
---@return table<string, string|number|boolean> params
function Run:params() end

--- Gives live parameters other values, checked as at the start; all of them, or none if one is wrong, which throws.
---
--- ```lua
--- run:set { loss = 0.9 }
--- ```
---@param params table<string, string|number|boolean>  the new values by name
function Run:set(params) end

--- What the run has reported up to now, by name.
---
--- ```lua
--- print(run:figures()["requests that it took"])
--- ```
---@return table<string, number> figures  of latencies `rtt.count`, `rtt.mean`, `rtt.p99`, …; of counts also `requests.rate`
function Run:figures() end

--- Is it under way, or how has it ended?
---
--- ```lua
--- print(run:status())
--- ```
---@return "running"|"done"|"failed"|"stopped" status
function Run:status() end

--- Waits for its end.
---
--- ```lua
--- local figures, err = run:wait(10)
--- print(figures and figures["requests that it took"] or err.code)
--- ```
---@param timeout? number  seconds; absent: as long as it takes
---@return table<string, number>? figures  as `run:figures` has them
---@return Error? err  failed, stopped, timeout
function Run:wait(timeout) end

--- Ends it in order, and waits until its tasks have ended and its sockets are closed.
---
--- ```lua
--- run:stop()
--- ```
function Run:stop() end

--- Its roles by name, with the servers and sockets that they have said to be ready.
---
--- ```lua
--- print(run:roles().pmu.state, run:roles().pmu.servers[1])
--- ```
---@return table<string, { state: string, servers: (Server|Socket)[] }> roles  state: "waiting for …", "running", "ready" or "ended"
function Run:roles() end

--- The tasks of its roles: where each of them stands, and what it waits for.
---
--- ```lua
--- for _, t in ipairs(run:tasks()) do print(t.role, t.at, t.waits_for) end
--- ```
---@return TaskInfo[] tasks
function Run:tasks() end

---@alias ScenarioErrorCode
---| "failed"  # the run has ended with an error, which the message has
---| "stopped" # the run was stopped before its end

--- True when one role was chosen by name and plays alone, false in a run of all roles.
---
--- ```lua
--- if scenario.alone() then print("the peer is another program") end
--- ```
---@return boolean
function scenario.alone() end

return scenario
