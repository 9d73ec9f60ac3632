-- A script's own coroutines may wait like its tasks: when one does, everybody who resumed it waits with it, up to the
-- task; when the wait is over, the values go down again the same way. `waits` marks such a yield.
local waits, resumers, is_task = ...

local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield
local running, status = coroutine.running, coroutine.status
local error, type = error, type

local function pass(co, ok, first, ...)
  if ok and first == waits then
    return pass(co, resume(co, yield(waits)))
  end
  resumers[co] = nil
  return ok, first, ...
end

function coroutine.resume(co, ...)
  if type(co) == "thread" and resumers[co] and status(co) == "suspended" then
    return false, "cannot resume a coroutine that waits for the network or a timer"
  end
  resumers[co] = running()
  return pass(co, resume(co, ...))
end

local function check(ok, ...)
  if not ok then
    error((...), 0)
  end
  return ...
end

local resume_waiting = coroutine.resume

function coroutine.wrap(fn)
  local co = create(fn)
  return function(...)
    return check(resume_waiting(co, ...))
  end
end

function coroutine.yield(...)
  if is_task() then
    error("coroutine.yield outside of a coroutine of the script's own (task.sleep(0) lets other tasks run)", 2)
  end
  return yield(...)
end
