--- Code C and Code D of the primer: an echo server that reads 8 bytes at a time, and the states of its sockets.
local scenario = require "moonwire.scenario"
local tcp, task = require "moonwire.tcp", require "moonwire.task"
local python_address = require "python_address"

local MESSAGE = "Oh Romeo, Romeo! wherefore art thou Romeo?"

-- As ss prints an address: 127.0.0.1:5002, [::1]:5002, 0.0.0.0:*
local function ss_address(address, port)
  return (address:find(":", 1, true) and "[%s]:%s" or "%s:%s"):format(address, port == 0 and "*" or port)
end

-- What `ss -4an` shows for the port.
local function print_sockets(when, port)
  print(("--- sockets %s"):format(when))
  print(("%-11s %-7s %-7s %21s %21s"):format("State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port"))
  for _, s in ipairs(tcp.sockets(port)) do
    print(("%-11s %-7d %-7d %21s %21s"):format(s.state, s.receive_queue, s.send_queue,
      ss_address(s.local_address, s.local_port), ss_address(s.peer_address, s.peer_port)))
  end
end

-- Code C for one connection.
local function echo(connection, idle)
  local addr = python_address(connection:peer_address())
  while true do
    local data, err = connection:read_some(8, idle)
    if not data and err.code ~= "closed" then
      return scenario.log("%s: %s", addr, err)
    end
    print("received: " .. (data or ""))
    if not data then
      return print("No more data from " .. addr)
    end
    connection:write(data)
  end
end

return scenario.define {
  summary = "TCP echo, and the states that its sockets go through",
  params = {
    host          = { "localhost", "the server's name or address" },
    port          = { 5002, "the server's port", type = "port" },
    family        = { "ipv4", "the version of IP", choices = { "ipv4", "ipv6" } },
    reuse_address = { true, "listen although old connections are in TIME-WAIT (SO_REUSEADDR)" },
    idle          = { 300, "after how long a silent peer is given up", type = "duration", min = 0 },
    stay          = { 0, "how long the client stays connected when it has everything", type = "duration", min = 0 },
  },
  roles = {
    server = {
      help = "Code C: echoes what it reads, 8 bytes at a time",
      args = { "host", "port" },
      run = function(p)
        local server = assert(tcp.listen {
          host = p.host, port = p.port, family = p.family, reuse_address = p.reuse_address,
        })
        scenario.ready(server)
        server:serve(function(connection) echo(connection, p.idle) end)
      end,
    },
    client = {
      help = "Code D: sends its message and reads it back, 16 bytes at a time",
      args = { "host", "port" },
      after = "server",
      run = function(p)
        print_sockets("before the connection", p.port)
        local sock = assert(tcp.connect(p.host, p.port, { family = p.family }))
        print("sending: " .. MESSAGE)
        assert(sock:write(MESSAGE))
        local received = 0
        while received < #MESSAGE do
          local data = assert(sock:read_some(16, p.idle))
          received = received + #data
          print("received: " .. data)
        end
        print_sockets("during the connection", p.port)
        task.sleep(p.stay)
        assert(sock:shutdown())
        print_sockets("when the client has ended it", p.port)
        sock:read_some(16, p.idle)  -- until the server has ended it, too
        sock:close()
        print_sockets("after the connection", p.port)
      end,
    },
  },
}
