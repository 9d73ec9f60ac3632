-- What a person types at a prompt, evaluated: one of these a console. See host/include/moonwire/console.hpp.
local native, entry, pretty, completion = ...

local select, tostring, type, xpcall, error = select, tostring, type, xpcall, error
local ipairs, rawset, require, setmetatable = ipairs, rawset, require, setmetatable
local getinfo, getmetatable = debug.getinfo, debug.getmetatable
local concat, registry = table.concat, debug.getregistry()

local own_name = "prompt"
local max_frames = 8

-- A person's own frames, from the innermost: without the entry itself, whose text is in sight.
local function frames(fn)
  local lines = {}
  local level = 3  -- of the caller of the error handler
  local info = getinfo(level, "Slnf")
  while info and info.func ~= fn do
    if info.what ~= "C" and info.short_src ~= "[moonwire]" then
      local name = info.name and "in " .. info.name or "in a function"
      lines[#lines + 1] = ("\n  %s:%d: %s"):format(info.short_src, info.currentline, name)
    end
    level = level + 1
    info = getinfo(level, "Slnf")
  end
  if #lines > max_frames then
    lines[max_frames + 1] = ("\n  … %d more"):format(#lines - max_frames)
  end
  return concat(lines, "", 1, math.min(#lines, max_frames + 1))
end

local function message_of(err)
  local kind = type(err)
  if kind == "string" or kind == "number" then
    return tostring(err)
  end
  local meta = getmetatable(err)
  if type(meta) == "table" and meta.__tostring then
    return tostring(err)
  end
  return ("an error that is a %s"):format(kind)
end

-- Of an entry of one line its place says nothing.
local function without_place(message, text)
  if not text:find("\n", 1, true) then
    return (message:gsub("^" .. own_name .. ":1: ", ""))
  end
  return message
end

-- What entries have as globals beside the scripts' own, and scripts do not see. One for all consoles.
local function environment()
  local shared = registry["moonwire.console.environment"]
  if not shared then
    shared = setmetatable({}, { __index = _G, __newindex = _G })
    rawset(shared, "run", require("moonwire.scenario").run)
    rawset(shared, "this_run", registry["moonwire.scenario.this_run"])
    registry["moonwire.console.environment"] = shared
  end
  return shared
end

local console = {}

-- options: write(text), write_error(text), colours, width, modules (of the entries' globals)
function console.new(options)
  local globals = environment()
  for _, name in ipairs(options.modules) do
    rawset(globals, name:match("[^.]*$"), require(name))
  end
  local kept = {}  -- the locals of earlier entries, by name

  local function report(message)
    options.write_error(pretty.paint("error", pretty.plain(message), options) .. "\n")
  end

  local function show(...)
    local count = select("#", ...)
    if count == 0 then
      return
    end
    local texts = {}
    for i = 1, count do
      texts[i] = pretty.value((select(i, ...)), options)
    end
    options.write(concat(texts, "  ") .. "\n")
  end

  local function finish(ok, ...)
    if ok then
      show(...)
    elseif (...).cancelled then
      error((...).err, 0)
    else
      report((...).text)
    end
    return ok
  end

  local self = {}

  -- Runs in a task of its own. True if all went well.
  function self.evaluate(text, name, ...)
    local fn, locals = entry.compile(text, name and "@" .. name or "=" .. own_name, kept, globals)
    if not fn then
      report(without_place(locals, text))
      return false
    end
    return finish(xpcall(fn, function(err)
      entry.rescue(fn, locals, kept, 3)
      if native.is_cancelled(err) then
        return { cancelled = true, err = err }
      end
      return { text = without_place(message_of(err), text) .. frames(fn) }
    end, ...))
  end

  function self.complete(text)
    return completion.words(text, kept, globals)
  end

  function self.hint(text)
    return completion.hint(text, kept, globals)
  end

  function self.set_width(width)
    options.width = width
  end

  self.is_complete = entry.is_complete
  return self
end

return console
