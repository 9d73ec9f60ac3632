-- moonwire.scenario: what a scenario's file declares, and how its roles are played.
local native, runs = ...

local error, ipairs, next, pairs, setmetatable, type = error, ipairs, next, pairs, setmetatable, type
local getmetatable, tostring, concat = getmetatable, tostring, table.concat
local names_of, did_you_mean = runs.names_of, runs.did_you_mean

local scenario = {}

local function fail(format, ...)
  runs.fail("scenario.define: " .. format, ...)
end

local function check_fields(what, t, known)
  for key in pairs(t) do
    if not known[key] then
      local names = names_of(known)
      local hint = did_you_mean(key, names)
      fail("%s has an unknown field '%s'%s", what, tostring(key), hint ~= "" and hint or "; there are " .. concat(names, ", "))
    end
  end
end

local function check_type(what, value, expected)
  if type(value) ~= expected then
    fail("%s must be a %s, not %s", what, expected, type(value) == "nil" and "absent" or "a " .. type(value))
  end
end

local function check_optional(what, value, expected)
  if value ~= nil then
    check_type(what, value, expected)
  end
end

local function set_of(...)
  local set = {}
  for _, name in ipairs { ... } do
    set[name] = true
  end
  return set
end

local declaration_fields = set_of("summary", "description", "params", "roles", "thresholds")
local param_fields = set_of(1, 2, "type", "unit", "min", "max", "choices", "live")
local role_fields = set_of("run", "args", "after", "help")

local function check_param(name, param)
  local what = ("params.%s"):format(tostring(name))
  if type(name) ~= "string" or not name:match("^%a[%w_]*$") then
    fail("%s: a parameter's name begins with a letter and consists of letters, digits and '_'", what)
  end
  check_type(what, param, "table")
  check_fields(what, param, param_fields)
  if param[1] == nil then
    fail('%s needs a default: %s = { default, "help" }', what, name)
  end
  local default = type(param[1])
  if default ~= "string" and default ~= "number" and default ~= "boolean" then
    fail("%s: its default must be a string, a number or a boolean, not a %s", what, default)
  end
  check_type(what .. "[2] (its help)", param[2], "string")
  check_optional(what .. ".type", param.type, "string")
  check_optional(what .. ".unit", param.unit, "string")
  check_optional(what .. ".min", param.min, "number")
  check_optional(what .. ".max", param.max, "number")
  check_optional(what .. ".choices", param.choices, "table")
  check_optional(what .. ".live", param.live, "boolean")
  if param.min and param.max and param.min > param.max then
    fail("%s: its min is greater than its max", what)
  end
end

local function as_list(value)
  return type(value) == "table" and value or { value }
end

-- Returns the role in its full form.
local function check_role(declaration, name, role)
  local what = ("roles.%s"):format(tostring(name))
  check_type("the name of a role", name, "string")
  if type(role) == "function" then
    role = { run = role }
  end
  check_type(what, role, "table")
  check_fields(what, role, role_fields)
  check_type(what .. ".run", role.run, "function")
  check_optional(what .. ".help", role.help, "string")
  local full = { run = role.run, help = role.help or "", args = as_list(role.args), after = as_list(role.after) }
  for i, param in ipairs(full.args) do
    if param == "..." and i < #full.args then
      fail("%s.args: '...' stands for what follows the other arguments, so it has to be the last", what)
    elseif param ~= "..." and not declaration.params[param] then
      fail("%s.args names the parameter '%s', which is not declared%s", what, tostring(param),
        did_you_mean(param, names_of(declaration.params)))
    end
  end
  for _, other in ipairs(full.after) do
    if not declaration.roles[other] or other == name then
      fail("%s.after names the role '%s', which is not another role%s", what, tostring(other),
        did_you_mean(other, names_of(declaration.roles)))
    end
  end
  return full
end

local function check_order(roles)
  local state = {}
  local function visit(name)
    if state[name] == "open" then
      fail("the roles come after each other in a circle at '%s'", name)
    end
    if not state[name] then
      state[name] = "open"
      for _, other in ipairs(roles[name].after) do
        visit(other)
      end
      state[name] = "done"
    end
  end
  for name in pairs(roles) do
    visit(name)
  end
end

-- Returns the conditions on each figure as a list.
local function check_thresholds(thresholds)
  local full = {}
  for figure, conditions in pairs(thresholds) do
    local what = ("thresholds[%q]"):format(tostring(figure))
    check_type("the name of a figure in thresholds", figure, "string")
    full[figure] = as_list(conditions)
    if #full[figure] == 0 then
      fail('%s must have a condition, such as "p99 < 0.05"', what)
    end
    for _, condition in ipairs(full[figure]) do
      check_type(what, condition, "string")
      local wrong = native.check_threshold(figure, condition)
      if wrong then
        fail("%s: %s", what, wrong)
      end
    end
  end
  return full
end

local Declaration = {}

function scenario.define(declaration)
  check_type("the declaration", declaration, "table")
  check_fields("the declaration", declaration, declaration_fields)
  check_type("summary", declaration.summary, "string")
  check_optional("description", declaration.description, "string")
  check_type("roles", declaration.roles, "table")
  local full = {
    summary = declaration.summary,
    description = declaration.description or "",
    params = declaration.params or {},
    roles = declaration.roles,
  }
  check_type("params", full.params, "table")
  check_optional("thresholds", declaration.thresholds, "table")
  if next(full.roles) == nil then
    fail("roles must name at least one role")
  end
  for name, param in pairs(full.params) do
    check_param(name, param)
  end
  local roles = {}
  for name, role in pairs(full.roles) do
    roles[name] = check_role(full, name, role)
  end
  check_order(roles)
  full.roles = roles
  full.thresholds = check_thresholds(declaration.thresholds or {})
  return setmetatable(full, Declaration)
end

local function current_role(caller)
  local role = runs.current_role()
  if not role then
    error(("scenario.%s: only a role of a running scenario may call this"):format(caller), 3)
  end
  return role
end

local function say(role, text)
  native.say(("%s%s: %s\n"):format(role.run.label, role.name, text))
end

function scenario.log(format, ...)
  say(current_role("log"), format:format(...))
end

function scenario.changes(name)
  return runs.changes(current_role("changes").run, name)
end

scenario.run = runs.run

function scenario.alone()
  local role = runs.current_role()
  return role ~= nil and role.run.alone
end

local function endpoint_text(address, port)
  return (address:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(address, port)
end

function scenario.ready(server)
  local role = current_role("ready")
  local run = role.run
  if server then
    local address, port = server:local_address()
    say(role, "ready on " .. endpoint_text(address, port))
    role.servers[#role.servers + 1] = server
    if run.impairment then
      address, port = run.impairment:put_before(role, server)
      say(role, "impaired on " .. endpoint_text(address, port))
    end
    if not run.alone and run.values.port ~= nil then
      run.values.port = port
    end
  end
  role.ready = true
  run.changed:wake()
end

-- Called by the engine as the run's root task.
local function play(declaration, name, file, values, only, impair, ...)
  local run = runs.new(declaration, name, file, values, only, impair)
  runs.set_this_run(runs.handle(run))
  return runs.play(run, ...)
end

function runs.is_declaration(value)
  return type(value) == "table" and getmetatable(value) == Declaration
end

-- The engine's entrances, not the script's.
debug.getregistry()["moonwire.scenario.play"] = play
debug.getregistry()["moonwire.scenario.is_declaration"] = runs.is_declaration

return scenario
