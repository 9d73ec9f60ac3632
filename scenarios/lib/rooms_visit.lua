-- Visitors of the scenario `rooms`: a short chat, and round trips that compare servers.
local ws, json, clock = require "moonwire.ws", require "moonwire.json", require "moonwire.clock"

local PATIENCE = 5  -- seconds

local Visitor = {}
Visitor.__index = Visitor

function Visitor:send(message)
  assert(self.conn:send(json.encode(message)))
end

-- The next message of this type; others are passed over.
function Visitor:hear(type)
  while true do
    local message = assert(json.decode((assert(self.conn:receive(PATIENCE)))))
    if message.type == type then
      return message
    end
  end
end

function Visitor:ask(message, type)
  self:send(message)
  return self:hear(type)
end

local function enter(port)
  local conn = assert(ws.connect(("ws://127.0.0.1:%d/ws"):format(port)))
  local visitor = setmetatable({ conn = conn }, Visitor)
  visitor.welcome = visitor:hear("welcome")
  return visitor
end

local visit = {}

-- Ada and Grace talk; who comes later reads what they said.
function visit.chat(port, say)
  local ada, grace, late = enter(port), enter(port), enter(port)
  ada:ask({ type = "room-connect", room = "lab", name = "Ada" }, "room-connected")
  grace:ask({ type = "room-connect", room = "lab", name = "Grace" }, "room-connected")
  say("Ada hears that " .. ada:hear("member-joined").name .. " has joined")
  for i, text in ipairs { "Is anybody here?", "I am.", "<b>Then it works.</b>" } do
    local speaker, listener = ada, grace
    if i == 2 then
      speaker, listener = grace, ada
    end
    speaker:ask({ type = "message", text = text }, "message")
    local heard = listener:hear("message")
    say(("%-5s says: %s"):format(heard.name, heard.text))
  end
  local joined = late:ask({ type = "room-connect", room = "lab", name = "Linus" }, "room-connected")
  say(("Linus comes late to %s, and reads %d messages"):format(table.concat(joined.members, ", "), #joined.history))
  late:send { type = "message", text = "" }
  say("The server refuses an empty message: " .. late:hear("error").text)
  for _, visitor in ipairs { ada, grace, late } do
    visitor.conn:close()
  end
end

local function median(list)
  table.sort(list)
  return list[math.ceil(#list / 2)]
end

-- The median round trip in milliseconds of so many pings (but no more than the server takes at once), and what the
-- server calls itself. `round_trip(visitor, id)` plays one.
local function measure(port, count, round_trip)
  local visitor, trips = enter(port), {}
  for id = 1, math.min(count, visitor.welcome.rate) do
    trips[id] = round_trip(visitor, id)
  end
  visitor.conn:close()
  return median(trips), visitor.welcome.server
end

-- What the server calls itself, and the medians by text pings, which the client measures, and by ping frames, which the
-- server does.
function visit.ping(port, count)
  local text, server = measure(port, count, function(visitor, id)
    local start = clock.now()
    visitor:ask({ type = "ping", id = id }, "pong")
    return (clock.now() - start) * 1000
  end)
  local frame = measure(port, count, function(visitor, id)
    return visitor:ask({ type = "ping-frame", id = id }, "pong-frame").ms
  end)
  return server, text, frame
end

return visit
