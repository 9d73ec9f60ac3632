-- Runs of scenarios: how the roles are played, and what a person has in hand of a run. Any number may be under way.
local native, task_native, impairment = ...

local task = require "moonwire.task"
local clock = require "moonwire.clock"
local error, ipairs, pairs, setmetatable, sort, tostring = error, ipairs, pairs, setmetatable, table.sort, tostring
local concat, rawset = table.concat, rawset
local running, debug_info, registry = coroutine.running, debug.getinfo, debug.getregistry()

-- How long a server's role may go on when everybody else is done.
local grace = 2

local runs = {}

-- The roles of all runs, by the coroutine that plays them.
local by_thread = setmetatable({}, { __mode = "k" })

-- The role that the running task belongs to; `role.run` is its run.
function runs.current_role()
  return native.of_task(by_thread)
end

function runs.names_of(t)
  local names = {}
  for name in pairs(t) do
    names[#names + 1] = tostring(name)
  end
  sort(names)
  return names
end

function runs.did_you_mean(name, candidates)
  local nearest = native.nearest(tostring(name), candidates)
  return nearest and (" (did you mean '%s'?)"):format(nearest) or ""
end

-- "a.lua:3: ", where the script has called in. Nothing where that was its last act (`return scenario.define { … }`):
-- the one who has loaded the file then names it.
function runs.position()
  local level, frame = 2, nil
  repeat
    frame = debug_info(level, "Sl")
    level = level + 1
  until not frame or frame.what ~= "C" and frame.short_src ~= "[moonwire]"
  return frame and ("%s:%d: "):format(frame.short_src, frame.currentline) or ""
end

function runs.fail(format, ...)
  error(runs.position() .. format:format(...), 0)
end

-- What a role sees of the parameters: an unknown name is a mistake, not nil.
local function view(values)
  return setmetatable({}, {
    __index = function(_, name)
      local value = values[name]
      if value == nil then
        error(("the scenario declares no parameter '%s'%s"):format(tostring(name),
          runs.did_you_mean(name, runs.names_of(values))), 2)
      end
      return value
    end,
    __newindex = function(_, name)
      error(("p.%s: parameters are set from outside, not by the script"):format(tostring(name)), 2)
    end,
  })
end

local function play_role(role, ...)
  by_thread[running()] = role
  native.plays(role.name)
  role.play(view(role.run.values), ...)
  role.ended = true
  role.run.changed:wake()
end

local function may_start(role, roles)
  for _, name in ipairs(role.after) do
    if not (roles[name].ready or roles[name].ended) then
      return false
    end
  end
  return not role.task
end

local function all_ended(roles)
  for _, role in ipairs(roles) do
    if not role.ended then
      return false
    end
  end
  return true
end

-- What has been sent to a UDP socket is there, but perhaps not received yet.
local function let_receive(socket, deadline)
  local info = socket:info()
  while info and info.waiting + info.receive_queue > 0 and clock.now() < deadline do
    task.sleep(0.001)
    info = socket:info()
  end
end

local function play_all(run)
  local roles = run.roles
  local names, leaves, servers = runs.names_of(roles), {}, {}
  local has_followers = {}
  for _, role in pairs(roles) do
    for _, name in ipairs(role.after) do
      has_followers[name] = true
    end
  end
  for _, name in ipairs(names) do
    local list = has_followers[name] and servers or leaves
    list[#list + 1] = roles[name]
  end
  while not all_ended(leaves) do
    for _, name in ipairs(names) do
      if may_start(roles[name], roles) then
        roles[name].task = task.spawn(play_role, roles[name])
      end
    end
    run.changed:wait("scenario")
  end
  local deadline = clock.now() + grace
  if run.impairment then
    run.impairment:let_pass(deadline)
  end
  for _, role in ipairs(servers) do
    for _, server in ipairs(role.servers) do
      if server.receive then
        let_receive(server, deadline)
      end
      server:close()
    end
  end
  while not all_ended(servers) and clock.now() < deadline do
    run.changed:wait("scenario", deadline - clock.now())
  end
end

-- A run that has not begun: of all roles, or of the one called `only`. `impair`: the options of relays that shall stand
-- before its servers, or nil.
function runs.new(declaration, name, file, values, only, impair)
  local run = {
    declaration = declaration, name = name, file = file, values = values, alone = only ~= nil, impair = impair,
    label = "", title = name, state = "running", started = clock.now(),
    changed = task_native.waker(), roles = {}, versions = {}, watchers = {},
  }
  for role_name, role in pairs(declaration.roles) do
    if not only or role_name == only then
      run.roles[role_name] = {
        run = run, name = role_name, play = role.run, after = role.after,
        servers = {}, ready = false, ended = false,
      }
    end
  end
  return run
end

-- Plays a run to its end, in the running task. `...`: what its one role gets behind the parameters.
function runs.play(run, ...)
  run.task = task.self()
  run.figures = native.own_figures()
  if run.impair then
    run.impairment = impairment.begin(run, run.impair)
  end
  if not run.alone then
    play_all(run)
  else
    for _, role in pairs(run.roles) do
      role.task = run.task
      play_role(role, ...)
    end
  end
  if run.impairment then
    run.impairment:finish()
  end
end

-- What a run has reported: a list of { name, number, unit }.
function runs.figures_of(run)
  return run.figures and native.numbers(run.figures) or {}
end

function runs.check_live(run, name)
  local param = run.declaration.params[name]
  if not param then
    runs.fail("scenario %s has no parameter '%s'%s", run.name, tostring(name),
      runs.did_you_mean(name, runs.names_of(run.declaration.params)))
  elseif not param.live then
    local live = runs.live_names(run)
    runs.fail("parameter '%s' is not live: %s has read it at the start (%s)", name, run.name,
      #live > 0 and "live are: " .. concat(live, ", ") or "none of its parameters is live")
  end
end

function runs.live_names(run)
  local live = {}
  for name, param in pairs(run.declaration.params) do
    live[name] = param.live or nil
  end
  return runs.names_of(live)
end

-- Gives a live parameter another value, which the roles see at their next look at it.
function runs.change(run, name, value)
  if run.values[name] == value then
    return
  end
  run.values[name] = value
  run.versions[name] = (run.versions[name] or 0) + 1
  for waker in pairs(run.watchers[name] or {}) do
    waker:wake()
  end
end

-- Iterates over the values that a live parameter is given from now on. What it is given while nobody looks is passed
-- over, but for the last.
function runs.changes(run, name)
  runs.check_live(run, name)
  local seen, waker = run.versions[name], task_native.waker()
  run.watchers[name] = run.watchers[name] or setmetatable({}, { __mode = "k" })
  run.watchers[name][waker] = true
  return function()
    while run.versions[name] == seen do
      waker:wait("scenario.changes")
    end
    seen = run.versions[name]
    return run.values[name]
  end
end

-- The run that the program plays, and that prompts in it call `this_run`.
function runs.set_this_run(handle)
  registry["moonwire.scenario.this_run"] = handle
  local environment = registry["moonwire.console.environment"]
  if environment then
    rawset(environment, "this_run", handle)
  end
end

return runs
