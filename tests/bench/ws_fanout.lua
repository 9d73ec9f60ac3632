-- The WebSocket fan-out, done by Lua: what one member sends, all get.
local ws = require "moonwire.ws"

local server = assert(ws.listen { host = "127.0.0.1", port = tonumber(arg[1]) or 0, max_message = 1024 * 1024 })
print("listening " .. server:port())
local room = ws.room()
server:serve(function(conn)
  room:join(conn)
  for message in conn:messages() do
    room:broadcast(message)
  end
end)
