-- moonwire.help: what the stubs of bindings/types say, by name and by value.
local native = ...

local type, select, pairs, ipairs, tostring, pcall = type, select, pairs, ipairs, tostring, pcall
local registry, getmetatable = debug.getregistry(), debug.getmetatable
local loaded, sort = package.loaded, table.sort

local help = {}

-- Read when somebody first asks: most runs never do.
local stubs, text
local function load()
  if not stubs then
    stubs, text = native.load()
  end
end

local function find_name(name)
  local short = name:gsub("^moonwire%.", "")
  return stubs.entries[short] or stubs.entries[short:gsub("^%l%w*%.(%u)", "%1"):gsub("%.", ":")]
end

-- Where the object has fields beside its methods, `__index` is a function.
local function methods_of(class)
  local metatable = class.metatable and registry[class.metatable]
  return metatable and (metatable.__methods or metatable.__index)
end

local function find_in_module(module, value)
  local of = loaded["moonwire." .. module.name]
  if of == value then
    return module
  end
  for _, entry in ipairs(type(of) == "table" and module.functions or {}) do
    if of[entry.short] == value then
      return entry
    end
  end
  for _, field in ipairs(type(of) == "table" and module.fields or {}) do
    if of[field.short] == value then
      return field
    end
  end
end

local function find_in_class(class, value)
  local methods = methods_of(class)
  if not methods then
    return
  end
  local metatable = getmetatable(value)
  if type(value) ~= "function" and metatable and metatable == registry[class.metatable] then
    return class
  end
  for _, method in ipairs(text.all_methods(class)) do
    if methods[method.short] == value then
      return method
    end
  end
end

local function find_value(value)
  for _, module in pairs(stubs.modules) do
    local entry = find_in_module(module, value)
    if entry then
      return entry
    end
  end
  for _, class in pairs(stubs.classes) do
    local entry = find_in_class(class, value)
    if entry then
      return entry
    end
  end
end

local function find(what)
  load()
  if type(what) == "string" then
    return find_name(what)
  end
  return what ~= nil and find_value(what) or nil
end

-- The functions of Lua's own library, by their names in its manual: "string.format".
local manual = {}

local function take_manual(prefix, library)
  for key, member in pairs(library) do
    if type(member) == "function" then
      manual[member] = prefix .. key
    end
  end
end

take_manual("", _G)
for _, name in ipairs { "string", "table", "math", "io", "os", "coroutine", "package", "debug" } do
  take_manual(name .. ".", _G[name])
end

-- What scenarios say of themselves is read by the program around the scripts, where it can.
local function scenario_text(name)
  local host = loaded["moonwire.host"]
  if not (host and host.scenario_help) then
    return nil, "no scenarios are known here"
  end
  local found, answer = pcall(host.scenario_help, name)
  answer = tostring(answer):gsub("\n$", "")
  return found and answer or nil, answer
end

local function code_text(word)
  local code = text.code(word)
  return code and ("err.code %q: %s"):format(word, code.text)
end

local function text_of_name(name)
  local code = code_text(name)
  if code then
    return code
  end
  local scenario, reason = scenario_text(name)
  if scenario then
    return scenario
  end
  local nearest = native.nearest(name, help.names())
  return nil, nearest and ("no help for '%s'; did you mean '%s'?"):format(name, nearest)
    or ("no help for '%s': it is no name of the API, and %s"):format(name, reason)
end

local function text_of_value(value)
  local metatable = getmetatable(value)
  if type(value) == "table" and metatable and metatable.__name == "Error" then
    return code_text(value.code)
  end
  local name = manual[value]
  if name then
    return ("%s is Lua's own: https://www.lua.org/manual/5.1/manual.html#pdf-%s"):format(name, name)
  end
  return nil, value == nil and "nil has no help: is the name spelled right? help() shows what there is"
    or ("no help for %s (a %s)"):format(tostring(value), type(value))
end

function help.text(what)
  local entry = find(what)
  if entry then
    return text.of(entry)
  elseif type(what) == "string" then
    return text_of_name(what)
  end
  return text_of_value(what)
end

function help.signature(what)
  local entry = find(what)
  if not entry then
    return nil
  end
  return text.signature(entry), text.summary(entry)
end

function help.names()
  load()
  local names = {}
  for name in pairs(stubs.entries) do
    names[#names + 1] = name
  end
  sort(names)
  return names
end

return setmetatable(help, {
  __call = function(_, ...)
    load()
    if select("#", ...) == 0 then
      print(text.overview())
      return
    end
    local answer, reason = help.text((...))
    print(answer or reason)
  end,
})
