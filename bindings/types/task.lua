---@meta moonwire.task

--- Tasks: functions that run side by side and wait without blocking each other.
---
--- A task belongs to the task that started it. When a task's function ends, the tasks that it started are cancelled and
--- awaited before the task itself counts as ended. An error that a task does not catch fails its parent too, unless
--- somebody is joining the task at that moment: then it is thrown there.
---@class moonwire.task
local task = {}

--- Starts `fn(...)` as a task that belongs to this one. It begins to run when this task next waits.
---@param fn fun(...)
---@return Task
function task.spawn(fn, ...) end

--- Waits for `seconds`. Zero lets everybody else run once.
---@param seconds number
function task.sleep(seconds) end

--- The running task.
---@return Task
function task.self() end

--- Runs all functions at once and returns the first result of each, in order. If one throws, the others are cancelled and
--- the error is thrown.
---@param ... fun(): any
---@return any ...
function task.all(...) end

--- Runs all functions at once, returns the results of the first one that ends, and cancels the others.
---@param ... fun(): any
---@return any ...
function task.any(...) end

--- Runs `fn(...)` for at most `seconds` and returns its results, or `nil, err` with code "timeout" after cancelling it.
---@param seconds number
---@param fn fun(...): any
---@return any ...
function task.timeout(seconds, fn, ...) end

--- Has `fn(...)` called when this task ends, however it ends: in reverse order, safe from cancellation.
---@param fn fun(...)
function task.defer(fn, ...) end

--- A channel hands values from task to task, in order. A send waits while `capacity` values wait to be received.
---@param capacity? integer (0: each send waits for its receiver)
---@return Channel
function task.channel(capacity) end

---@class Task
local Task = {}

--- Waits until the task has ended and returns its results, or throws its error. With a timeout, returns `nil, err` with
--- code "timeout" when the task is still running then.
---@param timeout? number seconds
---@return any ...
function Task:join(timeout) end

--- Cancels the task: the call that it waits in throws an error whose code is "cancelled", and so does every later wait
--- but those of its `defer` functions. Does not wait for it to end. A task that has ended stays as it is.
function Task:cancel() end

---@return "running"|"done"|"failed"|"cancelled"
function Task:status() end

---@class Channel
local Channel = {}

--- @param value any  not nil
--- @param timeout? number seconds; 0 never waits
--- @return true?
--- @return Error? err  timeout; closed
function Channel:send(value, timeout) end

--- @param timeout? number seconds; 0 never waits
--- @return any value
--- @return Error? err  timeout; closed when the channel is closed and empty
function Channel:receive(timeout) end

--- `for value in channel:values() do … end`: receives until the channel is closed and empty.
---@return fun(): any
function Channel:values() end

--- No more values will be sent. What was sent can still be received. Closing twice is no error.
function Channel:close() end

return task
