-- Values as a person wants to see them: tables by their contents, within limits of depth and size; text without anything
-- that a terminal would obey.
local native = ...

local rawget, next, type, tostring, pcall = rawget, next, type, tostring, pcall
local getmetatable, getinfo = debug.getmetatable, debug.getinfo
local byte, find, format, gsub, rep, sub = string.byte, string.find, string.format, string.gsub, string.rep, string.sub
local concat, sort = table.concat, table.sort
local ipairs = ipairs

local max_depth = 5      -- tables inside of tables
local max_entries = 50   -- of one table
local max_values = 500   -- of all tables of one value
local max_string = 1000  -- bytes of one string
local max_short = 8      -- columns of an entry that may share its line with others

local colours = {
  string = "32", number = "36", boolean = "33", ["nil"] = "2", key = "", other = "35", error = "31", dim = "2",
}

local escapes = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\\"] = "\\\\", ['"'] = '\\"' }

local function escape(char)
  return escapes[char] or format("\\%03d", byte(char))
end

-- The length of the UTF-8 character at `at`, or nil for what is none or is one of the control characters U+0080 to U+009F.
local function character(text, at)
  local lead = byte(text, at)
  local size = lead >= 0xF0 and 4 or lead >= 0xE0 and 3 or 2
  local second = byte(text, at + 1) or 0
  local wrong = lead < 0xC2 or lead > 0xF4 or (lead == 0xC2 and second < 0xA0) or (lead == 0xE0 and second < 0xA0)
    or (lead == 0xED and second > 0x9F) or (lead == 0xF0 and second < 0x90) or (lead == 0xF4 and second > 0x8F)
  local valid = not wrong and find(text, "^" .. rep("[\128-\191]", size - 1), at + 1)
  return valid and size
end

-- What a terminal would obey, and what is no UTF-8, as escapes. `pattern` is of the ASCII characters to be escaped.
local function clean(text, pattern)
  text = gsub(text, pattern, escape)
  if not find(text, "[\128-\255]") then
    return text
  end
  local parts, at = {}, 1
  while at <= #text do
    local high = find(text, "[\128-\255]", at)
    if not high then
      break
    end
    local size = character(text, high)
    parts[#parts + 1] = sub(text, at, high - 1)
    parts[#parts + 1] = size and sub(text, high, high + size - 1) or escape(sub(text, high, high))
    at = high + (size or 1)
  end
  return concat(parts) .. sub(text, at)
end

-- Text of several lines, for messages: line ends and tabs stay.
local function plain(text)
  return clean(text, "[%z\1-\8\11-\31\127]")
end

local function quoted(text)
  local rest = #text - max_string
  if rest > 0 then
    return '"' .. clean(sub(text, 1, max_string), '[%c"\\]') .. format('"… (%d bytes in all)', #text)
  end
  return '"' .. clean(text, '[%c"\\]') .. '"'
end

local Printer = {}
Printer.__index = Printer

function Printer:paint(kind, text)
  local code = self.colours and colours[kind]
  return code and code ~= "" and format("\27[%sm%s\27[0m", code, text) or text
end

local function named_text(value)
  local ok, text = pcall(tostring, value)
  if not ok or type(text) ~= "string" then
    return "(a " .. type(value) .. " whose __tostring fails)"
  end
  return plain(text)
end

local function function_text(value)
  local info = getinfo(value, "S")
  if info.what == "C" or info.short_src == "[moonwire]" then
    return "function (built in)"
  end
  return format("function (%s:%d)", info.short_src, info.linedefined)
end

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then true until
  while]]):gmatch("%a+") do
  keywords[word] = true
end

function Printer:key(key)
  if type(key) == "string" and find(key, "^[%a_][%w_]*$") and not keywords[key] then
    return self:paint("key", key)
  end
  return "[" .. self:value(key, max_depth) .. "]"
end

local order = { number = 1, string = 2 }

local function before(a, b)
  local kind_a, kind_b = type(a), type(b)
  if kind_a ~= kind_b then
    return (order[kind_a] or 3) < (order[kind_b] or 3)
  end
  if order[kind_a] then
    return a < b
  end
  return tostring(a) < tostring(b)
end

-- The keys behind the list's, in order; only as many as will be shown, and how many there are.
local function other_keys(value, list_size)
  local keys = {}
  for key in next, value do
    local in_list = type(key) == "number" and key >= 1 and key <= list_size and key % 1 == 0
    if not in_list then
      keys[#keys + 1] = key
    end
  end
  pcall(sort, keys, before)  -- the names of odd keys may fail
  return keys
end

local function list_size(value)
  local size = 0
  while rawget(value, size + 1) ~= nil do
    size = size + 1
  end
  return size
end

function Printer:entries(value, depth)
  local parts = {}
  local size = list_size(value)
  local keys = other_keys(value, size)
  local function add(prefix, item)
    if #parts >= max_entries or self.left <= 0 then
      return false
    end
    self.left = self.left - 1
    parts[#parts + 1] = prefix .. self:value(item, depth + 1)
    return true
  end
  local shown = 0
  for i = 1, size do
    if not add("", rawget(value, i)) then
      break
    end
    shown = shown + 1
  end
  for _, key in ipairs(keys) do
    if not add(self:key(key) .. " = ", rawget(value, key)) then
      break
    end
    shown = shown + 1
  end
  if shown < size + #keys then
    parts[#parts + 1] = self:paint("dim", format("… %d more", size + #keys - shown))
  end
  return parts
end

-- The columns that a text takes: without colours, a character of UTF-8 as one.
local function width(text)
  return #gsub(gsub(text, "\27%[[%d;]*m", ""), "[\128-\191]", "")
end

-- Many short ones (a list of numbers) go into a line.
local function lines_of(parts, columns)
  local lines, line = {}, nil
  for i, part in ipairs(parts) do
    part = i < #parts and part .. "," or part
    if line and width(line) + width(part) < columns and width(part) <= max_short and not find(line, "\n", 1, true) then
      line = line .. " " .. part
    else
      lines[#lines + 1] = line
      line = part
    end
  end
  lines[#lines + 1] = line
  return lines
end

function Printer:table(value, depth)
  if self.path[value] then
    return self:paint("other", "<cycle>")
  end
  if depth >= max_depth then
    return next(value) == nil and "{}" or self:paint("dim", "{…}")
  end
  self.path[value] = true
  local parts = self:entries(value, depth)
  self.path[value] = nil
  if #parts == 0 then
    return "{}"
  end
  local line = "{ " .. concat(parts, ", ") .. " }"
  if width(line) + 2 * depth <= self.width and not find(line, "\n", 1, true) then
    return line
  end
  local indent = rep("  ", depth + 1)
  local lines = rawget(value, 1) ~= nil and lines_of(parts, self.width - #indent) or { concat(parts, ",\n" .. indent) }
  return "{\n" .. indent .. concat(lines, "\n" .. indent) .. "\n" .. rep("  ", depth) .. "}"
end

-- "timeout: connect to 127.0.0.1:1: timed out"
function Printer:error(value)
  local code, message = rawget(value, "code"), rawget(value, "message")
  return self:paint("error", plain(tostring(code)) .. ": " .. plain(tostring(message)))
end

function Printer:value(value, depth)
  local kind = type(value)
  if kind == "string" then
    return self:paint("string", quoted(value))
  elseif kind == "number" or kind == "boolean" or kind == "nil" then
    return self:paint(kind, tostring(value))
  elseif kind == "function" then
    return self:paint("other", function_text(value))
  elseif kind ~= "table" then
    return self:paint("other", named_text(value))
  elseif native.is_error(value) then
    return self:error(value)
  end
  local meta = getmetatable(value)
  if type(meta) == "table" and rawget(meta, "__tostring") then
    return self:paint("other", named_text(value))
  end
  return self:table(value, depth)
end

local pretty = { plain = plain, keywords = keywords }

-- The text of one value. `options`: colours (boolean), width (columns).
function pretty.value(value, options)
  local printer = setmetatable({
    colours = options.colours, width = options.width, path = {}, left = max_values,
  }, Printer)
  return printer:value(value, 0)
end

function pretty.paint(kind, text, options)
  return Printer.paint(options, kind, text)
end

return pretty
