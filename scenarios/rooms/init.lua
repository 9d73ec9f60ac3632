--- Chat rooms and ping-pong over WebSocket, with a web page as the client.
local scenario, task, clock = require "moonwire.scenario", require "moonwire.task", require "moonwire.clock"
local http, ws, json = require "moonwire.http", require "moonwire.ws", require "moonwire.json"
local process = require "moonwire.process"
local messages, visit = require "rooms_messages", require "rooms_visit"

local HERE = debug.getinfo(1, "S").source:match("^@(.-)[^/]*$")
local LONGEST_ROOM, LONGEST_NAME = 64, 32  -- bytes

-- The rooms by name; in a room the `names` of its members in the order of their joining, the newest messages, and the
-- `channel` that carries a message to all of them.
local rooms, room_count = {}, 0
local last_id = math.floor(clock.time() * 1000)

local function tell(client, message)
  client.conn:send(json.encode(message))
end

local function notice(room, type, name)
  return json.encode { type = type, room = room.name, name = name, members = room.names }
end

-- A room is kept when everybody has left, for its history, until its place is needed.
local function forget_one()
  local oldest
  for _, room in pairs(rooms) do
    if #room.names == 0 and (not oldest or room.used < oldest.used) then
      oldest = room
    end
  end
  if oldest then
    rooms[oldest.name], room_count = nil, room_count - 1
  end
  return oldest
end

local function open_room(name, p)
  if not rooms[name] then
    if room_count >= p.max_rooms and not forget_one() then
      return nil
    end
    local channel = ws.room { slow = "drop_member", max_queued = p.max_backlog }
    rooms[name] = { name = name, names = json.array {}, taken = {}, history = {}, channel = channel }
    room_count = room_count + 1
  end
  rooms[name].used = clock.now()
  return rooms[name]
end

local function leave(client)
  local room = client.room
  client.room = nil
  room.channel:leave(client.conn)
  room.taken[client.name] = nil
  for i, name in ipairs(room.names) do
    if name == client.name then
      table.remove(room.names, i)
      break
    end
  end
  room.channel:broadcast(notice(room, "member-left", client.name))
end

local function newest(history, wanted)
  return json.array { unpack(history, math.max(1, #history - wanted + 1)) }
end

-- What a client may send, by its type. Each returns a code and what is wrong, where it is refused.
local actions = {}

actions["room-connect"] = function(client, message, p)
  if message.history == nil then
    message.history = p.history
  end
  local wrong = messages.wrong_name(message, "room", LONGEST_ROOM) or messages.wrong_name(message, "name", LONGEST_NAME)
    or messages.wrong_integer(message, "history")
  if wrong then
    return "bad-field", wrong
  elseif client.room then
    return "in-room", ('you are in the room "%s"; leave it first'):format(client.room.name)
  end
  local room = open_room(message.room, p)
  if not room then
    return "too-many-rooms", ("there are %d rooms already"):format(room_count)
  elseif room.taken[message.name] then
    return "name-taken", ('the name "%s" is taken in this room'):format(message.name)
  elseif #room.names >= p.max_members then
    return "room-full", ("the room has %d members already"):format(#room.names)
  end
  client.room, client.name = room, message.name
  room.names[#room.names + 1] = client.name
  room.taken[client.name] = true
  room.channel:join(client.conn)
  room.channel:broadcast(notice(room, "member-joined", client.name), client.conn)
  tell(client, { type = "room-connected", room = room.name, name = client.name, members = room.names,
                 history = newest(room.history, message.history) })
end

actions["room-leave"] = function(client)
  local room = client.room
  if not room then
    return "not-in-room", "you are in no room"
  end
  leave(client)
  tell(client, { type = "room-left", room = room.name })
end

actions["message"] = function(client, message, p)
  local wrong, room = messages.wrong_text(message), client.room
  if wrong then
    return "bad-field", wrong
  elseif not room then
    return "not-in-room", "you are in no room: room-connect first"
  end
  last_id = last_id + 1
  local said = { type = "message", room = room.name, id = last_id, name = client.name, text = message.text,
                 time = math.floor(clock.time() * 1000) }
  table.insert(room.history, said)
  if #room.history > p.history then
    table.remove(room.history, 1)
  end
  room.channel:broadcast(json.encode(said))
end

actions["ping"] = function(client, message)
  local wrong = messages.wrong_integer(message, "id")
  if wrong then
    return "bad-field", wrong
  end
  tell(client, { type = "pong", id = message.id })
end

actions["ping-frame"] = function(client, message)
  local wrong = messages.wrong_integer(message, "id")
  if wrong then
    return "bad-field", wrong
  elseif client.ping then
    return "busy", "the ping frame before this one has not been answered yet"
  end
  client.ping = { id = message.id, sent = clock.now() }
  client.conn:ping("asked for")
end

local function hear_pong(client, data)
  local ping = client.ping
  if ping and data == "asked for" then
    client.ping = nil
    tell(client, { type = "pong-frame", id = ping.id, ms = (clock.now() - ping.sent) * 1000 })
  end
end

-- So many messages a second, and as many at once after a silence.
local function too_fast(client, rate)
  local now = clock.now()
  client.allowance = math.min(rate, client.allowance + (now - client.heard) * rate)
  client.heard = now
  if client.allowance < 1 then
    return true
  end
  client.allowance = client.allowance - 1
end

-- Does what a client says; returns why not, the message's type and its id.
local function handle(client, text, is_binary, p)
  if too_fast(client, p.rate) then
    return "too-fast", ("more than %g messages a second; this one was not taken"):format(p.rate)
  elseif is_binary then
    return "binary", "messages are text"
  elseif #text > p.max_message then
    return "too-large", ("a message has at most %d bytes; this one had %d"):format(p.max_message, #text)
  end
  local message, wrong = messages.parse(text)
  if not message then
    return "bad-json", wrong
  end
  local id = not messages.wrong_integer(message, "id") and message.id or nil
  local action = type(message.type) == "string" and actions[message.type]
  if not action then
    return "bad-type", '"type" must be room-connect, room-leave, message, ping or ping-frame', nil, id
  end
  local code, why = action(client, message, p)
  return code, why, message.type, id
end

local function serve(conn, p)
  local client = { conn = conn, allowance = p.rate, heard = clock.now() }
  tell(client, { type = "welcome", server = "moonwire", max_message = p.max_message, rate = p.rate })
  conn:on("message", function(text, is_binary)
    local code, why, of, id = handle(client, text, is_binary, p)
    if code then
      tell(client, { type = "error", code = code, text = why, of = of, id = id })
    end
  end)
  conn:on("pong", function(data) hear_pong(client, data) end)
  conn:wait()
  if client.room then
    leave(client)
  end
end

-- The page and the WebSocket on one port.
local function play_server(p)
  local server = assert(http.listen { port = p.port })
  assert(server:static("/", HERE .. "page"))
  local options = { max_message = 16 * p.max_message, keep_alive = p.keep_alive, keep_alive_timeout = p.keep_alive }
  local clients = 0
  server:route("GET", "/ws", function(request)
    if not p.any_origin and not messages.same_host(request.headers.origin, request.headers.host) then
      return { status = 403, body = "this page comes from another host\n" }
    elseif clients >= p.max_clients then
      return { status = 503, body = "too many clients\n" }
    end
    clients = clients + 1
    task.defer(function() clients = clients - 1 end)
    local conn = ws.upgrade(request, options)
    if conn then
      serve(conn, p)
    end
  end)
  scenario.ready(server)
  scenario.log("the page is at http://localhost:%d/", server:port())
  server:serve()
end

-- The reference server, once it is there: its port and its program.
local reference

-- Starts it on Node; returns what is missing where it cannot.
local function start_reference(p)
  local program = io.open(p.reference .. "/server.mjs")
  if not program then
    return "the reference server (server.mjs) is not in " .. p.reference
  end
  program:close()
  if not process.run("node", { "--version" }) then
    return "the reference server needs Node, which is not installed (Debian: apt-get install nodejs npm)"
  end
  local flags = { p.reference .. "/server.mjs", "--port", p.reference_port, "--page", HERE .. "page" }
  local child = assert(process.start("node", flags, { stdin = "null", stdout = "null" }))
  local line = child.stderr:read_line() or "it did not start"
  local port = line:match("ready on .*:(%d+)$")
  if not port then
    return (line:gsub("^reference: ", ""))
  end
  reference = { port = tonumber(port), child = child }
end

local function play_reference(p)
  local missing = start_reference(p)
  if missing and scenario.alone() then
    error(missing, 0)
  elseif missing then
    return scenario.log("is not played: %s", missing)
  end
  scenario.ready()
  scenario.log("ready on http://localhost:%d", reference.port)
  for line in reference.child.stderr:lines() do
    scenario.log("%s", line)
  end
end

local function play_visitors(p)
  visit.chat(p.port, print)
  print(("%-26s  text ping   ping frame"):format("median round trip"))
  for _, port in ipairs { p.port, reference and reference.port } do
    print(("%-26s  %6.3f ms   %6.3f ms"):format(visit.ping(port, p.pings)))
  end
  if reference then
    reference.child:terminate()
  end
end

return scenario.define {
  summary = "chat rooms and ping-pong over WebSocket, with a web page as the client",
  params = {
    port           = { 3051, "the server's port, for the page and the WebSocket", type = "port" },
    history        = { 50, "how many messages a room keeps", type = "integer", unit = "messages", min = 0, max = 1000 },
    max_message    = { 4096, "the largest message that is taken", type = "size", min = 64, max = 1048576 },
    rate           = { 20, "how many messages a client may send in a second", min = 1, max = 100000 },
    max_rooms      = { 100, "how many rooms there may be", type = "integer", min = 1, max = 10000 },
    max_members    = { 500, "how many members a room may have", type = "integer", min = 1, max = 10000 },
    max_clients    = { 1000, "how many clients there may be", type = "integer", min = 1, max = 100000 },
    max_backlog    = { 1048576, "how much may wait for a member that does not read before it is dropped", type = "size",
                       min = 4096, max = 1073741824 },
    keep_alive     = { 30, "after how long a silent client is asked whether it is there", type = "duration", min = 0.1 },
    any_origin     = { false, "pages of other hosts may connect, too" },
    pings          = { 20, "how many pings the visitors send of each kind, at most `rate`", type = "integer", min = 1,
                       max = 100000 },
    reference      = { HERE .. "reference", "the folder of the reference server" },
    reference_port = { 3052, "the reference server's port", type = "port" },
  },
  roles = {
    server = { help = "serves the page and the rooms until Ctrl-C", run = play_server },
    reference = { help = "the same protocol on Node and the npm package ws, until Ctrl-C", run = play_reference },
    visitors = { help = "a short chat, and round trips that compare the servers", args = { "port" },
                 after = { "server", "reference" }, run = play_visitors },
  },
}
