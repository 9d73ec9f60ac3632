---@meta moonwire.task

--- Tasks: functions that run side by side and wait without blocking each other.
---
--- A task belongs to the task that started it. When a task's function ends, the tasks that it started are cancelled and
--- awaited before the task itself counts as ended. An error that a task does not catch fails its parent too, unless
--- somebody is joining the task at that moment: then it is thrown there.
---@class moonwire.task
local task = {}

--- Starts `fn(...)` as a task that belongs to this one. It begins to run when this task next waits.
---
--- ```lua
--- local ticking = task.spawn(function(every)
---   while true do task.sleep(every) print("tick") end
--- end, 1)
--- task.sleep(3.5)
--- ticking:cancel()
--- ```
---@param fn fun(...)  the task
---@param ... any  what it gets
---@return Task
function task.spawn(fn, ...) end

--- Waits for `seconds`. Zero lets everybody else run once.
---
--- ```lua
--- task.sleep(0.5)
--- ```
---@param seconds number  0 or more
function task.sleep(seconds) end

--- The running task.
---
--- ```lua
--- print(task.self():status())  --> running
--- ```
---@return Task
function task.self() end

--- Runs all functions at once and returns the first result of each, in order. If one throws, the others are cancelled and
--- the error is thrown.
---
--- ```lua
--- print(task.all(function() task.sleep(1) return "a" end, function() return "b" end))  --> a  b
--- ```
---@param ... fun(): any  one or more
---@return any ...
function task.all(...) end

--- Runs all functions at once, returns the results of the first one that ends, and cancels the others.
---
--- ```lua
--- print(task.any(function() task.sleep(2) return "slow" end, function() task.sleep(1) return "fast" end))  --> fast
--- ```
---@param ... fun(): any  one or more
---@return any ...
function task.any(...) end

--- Runs `fn(...)` for at most `seconds` and returns its results, or `nil, err` with code "timeout" after cancelling it.
---
--- ```lua
--- local value, err = task.timeout(1, function() task.sleep(5) return "late" end)
--- print(value, err.code)  --> nil  timeout
--- ```
---@param seconds number  0 or more
---@param fn fun(...): any  runs as a task of its own
---@param ... any  what it gets
---@return any ...
function task.timeout(seconds, fn, ...) end

--- Has `fn(...)` called when this task ends, however it ends: in reverse order, safe from cancellation.
---
--- ```lua
--- local file = assert(io.open("/dev/null", "w"))
--- task.defer(function() file:close() end)
--- ```
---@param fn fun(...)  the clean-up
---@param ... any  what it gets
function task.defer(fn, ...) end

--- A channel hands values from task to task, in order. A send waits while `capacity` values wait to be received.
---
--- ```lua
--- local numbers = task.channel(10)
--- task.spawn(function()
---   for i = 1, 3 do numbers:send(i) end
---   numbers:close()
--- end)
--- for number in numbers:values() do print(number) end
--- ```
---@param capacity? integer (0: each send waits for its receiver)
---@return Channel
function task.channel(capacity) end

--- A task, as from `task.spawn`.
---@class Task
local Task = {}

--- Waits until the task has ended and returns its results, or throws its error. With a timeout, returns `nil, err` with
--- code "timeout" when the task is still running then.
---
--- ```lua
--- local adding = task.spawn(function(a, b) return a + b end, 1, 2)
--- print(adding:join())  --> 3
--- ```
---@param timeout? number seconds
---@return any ...
function Task:join(timeout) end

--- Cancels the task: the call that it waits in throws an error whose code is "cancelled", and so does every later wait
--- but those of its `defer` functions. Does not wait for it to end. A task that has ended stays as it is.
---
--- ```lua
--- local waiting = task.spawn(task.sleep, 3600)
--- waiting:cancel()
--- ```
function Task:cancel() end

--- How far the task is.
---
--- ```lua
--- local waiting = task.spawn(task.sleep, 1)
--- print(waiting:status())  --> running
--- ```
---@return "running"|"done"|"failed"|"cancelled"
function Task:status() end

--- Hands values from task to task, as from `task.channel`.
---@class Channel
local Channel = {}

--- Hands a value to whoever receives; waits where the channel is full.
---
--- ```lua
--- local jobs = task.channel(1)
--- print(jobs:send("first", 0), jobs:send("second", 0))  --> true  nil  (and an error, "timeout")
--- ```
---@param value any  not nil
---@param timeout? number seconds; 0 never waits
---@return true?
---@return Error? err  timeout; closed
function Channel:send(value, timeout) end

--- Takes the next value; waits where there is none.
---
--- ```lua
--- local jobs = task.channel(1)
--- jobs:send("first")
--- print(jobs:receive())  --> first
--- ```
---@param timeout? number seconds; 0 never waits
---@return any value
---@return Error? err  timeout; closed when the channel is closed and empty
function Channel:receive(timeout) end

--- `for value in channel:values() do … end`: receives until the channel is closed and empty.
---
--- ```lua
--- local jobs = task.channel(2)
--- jobs:send("first")
--- jobs:close()
--- for job in jobs:values() do print(job) end
--- ```
---@return fun(): any
function Channel:values() end

--- No more values will be sent. What was sent can still be received. Closing twice is no error.
---
--- ```lua
--- local jobs = task.channel()
--- jobs:close()
--- print(select(2, jobs:receive()).code)  --> closed
--- ```
function Channel:close() end

return task
