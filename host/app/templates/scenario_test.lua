--- Tests NAME.lua: `moonwire NAME_test.lua` says which test fails, and ends with exit status 1 then.
local scenario, tcp, task = require "moonwire.scenario", require "moonwire.tcp", require "moonwire.task"

local file = (arg[0]:match("^.*/") or "./") .. "NAME.lua"

local function test(what, run)
  local good, err = pcall(run)
  if not good then
    error(("%s: it does not.\n%s"):format(what, tostring(err)), 0)
  end
  print("ok: " .. what)
end

test("the client gets an answer to every line", function()
  local figures = assert(scenario.run(file, { port = 0, lines = 2 }):wait(10))
  assert(figures["answers"] == 2)
end)

test("the server answers in capitals", function()
  local run = scenario.run(file, { port = 0 }, "server")  -- this role alone, on a free port
  while run:roles().server.state ~= "ready" do
    task.sleep(0.01)
  end
  local conn = assert(tcp.connect("localhost", run:roles().server.servers[1]:port()))
  assert(conn:write("Hello\nand again\n"))
  assert(conn:read_line() == "HELLO")
  assert(conn:read_line() == "AND AGAIN")
  conn:close()
  run:stop()
end)

test("a client without lines is refused", function()
  local started, err = pcall(scenario.run, file, { lines = 0 })
  assert(not started and tostring(err):find("'lines'"), err)
end)
