-- The parts of moonwire.ws that are Lua: connecting, listening, iterating, events.
local ws, Connection, native = ...

local clock = require "moonwire.clock"
local ffi = require "ffi"
local task = require "moonwire.task"
local tcp = require "moonwire.tcp"
local tls = require "moonwire.tls"
local error, getmetatable, ipairs, pairs, setmetatable, tostring, type =
  error, getmetatable, ipairs, pairs, setmetatable, tostring, type
local max = math.max

local default_timeout = 10

-- Options that are those of the connection, or the listening socket, below.
local connect_names = {
  "timeout", "family", "nodelay", "keepalive", "write_timeout", "send_buffer", "receive_buffer", "tls",
}
local listen_names = {
  "port", "host", "family", "reuse_address", "backlog", "nodelay", "keepalive", "write_timeout", "send_buffer",
  "receive_buffer", "tls",
}

local function stream_options(options, names)
  local result = {}
  if type(options.tls) == "table" then
    for key, value in pairs(options.tls) do
      result[key] = value
    end
  end
  for _, name in ipairs(names) do
    result[name] = options[name]
  end
  result.tls = nil
  if type(options.tls) == "userdata" then
    result.context = options.tls
  end
  return result
end

local function check_tls(options, maker)
  local got = type(options.tls)
  if got ~= "nil" and got ~= "table" and got ~= "userdata" then
    error(("options.tls: expected a table of options, or what %s returned, got %s"):format(maker, got), 3)
  end
end

local function answer(stream, request, deadline)
  stream:write(request.text)
  local head, err = native.read_head(stream, max(deadline - clock.now(), 0), "connect to " .. request.url)
  if not head then
    stream:abort()
    return nil, err
  end
  local connection, refusal = native.open(stream, request.handshake, head)
  if not connection then
    stream:close()
  end
  return connection, refusal
end

function ws.connect(url, options)
  options = options or {}
  local request = native.request(url, options, connect_names)
  check_tls(options, "tls.client")
  if options.tls ~= nil and not request.secure then
    error("options.tls: is for URLs that begin with wss://", 2)
  end
  local deadline = clock.now() + (options.timeout or default_timeout)
  local transport = request.secure and tls or tcp
  local stream, err = transport.connect(request.host, request.port, stream_options(options, connect_names))
  if not stream then
    return nil, err
  end
  return answer(stream, request, deadline)
end

-- Answers the request that a client begins with. Nothing if it is no WebSocket: that has been answered, too.
local function upgrade(stream, acceptor, timeout)
  local head, err = native.read_head(stream, timeout, "upgrade of " .. tostring(stream))
  local connection
  if head then
    connection, err = native.accept(stream, acceptor, head)
  else
    native.refuse(stream, err.code)
  end
  if not connection then
    err.client = true
    stream:close()
  end
  return connection, err
end

local Server = {}
local Server_class = { __index = Server, __name = "moonwire.ws.Server" }
debug.getregistry()[Server_class.__name] = Server_class

function Server_class:__tostring()
  return "WebSocket " .. tostring(self.listener)
end

-- A client's handshake, until somebody accepts it.
local function handshake(self, stream)
  local connection, err
  task.defer(function()
    self.slots:receive(0)
    if connection then
      connection:close(1001)
    end
  end)
  connection, err = upgrade(stream, self.acceptor, self.timeout)
  if self.ready:send { connection = connection, err = err } then
    connection = nil
  end
end

-- Makes the handshakes of those who are accepted one by one, side by side.
local function shake_hands(self)
  self.wanted:receive()
  while self.slots:send(true) do
    local stream, err = self.listener:accept()
    if stream then
      task.spawn(handshake, self, stream)
    elseif err.client then
      self.slots:receive(0)
      self.ready:send { err = err }
    else
      self.failure = err
      self.ready:close()
      return
    end
  end
end

-- In a task of its own, which belongs to the task that listens.
local function start_handshakes(self)
  self.wanted, self.ready, self.slots = task.channel(1), task.channel(), task.channel(self.max_handshakes)
  self.handshakes = task.spawn(shake_hands, self)
end

function ws.listen(options)
  if type(options) ~= "table" then
    error("bad argument #1 (options) to 'ws.listen': expected a table of options, at least { port = 0 }", 2)
  end
  local acceptor, timeout, max_handshakes = native.acceptor(options, listen_names)
  check_tls(options, "tls.server")
  local transport = options.tls ~= nil and tls or tcp
  local listener, err = transport.listen(stream_options(options, listen_names))
  if not listener then
    return nil, err
  end
  local self = setmetatable(
    { listener = listener, acceptor = acceptor, timeout = timeout, max_handshakes = max_handshakes }, Server_class)
  start_handshakes(self)
  return self
end

function ws.upgrade(request, options)
  local acceptor, head = native.acceptor(options or {}), request:head()
  return native.accept(request:take_connection(), acceptor, head)
end

function Server:port()
  return self.listener:port()
end

function Server:local_address()
  return self.listener:local_address()
end

function Server:close()
  self.listener:close()
  self.closed = true
  self.wanted:close()
  self.slots:close()
  self.ready:close()
end

local function say(err)
  native.say("moonwire: " .. tostring(err) .. "\n")
end

local function handle(handler, connection)
  handler(connection)
  local pump = native.state(connection).pump
  if pump then
    pump:join()
  end
end

function Server:serve(handler, options)
  if type(handler) ~= "function" then
    error(("bad argument #1 (handler) to 'serve': expected a function, got %s"):format(type(handler)), 2)
  end
  local acceptor, timeout = self.acceptor, self.timeout
  local refused = type(options) == "table" and options.refused or say
  return self.listener:serve(function(stream)
    local connection, err = upgrade(stream, acceptor, timeout)
    if connection then
      handle(handler, connection)
    else
      refused(err)
    end
  end, options)
end

function Server:accept(timeout)
  if self.handshakes:status() ~= "running" and not self.closed and not self.failure then
    start_handshakes(self)  -- the task that listened has ended
  end
  self.wanted:send(true, 0)
  local outcome, err = self.ready:receive(timeout)
  if outcome then
    return outcome.connection, outcome.err
  elseif err.code == "closed" and self.failure and not self.closed then
    return nil, self.failure
  end
  return native.failure(err.code, ("accept on %s: %s"):format(tostring(self),
    err.code == "closed" and "the server is closed" or "nobody came in time"))
end

function Server:clients()
  return function()
    while true do
      local connection, err = self:accept()
      if connection then
        return connection
      elseif err.client then
        say(err)
      elseif err.code == "closed" then
        return nil
      else
        error(err, 2)
      end
    end
  end
end

local breaks_the_protocol = { protocol_error = true, invalid_utf8 = true, message_too_big = true, bad_compression = true }

local receive, send, send_binary = Connection.receive, Connection.send, Connection.send_binary

-- Direct calls: see bindings/core/direct_call.hpp.
local message_taken = ffi.new "struct { const char *data; int32_t is_binary; }"
local take_message = ffi.cast("int32_t (*)(void *, void *)", native.take_message)
local put_text = ffi.cast("bool (*)(void *, const char *, size_t)", native.put_text)
local put_binary = ffi.cast("bool (*)(void *, const char *, size_t)", native.put_binary)
local ffi_string = ffi.string

-- A function of its own, because it can be compiled whatever comes of it. `self` is a connection for certain.
local function take(self)
  local size = take_message(self, message_taken)
  if size >= 0 then
    return ffi_string(message_taken.data, size), message_taken.is_binary ~= 0
  end
end

local function is_connection(self)
  return type(self) == "userdata" and getmetatable(self) == "moonwire.ws.Connection"
end

function Connection:receive(timeout)
  if timeout == nil and is_connection(self) then
    local message, is_binary = take(self)
    if message then
      return message, is_binary
    end
  end
  return receive(self, timeout)
end

function Connection:send(data, timeout)
  if timeout == nil and type(data) == "string" and is_connection(self) and put_text(self, data, #data) then
    return true
  end
  return send(self, data, timeout)
end

function Connection:send_binary(data, timeout)
  if timeout == nil and type(data) == "string" and is_connection(self) and put_binary(self, data, #data) then
    return true
  end
  return send_binary(self, data, timeout)
end

local function next_message(self)
  local message, is_binary = take(self)
  if message then
    return message, is_binary
  end
  message, is_binary = receive(self)
  if message then
    return message, is_binary
  elseif breaks_the_protocol[is_binary.code] then
    error(is_binary, 2)
  end
end

function Connection:messages()
  if not is_connection(self) then
    receive(self)  -- which says what is wrong
  end
  return next_message, self
end

local events = { open = true, message = true, close = true, ping = true, pong = true, error = true }

-- True if there is a listener.
local function emit(listeners, event, ...)
  local list = listeners[event]
  local count = list and #list or 0
  for i = 1, count do
    list[i](...)
  end
  return count > 0
end

local function emit_end(listeners, err)
  local told = err.code == "closed" or emit(listeners, "error", err)
  emit(listeners, "close", err.close_code, err.reason)
  if not told and breaks_the_protocol[err.code] then
    error(err, 0)
  elseif err.code == "closed" and err.close_code ~= 1006 then
    return err.close_code, err.reason
  end
  return nil, err
end

local function next_event(self)
  local message, is_binary = take(self)
  if message then
    return is_binary and "binary" or "text", message
  end
  return native.next_event(self)
end

-- Tells the listeners what comes, one after the other. A listener may wait: then what comes waits, too.
local function pump(self, listeners)
  emit(listeners, "open")
  while true do
    local event, data = next_event(self)
    if not event then
      return emit_end(listeners, data)
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
  local state = native.state(self)
  -- A list is replaced, not changed: its listeners may be being called.
  local list = {}
  for i, other in ipairs(state[event] or {}) do
    list[i] = other
  end
  list[#list + 1] = listener
  state[event] = list
  if not state.pump then
    state.pump = task.spawn(pump, self, state)
  end
  return self
end

function Connection:off(event, listener)
  check_listener(event, listener, "off")
  local state = native.state(self)
  local list = {}
  for _, other in ipairs(state[event] or {}) do
    if other ~= listener then
      list[#list + 1] = other
    end
  end
  state[event] = list
  return self
end

function Connection:wait(timeout)
  local pump_task = native.state(self).pump
  if not pump_task then
    error("wait: nobody listens to this connection; call on() first", 2)
  end
  return pump_task:join(timeout)
end

return ws
