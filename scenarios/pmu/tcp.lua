--- A PMU sends its measurements over TCP: a stream has no message boundaries, so the PDC has to find them.
local scenario = require "moonwire.scenario"
local tcp, task = require "moonwire.tcp", require "moonwire.task"

local PREFIX = "This is PMU data "

-- A command has no end on the wire. CMD_floodme is complete as it is; the number of CMD_short:d is complete when nothing
-- follows it for a moment (or with a line end, or the end of the stream).
local function read_command(conn, p)
  local command = ""
  while #command < 64 do
    local waits_for_more = command:match("^CMD_short:[%d.]+$") and p.settle or p.idle
    local data, err = conn:read_some(64, waits_for_more)
    if not data then
      return command ~= "" and err.code ~= "reset" and command or nil, err
    end
    command = command .. data
    if command:find("\n", 1, true) or command == "CMD_floodme" or not ("CMD_floodme"):find(command, 1, true)
      and not ("CMD_short:"):find(command, 1, true) and not command:match("^CMD_short:[%d.]*$") then
      break
    end
  end
  return (command:gsub("\r?\n.*", ""))
end

local function send_short(conn, interval, count)
  for i = 0, count - 1 do
    assert(conn:write(PREFIX .. i))
    assert(conn:flush())
    if i < count - 1 then
      task.sleep(interval)
    end
  end
end

local function flood(size)
  local line = "All work and no play makes the grid a dull load. "
  return line:rep(math.ceil(size / #line)):sub(1, size)
end

local function serve(conn, p)
  local command, err = read_command(conn, p)
  if not command then
    return scenario.log("%s: no command: %s", conn, err)
  end
  scenario.log("%s asks for %s", (conn:peer_address()), command)
  local interval = tonumber(command:match("^CMD_short:([%d.]+)$"))
  if interval then
    send_short(conn, interval, p.count)
  elseif command == "CMD_floodme" then
    assert(conn:write(flood(p.flood_size)))
  else
    conn:write("ERROR: unknown command: " .. command)
  end
end

-- Prints each message on a line of its own, as soon as it is known to be complete: when the next one begins.
local function print_messages(conn, p)
  local received = ""
  while true do
    local data, err = conn:read_some(nil, p.idle)
    if not data then
      if received ~= "" then
        print(received)
      end
      return assert(err.code == "closed", err)
    end
    received = received .. data
    local next_message = received:find(PREFIX, #PREFIX, true)
    while next_message do
      print(received:sub(1, next_message - 1))
      received = received:sub(next_message)
      next_message = received:find(PREFIX, #PREFIX, true)
    end
  end
end

return scenario.define {
  summary = "PMU measurements over TCP: packetisation of a byte stream",
  params = {
    server     = { "localhost", "the PMU's name or IPv4 address" },
    port       = { 5003, "the PMU's port", type = "port" },
    command    = { "CMD_short:0.1", "what the PDC asks for: CMD_short:d (d seconds between messages) or CMD_floodme" },
    count      = { 10, "how many messages CMD_short brings", type = "integer", min = 1, max = 1000000 },
    flood_size = { 1000000, "how much CMD_floodme brings", type = "size", min = 1, max = 64 * 1024 * 1024 },
    settle     = { 0.05, "how long the PMU waits whether more digits of d follow", type = "duration" },
    idle       = { 300, "after how long a silent peer is given up", type = "duration" },
  },
  roles = {
    pmu = {
      help = "the measuring device: serves many PDCs at once",
      run = function(p)
        local server = assert(tcp.listen { port = p.port, family = "ipv4" })
        scenario.ready(server)
        server:serve(function(conn) serve(conn, p) end)
      end,
    },
    pdc = {
      help = "the data concentrator: prints one message a line",
      args = { "server", "port", "command" },
      after = "pmu",
      run = function(p)
        local conn = assert(tcp.connect(p.server, p.port, { family = "ipv4" }))
        assert(conn:write(p.command))
        print_messages(conn, p)
      end,
    },
  },
}
