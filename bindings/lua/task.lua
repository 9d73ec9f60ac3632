-- The parts of moonwire.task that are Lua.
local task, native = ...

local spawn = task.spawn
local select, setmetatable, type, error, unpack = select, setmetatable, type, error, unpack
local failure, new_waker = native.failure, native.waker

local function check_functions(name, ...)
  local count = select("#", ...)
  if count == 0 then
    error(name .. ": expected at least one function", 3)
  end
  for i = 1, count do
    if type((select(i, ...))) ~= "function" then
      error(("bad argument #%d to '%s': expected a function, got %s"):format(i, name, type((select(i, ...)))), 3)
    end
  end
  return count
end

local function pack(...)
  return { n = select("#", ...), ... }
end

function task.timeout(seconds, fn, ...)
  local running = spawn(fn, ...)
  local results = pack(running:join(seconds))
  if running:status() == "running" then
    running:cancel()
    native.join(running)
    return failure("timeout", ("task.timeout: not done after %g s"):format(seconds))
  end
  return unpack(results, 1, results.n)
end

function task.all(...)
  local count = check_functions("task.all", ...)
  -- In a task of its own, so that a failure cancels the others and nobody else.
  local group = spawn(function(...)
    local tasks, results = {}, {}
    for i = 1, count do
      tasks[i] = spawn((select(i, ...)))
    end
    for i = 1, count do
      results[i] = tasks[i]:join()
    end
    return unpack(results, 1, count)
  end, ...)
  return group:join()
end

function task.any(...)
  local count = check_functions("task.any", ...)
  local group = spawn(function(...)
    local first = task.channel(count)
    for i = 1, count do
      local fn = (select(i, ...))
      spawn(function()
        first:send(pack(fn()))
      end)
    end
    local winner = first:receive()
    return unpack(winner, 1, winner.n)
  end, ...)
  return group:join()
end

local Channel = {}
Channel.__index = Channel
Channel.__name = "moonwire.task.Channel"
debug.getregistry()[Channel.__name] = Channel

function task.channel(capacity)
  capacity = capacity or 0
  if type(capacity) ~= "number" or capacity < 0 or capacity % 1 ~= 0 then
    error("bad argument #1 (capacity) to 'task.channel': expected an integer of at least 0", 2)
  end
  return setmetatable({
    capacity = capacity,
    values_in = 0, values_out = 0, stored = {},          -- stored[values_out + 1 … values_in]
    senders = { first = 1, last = 0 },                   -- those who wait: { waker =, value = }
    receivers = { first = 1, last = 0 },
    closed = false,
  }, Channel)
end

-- Those who gave up (cancelled, timed out) are taken out at the front, so that a queue does not grow by them.
local function push(queue, entry)
  while queue.first <= queue.last and not queue[queue.first].waker:waiting() do
    queue[queue.first] = nil
    queue.first = queue.first + 1
  end
  queue.last = queue.last + 1
  queue[queue.last] = entry
end

-- The first in the queue that still waits (others were cancelled or timed out).
local function pop_waiting(queue)
  while queue.first <= queue.last do
    local entry = queue[queue.first]
    queue[queue.first] = nil
    queue.first = queue.first + 1
    if entry.waker:waiting() then
      return entry
    end
  end
end

function Channel:send(value, timeout)
  if value == nil then
    error("bad argument #1 (value) to 'send': nil cannot be sent", 2)
  end
  if self.closed then
    return failure("closed", "channel send: the channel is closed")
  end
  local receiver = pop_waiting(self.receivers)
  if receiver then
    receiver.waker:wake(value)
    return true
  end
  if self.values_in - self.values_out < self.capacity then
    self.values_in = self.values_in + 1
    self.stored[self.values_in] = value
    return true
  end
  if timeout == 0 then
    return failure("timeout", "channel send: nobody receives and the channel is full")
  end
  local waker = new_waker()
  push(self.senders, { waker = waker, value = value })
  return waker:wait("channel send", timeout)
end

local function take_stored(self)
  local index = self.values_out + 1
  local value = self.stored[index]
  self.stored[index] = nil
  self.values_out = index
  return value
end

function Channel:receive(timeout)
  if self.values_in > self.values_out then
    local value = take_stored(self)
    local sender = pop_waiting(self.senders)
    if sender then
      self.values_in = self.values_in + 1
      self.stored[self.values_in] = sender.value
      sender.waker:wake(true)
    end
    return value
  end
  local sender = pop_waiting(self.senders)
  if sender then
    sender.waker:wake(true)
    return sender.value
  end
  if self.closed then
    return failure("closed", "channel receive: the channel is closed")
  end
  if timeout == 0 then
    return failure("timeout", "channel receive: the channel is empty")
  end
  local waker = new_waker()
  push(self.receivers, { waker = waker })
  return waker:wait("channel receive", timeout)
end

function Channel:values()
  return function()
    return (self:receive())
  end
end

function Channel:close()
  if self.closed then
    return
  end
  self.closed = true
  for receiver in pop_waiting, self.receivers do
    receiver.waker:wake(failure("closed", "channel receive: the channel is closed"))
  end
  for sender in pop_waiting, self.senders do
    sender.waker:wake(failure("closed", "channel send: the channel is closed"))
  end
end
