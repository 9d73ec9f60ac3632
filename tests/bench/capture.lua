-- Sends so many MB a second over a connection to itself, for --pcap: moonwire --pcap FILE tests/bench/capture.lua [MB/s] [s]
local tcp, task, clock = require "moonwire.tcp", require "moonwire.task", require "moonwire.clock"

local rate, seconds = (tonumber(arg[1]) or 100) * 1e6, tonumber(arg[2]) or 5
local STEP = 0.01

local server = assert(tcp.listen { host = "127.0.0.1", port = 0 })
local received = 0
local reader = task.spawn(function()
  local conn = assert(server:accept())
  while true do
    local data = conn:read_some(1048576)
    if not data then
      return
    end
    received = received + #data
  end
end)

local conn = assert(tcp.connect("127.0.0.1", server:port()))
local piece = ("x"):rep(rate * STEP)
local start = clock.now()
for i = 1, seconds / STEP do
  assert(conn:write(piece))
  task.sleep(math.max(0, start + i * STEP - clock.now()))
end
conn:close()
reader:join()
local took = clock.now() - start
print(("%.0f MB in %.2f s: %.1f MB/s"):format(received / 1e6, took, received / 1e6 / took))
