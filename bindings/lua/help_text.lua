-- How `help` prints what the stubs say: for a terminal of 80 columns.
local stubs = ...

local ipairs, pairs, concat, sort = ipairs, pairs, table.concat, table.sort

local width = 80

local text = {}

local function wrap(words, first, rest)
  local lines, line = {}, first
  local empty = true
  for word in words:gmatch("%S+") do
    if not empty and #line + 1 + #word > width then
      lines[#lines + 1] = line
      line, empty = rest, true
    end
    line = line .. (empty and "" or " ") .. word
    empty = false
  end
  lines[#lines + 1] = line
  return concat(lines, "\n")
end

-- Paragraphs are filled anew; list items keep their mark, and what is indented stays as it is.
local function paragraphs(lines)
  local out, words, indent = {}, nil, ""
  local function flush()
    if words then
      out[#out + 1] = wrap(words, "", indent)
    end
    words, indent = nil, ""
  end
  for _, line in ipairs(lines) do
    if line == "" or line:find("^    ") then
      flush()
      out[#out + 1] = line
    elseif line:find("^%- ") then
      flush()
      words, indent = line, "  "
    else
      words = words and words .. " " .. line or line
    end
  end
  flush()
  return concat(out, "\n")
end

local function first_sentence(lines)
  local paragraph = {}
  for _, line in ipairs(lines) do
    if line == "" then
      break
    end
    paragraph[#paragraph + 1] = line
  end
  local whole = concat(paragraph, " ")
  return whole:match("^(.-%.)%s+%u") or whole:match("^(.-%.)$") or whole
end

local function row(name, description, column)
  local first = ("  %-" .. column .. "s  "):format(name)
  if #name > column then
    first = "  " .. name .. "  "
  end
  return wrap(description, first, (" "):rep(column + 4))
end

local function column_of(list)
  local column = 0
  for _, item in ipairs(list) do
    column = math.max(column, #item.name)
  end
  return math.min(column, 22)
end

local function rows(list, needed)
  local out, column = {}, column_of(list)
  for _, item in ipairs(list) do
    local type = item.type and item.type ~= "" and "(" .. item.type or ""
    if type ~= "" then
      type = type .. (needed and not item.optional and ", needed) " or ") ")
    end
    out[#out + 1] = row(item.name, type .. item.text, column)
  end
  return concat(out, "\n")
end

local function section(title, body)
  return body ~= "" and "\n\n" .. title .. "\n" .. body or ""
end

-- The fields of a class and of those that it extends; what a class says itself weighs more.
local function all_fields(class, seen)
  seen = seen or {}
  local fields = {}
  for _, field in ipairs(class.fields) do
    if not seen[field.name] then
      seen[field.name] = true
      fields[#fields + 1] = field
    end
  end
  for _, parent in ipairs(class.parents) do
    for _, field in ipairs(stubs.classes[parent] and all_fields(stubs.classes[parent], seen) or {}) do
      fields[#fields + 1] = field
    end
  end
  return fields
end
text.all_fields = all_fields

local function is_error(item)
  return item.type:find("Error", 1, true) ~= nil
end

local function name_of(item)
  if item.name and item.name ~= "..." then
    return item.name
  end
  return item.type:find("^fun%(") and "iterator" or item.type:gsub("%?$", "")
end

-- "connection | nil, err"
local function returns_text(returns)
  local names, fails = {}, false
  for i, item in ipairs(returns) do
    if i > 1 and item.type:find("^%w*Error%??$") then
      fails = true
    else
      names[#names + 1] = name_of(item)
    end
  end
  local list = concat(names, ", ")
  return list == "" and "" or " -> " .. list .. (fails and " | nil, err" or "")
end

function text.signature(entry)
  if entry.kind ~= "function" then
    return entry.name
  end
  local optional = {}
  for _, param in ipairs(entry.params) do
    optional[param.name] = param.optional
  end
  local arguments, open = "", 0
  for i, name in ipairs(entry.arguments) do
    local comma = i > 1 and ", " or ""
    if optional[name] then
      arguments = arguments .. (i > 1 and " [" or "[") .. comma .. name
      open = open + 1
    else
      arguments = arguments .. comma .. name
    end
  end
  return entry.name .. "(" .. arguments .. ("]"):rep(open) .. ")" .. returns_text(entry.returns)
end

function text.summary(entry)
  return entry.lines and first_sentence(entry.lines) or entry.text or ""
end

-- What a word of `err.code` means: ErrorCode weighs more than the lists of single modules.
function text.code(word)
  local found
  for _, alias in pairs(stubs.aliases) do
    for _, value in ipairs(alias.values) do
      if value.name == word and (not found or alias.name == "ErrorCode") then
        found = value
      end
    end
  end
  return found
end

local function codes(entry)
  local list, seen = {}, {}
  for _, item in ipairs(entry.returns) do
    for word in (is_error(item) and item.text or ""):gmatch("[%l_]+") do
      local value = text.code(word)
      if value and not seen[word] then
        seen[word] = true
        list[#list + 1] = { name = word, text = value.text }
      end
    end
  end
  return rows(list)
end

local function options_of(entry)
  local out = ""
  for _, param in ipairs(entry.params) do
    local class = stubs.classes[param.type]
    if class and #all_fields(class) > 0 and not class.metatable then
      out = out .. section(("In %s (%s)"):format(param.name, class.name), rows(all_fields(class), true))
    end
  end
  return out
end

local function examples_of(entry)
  local out = {}
  for _, example in ipairs(entry.examples) do
    out[#out + 1] = "  " .. example:gsub("\n", "\n  ")
  end
  return section(#out > 1 and "Examples" or "Example", concat(out, "\n\n"))
end

local function function_text(entry)
  local results = {}
  for i, item in ipairs(entry.returns) do
    results[i] = { name = item.name or item.type, type = item.name and item.type, text = item.text }
  end
  return text.signature(entry) .. "\n\n" .. paragraphs(entry.lines) .. section("Takes", rows(entry.params)) ..
    options_of(entry) .. section("Returns", rows(results)) .. section("Errors (err.code)", codes(entry)) ..
    examples_of(entry)
end

local function summaries(entries)
  local list = {}
  for i, entry in ipairs(entries) do
    list[i] = { name = text.signature(entry), text = text.summary(entry) }
  end
  local out = {}
  for i, item in ipairs(list) do
    out[i] = "  " .. item.name .. "\n" .. wrap(item.text, "      ", "      ")
  end
  return concat(out, "\n")
end

local function all_methods(class)
  local methods, seen = {}, {}
  local function collect(of)
    for _, method in ipairs(of.methods) do
      if not seen[method.short] then
        seen[method.short] = true
        methods[#methods + 1] = method
      end
    end
    for _, parent in ipairs(of.parents) do
      collect(stubs.classes[parent])
    end
  end
  collect(class)
  return methods
end
text.all_methods = all_methods

local function class_text(class)
  local title = class.name .. (#class.parents > 0 and ": " .. concat(class.parents, ", ") or "")
  local description = #class.lines > 0 and "\n\n" .. paragraphs(class.lines) or ""
  return title .. description .. section("Fields", rows(all_fields(class))) ..
    section("Methods", summaries(all_methods(class))) .. examples_of(class)
end

local function module_text(module)
  local names = {}
  for i, class in ipairs(module.classes) do
    names[i] = class.name
  end
  return "moonwire." .. module.name .. "\n\n" .. paragraphs(module.lines) ..
    section("Fields", rows(module.fields)) .. section("Functions", summaries(module.functions)) ..
    section("Types", #names > 0 and wrap(concat(names, ", "), "  ", "  ") or "") .. examples_of(module) ..
    ("\n\nhelp(%s.%s) tells more about a function."):format(module.name, module.functions[1].short)
end

function text.of(entry)
  if entry.kind == "module" then
    return module_text(entry)
  elseif entry.kind == "class" then
    return class_text(entry)
  elseif entry.kind == "alias" then
    return entry.name .. "\n\n" .. rows(entry.values)
  elseif entry.kind == "field" then
    return wrap(("%s  (%s) %s"):format(entry.name, entry.type, entry.text), "", "  ")
  end
  return function_text(entry)
end

function text.overview()
  local list = {}
  for _, module in pairs(stubs.modules) do
    list[#list + 1] = { name = module.name, text = first_sentence(module.lines) }
  end
  sort(list, function(a, b) return a.name < b.name end)
  return "Modules (`require \"moonwire.tcp\"`)\n" .. rows(list) .. [[


help(tcp)            what a module has
help(tcp.connect)    a function, also by its name: help "tcp.connect"
help "Connection"    a type: its fields and methods; also help(connection)
help "timeout"       a word of err.code; also help(err)
help "pmu/udp"       a scenario: its roles and parameters]]
end

return text
