-- The part of servers (moonwire.tcp, moonwire.tls) that is Lua: the iterator, and a task a client.
local Server, native = ...

local task = require "moonwire.task"
local error, pairs, tostring, type, debug_info = error, pairs, tostring, type, debug.getinfo

local function say(err)
  native.say("moonwire: " .. tostring(err) .. "\n")
end

-- A client that was turned away (its TLS handshake failed) concerns nobody else: `refused` is told.
local function clients(self, refused)
  return function()
    while true do
      local connection, err = self:accept()
      if connection then
        return connection
      elseif err.client then
        refused(err)
      elseif err.code == "closed" then
        return nil
      else
        error(err, 2)
      end
    end
  end
end

function Server:clients()
  return clients(self, say)
end

local function close(connection)  -- which may have become another kind of connection meanwhile
  connection:close()
end

local serve_options = { max_clients = "number", refused = "function" }

local function check_options(options)
  if type(options) ~= "table" then
    error(("bad argument #2 (options) to 'serve': expected a table of options, got %s"):format(type(options)), 3)
  end
  for name, value in pairs(options) do
    local expected = serve_options[name]
    if not expected then
      error(("options: unknown option %q; there are max_clients, refused"):format(tostring(name)), 3)
    elseif type(value) ~= expected then
      error(("options.%s: expected a %s, got a %s"):format(name, expected, type(value)), 3)
    end
  end
  if options.max_clients and options.max_clients < 1 then
    error(("options.max_clients: expected a number of at least 1, got %g"):format(options.max_clients), 3)
  end
end

function Server:serve(handler, options)
  if type(handler) ~= "function" then
    error(("bad argument #1 (handler) to 'serve': expected a function, got %s"):format(type(handler)), 2)
  end
  options = options or {}
  check_options(options)
  local max = options.max_clients or 10000
  local caller = debug_info(2, "Sl")
  local started_at = ("%s:%d"):format(caller.short_src, caller.currentline)
  local active = 0
  local changed = native.waker()

  local function gone()
    active = active - 1
    changed:wake()
  end

  local function serve_one(connection)
    task.defer(gone)
    task.defer(close, connection)
    return handler(connection)
  end

  for connection in clients(self, options.refused or say) do
    active = active + 1
    native.supervise(started_at, serve_one, connection)
    while active >= max do
      changed:wait("serve")
    end
  end
  while active > 0 do
    changed:wait("serve")
  end
end
