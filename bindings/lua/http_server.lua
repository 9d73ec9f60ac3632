-- The server of moonwire.http: routes, folders, and a task a client.
local http, native = ...

local task, tcp, tls = require "moonwire.task", require "moonwire.tcp", require "moonwire.tls"
local concat, error, ipairs, next, pairs, pcall, setmetatable, sort, type =
  table.concat, error, ipairs, next, pairs, pcall, setmetatable, table.sort, type
local debug_info = debug.getinfo

local Server = {}
Server.__index = Server
Server.__name = "moonwire.http.Server"

local Request = {}
Request.__index = Request
Request.__name = "moonwire.http.Request"

for _, class in ipairs { Server, Request } do
  debug.getregistry()[class.__name] = class  -- where help finds it
end

-- What a native function refuses is reported where the script has called the module.
local function check(ok, ...)
  if ok then
    return ...
  end
  local message, level, frame = (...), 1, nil
  repeat
    level = level + 1
    frame = debug_info(level, "S")
  until not frame or frame.short_src ~= "[moonwire]"
  error(type(message) == "string" and message:gsub("^%[moonwire%]:%d+: ", "") or message, level)
end

local function checked(fn, ...)
  return check(pcall(fn, ...))
end
native.checked = checked

-- These are the server's own; tcp.listen and tls.listen have the others.
local own_options = {
  max_head = true, max_body = true, idle_timeout = true, head_timeout = true, body_timeout = true, tls = true,
}

local function listen(options)
  local of_listener = {}
  for name, value in pairs(options) do
    of_listener[name] = not own_options[name] and value or nil
  end
  if options.tls == nil then
    return tcp.listen(of_listener)
  end
  local context, err = options.tls, nil
  if type(context) == "table" then
    context, err = tls.server(context)
    if not context then
      return nil, err
    end
  end
  of_listener.context = context
  return tls.listen(of_listener)
end

function http.listen(options)
  local limits = checked(native.server_options, options)
  local listener, err = listen(options)
  if not listener then
    return nil, err
  end
  return setmetatable({
    _listener = listener, _limits = limits,
    _routes = {},   -- in the order in which they were made: { method =, pattern =, segments =, handler = }
    _folders = {},  -- the longest prefix first: { prefix =, folder = }
    _idle = {},     -- the tasks of the clients that have asked for nothing yet, by their connections
    _methods = { GET = true, HEAD = true, POST = true, PUT = true, DELETE = true, OPTIONS = true, PATCH = true },
  }, Server)
end

function Server:port()
  return self._listener:port()
end

function Server:local_address()
  return self._listener:local_address()
end

function Server:close()
  self._closed = true
  self._listener:close()
  for _, waiting in pairs(self._idle) do
    waiting:cancel()
  end
end

-- "/a/{name}/" -> { "a", "{name}", "" }
local function split(path)
  local segments = {}
  for segment in path:gmatch("/([^/]*)") do
    segments[#segments + 1] = segment
  end
  return segments
end

function Server:route(method, pattern, handler)
  if type(method) ~= "string" or not native.is_token(method) or method ~= method:upper() then
    error("bad argument #1 (method) to 'route': expected a method in capitals like \"GET\"", 2)
  elseif type(pattern) ~= "string" or pattern:sub(1, 1) ~= "/" then
    error("bad argument #2 (pattern) to 'route': expected a path that begins with \"/\"", 2)
  elseif pattern:find("...}/", 1, true) then
    error("bad argument #2 (pattern) to 'route': {name...} stands for the rest of the path, so it has to be the last", 2)
  elseif type(handler) ~= "function" then
    error(("bad argument #3 (handler) to 'route': expected a function, got %s"):format(type(handler)), 2)
  end
  for _, route in ipairs(self._routes) do
    if route.method == method and route.pattern == pattern then
      error(("route: %s %s has a handler already"):format(method, pattern), 2)
    end
  end
  self._methods[method] = true
  self._routes[#self._routes + 1] = { method = method, pattern = pattern, segments = split(pattern), handler = handler }
end

function Server:static(prefix, folder)
  if type(prefix) ~= "string" or prefix:sub(1, 1) ~= "/" then
    error("bad argument #1 (prefix) to 'static': expected a path that begins with \"/\"", 2)
  end
  local opened, err = checked(native.folder, folder)
  if not opened then
    return nil, err
  end
  local folders = self._folders
  folders[#folders + 1] = { prefix = prefix:match("^(.-)/*$") .. "/", folder = opened }
  sort(folders, function(a, b) return #a.prefix > #b.prefix end)
  return true
end

-- The names in the pattern and what stands there; nil where the path is another one.
local function match(route, segments)
  local expected, params = route.segments, {}
  local count = #expected
  local rest = expected[count]:match("^{(.+)%.%.%.}$")
  if #segments ~= count and not (rest and #segments > count) then
    return nil
  elseif rest then
    params[rest] = concat(segments, "/", count)
    count = count - 1
  end
  for i = 1, count do
    local name = expected[i]:match("^{(.+)}$")
    if name and segments[i] ~= "" then
      params[name] = segments[i]
    elseif expected[i] ~= segments[i] then
      return nil
    end
  end
  return params
end

-- The handler and its params; or nil and a set of the methods that there are for this path.
local function find_route(self, method, path)
  local segments, allowed = split(path), {}
  local found, found_params
  for _, route in ipairs(self._routes) do
    local params = match(route, segments)
    if params then
      allowed[route.method] = true
      local fits = route.method == method or (method == "HEAD" and route.method == "GET")
      if fits and (not found or route.pattern == path) then
        found, found_params = route, params
      end
    end
  end
  if found then
    return found.handler, found_params
  end
  return nil, allowed
end

local function error_response(status, why, headers)
  local text = ("%d %s%s\n"):format(status, native.reason(status), why and ": " .. why or "")
  return { status = status, headers = headers, body = text }
end

-- What a handler has returned, as a table.
local function response_of(result)
  if result == nil then
    return { status = 204 }
  elseif type(result) == "string" then
    return { body = result }
  elseif type(result) ~= "table" then
    error(("a handler has to return a string, a response table or nothing, not a %s"):format(type(result)), 0)
  elseif result.body ~= nil and type(result.body) ~= "string" then
    error(("response.body: expected a string, got a %s"):format(type(result.body)), 0)
  end
  return result
end

-- The field Connection of an answer, where there has to be one.
local function connection_field(request)
  if not request._keep_alive then
    return "close"
  end
  return request.version == "1.0" and "keep-alive" or nil
end

-- Returns whether the connection goes on.
local function send(connection, request, response)
  local status, body = response.status or 200, response.body or ""
  if status == 204 or status == 304 then  -- these have none
    body = nil
  end
  local head = checked(native.response_head, status, response.headers, body and #body, connection_field(request))
  request._answered = true
  native.tell_sent(connection, head, request.method ~= "HEAD" and body or "")
  local written = connection:write { head, request.method ~= "HEAD" and body or "" }
  return written and request._keep_alive
end

local function send_file(connection, request, status, headers, length, file)
  local head = checked(native.response_head, status, headers, length, connection_field(request))
  request._answered = true
  native.tell_sent(connection, head, "")
  if not connection:write(head) then
    return false
  elseif file and request.method ~= "HEAD" and not native.send_file(connection, file) then
    connection:abort()  -- the head has promised more
    return false
  end
  return request._keep_alive
end

-- The way to a folder ends with "/", or else the links of its page lead astray.
local function redirect_to_folder(request)
  local path, query = request.target:gsub("^%a+://[^/?]*", ""):match("^([^?]*)(.*)")
  local location = "/" .. path:gsub("^/+", "") .. "/" .. query  -- "//name" would be another server
  return error_response(301, nil, { Location = location })
end

-- Returns whether the connection goes on; nil where no folder has the file.
local function serve_file(self, connection, request)
  for _, entry in ipairs(self._folders) do
    if request.path .. "/" == entry.prefix then
      return send(connection, request, redirect_to_folder(request))
    elseif request.path:sub(1, #entry.prefix) == entry.prefix then
      local status, headers, length, file =
        native.find_file(entry.folder, request.path:sub(#entry.prefix + 1), request._head)
      if status == 301 then
        return send(connection, request, redirect_to_folder(request))
      elseif status == 403 or status == 503 then
        return send(connection, request, error_response(status))
      elseif status ~= 404 then
        local size = length or (status == 416 and 0 or nil)
        return send_file(connection, request, status, headers, size, file)
      end
    end
  end
end

local function refuse_method(self, connection, request, allowed)
  if not self._methods[request.method] then
    return send(connection, request, error_response(501))
  elseif not next(allowed) then
    return send(connection, request, error_response(404))
  end
  allowed.HEAD = allowed.HEAD or allowed.GET
  local methods = {}
  for method in pairs(allowed) do
    methods[#methods + 1] = method
  end
  sort(methods)
  return send(connection, request, error_response(405, nil, { Allow = concat(methods, ", ") }))
end

-- Returns whether the connection goes on.
local function answer(self, connection, request)
  local handler, params = find_route(self, request.method, request.path)
  if handler then
    request.params = params
    local result = handler(request)
    if request._taken then
      return false
    end
    return send(connection, request, response_of(result))
  end
  if request.method == "GET" or request.method == "HEAD" then
    local goes_on = serve_file(self, connection, request)
    if goes_on ~= nil then
      return goes_on
    end
  end
  return refuse_method(self, connection, request, params)
end

-- A request that could not be understood: nobody knows where the next one would begin.
local function refuse(connection, err)
  if err.status then
    send(connection, { version = "1.1" }, error_response(err.status, err.reason))
  end
end

local function end_connection(self, connection, current)
  self._idle[connection] = nil
  local request = current.request
  if request and not request._answered and not request._taken then  -- its handler has failed, or was cancelled
    request._keep_alive = false
    send(connection, request, error_response(500))
  end
end

local function serve_connection(self, connection)
  local current = {}
  local address, port = connection:peer_address()
  local this_task = task.self()
  task.defer(end_connection, self, connection, current)
  repeat
    self._idle[connection] = this_task
    local request, err = native.read_request(connection, self._limits)
    self._idle[connection] = nil
    if not request then
      return refuse(connection, err)
    end
    request.peer_address, request.peer_port = address, port
    request._connection = connection
    request._keep_alive = request._keep_alive and not self._closed
    current.request = setmetatable(request, Request)
    local goes_on = answer(self, connection, request)
    current.request = nil
  until not goes_on or self._closed
end

function Server:serve(options)
  if options ~= nil and type(options) ~= "table" then
    error(("bad argument #1 (options) to 'serve': expected a table of options, got %s"):format(type(options)), 2)
  end
  return self._listener:serve(function(connection)
    serve_connection(self, connection)
  end, options)
end

function Request:head()
  return self._head_text or native.head_text(self._head)
end

function Request:take_connection()
  if self._taken or self._answered then
    error("take_connection: the connection " .. (self._taken and "was taken already" or "is the server's again"), 2)
  end
  self._taken = true
  self._head_text, self._head = native.head_text(self._head), nil  -- the smaller one, for as long as the handler runs
  return self._connection
end
