---@meta moonwire.http

--- HTTP/1.1 and 1.0 (RFC 9110, RFC 9112): a server with routes and folders, and a client that keeps its connection. Plain
--- or over TLS.
---
--- Misuse (a wrong type, an unknown option, a URL that is none) throws. What the network can cause is returned as
--- `nil, err`; the words of `err.code` are those of moonwire.tcp and moonwire.tls, and `HttpErrorCode`.
---@class moonwire.http
local http = {}

---@alias HttpErrorCode
---| "bad_response"  # what the server has sent is not HTTP, or is coded in a way that nobody has asked for
---| "too_long"      # a head or a body is longer than the limit
---| "closed"        # the connection ended before the response did
---| "timeout"       # the time for the whole request ran out

--- A header: values by the names of the fields. A list is sent as several fields of that name. Content-Length,
--- Transfer-Encoding and Connection are moonwire's own.
---@alias HttpFields table<string, string|number|string[]>

--- Opens a listening socket, as `tcp.listen` does; with `tls`, as `tls.listen`.
---
--- ```lua
--- local server = assert(http.listen { port = 7000 })
--- server:route("GET", "/hello/{name}", function(request)
---   return "Hello, " .. request.params.name .. "!\n"
--- end)
--- assert(server:static("/files", "."))
--- task.spawn(server.serve, server)
--- print(assert(http.get("http://localhost:" .. server:port() .. "/hello/Bob")).body)
--- server:close()
--- ```
---@param options HttpListenOptions
---@return HttpServer? server
---@return Error? err  those of `tcp.listen` and `tls.server`
function http.listen(options) end

---@class HttpListenOptions: ListenOptions
---@field tls? TlsServerOptions|TlsContext  makes it https: the options of tls.server, or what it returned (none)
---@field max_head? integer       bytes of a request's first line, and of its header (16384); longer: 414, 431
---@field max_body? integer       bytes of a request's body (1048576); longer: 413
---@field idle_timeout? number    seconds that a connection may wait for its next request (60)
---@field head_timeout? number    seconds for a request's head, from its first byte on (10); longer: 408
---@field body_timeout? number    seconds for a request's body (30); longer: 408
---@field handshake_timeout? number  with `tls`: as of tls.listen (10)
---@field max_handshakes? integer    with `tls`: as of tls.listen (256)

--- A server, as from `http.listen`. A request that is malformed gets its status (400, 408, 413, 414, 417, 431, 501, 505),
--- and its connection is closed.
---@class HttpServer
local Server = {}

--- Has `handler` answer the requests for a path. HEAD is answered by the handler of GET, without the body. Where only other
--- methods have a handler the answer is 405, where there is none it is 404; a method that nobody knows gets 501.
---
--- ```lua
--- local status = {}
--- server:route("PUT", "/status/{device}", function(request)
---   status[request.params.device] = request.body
---   return { status = 201 }
--- end)
--- ```
---@param method string   in capitals: "GET"
---@param pattern string  a path, as it is when decoded. `{name}` stands for one segment, `{name...}` at the end for all the rest, which may be empty. A path without any comes before such patterns, and these come in the order in which they were made
---@param handler fun(request: HttpRequest): string|HttpAnswer  a string is answered with status 200, nothing with 204. One that fails is answered with 500 and reported on standard error with its traceback
function Server:route(method, pattern, handler) end

--- Serves the regular files of a folder at the paths that begin with `prefix`, by GET and HEAD: with their types, ETag and
--- Last-Modified, conditions (304) and single ranges (206, 416). Of a folder, its index.html. Nothing outside of the folder
--- is served, wherever symbolic links lead. Routes come first; of several folders the one with the longest prefix.
---
--- ```lua
--- assert(server:static("/files", "."))
--- ```
---@param prefix string  "/" or "/files"
---@param folder string  the folder that has this name now
---@return true?
---@return Error? err  no_such_file, access_denied, system (it is no folder)
function Server:static(prefix, folder) end

--- Serves until the server is closed, each client in a task of its own, as `Server:serve` of moonwire.tcp does. Requests
--- that a client sends without waiting for answers are answered in their order.
---
--- ```lua
--- server:serve { max_clients = 100 }
--- ```
---@param options? ServeOptions
function Server:serve(options) end

--- Stops listening, and closes the connections that wait for a request. The others are closed when theirs was answered;
--- then `serve` returns.
---
--- ```lua
--- local serving = task.spawn(server.serve, server)
--- task.sleep(1)
--- server:close()
--- serving:join()
--- ```
function Server:close() end

--- The local port, useful after `port = 0`.
---
--- ```lua
--- print("http://localhost:" .. server:port())
--- ```
---@return integer
function Server:port() end

--- The local address and port.
---
--- ```lua
--- print(server:local_address())  --> 127.0.0.1  8080
--- ```
---@return string address
---@return integer port
function Server:local_address() end

--- What a handler may return.
---@class HttpAnswer
---@field status? integer      200 to 599 (200)
---@field headers? HttpFields  (Content-Type is "text/plain; charset=utf-8" unless it is here)
---@field body? string         ("")

--- What a handler gets.
---@class HttpRequest
---@field method string        "GET"
---@field target string        as it was sent: "/a%20b?x=1"
---@field path string          decoded, without the query: "/a b"
---@field query table<string, string>  decoded; of a name that comes twice the last value
---@field params table<string, string> what stands at the `{name}`s of the route's pattern
---@field headers table<string, string> by names in lower case; several of one name are joined by ", " (cookies by "; ")
---@field body string
---@field version "1.1"|"1.0"
---@field peer_address string
---@field peer_port integer
local Request = {}

--- Takes the connection away from the server, for another protocol: low level. What the client has sent after the request
--- is still to be read from it. The server writes nothing more to it, neither what the handler returns nor an error, and
--- closes it when the handler returns.
---
--- ```lua
--- server:route("GET", "/echo", function(request)
---   local connection = request:take_connection()
---   connection:write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
---   connection:echo()
--- end)
--- ```
---@return Connection|TlsConnection connection
function Request:take_connection() end

--- The request's first line and its fields, as text: for modules that answer an upgrade.
---
--- ```lua
--- print(request:head())
--- ```
---@return string
function Request:head() end

--- One request over a connection of its own.
---
--- ```lua
--- local response = assert(http.get("http://localhost:8080/status"))
--- print(response.status, response.body)
--- ```
---@param url string  "http://…" or "https://…"; a part behind "#" is passed over
---@param options? HttpRequestOptions
---@return HttpResponse? response  whatever its status is; redirections are not followed
---@return Error? err  those of `tcp.connect`, `tls.connect` and `HttpErrorCode`
function http.get(url, options) end

--- The same with a body.
---
--- ```lua
--- local response = assert(http.post("http://localhost:8080/status", "on", {
---   headers = { ["Content-Type"] = "text/plain" },
--- }))
--- ```
---@param url string   as of `http.get`
---@param body string  any bytes
---@param options? HttpRequestOptions
---@return HttpResponse? response
---@return Error? err  as of `http.get`
function http.post(url, body, options) end

--- The same with all of it in the options.
---
--- ```lua
--- local response = assert(http.request { method = "PUT", url = "http://localhost:8080/status/lamp", body = "on" })
--- ```
---@param options HttpRequestOptions
---@return HttpResponse? response
---@return Error? err  as of `http.get`
function http.request(options) end

---@class HttpClientOptions: ConnectOptions
---@field timeout? number     seconds for all of a request, connecting included (30)
---@field max_head? integer   bytes of a response's first line, and of its header (65536)
---@field max_body? integer   bytes of a response's body (67108864)
---@field tls? TlsClientOptions|TlsContext  for https: the options of tls.connect, or what tls.client returned (the system's authorities, the URL's host)

--- Of `http.get` and `http.post` without those that are their arguments.
---@class HttpRequestOptions: HttpClientOptions
---@field url? string          where to; `http.request` needs it
---@field method? string       what to do there ("GET")
---@field headers? HttpFields  what to say beside (Host is the URL's)
---@field body? string         what to send ("")

--- What a server has answered.
---@class HttpResponse
---@field status integer
---@field reason string        the server's words for it; may be empty
---@field headers table<string, string> by names in lower case; several of one name are joined by ", ", those of set-cookie by "\n"
---@field body string

--- A client of one server, which connects with its first request, keeps the connection as long as the server does, and
--- connects again when it has to. One request at a time.
---
--- ```lua
--- local client = http.client("http://localhost:8080")
--- for _ = 1, 10 do
---   print(assert(client:get("/status")).body)
--- end
--- print(client:info().connections)  --> 1
--- ```
---@param url string  whose path is that of requests that have none
---@param options? HttpClientOptions
---@return HttpClient
function http.client(url, options) end

--- What `http.client` returns.
---@class HttpClient
local Client = {}

--- A request over the kept connection. If the server has closed that meanwhile, it is sent once more over a new one,
--- unless it may not be repeated (POST, PATCH): then the failure is returned, and the next request connects.
---
--- ```lua
--- local response = assert(client:request { method = "DELETE", path = "/status/lamp" })
--- ```
---@param options HttpExchangeOptions
---@return HttpResponse? response
---@return Error? err  as of `http.get`
function Client:request(options) end

--- Of `HttpClient:get` and `HttpClient:post` without those that are their arguments.
---@class HttpExchangeOptions
---@field method? string       what to do ("GET")
---@field path? string         with its query (that of the client's URL)
---@field headers? HttpFields  what to say beside (Host is the URL's)
---@field body? string         what to send ("")
---@field timeout? number      seconds (the client's)

--- GET over the kept connection.
---
--- ```lua
--- local response = assert(client:get("/status?since=3"))
--- ```
---@param path? string  with its query (that of the client's URL)
---@param options? HttpExchangeOptions
---@return HttpResponse? response
---@return Error? err  as of `http.get`
function Client:get(path, options) end

--- POST over the kept connection.
---
--- ```lua
--- local response = assert(client:post("/status", "on"))
--- ```
---@param path? string  with its query (that of the client's URL)
---@param body string   any bytes
---@param options? HttpExchangeOptions
---@return HttpResponse? response
---@return Error? err  as of `http.get`
function Client:post(path, body, options) end

--- What all requests so far have cost: the kernel's counts (TCP_INFO) of all connections together.
---
--- ```lua
--- local info = client:info()
--- print(info.bytes_sent / info.requests)
--- ```
---@return HttpClientInfo
function Client:info() end

---@class HttpClientInfo
---@field connections integer
---@field requests integer
---@field bytes_sent integer         payload of TCP, with TLS's part of it
---@field bytes_received integer
---@field segments_sent integer
---@field segments_received integer

--- The connection that is kept, if there is one now: for its own `info`.
---
--- ```lua
--- print(client:connection():info().rtt)
--- ```
---@return Connection|TlsConnection?
function Client:connection() end

--- Closes the connection. The client can still be used: its next request connects anew.
---
--- ```lua
--- client:close()
--- ```
function Client:close() end

return http
