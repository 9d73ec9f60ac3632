-- `moonwire run … --impair`: relays that stand before the servers of a run.
local native = ...

local task = require "moonwire.task"
local clock = require "moonwire.clock"
local error, ipairs, next, pairs, require = error, ipairs, next, pairs, require
local setmetatable, tonumber, concat = setmetatable, tonumber, table.concat

local Impairment = {}
Impairment.__index = Impairment

local impairment = {}

-- The options that have a meaning for only one of the two.
local datagrams_only = { drop = true, duplicate = true, reorder = true, hold = true, rate = true, queue = true }
local connections_only = { stall = true, stall_after = true, stall_at = true, stall_every = true, cut_after = true,
  cut_at = true }

local function refuse(format, ...)
  error("--impair: " .. format:format(...), 0)
end

local function is_group(address)
  local first = tonumber(address:match("^(%d+)%."))
  return first and first >= 224 and first < 240 or address:lower():match("^ff%x%x:") ~= nil
end

local function check(role, server)
  local run, address = role.run, server:local_address()
  local foreign = server.receive and connections_only or datagrams_only
  for name in pairs(run.impairment.options) do
    if foreign[name] then
      refuse("'%s' is for %s, but the role %s serves by %s", name, server.receive and "TCP" or "UDP", role.name,
        server.receive and "UDP" or "TCP")
    end
  end
  if is_group(address) then
    refuse("the role %s hears the multicast group %s, and nothing can stand before a group", role.name, address)
  elseif not run.alone and run.values.port == nil then
    refuse("the scenario has no parameter 'port', from which the other roles would learn the relay's port")
  end
end

-- Puts a relay before a server; returns its address and port.
function Impairment:put_before(role, server)
  check(role, server)
  local address, port = server:local_address()
  local everywhere = address == "::" or address == "0.0.0.0"
  local options = {
    target = ("[%s]:%d"):format(everywhere and "localhost" or address, port),
    host = everywhere and "*" or address,
    family = address == "0.0.0.0" and "ipv4" or nil,
  }
  for name, value in pairs(self.options) do
    options[name] = value
  end
  local kind = server.receive and "udp" or "tcp"
  local relay, err = require("moonwire.impair")[kind](options)
  if not relay then
    refuse("%s", err.message)
  end
  self.relays[#self.relays + 1] = { role = role.name, kind = kind, relay = relay }
  return relay:local_address()
end

-- Waits for datagrams that are on their way.
function Impairment:let_pass(deadline)
  task.sleep(0.001)  -- what the relay has not yet taken from the kernel
  for _, entry in ipairs(self.relays) do
    while entry.kind == "udp" and clock.now() < deadline do
      local info = entry.relay:info()
      if info.to_target.waiting + info.to_client.waiting == 0 then
        break
      end
      task.sleep(0.001)
    end
  end
end

local function plural(count, word)
  return ("%d %s%s"):format(count, word, count == 1 and "" or "s")
end

local function add_counts(parts, counts, names)
  for _, name in ipairs(names) do
    if counts[name] > 0 then
      parts[#parts + 1] = ("%d %s"):format(counts[name], name)
    end
  end
  return concat(parts, ", ")
end

local fates = { "dropped", "duplicated", "reordered", "delayed", "overflowed", "failed" }

local function datagrams(counts)
  local received = ("%s (%s)"):format(plural(counts.received, "datagram"), plural(counts.bytes_received, "byte"))
  return add_counts({ received }, counts, fates)
end

local function bytes(counts)
  local received = plural(counts.bytes_received, "byte")
  return counts.stalls > 0 and received .. ", " .. plural(counts.stalls, "stall") or received
end

local function summary_of(relay, kind)
  local info = relay:info()
  if kind == "udp" then
    return ("to it %s; from it %s"):format(datagrams(info.to_target), datagrams(info.to_client))
  end
  local connections = add_counts({ plural(info.connections, "connection") }, info, { "cut", "broken", "unreachable" })
  return ("%s; to it %s; from it %s"):format(connections, bytes(info.to_target), bytes(info.to_client))
end

-- Says what the relays have done, and ends them.
function Impairment:close()
  for _, entry in ipairs(self.relays) do
    native.say(("impair: %s: %s\n"):format(entry.role, summary_of(entry.relay, entry.kind)))
    entry.relay:close()
  end
end

-- When the run is over without an error.
function Impairment:finish()
  if next(self.relays) == nil then
    refuse("there was no server to stand before: no role has called scenario.ready(server)")
  end
end

-- Of a run, which is about to begin, in the task that plays it. Refuses what cannot work.
function impairment.begin(run, options)
  for name, role in pairs(run.roles) do
    if run.alone and next(role.after) ~= nil then
      refuse("the relay stands before the server, so give --impair to that role, and its relay's port to %s", name)
    end
  end
  local self = setmetatable({ options = options, relays = {} }, Impairment)
  task.defer(self.close, self)
  return self
end

return impairment
