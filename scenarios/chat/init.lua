--- A chat room over TCP: everybody hears what each member says, and who comes and goes.
local scenario = require "moonwire.scenario"
local tcp, task, clock, stdio =
  require "moonwire.tcp", require "moonwire.task", require "moonwire.clock", require "moonwire.stdio"

local LONGEST = 1000      -- bytes of a line
local LONGEST_NAME = 30
local FAREWELL = { too_long = "Server: your line is too long", timeout = "Server: you were silent for too long" }

-- The room: its members by name. What a member is to hear waits in its `outbox` for the task that sends it, so that a
-- member that does not read makes nobody wait.
local members, count = {}, 0

-- Breaks the connection off: its task then hears that it ended, and leaves.
local function drop(member, why)
  member.dropped = why
  member.conn:abort()
end

local function tell(member, line)
  if not member.outbox:send(line, 0) then
    drop(member, "does not read what the room says")
  end
end

local function tell_all(line, except)
  for _, member in pairs(members) do
    if member ~= except then
      tell(member, line)
    end
  end
end

local function announce(name, what)
  local time = clock.date("%H.%M"):gsub("^0", "")
  tell_all(("Server: time=%s %s has %s. Member count=%d"):format(time, name, what, count))
  scenario.log("%s has %s, member count %d", name, what, count)
end

local function send_outbox(member, patience)
  for line in member.outbox:values() do
    local sent, err = member.conn:write(line .. "\n", patience)
    if not sent then
      return drop(member, err)
    end
  end
end

local function join(name, conn, p)
  local member = { name = name, conn = conn, outbox = task.channel(p.backlog) }
  member.sender = task.spawn(send_outbox, member, p.patience)
  members[name], count = member, count + 1
  announce(name, "joined")
  return member
end

local function leave(member)
  members[member.name], count = nil, count - 1
  announce(member.name, "left")
  member.outbox:close()
  member.sender:join()  -- what was said before still arrives
end

-- Why a name cannot be had, or nil.
local function refusal(name)
  if name:find("^%s*$") or name:find("%c") then
    return "a login name must have letters"
  elseif #name > LONGEST_NAME then
    return "this login name is too long"
  elseif members[name] or name == "Server" then
    return "the login name " .. name .. " is taken"
  end
end

-- Asks until the name can be had.
local function login(conn, idle)
  while true do
    local name, err = conn:read_line(LONGEST, idle)
    if not name then
      return nil, err
    end
    local reason = refusal(name)
    if not reason then
      return name
    end
    conn:write("Server: " .. reason .. ", enter another one\n")
  end
end

local function serve(conn, p)
  local name, err = login(conn, p.idle)
  if not name then
    return scenario.log("somebody left without a name: %s", err)
  end
  local member = join(name, conn, p)
  task.defer(leave, member)
  local line
  repeat
    line, err = conn:read_line(LONGEST, p.idle)
    if line and line ~= "quit" then
      tell_all(name .. ": " .. line, member)
    end
  until not line or line == "quit"
  if err then
    scenario.log("%s: %s", name, member.dropped or err)
    if FAREWELL[err.code] then
      tell(member, FAREWELL[err.code])
    end
  end
end

-- Says what is typed, first the name, until `quit`.
local function speak(conn)
  local line = stdio.read_line("Enter login name:\n> ")
  while line do
    assert(conn:write(line .. "\n"))
    line = line ~= "quit" and stdio.read_line("> ")
  end
  conn:shutdown()
end

-- Ends when the room ends the connection, whatever is being typed then.
local function play_member(p)
  local conn = assert(tcp.connect(p.server, p.port))
  task.spawn(speak, conn)
  for line in conn:lines(2 * LONGEST) do
    stdio.print_line(line)
  end
end

-- A member of the demonstration: what it says and hears is printed behind its name.
local function enter(p, name)
  local conn = assert(tcp.connect(p.server, p.port))
  local member = {}
  function member.say(line)
    print(("%-10s> %s"):format(name, line))
    assert(conn:write(line .. "\n"))
  end
  function member.hear()
    print(("%-10s| %s"):format(name, assert(conn:read_line(2 * LONGEST, p.idle))))
  end
  member.say(name)
  member.hear()
  return member
end

local function play_demo(p)
  local batman = enter(p, "Batman")
  local voldemort = enter(p, "Voldemort")
  batman.hear()
  batman.say("Anyone here?")
  voldemort.hear()
  voldemort.say("Crucio!")
  batman.hear()
  batman.say("Aaaaaahrrhhhhh..")
  voldemort.hear()
  batman.say("quit")
  voldemort.hear()
  voldemort.say("quit")
end

return scenario.define {
  summary = "chat room over TCP: logins, broadcast, and members that vanish",
  params = {
    server   = { "localhost", "the room's name or address" },
    port     = { 5010, "the room's port", type = "port" },
    idle     = { 3600, "after how long a silent peer is given up", type = "duration", min = 0 },
    patience = { 10, "how long the room waits for a member that does not read", type = "duration", min = 0 },
    backlog  = { 100, "how many lines may wait for a member before it is dropped", type = "integer", unit = "lines",
                 min = 1, max = 100000 },
  },
  roles = {
    room = {
      help = "lets members in and passes on what they say",
      run = function(p)
        local server = assert(tcp.listen { port = p.port })
        scenario.ready(server)
        server:serve(function(conn) serve(conn, p) end)
      end,
    },
    member = {
      help = "a chat window: enter a name, then what you say, and quit to leave",
      args = { "server", "port" },
      after = "room",
      run = function(p)
        if scenario.alone() then
          play_member(p)
        else
          play_demo(p)
        end
      end,
    },
  },
}
