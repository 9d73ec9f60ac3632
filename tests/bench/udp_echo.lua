-- The UDP echo, done by Lua: a receive and a send a datagram.
local udp = require "moonwire.udp"

local socket = assert(udp.bind { host = "127.0.0.1", port = tonumber(arg[1]) or 0 })
print("listening " .. socket:port())
while true do
  local payload, host, port = socket:receive()
  socket:send(payload, host, port)
end
