--- A client whose heart beats, and a server that tells it when a file changes: two programs that send when they want to.
local scenario = require "moonwire.scenario"
local ws, task, clock = require "moonwire.ws", require "moonwire.task", require "moonwire.clock"
local file, random, report = require "moonwire.file", require "moonwire.random", require "moonwire.report"
local printable, packets = require "printable", require "packets"

local FIRST = 100    -- the number of the first status
local KEPT = 100     -- statuses whose time of sending is remembered
local LONGEST = 1000 -- bytes of a message

local function timestamp()
  return clock.date("%Y-%m-%d %H:%M:%S.%3")
end

-- The number in the file; nil while there is none, as when somebody is just writing it.
local function read_status(path)
  local status = io.open(path)
  if status then
    local text = status:read(64) or ""
    status:close()
    return text:match("^%s*(%d+)%s*$")
  end
end

local function write_status(path, number)
  local status = assert(io.open(path, "w"))
  status:write(number, "\n")
  status:close()
end

-- A log that is only ever appended to, a line by a single write, so that neither another server nor the next one can
-- break a line. What the last one has left unfinished is ended first.
local function open_log(path)
  local log = assert(io.open(path, "a+"))
  local unfinished = log:seek("end") > 0 and log:seek("end", -1) and log:read(1) ~= "\n"
  log:seek("end")
  if unfinished then
    assert(log:write("\n"))
  end
  return function(line)
    assert(log:write(line, "\n"))
    assert(log:flush())
  end
end

-- In a run of all roles the files are temporary ones.
local function choose_files(p)
  if scenario.alone() then
    return p.status, p.log
  end
  local status, log = os.tmpname(), os.tmpname()
  task.defer(function()
    os.remove(status)
    os.remove(log)
  end)
  write_status(status, 0)
  return status, log
end

-- The file that a run of all roles changes.
local demo_status

-- Tells all clients of each change of the number.
local function follow_status(path, p, clients, sent_at)
  local watcher = assert(file.watch(path, { poll = not p.notify and p.poll or nil }))
  local status, sequence = read_status(path), FIRST
  scenario.log("the status is %s", status or "not there yet")
  while assert(watcher:wait()) do
    local now = read_status(path)
    if now and now ~= status then
      status = now
      local text = ("Status: %s - %d - %s"):format(timestamp(), sequence, status)
      print(text)
      sent_at[sequence], sent_at[sequence - KEPT] = clock.now(), nil
      clients:broadcast(text)
      sequence = sequence + 1
    end
  end
end

-- Hears a client until it is gone.
local function listen_to(conn, p, log, sent_at)
  local address, port = conn:peer_address()
  scenario.log("%s:%d is connected", address, port)
  local message, err = conn:receive(p.idle)
  while message do
    local sequence = message:match("^ACK: .* %- (%d+)$")
    local start = sequence and sent_at[tonumber(sequence)]
    local round_trip = start and clock.now() - start
    local line = printable(message)
    print(line)
    log(line)
    if round_trip then
      report.latency("round trip", round_trip)
      print(("Round trip of status %s to %s:%d: %.3f ms"):format(sequence, address, port, 1000 * round_trip))
    end
    message, err = conn:receive(p.idle)
  end
  scenario.log("%s:%d is gone: %s", address, port, err)
end

local function beat(conn, p)
  while conn:send(("Heartbeat: %s - %d"):format(timestamp(), random.integer(0, 100))) do
    task.sleep(p.period)
  end
end

-- Acknowledges each status, and hands its number to `told`. Returns why the connection has ended.
local function acknowledge(conn, told)
  local message, err = conn:receive()
  while message do
    print(printable(message))
    local sequence = message:match("^Status: .* %- (%d+) %- ")
    if sequence then
      conn:send(("ACK: %s - %s"):format(timestamp(), sequence))
      told:send(sequence, 0)
    end
    message, err = conn:receive()
  end
  return err
end

-- How long the client stays. In a run of all roles it is also the one who changes the file, and stays until it has been
-- told often enough.
local function stay(conn, p, told)
  if scenario.alone() then
    return task.sleep(p.stay)
  end
  for change = 1, p.changes do
    task.sleep(p.pause)
    write_status(demo_status, change % 2)
    assert(told:receive(p.idle))
  end
end

local function report_connecting(counted)
  report.value("to connect", counted.packets, "packets")
  report.value("to connect, bytes", counted.bytes, "bytes")
end

local function report_a_minute(counted)
  if counted.packets == 0 or counted.seconds == 0 then
    return
  end
  local a_minute = 60 / counted.seconds
  report.value("a minute", counted.packets * a_minute, "packets")
  report.value("a minute, messages sent", counted.data_sent * a_minute, "packets")
  report.value("a minute, messages received", counted.data_received * a_minute, "packets")
  report.value("a minute, TCP's acknowledgements alone", counted.acknowledgements * a_minute, "packets")
  report.value("mean size", counted.bytes / counted.packets, "bytes")
end

local function report_disconnecting(counted)
  report.value("to disconnect", counted.packets, "packets")
  report.value("to disconnect, bytes", counted.bytes, "bytes")
end

local function play_client(p)
  local host = p.server:find(":", 1, true) and "[" .. p.server .. "]" or p.server
  local conn = assert(ws.connect(("ws://%s:%d/"):format(host, p.port), { max_message = LONGEST, keep_alive = p.keep_alive }))
  local connected = packets.count(conn)
  report_connecting(packets.between(packets.NONE, connected, 2))
  local told = task.channel(KEPT)
  local listening = task.spawn(acknowledge, conn, told)
  local beating = task.spawn(beat, conn, p)
  local staying = task.spawn(stay, conn, p, told)
  task.any(function() staying:join() end, function() listening:join() end)
  beating:cancel()
  local before = packets.count(conn)
  report_a_minute(packets.between(connected, before))
  local ended = conn:closed()
  conn:close(1000, "enough")
  local err = listening:join()
  if not ended then
    report_disconnecting(packets.between(before, packets.count(conn)))
  end
  if err.code ~= "closed" or err.close_code == 1006 then
    error(err, 0)
  end
  scenario.log("disconnected: %s", err)
end

return scenario.define {
  summary = "heartbeats and status changes over WebSocket, and the packets that they take",
  params = {
    server     = { "localhost", "the server's name or address" },
    port       = { 8080, "the server's port", type = "port" },
    status     = { "Status", "the file with the number; a temporary one in a run of all roles", type = "file" },
    log        = { "serverLog", "where the server writes what it hears; also temporary then", type = "file" },
    notify     = { false, "the system tells the server when the file changes, instead of its looking" },
    poll       = { 1, "how often the server looks at the file", type = "duration", min = 0.001, max = 3600 },
    period     = { 10, "how often the client's heart beats", type = "duration", min = 0.001, max = 3600, live = true },
    changes    = { 3, "a run of all roles: how often the file changes", type = "integer", min = 0, max = 1000000 },
    pause      = { 20, "a run of all roles: how long before each change", type = "duration", min = 0, max = 3600,
                   live = true },
    stay       = { 60, "the client alone: after how long it disconnects", type = "duration", min = 0 },
    idle       = { 60, "after how long without a heartbeat the server gives a client up", type = "duration", min = 0 },
    keep_alive = { 0, "after how long a silence WebSocket sends a ping; 0: never", type = "duration", min = 0 },
  },
  roles = {
    server = {
      help = "tells all clients of each change of the file Status, and logs what they say",
      run = function(p)
        local status, log = choose_files(p)
        demo_status = status
        local server = assert(ws.listen { port = p.port, max_message = LONGEST, keep_alive = p.keep_alive })
        local clients, sent_at, write_log = ws.room(), {}, open_log(log)
        task.spawn(follow_status, status, p, clients, sent_at)
        scenario.ready(server)
        server:serve(function(conn)
          clients:join(conn)
          listen_to(conn, p, write_log, sent_at)
        end)
      end,
    },
    client = {
      help = "beats, acknowledges, and reports what it took",
      args = { "server", "port" },
      after = "server",
      run = play_client,
    },
  },
}
