--- The lab's C programs for UDP on one computer: every message is acknowledged by a datagram of the program's own.
local scenario = require "moonwire.scenario"
local udp, stdio = require "moonwire.udp", require "moonwire.stdio"
local printable = require "printable"

-- What a person enters; the parameter's text when all roles play together.
local function enter_message(p)
  if scenario.alone() then
    return stdio.read_line("Enter a message: ") or error("no message was entered", 0)
  end
  print("Enter a message: " .. p.message)
  return p.message
end

return scenario.define {
  summary = "UDP on one computer: a message and its acknowledgment",
  params = {
    host    = { "localhost", "the server's name or address" },
    port    = { 8080, "the server's port (the lab's own client asks 9090, where nobody is)", type = "port" },
    family  = { "ipv4", "the version of IP", choices = { "ipv4", "ipv6" } },
    message = { "Hello from CLIENT", "what the client enters in a run of all roles" },
    timeout = { 5, "how long the client waits for the acknowledgment", type = "duration", min = 0 },
  },
  roles = {
    server = {
      help = "prints every message and acknowledges it",
      run = function(p)
        local sock = assert(udp.bind { port = p.port, family = p.family })
        print("UDP Server is up and waiting for messages...")
        scenario.ready(sock)
        for message, address, port in sock:datagrams() do
          print("Client: " .. printable(message, "\t\n"))
          local sent, err = sock:send("Message received", address, port)
          if sent then
            print("Acknowledgment sent to client.")
          else
            scenario.log("no acknowledgment: %s", err)
          end
        end
      end,
    },
    client = {
      help = "sends the line that is entered and prints the acknowledgment",
      args = { "host", "port" },
      after = "server",
      run = function(p)
        local sock = assert(udp.connect(p.host, p.port, { family = p.family }))
        assert(sock:send(enter_message(p) .. "\n"))  -- with its end, as fgets() leaves it
        print("Message sent to server.")
        local answer, err = sock:receive(p.timeout)
        if not answer then
          error("no acknowledgment: " .. err.message, 0)
        end
        print("Server: " .. printable(answer, "\t\n"))
      end,
    },
  },
}
