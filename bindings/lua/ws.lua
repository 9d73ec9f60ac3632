-- The parts of moonwire.ws that are Lua: connecting, listening, iterating, events.
local ws, Connection, native = ...

local task = require "moonwire.task"
local tcp = require "moonwire.tcp"
local tls = require "moonwire.tls"
local error, ipairs, pairs, setmetatable, tostring, type = error, ipairs, pairs, setmetatable, tostring, type

local head_end = "\r\n\r\n"

-- The options of a call that are those of the connection below.
local function stream_options(options, names, secure)
  local result = {}
  if secure and type(options.tls) == "table" then
    for key, value in pairs(options.tls) do
      result[key] = value
    end
  elseif secure and options.tls ~= nil then
    result.context = options.tls
  end
  for _, name in ipairs(names) do
    result[name] = options[name]
  end
  return result
end

local connect_names = {
  "timeout", "family", "nodelay", "keepalive", "write_timeout", "send_buffer", "receive_buffer",
}
local listen_names = {
  "port", "host", "family", "reuse_address", "backlog", "nodelay", "keepalive", "write_timeout", "send_buffer",
  "receive_buffer",
}

function ws.connect(url, options)
  options = options or {}
  local request, err = native.request(url, options)
  if not request then
    return nil, err
  end
  local transport = request.secure and tls or tcp
  local stream, failure = transport.connect(request.host, request.port, stream_options(options, connect_names, request.secure))
  if not stream then
    return nil, failure
  end
  stream:write(request.text)
  local head, cut_off = stream:read_until(head_end, native.max_head, options.timeout or 10)
  if not head then
    stream:abort()
    return nil, cut_off
  end
  local connection, refusal = native.open(stream, request.handshake, head .. head_end)
  if not connection then
    stream:abort()
    return nil, refusal
  end
  return connection
end

-- Answers the request that a client begins with. Nothing if it is no WebSocket: that has been answered, too.
local function upgrade(stream, acceptor, timeout)
  local head, err = stream:read_until(head_end, native.max_head, timeout)
  if not head then
    native.refuse(stream, err.code)
    return nil, err
  end
  return native.accept(stream, acceptor, head .. head_end)
end

local Server = {}
Server.__index = Server
Server.__name = "moonwire.ws.Server"

function Server:__tostring()
  return "WebSocket " .. tostring(self.listener)
end

function ws.listen(options)
  if type(options) ~= "table" then
    error("bad argument #1 (options) to 'ws.listen': expected a table of options, at least { port = 0 }", 2)
  end
  local acceptor, timeout = native.acceptor(options)
  local transport = options.tls ~= nil and tls or tcp
  local listener, err = transport.listen(stream_options(options, listen_names, options.tls ~= nil))
  if not listener then
    return nil, err
  end
  return setmetatable({ listener = listener, acceptor = acceptor, timeout = timeout }, Server)
end

function ws.upgrade(request, options)
  return native.accept(request:take_connection(), (native.acceptor(options or {})), request:head())
end

function Server:port()
  return self.listener:port()
end

function Server:local_address()
  return self.listener:local_address()
end

function Server:close()
  self.listener:close()
end

local function say(err)
  native.say("moonwire: " .. tostring(err) .. "\n")
end

function Server:serve(handler, options)
  if type(handler) ~= "function" then
    error(("bad argument #1 (handler) to 'serve': expected a function, got %s"):format(type(handler)), 2)
  end
  local acceptor, timeout, refused = self.acceptor, self.timeout, options and options.refused or say
  return self.listener:serve(function(stream)
    local connection, err = upgrade(stream, acceptor, timeout)
    if connection then
      handler(connection)
    else
      refused(err)
    end
  end, options)
end

-- Clients are let in side by side, so that one that never finishes its request holds up nobody.
local function accept_all(self)
  local ready = self.ready
  task.defer(function()
    self.ready = nil
    ready:close()
  end)
  for stream in self.listener:clients() do
    task.spawn(function()
      local connection, err = upgrade(stream, self.acceptor, self.timeout)
      if not connection then
        stream:close()
        say(err)
      elseif not ready:send(connection) then
        connection:close(1001)
      end
    end)
  end
end

function Server:accept(timeout)
  if not self.ready then
    self.ready = task.channel(16)
    task.spawn(accept_all, self)
  end
  return self.ready:receive(timeout)
end

function Server:clients()
  return function()
    return (self:accept())
  end
end

local receive = Connection.receive

local function next_message(self)
  local message, is_binary = receive(self)
  if message then
    return message, is_binary
  elseif is_binary.code ~= "closed" and is_binary.code ~= "reset" then
    error(is_binary, 2)
  end
end

function Connection:messages()
  return next_message, self
end

local events = { open = true, message = true, close = true, ping = true, pong = true, error = true }

local function emit(listeners, event, ...)
  local list = listeners[event]
  for i = 1, list and #list or 0 do
    list[i](...)
  end
end

-- Tells the listeners what comes, one after the other. A listener may wait: then what comes waits, too.
local function pump(self, listeners)
  emit(listeners, "open")
  while true do
    local event, data = native.next_event(self)
    if not event then
      if data.code ~= "closed" then
        emit(listeners, "error", data)
      end
      emit(listeners, "close", data.close_code, data.reason)
      return data.close_code, data.reason
    elseif event == "text" or event == "binary" then
      emit(listeners, "message", data, event == "binary")
    else
      emit(listeners, event, data)
    end
  end
end

local function check_listener(event, listener, name)
  if not events[event] then
    error(("bad argument #1 (event) to '%s': expected open, message, close, ping, pong or error, got %s"):format(name,
      tostring(event)), 3)
  end
  if type(listener) ~= "function" then
    error(("bad argument #2 (listener) to '%s': expected a function, got %s"):format(name, type(listener)), 3)
  end
end

function Connection:on(event, listener)
  check_listener(event, listener, "on")
  local listeners = native.listeners(self)
  -- A list is replaced, not changed: its listeners may be being called.
  local list = { listener }
  for i, other in ipairs(listeners[event] or {}) do
    list[i], list[i + 1] = other, listener
  end
  listeners[event] = list
  if not listeners.pump then
    listeners.pump = task.spawn(pump, self, listeners)
  end
  return self
end

function Connection:off(event, listener)
  check_listener(event, listener, "off")
  local listeners = native.listeners(self)
  local list = {}
  for _, other in ipairs(listeners[event] or {}) do
    if other ~= listener then
      list[#list + 1] = other
    end
  end
  listeners[event] = list
  return self
end

function Connection:wait(timeout)
  local pump_task = native.listeners(self).pump
  if not pump_task then
    error("wait: nobody listens to this connection; call on() first", 2)
  end
  return pump_task:join(timeout)
end

return ws
