--- What a PMU and a PDC say to each other over a stream of bytes, be it TCP (pmu/tcp) or TLS (pmu/tls).
local scenario, task = require "moonwire.scenario", require "moonwire.task"

local pmu = {}

local PREFIX = "This is PMU data "
local LONGEST = 64           -- bytes of a command, and of what follows the prefix in a message
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

-- One send() a message, `interval` seconds apart.
local function send_short(conn, interval, count)
  for i = 0, count - 1 do
    if i > 0 then
      task.sleep(interval)
    end
    local sent, err = conn:write(PREFIX .. i)
    if sent then
      sent, err = conn:flush()
    end
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

-- The PMU's side of a connection.
function pmu.serve(conn, p)
  local address, port = conn:peer_address()
  local command, err = read_command(conn, p)
  if not command then
    return scenario.log("%s:%d gave no command: %s", address, port, err)
  end
  scenario.log("%s:%d asks for %s", address, port, command)
  local interval = tonumber(command:match("^CMD_short:([%d.]+)$"))
  local sent
  if interval and interval <= LONGEST_INTERVAL then
    sent, err = send_short(conn, interval, p.count)
  elseif command == "CMD_floodme" then
    sent, err = conn:write(flood(p.flood_size))
  else
    sent, err = conn:write("ERROR: unknown command: " .. command .. "\n")
  end
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

-- The PDC's side: asks, and prints what comes.
function pmu.ask(conn, p)
  assert(conn:write(p.command))
  local messages = p.command == "CMD_floodme" and print_flood(conn, p) or print_messages(conn, p)
  local info = assert(conn:info())
  scenario.report("messages received", messages, "messages")
  scenario.report("bytes received", info.bytes_received, "bytes")
  scenario.report("segments that carried them", info.data_segments_received, "segments")
  conn:close()
end

return pmu
