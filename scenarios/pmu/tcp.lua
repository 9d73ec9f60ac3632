--- A PMU sends its measurements over TCP: a stream has no message boundaries, so the PDC has to find them.
local scenario = require "moonwire.scenario"
local tcp, pmu = require "moonwire.tcp", require "pmu"

return scenario.define {
  summary = "PMU measurements over TCP: packetisation of a byte stream",
  params = {
    server     = { "localhost", "the PMU's name or IPv4 address" },
    port       = { 5003, "the PMU's port", type = "port" },
    command    = { "CMD_short:0.1", "what the PDC asks for: CMD_short:d (d seconds between messages) or CMD_floodme" },
    count      = { 10, "how many messages CMD_short brings", type = "integer", min = 1, max = 1000000 },
    flood_size = { 1000000, "how much CMD_floodme brings", type = "size", min = 1, max = 64 * 1024 * 1024 },
    nodelay    = { false, "send every message at once, without Nagle's algorithm (TCP_NODELAY)" },
    settle     = { 0.05, "how long the PMU waits whether more digits of d follow", type = "duration", min = 0, max = 60 },
    idle       = { 300, "after how long a silent peer is given up", type = "duration", min = 0 },
  },
  roles = {
    pmu = {
      help = "the measuring device: serves many PDCs at once",
      run = function(p)
        local server = assert(tcp.listen { port = p.port, family = "ipv4", nodelay = p.nodelay })
        scenario.ready(server)
        server:serve(function(conn) pmu.serve(conn, p) end)
      end,
    },
    pdc = {
      help = "the data concentrator: prints one message a line",
      args = { "server", "port", "command" },
      after = "pmu",
      run = function(p)
        local conn = assert(tcp.connect(p.server, p.port, { family = "ipv4" }))
        pmu.ask(conn, p)
      end,
    },
  },
}
