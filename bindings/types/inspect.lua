---@meta moonwire.inspect

--- What there is in the program at this moment: for a person at a prompt, and for scripts that watch themselves.
---@class moonwire.inspect
local inspect = {}

--- All tasks, each behind the one that it belongs to, with where it stands and what it waits for.
---
--- ```lua
--- task.spawn(function() task.sleep(1) end)
--- task.sleep(0)
--- for _, t in ipairs(inspect.tasks()) do print(t.at, t.waits_for) end
--- ```
---@param task? Task  only this one and those that it has started; absent: all of the program
---@return TaskInfo[] tasks
function inspect.tasks(task) end

--- The connections and UDP sockets that are open, with what they have carried; `object:info()` has the rest.
---
--- ```lua
--- for _, c in ipairs(inspect.connections()) do print(c.object, c.bytes_sent, c.bytes_received) end
--- ```
---@return ConnectionEntry[] connections
function inspect.connections() end

---@class ConnectionEntry
---@field object Connection|TlsConnection|WsConnection|Socket  the connection itself
---@field bytes_sent integer
---@field bytes_received integer

---@class TaskInfo
---@field at? string          the line of the script's own that the task is in: "pmu/udp.lua:70"
---@field waits_for? string   what the call that it waits in is called ("udp.receive"); absent: it runs
---@field role? string        of the scenario that it plays
---@field started_at? string  where it was started; absent: by a person at a prompt, or by the host

return inspect
