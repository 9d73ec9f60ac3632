-- Reads the stubs of bindings/types (LuaCATS) into tables: what `help` tells, and what tests compare the modules with.
--
-- Gets a list of { name, text }, returns { modules, classes, aliases, entries }, each by name; `entries` has all that can
-- be asked for: "tcp", "tcp.connect", "json.null", "Connection", "Connection:read".
local files = ...

local ipairs, table_concat = ipairs, table.concat

local stubs = { modules = {}, classes = {}, aliases = {}, entries = {} }

local function trim(text)
  return text:match("^%s*(.-)%s*$")
end

-- The type that stands in front, and what follows. A type has spaces in brackets, and behind one of `:` `,` `|`.
local function split_type(text)
  local depth, last = 0, #text
  for i = 1, #text do
    local c = text:sub(i, i)
    if c:find("[({<%[]") then
      depth = depth + 1
    elseif c:find("[)}>%]]") then
      depth = depth - 1
    elseif c == " " and depth == 0 and not text:sub(i - 1, i - 1):find("[:,|]") then
      last = i - 1
      break
    end
  end
  return text:sub(1, last), trim(text:sub(last + 1))
end

-- "port? integer  the port" → { name = "port", optional = true, type = "integer", text = "the port" }
local function named(text)
  local name, optional, rest = text:match("^([^%s?]+)(%??)%s*(.*)$")
  local type, description = split_type(rest)
  return { name = name, optional = optional == "?", type = type, text = description }
end

local function returned(text)
  local type, rest = split_type(text)
  local name, description = rest:match("^(%S+)%s*(.*)$")
  return { type = type, name = name, text = description or "" }
end

-- Takes the code between ```lua and ``` out of the lines of a description.
local function split_examples(lines)
  local text, examples, code = {}, {}, nil
  for _, line in ipairs(lines) do
    if line:find("^```") then
      if code then
        examples[#examples + 1] = table_concat(code, "\n")
      end
      code = not code and {} or nil
    else
      local into = code or text
      into[#into + 1] = line
    end
  end
  while text[#text] == "" do
    text[#text] = nil
  end
  return text, examples
end

-- A block of comment lines: its description, and its tags in order. A line behind a tag that is none goes on with it.
local function new_block()
  return { lines = {}, tags = {} }
end

local function add_line(block, line)
  local tag, rest = line:match("^%s?@(%a+)%s*(.*)$")
  local value, note = line:match("^%s?|%s*(%S+)%s*#%s*(.*)$")
  local last = block.tags[#block.tags]
  if tag then
    block.tags[#block.tags + 1] = { tag = tag, text = trim(rest), values = {} }
  elseif value then
    last.values[#last.values + 1] = { name = value:match('^"(.*)"$') or value, text = trim(note) }
  elseif last then
    last.text = trim(last.text .. " " .. trim(line))
  else
    block.lines[#block.lines + 1] = line:gsub("^ ", "")
  end
end

local function add_class(file, block, tag)
  local name, rest = tag.text:match("^([%w_.]+)(.*)$")
  local parents, text = {}, trim(rest)
  if rest:find("^:") then
    for parent in rest:sub(2):gmatch("[%w_]+") do
      parents[#parents + 1] = parent
    end
    text = ""
  end
  local lines, examples = split_examples(block.lines)
  if text ~= "" then
    lines[#lines + 1] = text
  end
  local class = { name = name, module = file.name, parents = parents, fields = {}, methods = {}, lines = lines,
    examples = examples }
  if name == "moonwire." .. file.name then
    class.kind, class.name, class.functions, class.classes = "module", file.name, {}, {}
    stubs.modules[file.name] = class
    file.module = class
  else
    class.kind = "class"
    stubs.classes[name] = class
    file.module.classes[#file.module.classes + 1] = class
  end
  stubs.entries[class.name] = class
  return class
end

-- The tags that stand for themselves: classes with their fields, aliases.
local function take_types(file, block)
  local class
  for _, tag in ipairs(block.tags) do
    if tag.tag == "class" then
      class = add_class(file, block, tag)
    elseif tag.tag == "field" then
      local field = named(tag.text)
      class.fields[#class.fields + 1] = field
      if class.kind == "module" then
        field.kind, field.short, field.name = "field", field.name, class.name .. "." .. field.name
        stubs.entries[field.name] = field
      end
    elseif tag.tag == "alias" then
      local alias = { kind = "alias", name = tag.text:match("^%S+"), values = tag.values }
      stubs.aliases[alias.name] = alias
      stubs.entries[alias.name] = alias
    end
  end
  return class
end

local function add_function(file, block, owner, separator, short, arguments)
  local class = file.variables[owner]
  local lines, examples = split_examples(block.lines)
  local entry = {
    kind = "function", short = short, name = class.name .. separator .. short, module = file.name,
    params = {}, returns = {}, lines = lines, examples = examples, arguments = {},
  }
  for _, tag in ipairs(block.tags) do
    if tag.tag == "param" then
      entry.params[#entry.params + 1] = named(tag.text)
    elseif tag.tag == "return" then
      entry.returns[#entry.returns + 1] = returned(tag.text)
    end
  end
  for argument in arguments:gmatch("[^,%s]+") do
    entry.arguments[#entry.arguments + 1] = argument
  end
  local list = class.kind == "module" and class.functions or class.methods
  list[#list + 1] = entry
  stubs.entries[entry.name] = entry
end

local function read(file)
  local block = new_block()
  for line in (file.text .. "\n"):gmatch("([^\n]*)\n") do
    local comment = line:match("^%-%-%-(.*)$")
    if comment then
      add_line(block, comment)
    else
      local class = take_types(file, block)
      local variable = line:match("^local ([%w_]+) = {}") or line:match("^([%w_]+) = {}")
      local owner, separator, short, arguments = line:match("^function ([%w_]+)([.:])([%w_]+)%((.-)%)")
      if variable then
        -- The class of the binding is called by the variable: "moonwire.tls.Server" is what the stub calls TlsServer.
        file.variables[variable] = class
        class.metatable = "moonwire." .. file.name .. "." .. variable
      elseif owner then
        add_function(file, block, owner, separator, short, arguments)
      end
      block = new_block()
    end
  end
end

for _, file in ipairs(files) do
  read { name = file[1], text = file[2], variables = {} }
end

return stubs
