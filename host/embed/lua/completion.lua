-- What could stand at the cursor, and what the call around it takes. Nothing of the person's is called for it: fields are
-- looked up without metamethods.
local native, entry, pretty = ...

local rawget, next, type, pairs, ipairs, require = rawget, next, type, pairs, ipairs, require
local getmetatable, getinfo, getlocal = debug.getmetatable, debug.getinfo, debug.getlocal
local find, gsub, match, sub = string.find, string.gsub, string.match, string.sub
local concat, sort = table.concat, table.sort

local completion = {}

local max_classes = 10  -- tables behind each other by __index

-- Iterates over the tables in which a field of `value` may be found.
local function homes(value)
  local count = 0
  return function()
    while value ~= nil and count < max_classes do
      count = count + 1
      local home = type(value) == "table" and value or nil
      local meta = getmetatable(value)
      value = type(meta) == "table" and (rawget(meta, "__methods") or rawget(meta, "__index")) or nil
      if home then
        return home
      end
    end
  end
end

local function field(value, name)
  for home in homes(value) do
    local found = rawget(home, name)
    if found ~= nil then
      return found
    end
  end
end

-- The value of a global of entries: of their own, or the scripts'.
local function global_value(name, globals)
  local value = rawget(globals, name)
  if value == nil then
    value = rawget(_G, name)
  end
  return value
end

-- The value of "a.b:c", or nil.
local function resolve(path, kept, globals)
  local value
  local first = true
  for name in path:gmatch("[^%.:]+") do
    if first then
      value = kept[name] and entry.value(kept, name)
      if not kept[name] then
        value = global_value(name, globals)
      end
    else
      value = field(value, name)
    end
    first = false
    if value == nil then
      return nil
    end
  end
  return value
end

local function sorted(found)
  local names = {}
  for name in pairs(found) do
    names[#names + 1] = name
  end
  sort(names)
  return names
end

local function is_wanted(name, prefix)
  return type(name) == "string" and sub(name, 1, #prefix) == prefix and find(name, "^[%a_][%w_]*$")
    and not pretty.keywords[name] and (prefix ~= "" or sub(name, 1, 1) ~= "_")
end

-- A function's name is completed with the parenthesis that follows it.
local function with_parenthesis(name, value)
  return type(value) == "function" and name .. "(" or name
end

local function complete_fields(owner, prefix, methods_only)
  local found, seen = {}, {}
  for home in homes(owner) do
    for name, value in next, home do
      if is_wanted(name, prefix) and not seen[name] and (not methods_only or type(value) == "function") then
        seen[name] = true
        found[with_parenthesis(name, value)] = true
      end
    end
  end
  return sorted(found)
end

local function complete_names(prefix, kept, globals)
  local found = {}
  for name in pairs(kept) do
    if is_wanted(name, prefix) then
      found[with_parenthesis(name, entry.value(kept, name))] = true
    end
  end
  for name, value in next, globals do
    if is_wanted(name, prefix) and not kept[name] then
      found[with_parenthesis(name, value)] = true
    end
  end
  for name, value in next, _G do
    if is_wanted(name, prefix) and not kept[name] and rawget(globals, name) == nil then
      found[with_parenthesis(name, value)] = true
    end
  end
  for word in pairs(pretty.keywords) do
    if prefix ~= "" and sub(word, 1, #prefix) == prefix then
      found[word] = true
    end
  end
  return sorted(found)
end

-- Modules that are loaded or built in, and those that package.path leads to.
local function complete_modules(prefix)
  local found = {}
  for _, known in ipairs { package.preload, package.loaded } do
    for name in pairs(known) do
      if type(name) == "string" and sub(name, 1, #prefix) == prefix then
        found[name] = true
      end
    end
  end
  local above = match(prefix, "^(.*%.)") or ""
  for folder in package.path:gmatch("([^;]-)%?%.lua") do
    for _, file in ipairs(native.files(folder .. gsub(above, "%.", "/"))) do
      local name = match(file, "([^/]+)%.lua$")
      if name and sub(above .. name, 1, #prefix) == prefix then
        found[above .. name] = true
      end
    end
  end
  return sorted(found)
end

local function of_lists(prefix, ...)
  local found = {}
  for _, list in ipairs { ... } do
    for _, name in ipairs(list) do
      if sub(name, 1, #prefix) == prefix then
        found[name] = true
      end
    end
  end
  return sorted(found)
end

local function complete_scenarios(prefix)
  return of_lists(prefix, native.scenarios())
end

local function complete_topics(prefix)
  return of_lists(prefix, native.scenarios(), require("moonwire.help").names())
end

local of_strings = {
  require = complete_modules,
  run = complete_scenarios,
  help = complete_topics,
}

-- The tokens in front of the cursor, each { kind, text, start }; and the string that the cursor is in, if it is in one:
-- { text =, start = } of its contents.
local function read(text)
  local tokens, open_string = {}, nil
  for kind, token, start, stop in entry.tokens(text) do
    if kind == "string" and not stop then
      local opening = match(token, "^%[=*%[") or sub(token, 1, 1)
      open_string = { text = sub(token, #opening + 1), start = start + #opening }
    elseif kind == "comment" and (not stop or stop == #text) then
      return nil
    elseif kind ~= "comment" then
      tokens[#tokens + 1] = { kind = kind, text = token, start = start }
    end
  end
  return tokens, open_string
end

-- The names joined by dots and colons that end with token `last`, and the position of the first; or nil.
local function path_before(tokens, last)
  local parts, at = {}, last
  while at >= 1 and tokens[at].kind == "name" do
    parts[#parts + 1] = tokens[at].text
    local joint = tokens[at - 1]
    if not joint or (joint.text ~= "." and joint.text ~= ":") then
      local path = {}
      for i = #parts, 1, -1 do
        path[#path + 1] = parts[i]
      end
      return concat(path), at
    end
    parts[#parts + 1] = joint.text
    at = at - 2
  end
end

local function complete_string(tokens, open_string)
  local last = #tokens
  if last > 0 and tokens[last].text == "(" then
    last = last - 1
  end
  local caller = last > 0 and path_before(tokens, last)
  local source = of_strings[caller]
  local found = source and source(open_string.text) or {}
  if caller ~= "require" and caller ~= "help" then
    for _, file in ipairs(native.files(open_string.text)) do
      found[#found + 1] = file
    end
  end
  return open_string.start, found
end

-- The positions of the brackets that are still open behind the last token.
local function open_brackets(tokens)
  local open = {}
  for i, token in ipairs(tokens) do
    if token.kind == "symbol" and find(token.text, "[%({%[]") then
      open[#open + 1] = i
    elseif token.kind == "symbol" and find(token.text, "[%)}%]]") then
      open[#open] = nil
    end
  end
  return open
end

-- What may stand in the table that begins at this token: the parameters of the scenario in `run("pmu/udp", {`, the live
-- ones of the run in `r:set {`.
local function parameters_of(tokens, at, kept, globals)
  local before = tokens[at - 1]
  if not before then
    return nil
  elseif before.text == "," then
    local name, parenthesis = tokens[at - 2], tokens[at - 3]
    local runs = parenthesis and parenthesis.text == "(" and path_before(tokens, at - 4)
    if runs and name.kind == "string" and resolve(runs, kept, globals) == rawget(globals, "run") then
      return native.parameters(match(name.text, "^[\"'](.*)[\"']$") or match(name.text, "^%[=*%[(.*)%]=*%]$"))
    end
    return nil
  end
  local path = path_before(tokens, before.text == "(" and at - 2 or at - 1)
  local run = path and match(path, "^(.*):set$")
  local live_names = debug.getregistry()["moonwire.scenario.live_names"]
  return run and live_names(resolve(run, kept, globals))
end

local function complete_parameters(tokens, last, prefix, kept, globals)
  local open = open_brackets(tokens)
  local at = open[#open]
  local names = at and tokens[at].text == "{" and find(tokens[last].text, "^[{,;]$")
    and parameters_of(tokens, at, kept, globals)
  local found
  for _, name in ipairs(names or {}) do
    if sub(name, 1, #prefix) == prefix then
      found = found or {}
      found[#found + 1] = name .. " = "
    end
  end
  return found
end

-- Where the word at the end of `text` begins, and the words that could stand there.
function completion.words(text, kept, globals)
  local tokens, open_string = read(text)
  if not tokens then
    return #text + 1, {}
  elseif open_string then
    return complete_string(tokens, open_string)
  end
  local last = tokens[#tokens]
  local prefix, start, joint_at = "", #text + 1, #tokens
  if last and last.kind == "name" and last.start + #last.text == #text + 1 then
    prefix, start, joint_at = last.text, last.start, #tokens - 1
  elseif last and last.kind == "number" and last.start + #last.text == #text + 1 then
    return start, {}
  end
  local joint = tokens[joint_at]
  if joint and (joint.text == "." or joint.text == ":") then
    local path = path_before(tokens, joint_at - 1)
    local owner = path and resolve(path, kept, globals)
    return start, owner ~= nil and complete_fields(owner, prefix, joint.text == ":") or {}
  end
  return start, joint and complete_parameters(tokens, joint_at, prefix, kept, globals)
    or complete_names(prefix, kept, globals)
end

-- "inc(n, by)" of a function written in Lua.
local function signature_of(path, value)
  local info = getinfo(value, "Su")
  if info.what == "C" or info.short_src == "[moonwire]" then
    return nil
  end
  local parameters = {}
  for i = 1, info.nparams do
    parameters[i] = getlocal(value, i)
  end
  if info.isvararg then
    parameters[#parameters + 1] = "..."
  end
  if parameters[1] == "self" and find(path, ":", 1, true) then
    table.remove(parameters, 1)
  end
  return path .. "(" .. concat(parameters, ", ") .. ")"
end

-- The path of the function whose call the end of `text` is in, or that it names.
local function called(tokens)
  local open = open_brackets(tokens)
  for i = #open, 1, -1 do
    if tokens[open[i]].text == "(" then
      local path, first = path_before(tokens, open[i] - 1)
      local declares = path and tokens[first - 1] and tokens[first - 1].text == "function"
      if path and not declares then
        return path
      end
    end
  end
  return #tokens > 0 and path_before(tokens, #tokens) or nil
end

-- "conn:write(data, timeout)   queues data …" of a function that the help knows.
local function documented(value)
  local signature, summary = require("moonwire.help").signature(value)
  return signature and summary and signature .. "   " .. summary or signature
end

-- A line about the function at the end of `text`: what it takes, and what it does if the help knows.
function completion.hint(text, kept, globals)
  local tokens = read(text)
  local path = tokens and called(tokens)
  local value = path and resolve(path, kept, globals)
  if type(value) ~= "function" then
    return ""
  end
  return documented(value) or signature_of(path, value) or ""
end

return completion
