--- Date and time over UDP: a stateless protocol, one datagram there and one back.
local scenario = require "moonwire.scenario"
local udp, dns = require "moonwire.udp", require "moonwire.dns"
local clock, random, task = require "moonwire.clock", require "moonwire.random", require "moonwire.task"
local report, printable = require "moonwire.report", require "printable"

local FORMATS = { SEND_DATE = "%Y-%m-%d", SEND_TIME = "%H:%M:%S" }
local LONGEST = 64  -- bytes of an unknown request that are repeated in the error

local function answer_to(request)
  local format = FORMATS[request]
  if format then
    return clock.date(format)
  end
  return ("ERROR: unknown request: %s (expected SEND_DATE or SEND_TIME)"):format(printable(request:sub(1, LONGEST)))
end

-- UDP does not say which of a name's addresses the server listens on: there is a socket for each of them.
local function connect_all(p)
  local socks = {}
  for i, address in ipairs(assert(dns.resolve(p.server, { family = p.family }))) do
    socks[i] = assert(udp.connect(address, p.port))
  end
  return socks
end

-- Asks one address after the other until one answers, and that one first from then on. Either datagram may be lost, and
-- asking twice does no harm: so the whole is tried `attempts` times. A server that is started again meanwhile answers as
-- if nothing had been.
local function ask(socks, request, p)
  local reason
  for attempt = 1, p.attempts do
    if attempt > 1 and reason.code ~= "timeout" then  -- refused, at once
      task.sleep(p.timeout)
    end
    for i, sock in ipairs(socks) do
      while sock:receive(0) do end  -- what came too late for an earlier request
      local answer, start = nil, clock.now()
      answer, reason = sock:send(request)
      if answer then
        answer, reason = sock:receive(p.timeout)
      end
      if answer then
        report.latency("round trip", clock.now() - start)
        table.insert(socks, 1, table.remove(socks, i))
        return answer
      end
      scenario.log("no answer to %s: %s", request, reason)
    end
  end
  error(("no answer to %s after %d attempts: %s"):format(request, p.attempts, reason.message), 0)
end

return scenario.define {
  summary = "date and time over UDP: a stateless protocol",
  params = {
    server    = { "localhost", "the server's name or address" },
    port      = { 5000, "the server's port", type = "port" },
    family    = { "any", "the version of IP", choices = { "any", "ipv4", "ipv6" } },
    count     = { 6, "how many requests the client makes; 0: without end", type = "integer", min = 0 },
    min_pause = { 1, "the shortest pause between two requests", type = "duration", min = 0, live = true },
    max_pause = { 2, "the longest pause between two requests", type = "duration", min = 0, live = true },
    timeout   = { 1, "how long the client waits for an answer", type = "duration", min = 0, live = true },
    attempts  = { 3, "how often the client asks before it gives up", type = "integer", min = 1, max = 1000 },
  },
  roles = {
    server = {
      help = "answers SEND_DATE and SEND_TIME",
      run = function(p)
        local sock = assert(udp.bind { port = p.port, family = p.family })
        scenario.ready(sock)
        for request, address, port in sock:datagrams() do
          local answer = answer_to(request:match("^[^\r\n]*"))
          local sent, err = sock:send(answer, address, port)
          scenario.log("%s:%d is told %s", address, port, sent and answer or "nothing: " .. tostring(err))
        end
      end,
    },
    client = {
      help = "asks for date and time in turn and prints the answers",
      args = { "server", "port" },
      after = "server",
      run = function(p)
        if p.min_pause > p.max_pause then
          error("min_pause must not be longer than max_pause", 0)
        end
        local socks = connect_all(p)
        local i = 0
        repeat
          i = i + 1
          print(printable(ask(socks, i % 2 == 1 and "SEND_DATE" or "SEND_TIME", p)))
          if i ~= p.count then
            task.sleep(random.uniform(p.min_pause, math.max(p.min_pause, p.max_pause)))
          end
        until i == p.count
      end,
    },
  },
}
