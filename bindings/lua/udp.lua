-- The part of moonwire.udp that is Lua: the iterator.
local Socket = ...

local error = error

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
