-- The UDP echo on libuv, run by LuaJIT with Debian's lua-luv.
package.cpath = package.cpath .. ";/usr/lib/x86_64-linux-gnu/lua/5.1/?.so"
local uv = require "luv"

local socket = uv.new_udp()
socket:bind("127.0.0.1", tonumber(arg[1]) or 0)
socket:recv_start(function(err, data, from)
  if data and from then
    socket:try_send(data, from.ip, from.port)
  end
end)
io.write("listening ", socket:getsockname().port, "\n")
io.flush()
uv.run()
