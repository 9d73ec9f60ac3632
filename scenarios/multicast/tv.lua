--- Television by multicast: what is sent once is heard by everybody who has joined the group, and everybody may speak.
local scenario = require "moonwire.scenario"
local multicast, stdio, task = require "moonwire.multicast", require "moonwire.stdio", require "moonwire.task"
local report, printable = require "moonwire.report", require "printable"

local FOLDER = debug.getinfo(1, "S").source:match("^@(.-)[^/]*$")
local STATION = "swcmTV"
local ID = ("[!-~]"):rep(6)  -- six characters that one can see

-- The interface to use: nil lets the routes decide. A run of all roles stays on this machine, which needs no route then;
-- but Linux has no IPv6 multicast on its loopback interface.
local function interface(p)
  if p.interface ~= "" then
    return p.interface
  end
  return not scenario.alone() and not p.group:find(":", 1, true) and "lo" or nil
end

local function open_sender(p)
  return assert(multicast.sender(p.group, p.port, { interface = interface(p), ttl = p.ttl, loopback = p.loopback }))
end

local function read_lines(file)
  local lines = {}
  for line in assert(io.open(file)):lines() do
    lines[#lines + 1] = line:match("^[^\r]*")
  end
  return lines
end

-- Standard input when a person plays the sender, the parameter's lines when all roles play together.
local function opinions(p)
  return scenario.alone() and stdio.lines("> ") or p.opinions:gmatch("[^;]+")
end

return scenario.define {
  summary = "multicast television: one sender, any number of receivers, and opinions from the audience",
  params = {
    group     = { "224.1.1.1", "the multicast group: 224.0.0.0 to 239.255.255.255, or ff00::/8" },
    port      = { 10505, "the group's port", type = "port" },
    file      = { FOLDER .. "romeo_and_juliet.txt", "the text that the broadcaster plays", type = "file" },
    seconds   = { 0.2, "how long the broadcaster rests after each line", type = "duration", min = 0, live = true },
    id        = { "123456", "the sender's ID: six letters or digits" },
    opinions  = { "O happy dagger!;Boo!", "what the sender says in a run of all roles, with ; between the lines" },
    ids       = { false, "the receiver also prints who has sent each message: the ID before it", live = true },
    interface = { "", "name or address of the network interface; by default the routes decide, and it is lo in a run "
                      .. "of all roles" },
    source    = { "", "the numeric address of the only sender to be heard; by default any" },
    ttl       = { 1, "how many routers the messages may pass, and one", type = "integer", min = 1, max = 255 },
    loopback  = { true, "receivers on the sender's own machine hear it, too" },
    idle      = { 300, "after how long a silent group is given up", type = "duration", min = 0 },
  },
  roles = {
    receiver = {
      help = "prints what is sent to the group, one message a line",
      args = { "group", "port" },
      run = function(p)
        local source = p.source ~= "" and p.source or nil
        local sock = assert(multicast.receiver(p.group, p.port, { interface = interface(p), source = source }))
        scenario.ready(sock)
        local heard = 0
        while true do
          local message, address, port = sock:receive(p.idle)
          if not message then
            local err = address
            report.value("messages received", heard, "messages")
            return err.code == "closed" or error("the group is silent: " .. err.message, 0)
          end
          local id, text = message:match("^(" .. ID .. ")(.*)$")
          if id then
            heard = heard + 1
            print((p.ids and id .. ": " or "") .. printable(text:match("^(.-)\r?\n?$"), "\t"))
          else
            scenario.log("%s:%d sent %d bytes that do not begin with an ID", address, port, #message)
          end
        end
      end,
    },
    broadcaster = {
      help = "plays a text, line by line",
      args = { "group", "port", "file", "seconds" },
      after = "receiver",
      run = function(p)
        local lines = read_lines(p.file)
        local sock = open_sender(p)
        for _, line in ipairs(lines) do
          assert(sock:send(STATION .. line))
          task.sleep(p.seconds)
        end
        report.value("messages broadcast", #lines, "messages")
      end,
    },
    sender = {
      help = "sends the lines that are entered to the group",
      args = { "group", "port", "id" },
      after = "receiver",
      run = function(p)
        if not p.id:find("^" .. ID .. "$") then
          error(("the ID must be six letters or digits, not '%s'"):format(p.id), 0)
        end
        local sock = open_sender(p)
        for line in opinions(p) do
          assert(sock:send(p.id .. line))
        end
      end,
    },
  },
}
