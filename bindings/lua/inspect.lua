-- The parts of moonwire.inspect that are Lua.
local inspect, connections = ...

local find, pairs, pcall, sort, tostring = string.find, pairs, pcall, table.sort, tostring

local function info_of(object)
  return not find(tostring(object), "(closed)", 1, true) and object:info()
end

-- One that is about to be collected has no methods any more.
local function counters(object)
  local alive, info = pcall(info_of, object)
  return alive and info or nil
end

local function by_name(a, b)
  return tostring(a.object) < tostring(b.object)
end

function inspect.connections()
  local list = {}
  for object in pairs(connections) do
    local info = counters(object)
    if info then
      list[#list + 1] = {
        object = object, bytes_sent = info.bytes_sent, bytes_received = info.bytes_received,
      }
    end
  end
  sort(list, by_name)
  return list
end

return inspect
