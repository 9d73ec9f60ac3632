--- A calculator over TCP: a protocol with a state (the client's name) and lines as messages.
local scenario = require "moonwire.scenario"
local tcp, stdio = require "moonwire.tcp", require "moonwire.stdio"

local LONGEST = 200

-- "12 + 42" -> 12, "+", 42; nil if it is not two numbers and an operation with spaces between them.
local function parse(line)
  local a, operation, b = line:match("^%s*(%S+)%s+([-+*/])%s+(%S+)%s*$")
  local number = "^[-+]?%d*%.?%d*[eE]?[-+]?%d*$"
  if a and a:match(number) and b:match(number) and tonumber(a) and tonumber(b) then
    return tonumber(a), operation, tonumber(b)
  end
end

local function compute(line)
  local a, operation, b = parse(line)
  if not a then
    return "error: expected two numbers and + - * or / with spaces between them"
  end
  if operation == "/" and b == 0 then
    return "error: division by zero"
  end
  local result = operation == "+" and a + b or operation == "-" and a - b or operation == "*" and a * b or a / b
  if result ~= result or result == math.huge or result == -math.huge then
    return "error: the result is too large"
  end
  return ("%.14g"):format(result)
end

local function serve(conn, p)
  local name, err = conn:read_line(LONGEST, p.idle)
  if not name then
    return scenario.log("a client left without a name: %s", err)
  end
  scenario.log("%s begins a session", name)
  while true do
    local line
    line, err = conn:read_line(LONGEST, p.idle)
    if not line then
      if err.code == "too_long" or err.code == "timeout" then
        conn:write("error: " .. (err.code == "timeout" and "you were silent for too long" or "the line is too long") .. "\n")
      end
      return scenario.log("%s is gone: %s", name, err)
    end
    if line == "q" then
      return print("Session ended")
    end
    print(("%s: %s"):format(name, line))
    assert(conn:write(compute(line) .. "\n"))
  end
end

-- The demonstration's lines when all roles play together, standard input when a person plays the client.
local function inputs(p)
  if scenario.alone() then
    return stdio.lines("> ")
  end
  return p.demo:gmatch("[^;]+")
end

return scenario.define {
  summary = "calculator over TCP: a stateful protocol, framed by lines",
  params = {
    server = { "localhost", "the server's name or address" },
    port   = { 5001, "the server's port", type = "port" },
    name   = { "Ada", "the client's name" },
    demo   = { "12 + 42;3.24 - 45;4.5 / -6;6 * 7;1 / 0;twelve plus two;q", "what the client enters in a run of all roles" },
    idle   = { 300, "after how long a silent client is given up", type = "duration" },
  },
  roles = {
    server = {
      help = "remembers each client's name and computes; many clients at once",
      run = function(p)
        local server = assert(tcp.listen { port = p.port })
        scenario.ready(server)
        server:serve(function(conn) serve(conn, p) end)
      end,
    },
    client = {
      help = "enter lines like 12 + 42, and q to stop",
      args = { "server", "port", "name" },
      after = "server",
      run = function(p)
        local conn = assert(tcp.connect(p.server, p.port))
        assert(conn:write(p.name .. "\n"))
        for line in inputs(p) do
          if line == "q" then
            assert(conn:write("q\n"))
            break
          elseif parse(line) then
            assert(conn:write(line .. "\n"))
            print(assert(conn:read_line(LONGEST, p.idle)))
          else
            print("Warning: enter two numbers and + - * or / with spaces between them, like 12 + 42")
          end
        end
        conn:close()
      end,
    },
  },
}
