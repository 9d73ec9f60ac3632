-- What every task runs: the script's function, then its clean-up functions, then the end of its children. Returns true and
-- the function's results, or false and a record of the failure: { error =, traceback =, cancelled = }.
local native = ...

local xpcall, select, tostring, type, error = xpcall, select, tostring, type, error
local running, getmetatable = coroutine.running, getmetatable
local traceback = debug.traceback
local unpack = unpack

-- The failures that joins have thrown, by the task's coroutine: so that the traceback of the one that failed is not lost
-- when the joiner does not catch it.
local joined = setmetatable({}, { __mode = "k" })

local function text_of(err)
  local kind = type(err)
  if kind == "string" or kind == "number" then
    return tostring(err)
  end
  local meta = getmetatable(err)
  if meta and meta.__tostring then
    return tostring(err)
  end
  return "(error object is a " .. kind .. " value)"
end

local function stack(level)
  local text = traceback("", level + 1)
  text = text:gsub("\n[^\n]*%[moonwire%][^\n]*", ""):gsub("\n[^\n]*%[C%]: in function 'xpcall'", "")
  text = text:gsub("^\nstack traceback:\n\t%[C%]: in function 'error'$", "")  -- nothing of the script's is on it
  return text:match("^\nstack traceback:$") and "" or text
end

local function on_error(err)
  if native.is_cancelled(err) then
    return { error = err, cancelled = true }
  end
  local before = joined[running()]
  if before and rawequal(before.error, err) then
    return { error = err, traceback = before.traceback .. "\njoined:" .. stack(2) .. native.origin() }
  end
  return { error = err, traceback = text_of(err) .. stack(2) .. native.origin() }
end

local finish
function finish(ok, ...)
  if not ok and type((...)) ~= "table" then
    return finish(false, { error = (...), traceback = tostring((...)) .. native.origin() })  -- out of memory: no handler ran
  end
  local deferred, children = native.leave()
  if not deferred and not children then
    return ok, ...
  end
  local count, results = select("#", ...), { ... }
  if deferred then
    local last = deferred[0]  -- of each: the function, its arguments, and how many values these are
    while last > 0 do
      local first = last - deferred[last]
      local cleaned, failure = xpcall(deferred[first], on_error, unpack(deferred, first + 1, last - 1))
      last = first - 1
      if not cleaned and (ok or results[1].cancelled) then
        ok, count, results = false, 1, { failure }
      end
    end
  end
  native.end_children()
  return ok, unpack(results, 1, count)
end

-- Not a tail call, so that there is a Lua instruction inside the xpcall at which the wait of a function from C (task.spawn(
-- conn.read, conn, 1)) can throw.
local function returned(...)
  return ...
end

-- The function has no name here: a traceback then tells it by file and line.
local function call(...)
  return returned((...)(select(2, ...)))
end

local function main(fn, ...)
  return finish(xpcall(call, on_error, fn, ...))
end

local function settle(state, ...)
  if state ~= "failed" then
    return ...
  end
  local failure = ...
  if failure.traceback then
    joined[running()] = failure
  end
  error(failure.error, 0)
end

-- The results of native.join(task, timeout): thrown here, because what has waited cannot throw by itself.
local function join(task, timeout)
  return settle(native.join(task, timeout))
end

return main, join
