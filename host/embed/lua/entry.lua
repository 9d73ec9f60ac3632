-- What a person types at a prompt, as Lua code: is it complete, is it an expression, which locals does it leave behind.
local entry = {}

local find, match, sub = string.find, string.match, string.sub
local loadstring, setfenv, ipairs, pairs = loadstring, setfenv, ipairs, pairs
local min = math.min
local concat = table.concat
local getupvalue, setupvalue, upvaluejoin = debug.getupvalue, debug.setupvalue, debug.upvaluejoin
local getinfo, getlocal = debug.getinfo, debug.getlocal

-- The names of helpers inside a compiled entry: such as nobody types.
local KEEP, PASS = "\255keep", "\255pass"

local function pass(...)
  return ...
end

local function end_of_string(text, start, quote)
  local at = start + 1
  while true do
    local stop, _, char = find(text, "([\\\n" .. quote .. "])", at)
    if not stop or char == "\n" then
      return nil
    elseif char == quote then
      return stop
    end
    at = stop + 2
    if sub(text, stop + 1, stop + 1) == "z" then
      at = find(text, "%S", at) or at
    end
  end
end

local function end_of_long(text, start, level)
  local _, stop = find(text, "]" .. level .. "]", start, true)
  return stop
end

-- The token at `at`: its kind ("name", "number", "string", "comment", "symbol") and where it begins and ends; the end is
-- nil for a string or a comment that goes on behind the text.
local function next_token(text, at)
  local start = find(text, "%S", at)
  if not start then
    return nil
  end
  local char = sub(text, start, start)
  if find(char, "[%a_\128-\255]") then
    return "name", start, select(2, find(text, "^[%w_\128-\255]*", start))
  elseif find(text, "^%.?%d", start) then
    return "number", start, select(2, find(text, "^%.?%d[%w_%.]*", start))
  elseif char == '"' or char == "'" then
    return "string", start, end_of_string(text, start, char)
  end
  local level = match(text, "^%-%-%[(=*)%[", start)
  if level then
    return "comment", start, end_of_long(text, start, level)
  elseif sub(text, start, start + 1) == "--" then
    local newline = find(text, "\n", start, true)
    return "comment", start, newline and newline - 1
  end
  level = match(text, "^%[(=*)%[", start)
  if level then
    return "string", start, end_of_long(text, start, level)
  end
  return "symbol", start, start
end

-- Iterates over kind, token, start, stop. The last one may have no end: then its stop is nil.
function entry.tokens(text)
  local at = 1
  return function()
    if not at then
      return nil
    end
    local kind, start, stop = next_token(text, at)
    if not kind then
      return nil
    end
    at = stop and stop + 1
    return kind, sub(text, start, stop), start, stop
  end
end

local opens = { ["function"] = true, ["do"] = true, ["if"] = true, ["repeat"] = true }
local closes = { ["end"] = true, ["until"] = true }

-- Of a chunk that compiles: the names of the locals that it declares outside of any block, all names in it, and where a
-- return outside of any block stands.
local function survey(text)
  local locals, names, final_return = {}, {}, nil
  local depth = 0
  local declaring = false  -- "local": a name may come; "more": a comma may come
  for kind, token, start in entry.tokens(text) do
    if kind == "name" then
      if declaring == "local" and token ~= "function" then
        locals[#locals + 1] = token
        declaring = "more"
      elseif depth == 0 and token == "local" then
        declaring = "local"
      else
        declaring = token == "function" and declaring == "local" and "local"
      end
      if opens[token] then
        depth = depth + 1
      elseif closes[token] then
        depth = depth - 1
      elseif token == "return" and depth == 0 then
        final_return = start
      end
      names[token] = true
    elseif kind ~= "comment" then
      declaring = declaring == "more" and token == "," and "local"
    end
  end
  return locals, names, final_return
end

-- Closures over the locals, so that later entries share the very variables with functions that this one has made. The
-- assignment tells LuaJIT that they are no constants, which it would compile into code. Sixty upvalues a function is
-- LuaJIT's limit.
local function keeper(locals)
  local calls = {}
  for first = 1, #locals, 50 do
    local list = concat(locals, ",", first, min(first + 49, #locals))
    calls[#calls + 1] = KEEP .. "(function() " .. list .. "=" .. list .. " end)"
  end
  return concat(calls, " ")
end

local function with_keeper(text, locals, final_return)
  if #locals == 0 then
    return text
  end
  local keep = keeper(locals)
  if final_return then
    return sub(text, 1, final_return - 1) .. " " .. keep .. " " .. sub(text, final_return)
  end
  return text .. "\n" .. keep
end

local function keep_closure(kept)
  return function(closure)
    local index = 1
    local name = getupvalue(closure, index)
    while name do
      kept[name] = { closure = closure, index = index }
      index = index + 1
      name = getupvalue(closure, index)
    end
  end
end

-- A variable of its own, for a value whose variable is gone.
local function keep_value(kept, name, value)
  local variable
  local function closure(new)
    variable = new
  end
  closure(value)
  kept[name] = { closure = closure, index = 1 }
  return variable
end

function entry.value(kept, name)
  local variable = kept[name]
  local _, value = getupvalue(variable.closure, variable.index)
  return value
end

-- The text as a function that has the locals that earlier entries have left in `kept`, and leaves its own there.
local function wrap(text, name, kept, environment)
  local locals, names, final_return = survey(text)
  local known = { KEEP, PASS }
  for word in pairs(names) do
    if kept[word] then
      known[#known + 1] = word
    end
  end
  local source = "local " .. concat(known, ",") .. " return function(...) " ..
    with_keeper(text, locals, final_return) .. "\nend"
  local chunk, err = loadstring(source, name)
  if not chunk then
    return nil, err
  end
  local fn = setfenv(chunk, environment)()
  local index = 1
  local upvalue = getupvalue(fn, index)
  while upvalue do
    if upvalue == KEEP then
      setupvalue(fn, index, keep_closure(kept))
    elseif upvalue == PASS then
      setupvalue(fn, index, pass)
    else
      upvaluejoin(fn, index, kept[upvalue].closure, kept[upvalue].index)
    end
    index = index + 1
    upvalue = getupvalue(fn, index)
  end
  return fn, locals
end

-- "=1 + 2" and "1 + 2" are expressions, whose values are wanted.
local function expression_of(text)
  return (text:gsub("^%s*=", "", 1))
end

-- A function, and the names of the locals that it declares; or nil and the message. `environment` has its globals.
function entry.compile(text, name, kept, environment)
  local expression = expression_of(text)
  if loadstring("return " .. expression, name) then
    -- Not as a tail call, which would take the entry from the call stack: tracebacks begin there.
    local fn, locals = wrap("return " .. PASS .. "(" .. expression .. "\n)", name, kept, environment)
    if fn then
      return fn, locals
    end
    return wrap("return " .. expression, name, kept, environment)
  end
  -- Alone first: nothing in the text must end the function that it is wrapped in.
  local chunk, err = loadstring(text, name)
  if not chunk then
    return nil, err
  end
  return wrap(text, name, kept, environment)
end

local function wants_more(text)
  local chunk, err = loadstring(text, "=")
  return not chunk and find(err, "near '<eof>'$") ~= nil
end

-- A string in quotes that its line does not end: no further line can.
local function has_open_quote(text)
  local last, last_stop
  for _, token, _, stop in entry.tokens(text) do
    last, last_stop = token, stop
  end
  return last and not last_stop and find(last, "^[\"']") ~= nil and not find(last, "\\$")
end

function entry.is_complete(text)
  local expression = "return " .. expression_of(text)
  if loadstring(expression, "=") or loadstring(text, "=") then
    return true
  end
  if has_open_quote(text) then
    return true
  end
  return not wants_more(text) and not (wants_more(expression) and find(text, "%S"))
end

-- The entry's function has failed, and the stack still stands: what its locals have been given so far stays.
function entry.rescue(fn, locals, kept, level)
  local info = getinfo(level, "f")
  while info and info.func ~= fn do
    level = level + 1
    info = getinfo(level, "f")
  end
  if not info then
    return
  end
  local declared = {}
  for _, name in ipairs(locals) do
    declared[name] = true
  end
  local index = 1
  local name, value = getlocal(level, index)
  while name do
    if declared[name] then
      keep_value(kept, name, value)
    end
    index = index + 1
    name, value = getlocal(level, index)
  end
end

return entry
