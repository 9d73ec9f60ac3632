--- What a PMU and a PDC say to each other: over a stream of bytes, be it TCP (pmu/tcp) or TLS (pmu/tls), and in messages
--- (pmu/websocket), where there is less to do.
local report, scenario, task = require "moonwire.report", require "moonwire.scenario", require "moonwire.task"
local printable = require "printable"

local PREFIX = "This is PMU data "
local LONGEST = 64           -- bytes of a command, and of what follows the prefix in a message

local pmu = { PREFIX = PREFIX, LONGEST = LONGEST }

local LONGEST_INTERVAL = 3600

-- Whether `text` is no whole command yet, but could become one.
local function is_begun(text)
  return text == ("CMD_floodme"):sub(1, #text) and #text < #"CMD_floodme"
    or text == ("CMD_short:"):sub(1, #text)
    or text:match("^CMD_short:[%d.]+$") and #text < LONGEST
end

-- Nothing on the wire ends a command. CMD_floodme is whole when its last letter is there. The number of CMD_short:d
-- could always go on: it is whole when nothing follows for `settle` seconds, at a line end, or at the end of the stream.
local function read_command(conn, p)
  local command = ""
  while is_begun(command) do
    local has_number = command:find("%d$")
    local data, err = conn:read_some(LONGEST, has_number and p.settle or p.idle)
    if data then
      command = command .. data
    elseif err.code == "closed" and command ~= "" or err.code == "timeout" and has_number then
      break
    else
      return nil, err
    end
  end
  return command:match("^[^\r\n]*")
end

-- One send() a text.
local function write(conn, text)
  local written, err = conn:write(text)
  if written then
    return conn:flush()
  end
  return nil, err
end

-- The messages, `interval` seconds apart.
local function send_short(conn, send, interval, count)
  for i = 0, count - 1 do
    if i > 0 then
      task.sleep(interval)
    end
    local sent, err = send(conn, PREFIX .. i)
    if not sent then
      return nil, err
    end
  end
  return true
end

-- Numbered lines of 64 bytes, so that nothing can be lost or doubled unseen.
local function flood(size)
  local lines = {}
  for i = 1, math.ceil(size / 64) do
    lines[i] = ("%08d This is one flood, and nothing in it says where it ends.\n"):format(i)
  end
  return table.concat(lines):sub(1, size)
end

local function answer(conn, send, command, p)
  local interval = tonumber(command:match("^CMD_short:([%d.]+)$"))
  if interval and interval <= LONGEST_INTERVAL then
    return send_short(conn, send, interval, p.count)
  elseif command == "CMD_floodme" then
    return send(conn, flood(p.flood_size))
  end
  return send(conn, "ERROR: unknown command: " .. command)
end

--- The PMU's side of a connection. `read(conn, p)` reads a command and `send(conn, text)` sends a text by a single
--- send(): those of a stream, unless they are given.
function pmu.serve(conn, p, read, send)
  local address, port = conn:peer_address()
  local command, err = (read or read_command)(conn, p)
  if not command then
    return scenario.log("%s:%d gave no command: %s", address, port, err)
  end
  scenario.log("%s:%d asks for %s", address, port, printable(command))
  local sent
  sent, err = answer(conn, send or write, command, p)
  if sent then
    sent, err = conn:close()
  end
  scenario.log("%s:%d %s", address, port, sent and "has got everything" or "is gone: " .. tostring(err))
end

-- Prints each message on a line of its own as soon as it is known to be complete: when the next one begins, or when the
-- stream ends.
local function print_messages(conn, p)
  local first, err = conn:read_until(PREFIX, LONGEST, p.idle)
  if not first then
    error("no message from the PMU: " .. (err.partial and err.partial:match("^[^\n]+") or err.message), 0)
  end
  local count, number = 0, nil
  repeat
    number, err = conn:read_until(PREFIX, LONGEST, p.idle)
    assert(number or err.code == "closed", err)
    print(PREFIX .. (number or err.partial))
    count = count + 1
  until not number
  return count
end

-- One message that only the end of the stream ends: printed piece by piece, as it comes.
local function print_flood(conn, p)
  local data, err = conn:read_some(nil, p.idle)
  while data do
    io.write(data)
    data, err = conn:read_some(nil, p.idle)
  end
  io.write("\n")
  assert(err.code == "closed", err)
  return 1
end

function pmu.report(messages, bytes, segments)
  report.value("messages received", messages, "messages")
  report.value("bytes received", bytes, "bytes")
  report.value("segments that carried them", segments, "segments")
end

--- The PDC's side of a stream: asks, and prints what comes.
function pmu.ask(conn, p)
  assert(conn:write(p.command))
  local messages = p.command == "CMD_floodme" and print_flood(conn, p) or print_messages(conn, p)
  local info = assert(conn:info())
  pmu.report(messages, info.bytes_received, info.data_segments_received)
  conn:close()
end

return pmu
