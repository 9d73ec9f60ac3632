-- The messages of the rooms protocol (scenarios/rooms/README.md): what arrives is checked here. Each check returns nil, or
-- what is wrong in words.
local json = require "moonwire.json"

local LARGEST = 2 ^ 53 - 1

local messages = {}

-- The message, or nil and what is wrong.
function messages.parse(text)
  local message, err = json.decode(text)
  if err then
    return nil, "this is no JSON: " .. err.message
  elseif not text:find("^%s*{") then
    return nil, "a message is a JSON object"
  end
  return message
end

function messages.wrong_name(message, field, longest)
  local value = message[field]
  if type(value) ~= "string" or value == "" or #value > longest then
    return ('"%s" must be a string of 1 to %d bytes'):format(field, longest)
  elseif value:find("%c") or value:find("^ ") or value:find(" $") then
    return ('"%s" must have no control characters, and no blank at its ends'):format(field)
  end
end

function messages.wrong_text(message)
  local text = message.text
  if type(text) ~= "string" or not text:find("[^ \t\n]") or text:gsub("[\t\n]", ""):find("%c") then
    return '"text" must be a string with more than blanks, and no control characters but \\n and \\t'
  end
end

function messages.wrong_integer(message, field)
  local value = message[field]
  if type(value) ~= "number" or value % 1 ~= 0 or value < 0 or value > LARGEST then
    return ('"%s" must be an integer from 0 to 2^53 - 1'):format(field)
  end
end

-- May a page of this origin speak to the server that it asked for? Programs that are no browsers send no origin.
function messages.same_host(origin, host)
  local function host_of(address)
    return address and (address:match("^%[.-%]") or address:match("^[^:/]+"))
  end
  return not origin or host_of(origin:match("^https?://(.+)")) == host_of(host)
end

return messages
