-- The client of moonwire.http: one connection that is kept, one request at a time.
local http, native = ...

local clock, tcp, tls = require "moonwire.clock", require "moonwire.tcp", require "moonwire.tls"
local error, max, pairs, pcall, setmetatable, type = error, math.max, pairs, pcall, setmetatable, type
local checked = native.checked

local default_timeout = 30

local Client = {}
Client.__index = Client
Client.__name = "moonwire.http.Client"
debug.getregistry()[Client.__name] = Client  -- where help finds it

local counters = { "bytes_sent", "bytes_received", "segments_sent", "segments_received" }

-- Repeating these changes nothing (RFC 9110, section 9.2.2).
local idempotent = { GET = true, HEAD = true, OPTIONS = true, PUT = true, DELETE = true }

local own_options = { max_head = true, max_body = true, timeout = true, tls = true }

function http.client(url, options)
  local parsed = checked(native.url, url)
  local limits = checked(native.client_options, options)
  options = options or {}
  local connect_options = {}
  if parsed.secure and type(options.tls) == "table" then
    for name, value in pairs(options.tls) do
      connect_options[name] = value
    end
  elseif parsed.secure then
    connect_options.context = options.tls
  end
  for name, value in pairs(options) do
    if not own_options[name] then
      connect_options[name] = value
    end
  end
  return setmetatable({
    _url = parsed, _limits = limits, _connect_options = connect_options,
    _timeout = options.timeout or default_timeout,
    _connections = 0, _requests = 0, _counted = {},
  }, Client)
end

local function count(self, info)
  for _, name in pairs(counters) do
    self._counted[name] = (self._counted[name] or 0) + (info and info[name] or 0)
  end
end

-- The connection, which is the client's no longer.
local function let_go(self)
  local connection = self._connection
  self._connection = nil
  count(self, connection and connection:info())
  return connection
end

function Client:close()
  local connection = let_go(self)
  if connection then
    connection:close()
  end
end

local function give_up(self)
  local connection = let_go(self)
  if connection then
    connection:abort()
  end
end

function Client:connection()
  return self._connection
end

function Client:info()
  local info = { connections = self._connections, requests = self._requests }
  local now = self._connection and self._connection:info()
  for _, name in pairs(counters) do
    info[name] = (self._counted[name] or 0) + (now and now[name] or 0)
  end
  return info
end

local function left(deadline)
  return max(0, deadline - clock.now())
end

-- Returns true, and whether the connection had served another request before; or nil and why there is none.
local function connect(self, deadline)
  if self._connection then
    return true, true
  end
  local url, options = self._url, self._connect_options
  options.timeout = left(deadline)
  local connection, err = (url.secure and tls or tcp).connect(url.host, url.port, options)
  if not connection then
    return nil, err
  end
  self._connection = connection
  self._connections = self._connections + 1
  return true, false
end

-- A server may answer before it has read everything, and close: what it says counts more than that the rest of the
-- request could not be sent.
local function exchange(self, request, deadline)
  local connected, reused = connect(self, deadline)
  if not connected then
    return nil, reused
  end
  local connection = self._connection
  native.tell_sent(connection, request.pieces[1], request.pieces[2])
  local written, write_err = connection:write(request.pieces, left(deadline))
  local response, result =
    native.read_response(connection, self._limits, request.what, request.method == "HEAD", left(deadline))
  if not response then
    give_up(self)
    if not result.begun and not written then
      result = write_err
    end
    return nil, result, reused and not result.begun and (result.code == "closed" or result.code == "reset")
  end
  if not result or not written or request.close then  -- result: whether the server keeps the connection
    self:close()
  end
  return response
end

local function perform(self, request, deadline)
  self._requests = self._requests + 1
  local response, err, was_closed = exchange(self, request, deadline)
  if was_closed and idempotent[request.method] then  -- the server had given the kept connection up
    response, err = exchange(self, request, deadline)
  end
  return response, err
end

local function request(self, options, close)
  checked(native.request_options, options)
  local method, target = options.method or "GET", options.path or self._url.target
  local body = options.body or ""
  local head = checked(native.request_head, method, target, self._url.authority, options.headers, #body, close)
  if self._busy then
    error("another task waits for this client's answer already", 3)
  end
  self._busy = true
  local what = ("%s http%s://%s%s"):format(method, self._url.secure and "s" or "", self._url.authority, target)
  local ok, response, err = pcall(perform, self,
    { method = method, pieces = { head, body }, what = what, close = close },
    clock.now() + (options.timeout or self._timeout))
  self._busy = false
  if not ok then  -- cancelled: what is left of the answer concerns nobody
    give_up(self)
    error(response, 0)
  end
  return response, err
end

function Client:request(options)
  if type(options) ~= "table" then
    error(("bad argument #1 (options) to 'request': expected a table of options, got %s"):format(type(options)), 2)
  end
  return request(self, options, false)
end

-- `options` of a function whose other arguments are some of them.
local function with(options, fields)
  if options ~= nil and type(options) ~= "table" then
    error(("options: expected a table of options, got %s"):format(type(options)), 3)
  end
  for name, value in pairs(options or {}) do
    if fields[name] ~= nil then
      error(("options.%s: it is an argument of the call already"):format(name), 3)
    end
    fields[name] = value
  end
  return fields
end

function Client:get(path, options)
  return request(self, with(options, { method = "GET", path = path }), false)
end

function Client:post(path, body, options)
  return request(self, with(options, { method = "POST", path = path, body = body }), false)
end

local of_request = { method = true, headers = true, body = true }

local function request_once(options)
  checked(native.once_options, options)
  local of_client, of_this = {}, {}
  for name, value in pairs(options) do
    if of_request[name] then
      of_this[name] = value
    elseif name ~= "url" then
      of_client[name] = value
    end
  end
  local client = http.client(options.url, of_client)
  local response, err = request(client, of_this, true)
  client:close()
  return response, err
end

function http.request(options)
  if type(options) ~= "table" then
    error(("bad argument #1 (options) to 'request': expected a table of options, got %s"):format(type(options)), 2)
  end
  return request_once(options)
end

function http.get(url, options)
  return request_once(with(options, { method = "GET", url = url }))
end

function http.post(url, body, options)
  return request_once(with(options, { method = "POST", url = url, body = body }))
end
