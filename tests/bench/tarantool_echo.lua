-- The TCP echo on Tarantool: a fiber a connection.
local socket = require "socket"
local buffer = require "buffer"
local ffi = require "ffi"

local server = socket.tcp_server("127.0.0.1", tonumber(arg[1]) or 0, function(client)
  client:nonblock(true)
  client:setsockopt("IPPROTO_TCP", "TCP_NODELAY", true)
  while true do
    local data = client:sysread(65536)
    if data == nil then
      if client:errno() ~= require("errno").EAGAIN then break end
      client:readable()
    elseif data == "" then
      break
    else
      client:write(data)
    end
  end
end)
print("listening " .. server:name().port)
io.flush()
