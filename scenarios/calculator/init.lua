--- A calculator over TCP: a protocol with a state (the client's name) and lines as messages.
local scenario = require "moonwire.scenario"
local tcp, stdio = require "moonwire.tcp", require "moonwire.stdio"

local LONGEST = 1000  -- bytes of a line

local function parse_number(text)
  return text:find("^[-+]?[%d.]+[eE]?[-+]?%d*$") and tonumber(text)
end

-- "12 + 42" -> 12, "+", 42; nil if it is not two numbers and an operation with spaces between them.
local function parse(line)
  local left, operation, right = line:match("^ *(%S+) +([-+*/]) +(%S+) *$")
  local a, b = left and parse_number(left), right and parse_number(right)
  if a and b and #line <= LONGEST then
    return a, operation, b
  end
end

local function compute(line)
  local a, operation, b = parse(line)
  if not a then
    return "error: expected two numbers and + - * or / with spaces between them"
  elseif operation == "/" and b == 0 then
    return "error: division by zero"
  end
  local result = operation == "+" and a + b or operation == "-" and a - b or operation == "*" and a * b or a / b
  if result ~= result or math.abs(result) == math.huge then
    return "error: the numbers are too large"
  end
  return ("%.14g"):format(result == 0 and 0 or result)  -- no "-0"
end

local function serve(conn, idle)
  local name, err = conn:read_line(LONGEST, idle)
  if not name then
    return scenario.log("a client left without a name: %s", err)
  end
  scenario.log("%s begins a session", name)
  local line
  repeat
    line, err = conn:read_line(LONGEST, idle)
    if line == "q" then
      print("Session ended")
    elseif line then
      print(name .. ": " .. line)
      conn:write(compute(line) .. "\n")
    else
      if err.code == "too_long" then
        conn:write("error: the line is too long\n")
      elseif err.code == "timeout" then
        conn:write("error: you were silent for too long\n")
      end
      scenario.log("%s is gone: %s", name, err)
    end
  until not line or line == "q"
end

-- Standard input when a person plays the client, the demonstration's lines when all roles play together.
local function inputs(p)
  if scenario.alone() then
    return stdio.lines("> ")
  end
  local next_line = p.demo:gmatch("[^;]+")
  return function()
    local line = next_line()
    if line then
      print("> " .. line)
    end
    return line
  end
end

return scenario.define {
  summary = "calculator over TCP: a stateful protocol, framed by lines",
  params = {
    server = { "localhost", "the server's name or address" },
    port   = { 5001, "the server's port", type = "port" },
    name   = { "Ada", "the client's name" },
    demo   = { "12 + 42;3.24 - 45;4.5 / -6;6 * 7;1 / 0;twelve + 2;q",
               "what the client enters in a run of all roles, with ; between the lines" },
    idle   = { 300, "after how long a silent peer is given up", type = "duration", min = 0 },
  },
  roles = {
    server = {
      help = "remembers each client's name and computes; many clients at once",
      run = function(p)
        local server = assert(tcp.listen { port = p.port })
        scenario.ready(server)
        server:serve(function(conn) serve(conn, p.idle) end)
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
