--- A client sends lines, and the server answers each in capitals.
local scenario = require "moonwire.scenario"
local tcp, clock, report = require "moonwire.tcp", require "moonwire.clock", require "moonwire.report"

return scenario.define {
  summary = "lines that come back in capitals",
  -- Each is a flag of `moonwire run ./NAME.lua`. What is declared here is checked before anything starts.
  params = {
    host    = { "localhost", "the server's name or address" },
    port    = { 7000, "the server's port", type = "port" },
    lines   = { 3, "how many lines the client sends", type = "integer", min = 1, max = 10000 },
    timeout = { 5, "how long the client waits for an answer", type = "duration" },
  },
  roles = {
    server = {
      help = "answers every client, many at once",
      run = function(p)
        local server = assert(tcp.listen { port = p.port })
        scenario.ready(server)  -- now the client may start
        server:serve(function(conn)
          for line in conn:lines() do
            conn:write(line:upper() .. "\n")
          end
        end)
      end,
    },
    client = {
      help = "sends lines, prints the answers and measures the round trips",
      args = { "host", "port" },
      after = "server",
      run = function(p)
        local conn = assert(tcp.connect(p.host, p.port))
        for i = 1, p.lines do
          local began = clock.now()
          assert(conn:write(("hello %d\n"):format(i)))
          print(assert(conn:read_line(nil, p.timeout)))
          report.latency("round trip", clock.now() - began)
        end
        conn:close()
        report.value("answers", p.lines, "lines")
      end,
    },
  },
}
