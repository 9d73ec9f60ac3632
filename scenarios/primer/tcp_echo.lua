--- Code C and Code D of the primer: an echo server that reads 8 bytes at a time, and the kernel's view of its sockets.
local scenario = require "moonwire.scenario"
local tcp, task = require "moonwire.tcp", require "moonwire.task"

local MESSAGE = "Oh Romeo, Romeo! wherefore art thou Romeo?"

-- What `ss -4an` shows for the port.
local function print_sockets(when, port)
  print(("--- sockets %s"):format(when))
  print(("%-11s %-7s %-7s %21s %21s"):format("State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port"))
  for _, s in ipairs(tcp.sockets(port)) do
    local peer_port = s.peer_port == 0 and "*" or s.peer_port
    print(("%-11s %-7d %-7d %21s %21s"):format(s.state, s.receive_queue, s.send_queue,
      s.local_address .. ":" .. s.local_port, s.peer_address .. ":" .. peer_port))
  end
end

return scenario.define {
  summary = "TCP echo, and the states that its sockets go through",
  params = {
    host          = { "localhost", "the server's name or address" },
    port          = { 5002, "the server's port", type = "port" },
    reuse_address = { true, "listen although old connections are in TIME-WAIT (SO_REUSEADDR)" },
    idle          = { 300, "after how long a client that says nothing is given up", type = "duration" },
    stay          = { 0, "how long the client stays connected when it has everything", type = "duration" },
  },
  roles = {
    server = {
      help = "Code C: echoes what it reads, 8 bytes at a time",
      run = function(p)
        local server = assert(tcp.listen {
          host = p.host, port = p.port, family = "ipv4", reuse_address = p.reuse_address,
        })
        scenario.ready(server)
        server:serve(function(connection)
          while true do
            local data, err = connection:read_some(8, p.idle)
            if not data then
              if err.code ~= "closed" then
                scenario.log("%s", err)
              end
              break
            end
            print("received: " .. data)
            assert(connection:write(data))
          end
          print(("No more data from ('%s', %d)"):format(connection:peer_address()))
        end)
      end,
    },
    client = {
      help = "Code D: sends its message and reads it back, 16 bytes at a time",
      args = { "host", "port" },
      after = "server",
      run = function(p)
        print_sockets("before the connection", p.port)
        local sock = assert(tcp.connect(p.host, p.port, { family = "ipv4" }))
        print("sending: " .. MESSAGE)
        assert(sock:write(MESSAGE))
        local received = 0
        while received < #MESSAGE do
          local data = assert(sock:read_some(16))
          received = received + #data
          print("received: " .. data)
        end
        print_sockets("during the connection", p.port)
        task.sleep(p.stay)
        sock:close()
        task.sleep(0.1)  -- for the last segments to cross
        print_sockets("after the connection", p.port)
      end,
    },
  },
}
