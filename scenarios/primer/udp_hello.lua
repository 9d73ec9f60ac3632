--- Code A and Code B of the primer: one datagram, from one who does not ask whether anybody is there.
local scenario = require "moonwire.scenario"
local udp = require "moonwire.udp"
local printable, python_address = require "printable", require "python_address"

return scenario.define {
  summary = "one datagram over UDP: sent, and perhaps received",
  params = {
    host   = { "localhost", "the receiver's name or address" },
    port   = { 50007, "the receiver's port", type = "port" },
    family = { "ipv4", "the version of IP", choices = { "ipv4", "ipv6" } },
  },
  roles = {
    receiver = {
      help = "Code A: prints every datagram and who has sent it",
      run = function(p)
        local s = assert(udp.bind { port = p.port, family = p.family })
        scenario.ready(s)
        for data, address, port in s:datagrams() do
          print("From:  " .. python_address(address, port))
          print("Received:  " .. printable(data, "\t\n"))
        end
      end,
    },
    sender = {
      help = "Code B: sends its greeting",
      args = { "host", "port" },
      after = "receiver",
      run = function(p)
        local s = assert(udp.bind { family = p.family })
        assert(s:send("Hello, Romeo! ", p.host, p.port))
        assert(s:close())
        print("Message sent")
      end,
    },
  },
}
