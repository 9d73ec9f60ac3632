-- The part of moonwire.udp that is Lua: the iterator, and short cuts.
local Socket, native = ...

local ffi = require "ffi"
local error, getmetatable, type = error, getmetatable, type
local receive, send = Socket.receive, Socket.send

-- Direct calls: see bindings/core/direct_call.hpp.
local datagram = ffi.new "struct { const char *payload, *host; int32_t host_size, port; }"
local take_datagram = ffi.cast("int32_t (*)(void *, void *)", native.take_datagram)
local put_datagram = ffi.cast("bool (*)(void *, const char *, size_t, const char *, size_t, double)", native.put_datagram)
local ffi_string = ffi.string

-- A function of its own, because it can be compiled whatever comes of it. `self` is a socket for certain.
local function take(self)
  local size = take_datagram(self, datagram)
  if size >= 0 then
    return ffi_string(datagram.payload, size), ffi_string(datagram.host, datagram.host_size), datagram.port
  end
end

local function is_socket(self)
  return type(self) == "userdata" and getmetatable(self) == "moonwire.udp.Socket"
end

function Socket:receive(timeout)
  if timeout == nil and is_socket(self) then
    local payload, host, port = take(self)
    if payload then
      return payload, host, port
    end
  end
  return receive(self, timeout)
end

function Socket:send(payload, host, port)
  if type(payload) == "string" and type(host) == "string" and type(port) == "number" and is_socket(self)
      and put_datagram(self, payload, #payload, host, #host, port) then
    return true
  end
  return send(self, payload, host, port)
end

function Socket:datagrams(timeout)
  return function()
    local payload, host, port, time = self:receive(timeout)
    if payload then
      return payload, host, port, time
    end
    if host.code ~= "closed" then
      error(host, 2)
    end
  end
end
