--- A chat room over TCP: everybody hears what each member says, and who comes and goes.
local scenario = require "moonwire.scenario"
local tcp, task, clock, stdio =
  require "moonwire.tcp", require "moonwire.task", require "moonwire.clock", require "moonwire.stdio"

local LONGEST = 1000

-- The room: who is in it, by name, each with a channel of the lines that are to be sent to them.
local members, count = {}, 0

-- A member whose channel is full does not read: it is dropped, and holds nobody up.
local function tell(member, line)
  if not member.outbox:send(line, 0) then
    member.conn:abort()
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
  scenario.log("%s has %s, %d in the room", name, what, count)
end

local function refusal(name)
  if not name:match("^%S[%g ]*$") or #name > 30 then
    return "Server: a name has 1 to 30 letters"
  elseif members[name] then
    return "Server: the name " .. name .. " is taken"
  end
end

-- Asks until the name can be had.
local function login(conn, p)
  while true do
    local name, err = conn:read_line(LONGEST, p.idle)
    if not name then
      return nil, err
    end
    local reason = refusal(name)
    if not reason then
      return name
    end
    assert(conn:write(reason .. "\n"))
  end
end

local function join(name, conn, p)
  local member = { name = name, conn = conn, outbox = task.channel(p.backlog) }
  members[name], count = member, count + 1
  task.spawn(function()
    for line in member.outbox:values() do
      if not conn:write(line .. "\n", p.patience) then
        return conn:abort()
      end
    end
  end)
  announce(name, "joined")
  return member
end

local function leave(member)
  members[member.name], count = nil, count - 1
  announce(member.name, "left")
end

local function serve(conn, p)
  local name, err = login(conn, p)
  if not name then
    return scenario.log("somebody left without a name: %s", err)
  end
  local member = join(name, conn, p)
  task.defer(leave, member)
  while true do
    local line
    line, err = conn:read_line(LONGEST, p.idle)
    if not line then
      return scenario.log("%s: %s", name, err)
    elseif line == "quit" then
      return
    end
    tell_all(("%s: %s"):format(name, line), member)
  end
end

-- Prints what the room says until it closes the connection.
local function listen(conn)
  for line in conn:lines(LONGEST + 100) do
    print(line)
  end
end

local function play_member(p)
  print("Enter login name:")
  local conn = assert(tcp.connect(p.server, p.port))
  local listener = task.spawn(listen, conn)
  for line in stdio.lines("> ") do
    assert(conn:write(line .. "\n"))
    if line == "quit" then
      break
    end
  end
  conn:shutdown()
  listener:join()
end

-- A member of the demonstration: prints what it hears behind its name.
local function enter_demo(p, name)
  local conn = assert(tcp.connect(p.server, p.port))
  assert(conn:write(name .. "\n"))
  local heard = {}
  local listener = task.spawn(function()
    for line in conn:lines(LONGEST + 100) do
      heard[#heard + 1] = line
      print(("%-10s| %s"):format(name, line))
    end
  end)
  local function wait_for(lines)
    while #heard < lines do
      task.sleep(0.001)
    end
  end
  return { say = function(line) print(("%-10s> %s"):format(name, line)) assert(conn:write(line .. "\n")) end,
           wait_for = wait_for, listener = listener }
end

local function play_demo(p)
  local batman = enter_demo(p, "Batman")
  batman.wait_for(1)
  local voldemort = enter_demo(p, "Voldemort")
  voldemort.wait_for(1)
  batman.wait_for(2)
  batman.say("Anyone here?")
  voldemort.wait_for(2)
  voldemort.say("Crucio!")
  batman.wait_for(3)
  batman.say("Aaaaaahrrhhhhh..")
  voldemort.wait_for(3)
  batman.say("quit")
  voldemort.wait_for(4)
  voldemort.say("quit")
  batman.listener:join()
  voldemort.listener:join()
end

return scenario.define {
  summary = "chat room over TCP: logins, broadcast, and members that vanish",
  params = {
    server   = { "localhost", "the room's name or address" },
    port     = { 5010, "the room's port", type = "port" },
    idle     = { 3600, "after how long a silent member is given up", type = "duration" },
    patience = { 10, "how long the room waits for a member that does not read", type = "duration" },
    backlog  = { 100, "how many lines may wait for a member before it is dropped", type = "integer", min = 1 },
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
        return scenario.alone() and play_member(p) or not scenario.alone() and play_demo(p)
      end,
    },
  },
}
