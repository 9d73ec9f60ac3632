--- A PDC resets a PMU's clock over UDP: requests and answers get lost, so it asks until there is an answer.
local scenario = require "moonwire.scenario"
local udp, dns, clock = require "moonwire.udp", require "moonwire.dns", require "moonwire.clock"
local random, report, task = require "moonwire.random", require "moonwire.report", require "moonwire.task"
local geometric, printable = require "geometric", require "printable"

local CONFIDENCE = 0.95
local MOST_ROWS = 20    -- of the histogram
local WIDEST_BAR = 40   -- characters
local MOST_DIGITS = 15  -- of a number of seconds: more are not exact

local function at(host, port)
  return (host:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(host, port)
end

-- What somebody sent, or its beginning.
local function shown(payload)
  return ("'%s'%s"):format(printable(payload:sub(1, 40)), #payload > 40 and "…" or "")
end

-- A send may report what an earlier datagram has come to. Then this one has not left, and another try is due.
local function send(socket, payload, host, port)
  while true do
    local sent, err = socket:send(payload, host, port)
    if sent or not err.host or err.host == host and err.port == port then
      return sent, err
    end
    scenario.log("%s", err)
  end
end

-- The seconds that a request allows, or nil if it is none.
local function seconds_in(payload)
  local digits = payload:match("^RESET: *(%d+)%s*$")
  return digits and #digits <= MOST_DIGITS and tonumber(digits)
end

-- Whether it is the answer to a reset by at most `most` seconds.
local function is_answer(payload, most)
  local digits = payload:match("^OFFSET=(%d+%.?%d*)%s*$")
  return digits and tonumber(digits) <= most
end

local function open_pmu(p)
  local socket = assert(udp.bind { port = p.port, family = p.family == "both" and "any" or p.family })
  if p.family == "both" and socket:local_address() == "0.0.0.0" then
    error("this machine has no IPv6; --family ipv4 goes without", 0)
  end
  return socket
end

-- Answers, or does not. Nothing that comes in is answered with an error: two programs could keep each other busy so.
local function serve(socket, p)
  local heard, ignored = 0, 0
  task.defer(function()
    report.value("requests that reached the PMU", heard, "requests")
    report.value("of those ignored", ignored, "requests")
  end)
  for payload, host, port in socket:datagrams() do
    local most = seconds_in(payload)
    if not most then
      scenario.log("%s sends what is no request: %s", at(host, port), shown(payload))
    else
      heard = heard + 1
      if random.chance(p.loss) then
        ignored = ignored + 1
        scenario.log("%s RESET:%d is ignored", at(host, port), most)
      else
        local offset = random.integer(0, most)
        local sent, err = send(socket, ("OFFSET=%d"):format(offset), host, port)
        local outcome = sent and "advances the clock by " .. offset or tostring(err)
        scenario.log("%s RESET:%d %s", at(host, port), most, outcome)
      end
    end
  end
end

-- Every address of the PMU. "localhost" is one of either version, whatever the hosts file says (RFC 6761, section 6.3).
local function addresses_of(server)
  return server == "localhost" and { "::1", "127.0.0.1" } or assert(dns.resolve(server))
end

-- The answer to one round of requests, or nil when the time is over. It comes from the PMU's port, but perhaps from
-- another of its addresses than the one that was asked: a machine with several answers from the one that the way back
-- begins at. `reasons` gets what ICMP says, by address.
local function receive_answer(socket, p, reasons)
  local deadline = clock.now() + p.timeout
  repeat
    local payload, host, port = socket:receive(math.max(0, deadline - clock.now()))
    if payload then
      if port == p.port and is_answer(payload, p.offset) then
        return payload
      end
      scenario.log("%s sends what is no answer: %s", at(host, port), shown(payload))
    elseif host.code ~= "timeout" then
      reasons[host.host or ""] = host.code
    end
  until clock.now() >= deadline
end

-- Resets the PMU's clock. Returns the answer and the number of requests: a round to all addresses counts as one. The
-- socket is a new one every time, so that a late answer to an earlier reset does not count for this one.
local function reset_clock(p, addresses)
  local socket = assert(udp.bind { errors = true })
  local reasons = {}
  for _, address in ipairs(addresses) do
    reasons[address] = "no answer"
  end
  for request = 1, p.tries do
    for _, address in ipairs(addresses) do
      local sent, err = send(socket, ("RESET:%d"):format(p.offset), address, p.port)
      if not sent then
        reasons[address] = err.code
      end
    end
    local answer = receive_answer(socket, p, reasons)
    if answer then
      socket:close()
      return answer, request
    end
  end
  local by_address = {}
  for i, address in ipairs(addresses) do
    by_address[i] = address .. ": " .. reasons[address]
  end
  error(("the PMU %s, port %d, has not answered %d requests (%s); is it running there? --tries lets the PDC ask longer")
    :format(p.server, p.port, p.tries, table.concat(by_address, ", ")), 0)
end

local function print_histogram(runs_by_requests)
  print("requests    runs  expected")
  local rows = geometric.histogram(runs_by_requests, MOST_ROWS)
  local largest = 0
  for _, row in ipairs(rows) do
    largest = math.max(largest, row.observed)
  end
  for _, row in ipairs(rows) do
    local bar = ("#"):rep(math.ceil(row.observed / largest * WIDEST_BAR))
    local plus = row.or_more and "+" or " "
    local line = ("%8d%s %6d %9.1f  %s"):format(row.requests, plus, row.observed, row.expected, bar)
    print((line:gsub("%s+$", "")))
  end
end

-- `runs` resets one after the other, and what they tell.
local function try_often(p)
  local addresses = addresses_of(p.server)
  local runs_by_requests, requests = {}, 0
  for run = 1, p.runs do
    local _, needed = reset_clock(p, addresses)
    runs_by_requests[needed] = (runs_by_requests[needed] or 0) + 1
    requests = requests + needed
    if run % math.ceil(p.runs / 10) == 0 and run < p.runs then
      scenario.log("%d of %d runs", run, p.runs)
    end
  end
  local low, high = geometric.loss_interval(p.runs, requests, CONFIDENCE)
  print(("%d runs took %d requests: %.3f on average"):format(p.runs, requests, requests / p.runs))
  print(("implied loss 1 - 1/mean: %.3f, %d %% confidence interval %.3f to %.3f"):format(
    geometric.loss(p.runs, requests), CONFIDENCE * 100, low, high))
  print_histogram(runs_by_requests)
  report.value("requests a run, on average", requests / p.runs, "requests")
  report.value("implied loss", geometric.loss(p.runs, requests))
end

return scenario.define {
  summary = "a request over UDP with retransmission, over IPv4 and IPv6",
  description = "All roles together: one reset, then a trial of 60. Every lost request costs the timeout, half\n"
    .. "a minute in all: --timeout 0.05 makes it a second or two, --virtual-time nothing.",
  params = {
    server  = { "localhost", "the PMU's name; every address that it resolves to is asked" },
    port    = { 5004, "the PMU's port", type = "port" },
    family  = { "ipv4", "the version of IP that the PMU listens on", choices = { "ipv4", "ipv6", "both" } },
    loss    = { 0.3, "probability that the PMU ignores a request", min = 0, max = 1, live = true },
    offset  = { 20, "by how much the clock may advance", type = "integer", unit = "seconds", min = 0, max = 1e9 },
    timeout = { 1.0, "how long the PDC waits for an answer before it asks again", type = "duration", min = 0.001,
                live = true },
    tries   = { 100, "after how many requests the PDC gives up", type = "integer", min = 1, max = 1000000 },
    runs    = { 60, "how many resets the trial makes", type = "integer", min = 1, max = 1000000 },
  },
  roles = {
    pmu = {
      help = "the measuring device: resets its clock, unless it ignores the request",
      run = function(p)
        local socket = open_pmu(p)
        scenario.ready(socket)
        serve(socket, p)
      end,
    },
    pdc = {
      help = "the data concentrator: asks until there is an answer, and prints it",
      args = { "server", "port" },
      after = "pmu",
      run = function(p)
        local answer, requests = reset_clock(p, addresses_of(p.server))
        print(answer)
        report.value("requests that it took", requests, "requests")
      end,
    },
    trial = {
      help = "resets the clock many times, and estimates the loss",
      args = { "server", "port" },
      after = { "pmu", "pdc" },
      run = try_often,
    },
  },
}
