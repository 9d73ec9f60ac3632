-- Runs of scenarios: how the roles are played, and what a person has in hand of a run. Any number may be under way.
local native, task_native, impairment = ...

local task = require "moonwire.task"
local clock = require "moonwire.clock"
local error, ipairs, pairs, setmetatable, sort, tostring = error, ipairs, pairs, setmetatable, table.sort, tostring
local running = coroutine.running

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
function runs.new(declaration, values, only, impair)
  local run = { values = values, alone = only ~= nil, impair = impair, changed = task_native.waker(), roles = {} }
  for name, role in pairs(declaration.roles) do
    if not only or name == only then
      run.roles[name] = {
        run = run, name = name, play = role.run, after = role.after,
        servers = {}, ready = false, ended = false,
      }
    end
  end
  return run
end

-- Plays a run to its end, in the running task. `...`: what its one role gets behind the parameters.
function runs.play(run, ...)
  if run.impair then
    run.impairment = impairment.begin(run, run.impair)
  end
  if not run.alone then
    play_all(run)
  else
    for _, role in pairs(run.roles) do
      play_role(role, ...)
    end
  end
  if run.impairment then
    run.impairment:finish()
  end
end

return runs
