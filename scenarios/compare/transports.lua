--- The same messages by TCP, WebSocket and UDP: system calls, packets, bytes, order, loss and latency, on a clean path
--- and on a lossy one.
local scenario, task, clock = require "moonwire.scenario", require "moonwire.task", require "moonwire.clock"
local tcp, ws, udp = require "moonwire.tcp", require "moonwire.ws", require "moonwire.udp"
local impair = require "moonwire.impair"
local packets = require "packets"

local HOST = "127.0.0.1"
local LATE = 0.005  -- seconds

-- "7 1.234567 xxxx…": its number, when it was sent, and as much as its size takes.
local function make_message(number, size)
  local text = ("%d %.9f "):format(number, clock.now())
  return text .. ("x"):rep(size - #text)
end

local function arrived(result, message)
  local number, sent = message:match("^(%d+) (%S+)")
  number = tonumber(number)
  result.arrived = result.arrived + 1
  result.overtaken = result.overtaken + (number < result.newest and 1 or 0)
  result.newest = math.max(result.newest, number)
  table.insert(result.latencies, clock.now() - tonumber(sent))
end

-- The three ways. `receive` is the server's task, the others are what the client does.

local by_tcp = { name = "TCP", impair = impair.tcp, count = packets.count }

function by_tcp.listen()
  return tcp.listen { host = HOST, port = 0 }
end

function by_tcp.receive(server, result, p)
  result.at_server = assert(server:accept())
  local message = result.at_server:read(p.size)  -- TCP has bytes and no messages: all have the same size
  while message do
    arrived(result, message)
    message = result.at_server:read(p.size)
  end
end

function by_tcp.connect(port)
  return tcp.connect(HOST, port)
end

function by_tcp.send(conn, message)
  return conn:write(message)
end

function by_tcp.calls(conn)
  return conn:info()
end

local by_websocket = { name = "WebSocket", impair = impair.tcp, count = packets.count }

function by_websocket.listen()
  return ws.listen { host = HOST, port = 0 }
end

function by_websocket.receive(server, result)
  result.at_server = assert(server:accept())
  for message in result.at_server:messages() do
    arrived(result, message)
  end
end

function by_websocket.connect(port)
  return ws.connect(("ws://%s:%d/"):format(HOST, port))
end

function by_websocket.send(conn, message)
  return conn:send(message)
end

function by_websocket.calls(conn)
  return conn:tcp_info()
end

local by_udp = { name = "UDP", impair = impair.udp, count = packets.count_datagrams }

function by_udp.listen()
  return udp.bind { host = HOST }
end

function by_udp.receive(server, result)
  result.at_server = server
  for message in server:datagrams() do
    arrived(result, message)
  end
end

function by_udp.connect(port)
  return udp.connect(HOST, port)
end

function by_udp.send(socket, message)
  return socket:send(message)
end

function by_udp.calls(socket)
  return socket:info()
end

-- Until all is there, or, of what may get lost, nothing more comes.
local function wait_for_the_rest(way, result, p)
  local before
  repeat
    before = result.arrived
    task.sleep(0.3)
  until result.arrived == p.count or way == by_udp and result.arrived == before
end

-- Sends the messages one way, and tells what that has taken. `faults`: of the path, or nil.
local function send_all(way, p, faults)
  local result = { name = way.name, arrived = 0, newest = 0, overtaken = 0, latencies = {} }
  local server = assert(way.listen())
  task.defer(server.close, server)
  local port = server:port()
  if faults then
    faults.target, faults.direction = ("%s:%d"):format(HOST, port), "to_target"
    local relay = assert(way.impair(faults))
    task.defer(relay.close, relay)
    port = relay:port()
  end
  local receiver = task.spawn(way.receive, server, result, p)
  local conn = assert(way.connect(port))
  local connected = way.count(conn)
  for number = 1, p.count do
    assert(way.send(conn, make_message(number, p.size)))
    task.sleep(p.interval)
  end
  wait_for_the_rest(way, result, p)
  result.to_connect = packets.between(packets.NONE, connected, way == by_udp and 0 or 2)
  result.for_messages = packets.between(connected, way.count(conn))
  result.send_calls, result.receive_calls = way.calls(conn).send_calls, way.calls(result.at_server).receive_calls
  conn:close()
  server:close()
  receiver:join()
  return result
end

-- What a loss does to each. A datagram is gone. TCP sends a segment again: it comes late, and so does what is behind.
local function lossy_path(way, p)
  if way == by_udp then
    return { drop = p.loss, reorder = p.reorder }
  end
  return p.loss > 0 and { stall = p.resend, stall_every = math.ceil(p.size / p.loss) } or {}
end

local function percentile(values, share)
  table.sort(values)
  return values[math.max(1, math.ceil(share * #values))] or 0
end

local function count_late(result)
  local count = 0
  for _, latency in ipairs(result.latencies) do
    count = count + (latency > LATE and 1 or 0)
  end
  return count
end

local function print_row(name, format, results, value)
  io.write(("%-44s"):format(name))
  for _, result in ipairs(results) do
    io.write(("%12s"):format(format:format(value(result))))
  end
  io.write("\n")
end

local function print_arrivals(results, p)
  print_row("messages that arrived", "%d", results, function(result) return result.arrived end)
  print_row("  of these after a later one", "%d", results, function(result) return result.overtaken end)
  print_row("messages lost", "%d", results, function(result) return p.count - result.arrived end)
  print_row(("messages more than %d ms late"):format(1000 * LATE), "%d", results, count_late)
  print_row("latency, median", "%.2f ms", results, function(result) return 1000 * percentile(result.latencies, 0.5) end)
  print_row("latency, worst", "%.2f ms", results, function(result) return 1000 * percentile(result.latencies, 1) end)
end

local function print_costs(results, p)
  print_row("system calls to send", "%d", results, function(result) return result.send_calls end)
  print_row("system calls to receive", "%d", results, function(result) return result.receive_calls end)
  print_row("packets to connect", "%d", results, function(result) return result.to_connect.packets end)
  print_row("packets with messages", "%d", results, function(result) return result.for_messages.data_sent end)
  print_row("packets with acknowledgements alone", "%d", results,
    function(result) return result.for_messages.acknowledgements end)
  print_row("bytes of the messages", "%d", results, function() return p.count * p.size end)
  print_row("bytes of all packets", "%d", results,
    function(result) return result.to_connect.bytes + result.for_messages.bytes end)
end

local function conclude(clean, lossy, p)
  local of_tcp, of_udp = lossy[1], lossy[3]
  local function packets_of(result)
    return result.to_connect.packets + result.for_messages.packets
  end
  print(("For %d messages TCP took %d packets, WebSocket %d and UDP %d."):format(p.count, packets_of(clean[1]),
    packets_of(clean[2]), packets_of(clean[3])))
  print(("On the lossy path UDP lost %d and delivered %d after a later one; no message waited for a lost one.")
    :format(p.count - of_udp.arrived, of_udp.overtaken))
  print(("TCP lost none and kept the order; for that %d messages came more than %d ms late, one of them %.0f ms.")
    :format(count_late(of_tcp), 1000 * LATE, 1000 * percentile(of_tcp.latencies, 1)))
end

local function run(p)
  local function by_all(path)
    local sending = {}
    for i, way in ipairs { by_tcp, by_websocket, by_udp } do
      sending[i] = function() return send_all(way, p, path(way, p)) end
    end
    return { task.all(unpack(sending)) }
  end
  local clean = by_all(function() return nil end)
  local lossy = by_all(lossy_path)
  print_row("a clean path", "%s", clean, function(result) return result.name end)
  print_costs(clean, p)
  print_arrivals(clean, p)
  print()
  print_row("a lossy path", "%s", lossy, function(result) return result.name end)
  print_arrivals(lossy, p)
  print()
  conclude(clean, lossy, p)
end

return scenario.define {
  summary = "the same messages by TCP, WebSocket and UDP: system calls, packets, bytes, order, loss, latency",
  params = {
    count    = { 100, "how many messages", type = "integer", min = 1, max = 100000 },
    size     = { 100, "how large each is", type = "size", min = 32, max = 65000 },
    interval = { 0.01, "the time between two of them", type = "duration", min = 0, max = 3600 },
    loss     = { 0.05, "on the lossy path: the probability that a message is lost", min = 0, max = 1 },
    reorder  = { 0.05, "on the lossy path: the probability that a datagram is overtaken", min = 0, max = 1 },
    resend   = { 0.02, "on the lossy path: how late what TCP has to send again arrives", type = "duration",
                 min = 0, max = 60 },
  },
  roles = {
    both = { help = "a client and a server for each way; sends, receives, and prints what it took", run = run },
  },
}
