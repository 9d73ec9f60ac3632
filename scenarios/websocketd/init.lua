--- A program of its own for every WebSocket connection: its output are messages, and messages are its input.
local scenario, task, clock = require "moonwire.scenario", require "moonwire.task", require "moonwire.clock"
local http, ws, process = require "moonwire.http", require "moonwire.ws", require "moonwire.process"
local stdio, printable = require "moonwire.stdio", require "printable"

local FOLDER = debug.getinfo(1, "S").source:match("^@(.-)[^/]*$")

-- What is run where no program is named.
local DEMO = [[
echo "Hello, $REMOTE_ADDR! This process is yours alone."
while read -r line; do
  echo "You said: $line"
  if [ "$line" = quit ]; then echo "Good bye!"; exit; fi
done
]]

local function read_file(name)
  local file = assert(io.open(FOLDER .. "console/" .. name, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

-- The developer console: the answer for each path.
local function load_console()
  local function page(name, content_type)
    return {
      headers = {
        ["Content-Type"] = content_type .. "; charset=utf-8", ["Cache-Control"] = "no-cache",
        ["X-Content-Type-Options"] = "nosniff", ["Referrer-Policy"] = "no-referrer",
        ["Content-Security-Policy"] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
          .. "connect-src ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      },
      body = read_file(name),
    }
  end
  return {
    ["/"] = page("index.html", "text/html"),
    ["/console.js"] = page("console.js", "text/javascript"),
    ["/console.css"] = page("console.css", "text/css"),
  }
end

-- A mistyped program is reported at once, not to the first client.
local function check_program(program)
  local folders = program:find("/", 1, true) and "" or os.getenv("PATH") or "/usr/bin:/bin"
  for folder in (folders .. ":"):gmatch("([^:]*):") do
    local file = io.open(folder == "" and program or folder .. "/" .. program)
    if file then
      return file:close()
    end
  end
  error(("there is no program '%s' to run"):format(program), 0)
end

local connections = 0

-- As websocketd and CGI have it (RFC 3875, section 4.1).
local function environment(request, port)
  connections = connections + 1
  local variables = {
    GATEWAY_INTERFACE = "CGI/1.1", SERVER_SOFTWARE = "moonwire", SERVER_PROTOCOL = "HTTP/" .. request.version,
    SERVER_NAME = (request.headers.host or ""):gsub(":%d*$", ""), SERVER_PORT = tostring(port),
    REMOTE_ADDR = request.peer_address, REMOTE_HOST = request.peer_address, REMOTE_PORT = tostring(request.peer_port),
    REQUEST_METHOD = request.method, REQUEST_URI = request.target, QUERY_STRING = request.target:match("%?(.*)") or "",
    SCRIPT_NAME = "/", PATH_INFO = request.path, PATH_TRANSLATED = request.path,
    UNIQUE_ID = ("%.0f-%d"):format(clock.time() * 1000, connections),
    AUTH_TYPE = "", CONTENT_LENGTH = "", CONTENT_TYPE = "", REMOTE_IDENT = "", REMOTE_USER = "",
  }
  for name, value in pairs(request.headers) do
    if name ~= "proxy" then  -- HTTP_PROXY means something else to many programs
      variables["HTTP_" .. name:upper():gsub("-", "_")] = value
    end
  end
  for name, value in pairs(variables) do
    variables[name] = value:gsub("%c", " ")
  end
  return variables
end

-- Each line of the program's output is a message. Returns the close code and reason for the connection; no code where
-- there is nobody left to hear it.
local function send_output(conn, child, p)
  local line, err = child.stdout:read_line(p.max_line)
  local sent, failure = true, nil
  while line do
    if sent then
      sent, failure = conn:send(line, p.patience)
      if not sent and failure.code == "invalid_utf8" then
        sent, failure = conn:send_binary(line, p.patience)
      end
      if not sent and failure.code == "timeout" then
        scenario.log("process %d: its client does not read", child:pid())
        return
      end
    end
    line, err = child.stdout:read_line(p.max_line)  -- also when the client is gone: so that the program can end
  end
  if err.code == "too_long" then
    scenario.log("process %d has written a line of more than %d bytes", child:pid(), p.max_line)
    return 1011, "the program has written a line that is too long"
  end
  return 1000, "the program has ended"
end

-- Each message is a line of the program's input.
local function feed_input(conn, child, p)
  for message in conn:messages() do
    local written, err = child.stdin:write({ message, "\n" }, p.patience)
    if not written and err.code == "timeout" then
      return scenario.log("process %d does not read", child:pid())
    end
  end
end

local function log_errors(child, p)
  local longest = math.min(p.max_line, 4096)
  repeat
    local line, err = child.stderr:read_line(longest)
    if not line and err.code == "too_long" then
      line = child.stderr:read_some(longest)
    end
    if line then
      scenario.log("process %d: %s", child:pid(), printable(line, "\t"))
    end
  until not line
end

local function status_text(status)
  return status.code and "exit status " .. status.code or status.signal
end

-- Connection and process: whichever ends first ends the other.
local function serve(conn, child, p)
  local output = task.spawn(send_output, conn, child, p)
  local errors = task.spawn(log_errors, child, p)
  local input = task.spawn(feed_input, conn, child, p)
  task.any(function() output:join() end, function() input:join() end)
  input:cancel()
  child.stdin:close(p.grace)
  local status = child:wait(p.grace) or child:terminate(p.grace)
  local code, reason = output:join(p.grace)
  errors:join(p.grace)
  scenario.log("process %d has ended: %s", child:pid(), status_text(status))
  if code then
    conn:close(code, reason)
  else
    conn:abort()
  end
end

local function connect(request, port, command, p)
  local host = request.headers.host or ""
  local own_pages = { "http://" .. host, "https://" .. host }
  local conn, refusal = ws.upgrade(request, {
    origins = not p.any_origin and own_pages or nil, max_message = p.max_message,
  })
  if not conn then
    return scenario.log("%s:%d was not let in: %s", request.peer_address, request.peer_port, refusal)
  end
  local child, err = process.start(command[1], { unpack(command, 2) }, {
    environment = environment(request, port), grace = p.grace,
  })
  if not child then
    scenario.log("%s:%d: %s", request.peer_address, request.peer_port, err)
    return conn:close(1011, "the program cannot be started")
  end
  scenario.log("%s:%d %s: process %d", request.peer_address, request.peer_port, printable(request.target), child:pid())
  serve(conn, child, p)
end

local function run_server(p, ...)
  local command = p.program == "" and { "sh", "-c", DEMO } or { p.program, ... }
  check_program(command[1])
  local console = p.devconsole and load_console() or {}
  local server = assert(http.listen { port = p.port, host = p.host })
  local clients = 0
  server:route("GET", "/{path...}", function(request)
    if (request.headers.upgrade or ""):lower() ~= "websocket" then
      return console[request.path] or {
        status = 426, headers = { Upgrade = "websocket" },
        body = "This server speaks WebSocket. With --devconsole it has a page for people, at /.\n",
      }
    elseif clients >= p.max_clients then
      return { status = 503, headers = { ["Retry-After"] = "1" }, body = "As many programs run as may.\n" }
    end
    clients = clients + 1
    task.defer(function() clients = clients - 1 end)
    return connect(request, server:port(), command, p)
  end)
  scenario.ready(server)
  if p.devconsole then
    scenario.log("the console is at http://localhost:%d/", server:port())
  end
  server:serve()
end

local function inputs(p)
  return scenario.alone() and stdio.lines() or p.demo:gmatch("[^;]+")
end

local function run_client(p)
  local conn = assert(ws.connect(("ws://%s:%d/"):format(p.server:find(":") and "[" .. p.server .. "]" or p.server, p.port)))
  task.any(function()
    for message in conn:messages() do
      print(printable(message, "\t"))
    end
  end, function()
    for line in inputs(p) do
      assert(conn:send(line))
    end
    task.sleep(p.linger)
  end)
  conn:close()
end

return scenario.define {
  summary = "a program behind WebSocket: its lines are messages, as websocketd does it",
  params = {
    server      = { "localhost", "the server's name or address" },
    port        = { 8080, "the server's port", type = "port" },
    host        = { "*", "the local name or address that the server listens on" },
    program     = { "", "what is run for every connection, with the arguments behind it (none: a small demonstration)" },
    devconsole  = { false, "serve a page at / from which a person can talk to the program" },
    any_origin  = { false, "let every web page connect, not only those of this server" },
    max_clients = { 100, "how many programs run at once", type = "integer", min = 1, max = 10000 },
    max_line    = { "1M", "the longest line that a program may write", type = "size", min = 1, max = 64 * 1024 * 1024 },
    max_message = { "1M", "the longest message that a client may send", type = "size", min = 1, max = 64 * 1024 * 1024 },
    patience    = { 60, "after how long a program or a client that does not read is given up", type = "duration", min = 0.01 },
    grace       = { 1, "how long a program may take to end: without input, then after SIGTERM", type = "duration", min = 0 },
    demo        = { "Romeo;Juliet;quit", "what the client sends in a run of all roles, with ; between the messages" },
    linger      = { 2, "how long the client listens on when it has nothing more to send", type = "duration", min = 0 },
  },
  roles = {
    server = {
      help = "runs the program for every connection",
      args = { "program", "..." },
      run = run_server,
    },
    client = {
      help = "sends lines, and prints the messages that come",
      args = { "server", "port" },
      after = "server",
      run = run_client,
    },
  },
}
