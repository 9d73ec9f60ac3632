--- The same updates by HTTP polling and by WebSocket: what each costs, and how late they arrive.
local scenario, task, clock = require "moonwire.scenario", require "moonwire.task", require "moonwire.clock"
local http, ws, random = require "moonwire.http", require "moonwire.ws", require "moonwire.random"
local report = require "moonwire.report"

local KEPT = 1000  -- updates that the server keeps for those who come late

-- "7 1700000000.123456 xxxx…": its number, when it was made, and as much as its size takes.
local function make_update(number, size)
  local text = ("%d %.17g "):format(number, clock.time())
  return text .. ("x"):rep(size - #text)
end

local function make_updates(feed, p)
  while true do
    task.sleep(random.uniform(0, 2 * p.interval))
    feed.last = feed.last + 1
    feed.updates[feed.last] = make_update(feed.last, p.size)
    feed.updates[feed.last - KEPT] = nil
    for watcher in pairs(feed.watchers) do
      watcher:send(true, 0)
    end
  end
end

-- Those that are newer than `since`, or than what is kept.
local function newer(feed, since)
  local updates = {}
  for i = math.max(since + 1, feed.last - KEPT + 1), feed.last do
    updates[#updates + 1] = feed.updates[i]
  end
  return updates
end

local function push(conn, feed, since)
  local watcher = task.channel(1)  -- "there is more"
  feed.watchers[watcher] = true
  task.defer(function() feed.watchers[watcher] = nil end)
  repeat
    local updates, sent = newer(feed, since), true
    since = feed.last
    for _, update in ipairs(updates) do
      sent = sent and conn:send(update)
    end
  until not sent or feed.last == since and not watcher:receive()
end

local function run_server(p)
  local feed = { last = 0, updates = {}, watchers = {} }
  local server = assert(http.listen { port = p.port })
  -- The server's time, the number of the last update: where a client begins.
  server:route("GET", "/now", function() return ("%.6f %d"):format(clock.time(), feed.last) end)
  server:route("GET", "/updates/{since}", function(request)
    local since = tonumber(request.params.since:match("^%d+$"))
    if not since then
      return { status = 400, body = "expected the number of an update\n" }
    elseif not request.headers.upgrade then
      local updates = newer(feed, since)
      return #updates > 0 and table.concat(updates, "\n") .. "\n" or nil  -- nothing: 204 No Content
    end
    local conn, err = ws.upgrade(request)
    if not conn then
      return scenario.log("%s:%d: %s", request.peer_address, request.peer_port, err)
    end
    task.any(function() push(conn, feed, since) end, function() conn:receive() end)  -- it comes when the client goes
  end)
  task.spawn(make_updates, feed, p)
  scenario.ready(server)
  server:serve()
end

-- The server's clock minus this one's, as far as it can be told: half a round trip is what one cannot see through.
local function clock_offset(url)
  local client, best, offset = http.client(url), math.huge, 0
  for _ = 1, 5 do
    local start = clock.time()
    local answer = assert(client:get("/now"))
    local round_trip = clock.time() - start
    if round_trip < best then
      best, offset = round_trip, tonumber(answer.body:match("^%S+")) - start - round_trip / 2
    end
  end
  client:close()
  return math.abs(offset) > best / 2 and offset or 0
end

local COUNTERS = { "bytes_sent", "bytes_received", "segments_sent", "segments_received" }

-- What one way of getting the updates has cost so far.
local function new_result(name, first)
  local result = { name = name, last = first, latencies = {}, payload = 0, connections = 0, requests = 0, in_vain = 0 }
  for _, counter in ipairs(COUNTERS) do
    result[counter] = 0
  end
  return result
end

local function add_connection(result, info)
  result.connections = result.connections + 1
  for _, counter in ipairs(COUNTERS) do
    result[counter] = result[counter] + info[counter]
  end
end

local function is_complete(result, p)
  return #result.latencies == p.updates
end

local function arrived(result, update, p)
  local number, made = update:match("^(%d+) (%S+)")
  if tonumber(number) ~= result.last + 1 then
    error(("%s: update %s came after update %d, the others are lost"):format(result.name, number, result.last), 0)
  end
  result.last, result.payload = result.last + 1, result.payload + #update
  local latency = clock.time() + p.offset - tonumber(made)
  table.insert(result.latencies, latency)
  report.latency(result.name, latency)
end

local function by_polling(name, url, first, p, kept)
  local result, client, due = new_result(name, first), http.client(url), clock.now()
  repeat
    due = due + p.poll
    task.sleep(math.max(0, due - clock.now()))
    local answer = assert(client:get("/updates/" .. result.last))
    result.requests = result.requests + 1
    result.in_vain = result.in_vain + (answer.body == "" and 1 or 0)
    for update in answer.body:gmatch("[^\n]+") do
      if not is_complete(result, p) then
        arrived(result, update, p)
      end
    end
    if not kept or is_complete(result, p) then
      add_connection(result, client:info())
      client:close()
      client = http.client(url)
    end
  until is_complete(result, p)
  return result
end

local function by_websocket(name, url, first, p)
  local result = new_result(name, first)
  local conn = assert(ws.connect(url:gsub("^http", "ws") .. "/updates/" .. first))
  result.requests = 1
  while not is_complete(result, p) do
    arrived(result, assert(conn:receive()), p)
  end
  add_connection(result, assert(conn:tcp_info()))
  conn:close()
  return result
end

local function mean(values)
  local sum = 0
  for _, value in ipairs(values) do
    sum = sum + value
  end
  return sum / #values
end

-- The smallest value that at least this share of all do not exceed.
local function percentile(values, share)
  local sorted = { unpack(values) }
  table.sort(sorted)
  return sorted[math.max(1, math.ceil(share * #sorted))]
end

local function bytes(result)
  return result.bytes_sent + result.bytes_received
end

local function packets(result)
  return result.segments_sent + result.segments_received
end

local function print_row(name, results, format, value)
  io.write(("%-32s"):format(name))
  for _, result in ipairs(results) do
    io.write(("%18s"):format(format:format(value(result))))
  end
  io.write("\n")
end

local function print_table(results)
  local function row(name, format, value)
    print_row(name, results, format, type(value) == "function" and value or function(result) return result[value] end)
  end
  local function latency(name, value)
    row(name, "%.2f ms", function(result) return 1000 * value(result.latencies) end)
  end
  row("", "%s", "name")
  row("connections", "%d", "connections")
  row("requests", "%d", "requests")
  row("  of these in vain", "%d", "in_vain")
  row("bytes from the client", "%d", "bytes_sent")
  row("bytes from the server", "%d", "bytes_received")
  row("bytes for one of an update", "%.1f", function(result) return bytes(result) / result.payload end)
  row("packets from the client", "%d", "segments_sent")
  row("packets from the server", "%d", "segments_received")
  row("packets for an update", "%.2f", function(result) return packets(result) / #result.latencies end)
  latency("latency, mean", mean)
  latency("latency, median", function(values) return percentile(values, 0.5) end)
  latency("latency, 99th percentile", function(values) return percentile(values, 0.99) end)
  print("\nPackets are those that TCP counts until the connection is closed: closing takes three or four more each.")
end

local function times(what, of_polling, of_websocket)
  local ratio = of_polling / of_websocket
  return ratio >= 1 and ("%.1f times the %s"):format(ratio, what) or ("1/%.1f of the %s"):format(1 / ratio, what)
end

local function conclude(kept, websocket)
  local later = 1000 * (mean(kept.latencies) - mean(websocket.latencies))
  print(("For the same %d updates polling over one connection took %s and %s that WebSocket took,\n"
    .. "and they arrived %.1f ms %s on average; %d of %d requests were in vain."):format(#kept.latencies,
    times("bytes", bytes(kept), bytes(websocket)), times("packets", packets(kept), packets(websocket)),
    math.abs(later), later >= 0 and "later" or "earlier", kept.in_vain, kept.requests))
end

local function run_client(p)
  local host = p.server:find(":", 1, true) and "[" .. p.server .. "]" or p.server
  local url = ("http://%s:%d"):format(host, p.port)
  local offset = scenario.alone() and clock_offset(url) or 0
  local first = tonumber(assert(http.get(url .. "/now")).body:match("%d+$"))
  local what = { updates = p.updates, poll = p.poll, offset = offset }
  local results = { task.all(
    function() return by_polling("poll, reconnect", url, first, what, false) end,
    function() return by_polling("poll, keep-alive", url, first, what, true) end,
    function() return by_websocket("WebSocket", url, first, what) end) }
  print_table(results)
  conclude(results[2], results[3])
end

return scenario.define {
  summary = "the same updates by HTTP polling and by WebSocket: bytes, packets, connections, latency",
  params = {
    server   = { "localhost", "the server's name or address" },
    port     = { 8081, "the server's port", type = "port" },
    updates  = { 20, "how many updates the client waits for", type = "integer", min = 1, max = 100000 },
    poll     = { 0.025, "the time between two polls", type = "duration", min = 0.001, max = 3600 },
    interval = { 0.05, "the time between two updates on average; each is random, up to twice that", type = "duration",
                 min = 0.001, max = 3600, live = true },
    size     = { 100, "how large an update is", type = "size", min = 32, max = 65536, live = true },
  },
  roles = {
    server = {
      help = "makes updates, and serves them both ways; many clients at once",
      run = run_server,
    },
    client = {
      help = "gets the same updates in three ways at once, and prints what each has cost",
      args = { "server", "port" },
      after = "server",
      run = run_client,
    },
  },
}
