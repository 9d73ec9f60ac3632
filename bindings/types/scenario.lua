---@meta moonwire.scenario

--- A scenario is a Lua file that returns `scenario.define { … }`: its parameters, and the roles that play it.
---@class moonwire.scenario
local scenario = {}

---@class ScenarioDeclaration
---@field summary string  one line: what it shows
---@field description? string  what `--help` prints below the summary
---@field params? table<string, Param>
---@field roles table<string, Role|fun(p: table)>

---@class Param  `{ default, "help", type = …, … }`
---@field [1] string|number|boolean  the default; its type is the parameter's unless `type` says otherwise
---@field [2] string  a line of help
---@field type? "string"|"number"|"integer"|"boolean"|"duration"|"port"|"size"|"file"  duration: seconds (also "200ms", "1.5s", "2m"); port: 0 to 65535; size: bytes (also "64K", "10M")
---@field unit? string  shown in the help ("seconds", "bytes", …)
---@field min? number
---@field max? number
---@field choices? (string|number)[]

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

--- Reports a figure: printed on standard error at the end of the run.
---
--- ```lua
--- scenario.report("round trip", 0.0031, "seconds")
--- ```
---@param name string  what the figure is
---@param value number|string  the figure itself
---@param unit? string  for people ("seconds")
function scenario.report(name, value, unit) end

--- True when one role was chosen by name and plays alone, false in a run of all roles.
---
--- ```lua
--- if scenario.alone() then print("the peer is another program") end
--- ```
---@return boolean
function scenario.alone() end

return scenario
