--- The smallest exchange over TCP: one message there, one back. Byte-compatible with the lab's C programs.
local scenario = require "moonwire.scenario"
local tcp = require "moonwire.tcp"

return scenario.define {
  summary = "TCP on one computer: hello from the client, hello from the server",
  params = {
    host = { "localhost", "the server's name or address" },
    port = { 8080, "the server's port", type = "port" },
    idle = { 300, "after how long a silent peer is given up", type = "duration", min = 0 },
  },
  roles = {
    server = {
      help = "answers every client, many at once",
      run = function(p)
        local server = assert(tcp.listen { port = p.port })
        scenario.ready(server)
        server:serve(function(conn)
          local message, err = conn:read_some(1024, p.idle)
          if not message then
            return scenario.log("no message: %s", err)
          end
          print("Message received: " .. message)
          conn:write("Hello from server")
        end)
      end,
    },
    client = {
      help = "says hello and prints the answer",
      args = { "host", "port" },
      after = "server",
      run = function(p)
        local conn = assert(tcp.connect(p.host, p.port))
        assert(conn:write("Hello from client"))
        print("Hello message sent")
        print("Message from server: " .. assert(conn:read_some(1024, p.idle)))
        conn:close()
      end,
    },
  },
}
