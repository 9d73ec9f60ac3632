-- The TCP echo, done by Lua: a read and a write a message.
local tcp = require "moonwire.tcp"

local server = assert(tcp.listen { host = "127.0.0.1", port = tonumber(arg[1]) or 0 })
print("listening " .. server:port())
server:serve(function(conn)
  while true do
    local data = conn:read_some()
    if not data then
      break
    end
    conn:write(data)
  end
end)
