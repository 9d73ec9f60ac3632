-- Runs in the background, and what one has in hand of a run.
local native, task_native, runs = ...

local task = require "moonwire.task"
local clock = require "moonwire.clock"
local inspect = require "moonwire.inspect"
local error, ipairs, loadfile, pairs, select = error, ipairs, loadfile, pairs, select
local setmetatable, tostring, type = setmetatable, tostring, type
local abs, floor, max = math.abs, math.floor, math.max
local concat, registry = table.concat, debug.getregistry()

local Run = {}
local class = { __index = Run, __name = "moonwire.scenario.Run" }
registry[class.__name] = class

local run_of = setmetatable({}, { __mode = "k" })  -- what a handle stands for

function runs.handle(run)
  local handle = setmetatable({}, class)
  run_of[handle] = run
  return handle
end

-- What the engine knows of scenarios' files and of parameters.
local function host()
  return registry["moonwire.scenario.host"]
end

local function check_run(handle, method)
  local run = run_of[handle]
  if not run then
    runs.fail("bad object to '%s' (the call needs a ':'): expected a run, got a %s", method, type(handle))
  end
  return run
end

local function check_params(caller, params)
  if type(params) ~= "table" then
    runs.fail("bad argument (params) to '%s': expected a table of parameters ({ loss = 0.5 }), got a %s", caller,
      type(params))
  end
  for name, value in pairs(params) do
    local kind = type(value)
    if type(name) ~= "string" then
      runs.fail("%s: parameters are given by name ({ loss = 0.5 }), got the key %s", caller, tostring(name))
    elseif kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
      runs.fail("parameter '%s': expected a string, a number or a boolean, got a %s", name, kind)
    end
  end
end

-- What is given, in the parameters' own types.
local function checked(run, given)
  local values = {}
  for name, value in pairs(given) do
    values[name] = host().check(run.declaration, run.file, name, value)
  end
  return values
end

function Run:params()
  local copy = {}
  for name, value in pairs(check_run(self, "params").values) do
    copy[name] = value
  end
  return copy
end

function Run:set(params)
  local run = check_run(self, "set")
  check_params("set", params)
  if run.state ~= "running" then
    runs.fail("%s: its parameters do not change any more", tostring(self))
  end
  local values = checked(run, params)
  for name in pairs(values) do
    runs.check_live(run, name)
  end
  for name, value in pairs(values) do
    runs.change(run, name, value)
  end
end

function Run:figures()
  local figures = {}
  for _, figure in ipairs(runs.figures_of(check_run(self, "figures"))) do
    figures[figure[1]] = figure[2]
  end
  return figures
end

function Run:status()
  return check_run(self, "status").state
end

function Run:wait(timeout)
  local run = check_run(self, "wait")
  if task_native.join(run.keeper or run.task, timeout) == "timeout" then
    return task_native.failure("timeout", ("%s: has not ended after %g s"):format(run.title, timeout))
  elseif run.state ~= "done" then
    return task_native.failure(run.state, ("%s: %s"):format(run.title, run.reason))
  end
  return self:figures()
end

-- The run of the program itself takes the caller along.
function Run:stop()
  local run = check_run(self, "stop")
  run.stopped = true
  if run.task then
    run.task:cancel()
  end
  task_native.join(run.keeper or run.task)
end

local function state_of(role)
  if role.ended or role.run.state ~= "running" then
    return "ended"
  elseif role.ready then
    return "ready"
  end
  return role.task and "running" or "waiting for " .. concat(role.after, ", ")
end

function Run:roles()
  local roles = {}
  for name, role in pairs(check_run(self, "roles").roles) do
    local servers = {}
    for i, server in ipairs(role.servers) do
      servers[i] = server
    end
    roles[name] = { state = state_of(role), servers = servers }
  end
  return roles
end

function Run:tasks()
  local run = check_run(self, "tasks")
  local tasks = {}
  for _, name in ipairs(runs.names_of(run.roles)) do
    local role_task = run.roles[name].task
    for _, entry in ipairs(role_task and inspect.tasks(role_task) or {}) do
      tasks[#tasks + 1] = entry
    end
  end
  return tasks
end

function class:__tostring()
  local run = check_run(self, "tostring")
  if run.state ~= "running" then
    return ("%s: %s"):format(run.title, run.state)
  end
  return ("%s: running for %.1f s"):format(run.title, clock.now() - run.started)
end

local function value_text(value)
  if type(value) ~= "number" then
    return tostring(value)
  end
  return (value == floor(value) and abs(value) < 1e15 and "%.0f" or "%.6g"):format(value)
end

local function figures_text(figures)
  local width = 0
  for _, figure in ipairs(figures) do
    width = max(width, #figure[1])
  end
  local lines = {}
  for i, figure in ipairs(figures) do
    local dots = ("."):rep(width + 3 - #figure[1])
    lines[i] = ("%s %s %s %s\n"):format(figure[1], dots, value_text(figure[2]), figure[3] or "")
  end
  return concat(lines)
end

local function play_to_end(run, ...)
  run.task = task.spawn(runs.play, run, ...)
  local how, failure = task_native.join(run.task)
  if how == "failed" and run.task:status() == "failed" then
    return "failed", tostring(failure.error), failure.traceback
  end
  return run.stopped and "stopped" or "done", "it was stopped"
end

-- In a task of the run's own, which neither the end of an entry nor Ctrl-C ends.
local function keep(run, on_end, ...)
  local failure
  if run.stopped then
    run.state, run.reason = "stopped", "it was stopped"
  else
    run.state, run.reason, failure = play_to_end(run, ...)
  end
  if run.figures then
    native.end_figures(run.figures)
  end
  native.say(("%s: %s\n%s%s"):format(run.title, run.state, failure and failure .. "\n" or "",
    figures_text(runs.figures_of(run))))
  if on_end then
    on_end(run.state)
  end
end

local function load(file)
  local chunk, message = loadfile(file)
  if not chunk then
    error(message, 0)
  end
  local declaration = chunk()
  if not runs.is_declaration(declaration) then
    runs.fail("%s is no scenario: it must return what scenario.define { … } gives", file)
  end
  return declaration
end

local function check_role(declaration, scenario, name, ...)
  local role = declaration.roles[name]
  if name ~= nil and not role then
    local names = runs.names_of(declaration.roles)
    runs.fail("scenario %s has no role '%s'%s; its roles are: %s", scenario, tostring(name), runs.did_you_mean(name, names),
      concat(names, ", "))
  elseif select("#", ...) > 0 and not (role and role.args[#role.args] == "...") then
    runs.fail("scenario %s: %s, got '%s'", scenario,
      role and ("the role %s takes no more"):format(name) or "arguments are a role's", tostring((...)))
  end
end

local count = 0

local function start(file, params, only, on_end, impair, ...)
  local declaration = load(file)
  local name, values = host().describe(declaration, file)
  check_role(declaration, name, only, ...)
  local run = runs.new(declaration, name, file, values, only, impair)
  for param, value in pairs(checked(run, params)) do
    values[param] = value
  end
  count = count + 1
  run.label = ("[%d] "):format(count)
  run.title = run.label .. name
  run.keeper = task_native.below_root(keep, run, on_end, ...)
  return runs.handle(run)
end

-- scenario.run
function runs.run(name, params, role, ...)
  if type(name) ~= "string" then
    runs.fail("bad argument #1 (name) to 'run': expected a scenario's name, got a %s", type(name))
  end
  check_params("run", params == nil and {} or params)
  if role ~= nil and type(role) ~= "string" then
    runs.fail("bad argument #3 (role) to 'run': expected a role's name, got a %s", type(role))
  end
  return start(host().find(name), params or {}, role, nil, nil, ...)
end

-- The names of the parameters that may change, for who completes `run:set { …`; nil if it is no run.
registry["moonwire.scenario.live_names"] = function(handle)
  local run = run_of[handle]
  return run and runs.live_names(run)
end

-- The engine's: a run that `this_run` stands for at prompts.
registry["moonwire.scenario.start"] = function(...)
  local handle = start(...)
  runs.set_this_run(handle)
end
