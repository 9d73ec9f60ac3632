---@meta moonwire.ws

--- WebSocket (RFC 6455) with compression (permessage-deflate, RFC 7692), client and server, over TCP and TLS.
---
--- Misuse (a wrong type, an unknown option, a text that cannot be a header) throws. What the network or the peer can
--- cause is returned as `nil, err`; the words of `err.code` are those of moonwire.tcp, of moonwire.tls where `tls` is
--- used, and `WsErrorCode`. Times are seconds, sizes are bytes.
---
--- ```lua
--- local conn = assert(ws.connect("ws://localhost:3051/chat"))
--- conn:send("hello")
--- print(conn:receive())  -- the echo, and false: it is text
--- conn:close()
--- ```
---@class moonwire.ws
local ws = {}

---@alias WsErrorCode
---| "upgrade_refused"         # the server answered the handshake with another status; `err.status` has it, the message its words
---| "bad_upgrade"             # what the peer sent is no handshake of WebSocket, or a wrong one
---| "unsupported_subprotocol" # the server chose a subprotocol that was not offered
---| "protocol_error"          # what arrived breaks the protocol; the peer was sent close code 1002
---| "invalid_utf8"            # a text that arrived is not UTF-8 (1007); or the one to be sent is not: nothing was sent
---| "message_too_big"         # a message or frame is larger than `max_message`, `max_frame` (1009)
---| "bad_compression"         # a compressed message is damaged (1007)
---| "policy"                  # a room has dropped this member because it reads too slowly

--- How a connection has ended: what every call says from then on.
---@class WsError: Error
---@field close_code? integer of an ended connection: the code of the close frame; 1005 when it had none, 1006 when the connection ended without (RFC 6455, section 7.4)
---@field reason? string      of an ended connection: the words in the close frame
---@field status? integer     upgrade_refused: the server's status (404)
---@field client? boolean     `accept`: this client was turned away, and no more; the server goes on

--- What the options of clients and servers have in common.
---@class WsOptions
---@field max_message? integer      bytes that a message may have, after decompression (1048576); a larger one ends the connection
---@field max_frame? integer        bytes that a frame may have as it is sent (`max_message`)
---@field max_fragments? integer    frames that a message may come in (65536)
---@field fragment_size? integer    longer messages are sent in frames of so many bytes; 0: every message in one (0)
---@field keep_alive? number|boolean  seconds of silence after which the peer is pinged; false or 0: never (30)
---@field keep_alive_timeout? number seconds that it may then stay silent before the connection ends with "timeout" (30)
---@field close_timeout? number     seconds that the closing handshake may take (5)
---@field compression? boolean|WsCompression offer and accept permessage-deflate (false)
---@field headers? table<string, string|string[]> sent along with this side's part of the handshake, { ["X-Lab"] = "3" } (none)
---@field subprotocols? string|string[] what is spoken over the connection, the best first (none); see `conn:subprotocol`

--- Of the TCP connections below.
---@class WsTransportOptions
---@field nodelay? boolean          send small messages at once, TCP_NODELAY (true)
---@field keepalive? boolean        probe an idle peer by TCP, SO_KEEPALIVE (false)
---@field write_timeout? number     seconds that each send waits for a peer that does not read (60)
---@field send_buffer? integer      bytes, SO_SNDBUF (the kernel's choice)
---@field receive_buffer? integer   bytes, SO_RCVBUF (the kernel's choice)

--- Compression costs memory as long as the connection lives: with the defaults about 260 KiB to compress and 40 KiB to
--- inflate, from the first compressed message on.
---@class WsCompression
---@field window_bits? integer            this side compresses with a window of at most 2^9 to 2^15 bytes (15)
---@field peer_window_bits? integer       the peer may, of 2^8 to 2^15 (15)
---@field context_takeover? boolean       what this side compresses may refer to its earlier messages (true)
---@field peer_context_takeover? boolean  what the peer compresses may (true)
---@field level? integer                  1 (fast) to 9 (small) (6)
---@field memory_level? integer           zlib's memLevel, 1 to 9 (8)
---@field threshold? integer              messages of fewer bytes are sent as they are (256)

--- Connects, and makes the handshake. `url` begins with "ws://", or with "wss://" for TLS; the port is 80 or 443 unless
--- the URL has one.
---
--- ```lua
--- local conn, err = ws.connect("wss://localhost:8443/chat?room=1", {
---   tls = { ca = "lab_ca.pem" }, subprotocols = { "chat.v2", "chat" }, headers = { Authorization = "Bearer 1234" },
--- })
--- if not conn then print(err.code, err.status, err) end
--- ```
---@param url string  with a port, a path and a query as wanted; names and passwords are refused
---@param options? WsConnectOptions
---@return WsConnection? connection
---@return WsError? err  those of `tcp.connect` and `tls.connect`; timeout, closed, reset in the middle of the handshake; upgrade_refused, bad_upgrade, unsupported_subprotocol
function ws.connect(url, options) end

---@class WsConnectOptions: WsOptions, WsTransportOptions
---@field timeout? number        seconds for resolving, connecting and all handshakes together (10)
---@field family? "any"|"ipv4"|"ipv6" which addresses of the host's name are tried ("any")
---@field origin? string         the Origin header, as of a page in a browser: "https://example.org" (none)
---@field tls? table|TlsContext  for wss://: options of `tls.connect` (`ca`, `verify`, `name`, `certificate`, `key`, …), or what `tls.client` returned

--- Opens a listening socket.
---
--- ```lua
--- local server = assert(ws.listen {
---   port = 7000, path = "/chat", origins = { "https://example.org" },
---   tls = { certificate = "pmu.pem", key = "pmu_key.pem" },
--- })
--- ```
---@param options WsListenOptions
---@return WsServer? server
---@return Error? err  those of `tcp.listen` and `tls.listen`
function ws.listen(options) end

--- Whom a server accepts, and what it agrees to. Everybody else gets an answer in HTTP that says why, and is not
--- connected: 404, 405, 426, 400, 403.
---@class WsAcceptOptions: WsOptions
---@field path? string             the only path there is, "/chat"; clients may add a query (any path)
---@field origins? string|string[] whose pages may connect: "https://example.org" (everybody's). Programs that are no browsers send no origin, and may

---@class WsListenOptions: WsAcceptOptions, WsTransportOptions
---@field port integer             0 lets the system choose a free one; see `server:port`
---@field host? string             the local name or address ("*", every address of the family)
---@field family? "any"|"ipv4"|"ipv6" ("any")
---@field reuse_address? boolean   SO_REUSEADDR (true)
---@field backlog? integer         connections that wait to be accepted (511)
---@field handshake_timeout? number seconds that a client's request may take (10)
---@field max_handshakes? integer  `accept` and `clients`: handshakes under way, or done and not yet accepted (256)
---@field tls? table|TlsContext    for wss://: options of `tls.listen` (`certificate`, `key`, `client_certificate`, …), or what `tls.server` returned

--- Answers a request for WebSocket that a server of moonwire.http has received, on the same connection. That one is closed
--- when the route's handler returns: a handler that only listens to events calls `conn:wait`.
---
--- ```lua
--- server:route("GET", "/ws", function(request)
---   local conn = assert(ws.upgrade(request))
---   for message in conn:messages() do conn:send(message) end
--- end)
--- ```
---@param request HttpRequest  what the route's handler was given
---@param options? WsAcceptOptions
---@return WsConnection? connection
---@return WsError? err  bad_upgrade; the client has been answered
function ws.upgrade(request, options) end

--- A listening socket whose clients are WebSockets.
---@class WsServer
local Server = {}

--- Waits for the next client whose handshake is over. Handshakes are made side by side: a client that stalls in its own
--- holds up nobody. A client that was turned away is a failure with `err.client` true: the server goes on.
---
--- ```lua
--- local conn, err = server:accept(10)
--- if not conn then print(err.client, err) end
--- ```
---@param timeout? number seconds
---@return WsConnection? connection
---@return WsError? err  timeout; closed when the server was closed; bad_upgrade and others with `err.client`
function Server:accept(timeout) end

--- `for conn in server:clients() do … end`: accepts until the server is closed. Clients that were turned away are
--- reported on standard error.
---
--- ```lua
--- for conn in server:clients() do
---   conn:send("goodbye")
---   conn:close()
--- end
--- ```
---@return fun(): WsConnection?
function Server:clients() end

--- Accepts until the server is closed, running `handler(conn)` in a task of its own for each client. When the handler
--- returns, and nobody listens to the connection's events, the connection is closed; with listeners it lives until it
--- ends. A handler or listener that fails is reported on standard error with its traceback and costs its own connection
--- only. Returns when the server was closed and the last handler has ended.
---
--- ```lua
--- server:serve(function(conn)
---   for message, is_binary in conn:messages() do
---     conn:send("you said: " .. message)
---   end
--- end)
--- ```
---@param handler fun(conn: WsConnection)  gets each connection
---@param options? ServeOptions
function Server:serve(handler, options) end

--- Stops listening. A waiting accept, `clients` or `serve` ends; accepted connections live on.
---
--- ```lua
--- server:close()
--- ```
function Server:close() end

--- The local port, useful after `port = 0`.
---
--- ```lua
--- print("listening on port " .. server:port())
--- ```
---@return integer
function Server:port() end

--- The local address and port.
---
--- ```lua
--- print(server:local_address())
--- ```
---@return string address
---@return integer port
function Server:local_address() end

--- A WebSocket connection, a client's end or a server's. Pings are answered and the peer's close is, also while the
--- script does something else. One task receives at a time; any number may send.
---@class WsConnection
local Connection = {}

--- Waits for the next message. A message comes whole, however it was fragmented.
---
--- After the end, every call says the same: `err.code` is "closed" with the peer's `err.close_code` and `err.reason` where
--- there was a close frame, or where the peer just went (1006).
---
--- ```lua
--- local message, is_binary = conn:receive(10)
--- if not message then print(is_binary.code, is_binary.close_code) end
--- ```
---@param timeout? number seconds
---@return string? message
---@return boolean|WsError is_binary  or err: timeout; closed, reset, and those of `WsErrorCode`
function Connection:receive(timeout) end

--- `for message, is_binary in conn:messages() do … end`: messages until the connection ends. A peer that breaks the
--- protocol is thrown; all other ends, a peer that vanished too, end the loop. Then `conn:receive()` says which it was.
---
--- ```lua
--- conn:send("hello")
--- for message in conn:messages() do
---   print(message)
---   conn:close()
--- end
--- ```
---@return fun(): string?, boolean
function Connection:messages() end

--- Sends a text message. Returns when the stream has taken it; waits while more than 256 KiB wait for the peer to read
--- (back-pressure). A text that is not UTF-8 is "invalid_utf8", and not sent.
---
--- ```lua
--- assert(conn:send("grüße"))
--- ```
---@param data string  UTF-8
---@param timeout? number seconds to wait for the peer (`write_timeout`)
---@return true?
---@return WsError? err  invalid_utf8; closed, reset, timeout
function Connection:send(data, timeout) end

--- Sends a binary message: any bytes.
---
--- ```lua
--- assert(conn:send_binary("\0\1\255"))
--- ```
---@param data string  any bytes
---@param timeout? number seconds to wait for the peer (`write_timeout`)
---@return true?
---@return WsError? err  closed, reset, timeout
function Connection:send_binary(data, timeout) end

--- Sends a ping. The answer comes as event "pong", and its time is `conn:info().ping_round_trip`.
---
--- ```lua
--- conn:ping("are you there?")
--- conn:send("hello")
--- conn:receive()
--- print(conn:info().ping_round_trip)
--- ```
---@param data? string at most 125 bytes ("")
---@return true?
---@return WsError? err
function Connection:ping(data) end

--- Sends a pong that nobody has asked for. Pings are answered without it.
---
--- ```lua
--- conn:pong("still here")
--- ```
---@param data? string at most 125 bytes ("")
---@return true?
---@return WsError? err
function Connection:pong(data) end

--- Waits until the kernel has taken everything that was sent.
---
--- ```lua
--- assert(conn:flush(5))
--- ```
---@param timeout? number seconds
---@return true?
---@return WsError? err
function Connection:flush(timeout) end

--- Sends what was sent before, then a close frame; waits for the peer's, and closes the connection. Messages that have not
--- been received are dropped. Closing twice is no error.
---
--- ```lua
--- assert(conn:close(4000, "that was all"))
--- ```
---@param code? integer 1000 to 1003, 1007 to 1014, 3000 to 4999 (1000, normal; in a task that was cancelled 1001, going away)
---@param reason? string at most 123 bytes of UTF-8 ("")
---@param timeout? number seconds (`close_timeout`)
---@return true?
---@return Error? err  timeout: the peer has not closed, and was broken off; reset
function Connection:close(code, reason, timeout) end

--- Breaks the connection off: no close frame, what was not sent is dropped.
---
--- ```lua
--- conn:abort()
--- ```
function Connection:abort() end

--- Is the connection over, or about to be? Then nothing can be sent.
---
--- ```lua
--- if not conn:closed() then conn:send("hello") end
--- ```
---@return boolean
function Connection:closed() end

--- Calls `listener` whenever `event` happens, from a task of its own that belongs to the task of the first `on`: that one
--- has to live on, with `conn:wait` or otherwise. Listeners are called one after the other, in the order of `on`. One that
--- waits has the connection's later events wait, too. One that fails fails the task. Who listens cannot receive.
---
--- - `open` ( ): once, before everything else
--- - `message` (data, is_binary)
--- - `ping` (data), `pong` (data): a ping has been answered already
--- - `error` (err): the connection has failed; `close` follows. A peer that breaks the protocol is thrown when nobody
---   listens to `error`
--- - `close` (code, reason): once, after everything else
---
--- ```lua
--- conn:on("open", function() conn:send("hello") end)
--- conn:on("message", function(data, is_binary)
---   print(data)
---   conn:close(1000, "done")
--- end)
--- conn:wait()
--- ```
---@param event "open"|"message"|"ping"|"pong"|"error"|"close"  its name
---@param listener fun(...)  what is called
---@return WsConnection self
function Connection:on(event, listener) end

--- Takes a listener away; without effect if it is none.
---
--- ```lua
--- conn:on("message", print)
--- conn:off("message", print)
--- ```
---@param event "open"|"message"|"ping"|"pong"|"error"|"close"  its name
---@param listener fun(...)  what is called
---@return WsConnection self
function Connection:off(event, listener) end

--- Waits until the connection has ended and its listeners have been told. Throws what a listener has thrown. Needs a
--- listener: who has none receives.
---
--- ```lua
--- conn:on("close", function(code, reason) print(code, reason) end)
--- print(conn:wait(1))
--- ```
---@param timeout? number seconds
---@return integer? close_code of the close frame; 1005: it had none
---@return string|WsError reason  or err, as of `receive`: timeout, when the connection still lives; closed with close_code 1006, reset, …
function Connection:wait(timeout) end

--- The subprotocol that both sides have agreed on.
---
--- ```lua
--- print(conn:subprotocol() or "no subprotocol")
--- ```
---@return string? subprotocol
function Connection:subprotocol() end

--- A server's end: what the client asked for in its handshake. Of a client's end: nil.
---
--- ```lua
--- local request = conn:request()
--- if request then print(request.path, request.query.name, request.headers["user-agent"]) end
--- ```
---@return WsRequest?
function Connection:request() end

---@class WsRequest
---@field method string                  "GET"
---@field target string                  as it was sent: "/chat%20room?name=Eve"
---@field path string                    decoded: "/chat room"
---@field query table<string, string>    decoded: { name = "Eve" }
---@field headers table<string, string>  by names in lower case; as `headers` of moonwire.http

--- A client's end: what the server answered in its handshake. Of a server's end: nil.
---
--- ```lua
--- local response = conn:response()
--- if response then print(response.status, response.headers.server) end
--- ```
---@return WsResponse?
function Connection:response() end

---@class WsResponse
---@field status integer                 101
---@field reason string                  "Switching Protocols"
---@field headers table<string, string>  by names in lower case; as `headers` of moonwire.http

--- What the connection has done since its handshake. Bytes are those of messages, before compression.
---
--- ```lua
--- local info = conn:info()
--- print(info.messages_sent, info.bytes_sent, info.stream_bytes_sent)
--- ```
---@return WsInfo
function Connection:info() end

---@class WsInfo
---@field messages_sent integer
---@field messages_received integer
---@field messages_dropped integer      by rooms, because the peer reads too slowly
---@field frames_sent integer           with control frames
---@field frames_received integer
---@field bytes_sent integer
---@field bytes_received integer
---@field pings_sent integer            with those of the keep-alive
---@field pings_received integer
---@field pongs_received integer
---@field ping_round_trip? number       seconds, of the last ping that was answered
---@field stream_bytes_sent integer     all that the stream below was given, with frame headers and the handshake
---@field stream_bytes_received integer the same of what came, but for the empty line that ends the peer's handshake
---@field queued integer                bytes that wait for the peer to read
---@field compression boolean           permessage-deflate was agreed on

--- What the kernel knows about the TCP connection below, as `info` of moonwire.tcp.
---
--- ```lua
--- print(conn:tcp_info().rtt)
--- ```
---@return ConnectionInfo? info
---@return Error? err  closed
function Connection:tcp_info() end

--- What the TLS handshake has agreed on, as `tls` of moonwire.tls; nil for ws://.
---
--- ```lua
--- local secured = conn:tls()
--- print(secured and secured.cipher or "not secured")
--- ```
---@return TlsInfo?
function Connection:tls() end

--- This end's address and port.
---
--- ```lua
--- print(conn:local_address())
--- ```
---@return string address
---@return integer port
function Connection:local_address() end

--- The peer's address and port.
---
--- ```lua
--- print(conn:peer_address())
--- ```
---@return string address
---@return integer port
function Connection:peer_address() end

--- Makes a room: sends messages to many connections at once. A message is framed once for all, in C++. A member that reads
--- too slowly never holds up the others. Members are servers' ends; they leave by themselves when they end. What is
--- broadcast is not compressed.
---
--- ```lua
--- local room = ws.room { max_queued = 65536, slow = "drop_message" }
--- print(room:count())
--- ```
---@param options? WsRoomOptions
---@return WsRoom
function ws.room(options) end

---@class WsRoomOptions
---@field max_queued? integer bytes that may wait for a member to read (1048576); then it is slow
---@field slow? "drop_member"|"drop_message" what becomes of a slow member: it is disconnected, its calls say "policy"; or it does not get the message ("drop_member")

--- Connections that get the same messages.
---@class WsRoom
local Room = {}

--- Adds a connection.
---
--- ```lua
--- room:join(conn)
--- for message in conn:messages() do
---   room:broadcast(message, conn)  -- to all others
--- end
--- ```
---@param conn WsConnection  a server's end
---@return boolean? joined false if it was a member already
---@return Error? err  closed: it has ended
function Room:join(conn) end

--- Takes a connection out. What was broadcast before still reaches it.
---
--- ```lua
--- room:leave(conn)
--- ```
---@param conn WsConnection  a server's end
---@return boolean left false if it was no member
function Room:leave(conn) end

--- Sends a text message to all members but `except`.
---
--- ```lua
--- print(room:broadcast("hello to all") .. " members")
--- ```
---@param data string  UTF-8
---@param except? WsConnection  who does not get it, be it a member or not
---@return integer? receivers
---@return Error? err  invalid_utf8: nothing was sent
function Room:broadcast(data, except) end

--- The same with a binary message.
---
--- ```lua
--- room:broadcast_binary("\0\1\255", conn)
--- ```
---@param data string  any bytes
---@param except? WsConnection  who does not get it, be it a member or not
---@return integer receivers
function Room:broadcast_binary(data, except) end

--- All members, in no particular order.
---
--- ```lua
--- for _, member in ipairs(room:members()) do print(member:peer_address()) end
--- ```
---@return WsConnection[]
function Room:members() end

--- Is the connection a member?
---
--- ```lua
--- if not room:has(conn) then room:join(conn) end
--- ```
---@param conn WsConnection  a server's end
---@return boolean
function Room:has(conn) end

--- How many members there are.
---
--- ```lua
--- print(room:count() .. " members")
--- ```
---@return integer
function Room:count() end

return ws
