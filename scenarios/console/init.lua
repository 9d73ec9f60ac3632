--- Two consoles over WebSocket: what one side types, the other side sees.
local scenario = require "moonwire.scenario"
local ws, task, stdio = require "moonwire.ws", require "moonwire.task", require "moonwire.stdio"
local printable = require "printable"

local MESSAGE = "Received message from client: "
local RESPONSE = "Received response from server: "
local ENTER_MESSAGE = "Enter message to send to server: "
local ENTER_RESPONSE = "Enter response to client: "

-- What is typed, line by line, until `quit` or the end of the input.
local function typed(prompt)
  return function()
    local line = stdio.read_line(prompt)
    return line ~= "quit" and line or nil
  end
end

-- The demonstration's lines by turns: the client's first, then the server's, and so on.
local function lines_of(p)
  local lines = {}
  for line in p.demo:gmatch("[^;]+") do
    lines[#lines + 1] = line
  end
  return lines
end

local function why(err)
  return (err.reason or "") ~= "" and err.reason or tostring(err)
end

-- The server's side of a connection: shows what comes, and hands it on to `heard`, if there is one.
local function show_messages(conn, heard)
  local address, port = conn:peer_address()
  scenario.log("%s:%d is connected", address, port)
  local message, err = conn:receive()
  while message do
    stdio.print_line(MESSAGE .. printable(message))
    if heard then
      heard()
    end
    message, err = conn:receive()
  end
  scenario.log("%s:%d is gone: %s", address, port, why(err))
end

-- All clients see what is typed here. `quit` closes their connections, all at the same time.
local function play_server(server)
  local clients = ws.room()
  local serving = task.spawn(server.serve, server, function(conn)
    clients:join(conn)
    show_messages(conn)
  end)
  for line in typed(ENTER_RESPONSE) do
    if not clients:broadcast(line) then
      stdio.print_line("Warning: this is not UTF-8, and was not sent")
    elseif clients:count() == 0 then
      stdio.print_line("Warning: there is no client")
    end
  end
  server:close()
  for _, conn in ipairs(clients:members()) do
    task.spawn(conn.close, conn, 1001, "the server has quit")
  end
  serving:join()
end

-- In a run of all roles the server answers each message by its next line.
local function play_demo_server(server, p)
  server:serve(function(conn)
    local lines, turn = lines_of(p), 0
    show_messages(conn, function()
      turn = turn + 2
      if lines[turn] then
        print(ENTER_RESPONSE .. lines[turn])
        conn:send(lines[turn])
      end
    end)
  end)
end

-- Ends when the connection does, whatever is being typed then.
local function play_client(conn)
  task.spawn(function()
    for line in typed(ENTER_MESSAGE) do
      local _, err = conn:send(line)
      if err and err.code == "invalid_utf8" then
        stdio.print_line("Warning: this is not UTF-8, and was not sent")
      end
    end
    conn:close(1000, "the client has quit")
  end)
  local response, err = conn:receive()
  while response do
    stdio.print_line(RESPONSE .. printable(response))
    response, err = conn:receive()
  end
  return err
end

local function play_demo_client(conn, p)
  local lines = lines_of(p)
  for turn = 1, #lines, 2 do
    print(ENTER_MESSAGE .. lines[turn])
    assert(conn:send(lines[turn]))
    if lines[turn + 1] then
      print(RESPONSE .. assert(conn:receive()))
    end
  end
  conn:close(1000, "the client has quit")
end

return scenario.define {
  summary = "two consoles over WebSocket: each side types, the other one sees it",
  params = {
    server = { "localhost", "the server's name or address" },
    port   = { 8765, "the server's port", type = "port" },
    demo   = { "Hello, server!;Hello, client!;Do you hear me?;Every word.",
               "what both type in a run of all roles, by turns, the client first, with ; between the lines" },
    max    = { 64 * 1024, "the longest message that is taken", type = "size", min = 1, max = 64 * 1024 * 1024 },
  },
  roles = {
    server = {
      help = "what you type goes to all clients; quit ends it",
      run = function(p)
        local server = assert(ws.listen { port = p.port, max_message = p.max })
        scenario.ready(server)
        print(("Server started at ws://localhost:%d"):format(server:port()))
        if scenario.alone() then
          play_server(server)
        else
          play_demo_server(server, p)
        end
      end,
    },
    client = {
      help = "what you type goes to the server; quit ends it",
      args = { "server", "port" },
      after = "server",
      run = function(p)
        local host = p.server:find(":", 1, true) and "[" .. p.server .. "]" or p.server
        local conn = assert(ws.connect(("ws://%s:%d/"):format(host, p.port), { max_message = p.max }))
        if not scenario.alone() then
          return play_demo_client(conn, p)
        end
        local err = play_client(conn)
        if err.close_code ~= 1000 and err.close_code ~= 1001 and err.close_code ~= 1005 then
          error(err, 0)
        end
        scenario.log("the connection is closed: %s", why(err))
      end,
    },
  },
}
