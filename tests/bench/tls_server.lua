-- A TLS server: sends without end, or closes.
local tls = require "moonwire.tls"

local chunk = ("x"):rep(256 * 1024)
local server = assert(tls.listen { host = "127.0.0.1", certificate = arg[1], key = arg[2], port = tonumber(arg[3]) })
print("listening " .. server:port())
server:serve(function(conn)
  local word = conn:read(1)
  while word == "b" and conn:write(chunk) do
  end
end, { refused = function() end })
