-- The TCP echo on libuv, run by LuaJIT with Debian's lua-luv.
package.cpath = package.cpath .. ";/usr/lib/x86_64-linux-gnu/lua/5.1/?.so"
local uv = require "luv"

local server = uv.new_tcp()
server:bind("127.0.0.1", tonumber(arg[1]) or 0)
server:listen(511, function()
  local client = uv.new_tcp()
  server:accept(client)
  client:nodelay(true)
  client:read_start(function(err, data)
    if data then
      client:write(data)
    else
      client:close()
    end
  end)
end)
io.write("listening ", server:getsockname().port, "\n")
io.flush()
uv.run()
