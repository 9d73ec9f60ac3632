-- The WebSocket echo, done by Lua: text as text, binary as binary.
local ws = require "moonwire.ws"

local server = assert(ws.listen { host = "127.0.0.1", port = tonumber(arg[1]) or 0, max_message = 1024 * 1024 })
print("listening " .. server:port())
server:serve(function(conn)
  for message, is_binary in conn:messages() do
    if is_binary then
      conn:send_binary(message)
    else
      conn:send(message)
    end
  end
end, { max_clients = 20000 })
