---@meta moonwire.ws

--- WebSocket (RFC 6455) with compression (permessage-deflate, RFC 7692), client and server, over TCP and TLS.
---
--- Misuse (a wrong type, an unknown option, a text that cannot be a header) throws. What the network or the peer can
--- cause is returned as `nil, err`; the words of `err.code` are those of moonwire.tcp, of moonwire.tls where `tls` is
--- used, and `WsErrorCode`. Times are seconds, sizes are bytes.
---
--- A client:
---
--- ```lua
--- local conn = assert(ws.connect("ws://localhost:3051/chat"))
--- conn:send("hello")
--- print(conn:receive())          -- the echo, false
--- conn:close()
--- ```
---
--- A server, straight-line, and the same with events:
---
--- ```lua
--- local server = assert(ws.listen { port = 3051 })
--- server:serve(function(conn)
---   for message, is_binary in conn:messages() do
---     conn:send("you said: " .. message)
---   end
--- end)
---
--- server:serve(function(conn)
---   conn:on("message", function(message, is_binary) conn:send("you said: " .. message) end)
---   conn:on("close", function(code, reason) print("gone", code, reason) end)
--- end)
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
---@field keep_alive? number|false  seconds of silence after which the peer is pinged; false or 0: never (30)
---@field keep_alive_timeout? number seconds that it may then stay silent before the connection ends with "timeout" (30)
---@field close_timeout? number     seconds that the closing handshake may take (5)
---@field compression? boolean|WsCompression offer and accept permessage-deflate (false)
---@field headers? table<string, string|string[]> sent along with this side's part of the handshake, { ["X-Lab"] = "3" } (none)
---@field subprotocols? string|string[] what is spoken over the connection, the best first (none); see `conn:subprotocol`
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
---   tls = { ca = "ca.pem" }, subprotocols = { "chat.v2", "chat" }, headers = { Authorization = "Bearer 1234" },
--- })
--- if not conn then print(err.code, err.status, err) end
--- ```
---@param url string
---@param options? WsConnectOptions
---@return WsConnection? connection
---@return WsError? err  those of `tcp.connect` and `tls.connect`; timeout, closed, reset in the middle of the handshake; upgrade_refused, bad_upgrade, unsupported_subprotocol
function ws.connect(url, options) end

---@class WsConnectOptions: WsOptions
---@field timeout? number        seconds for resolving, connecting and all handshakes together (10)
---@field family? "any"|"ipv4"|"ipv6" which addresses of the host's name are tried ("any")
---@field origin? string         the Origin header, as of a page in a browser: "https://example.org" (none)
---@field tls? table|TlsContext  for wss://: options of `tls.connect` (`ca`, `verify`, `name`, `certificate`, `key`, …), or what `tls.client` returned

--- Opens a listening socket.
---
--- ```lua
--- local server = assert(ws.listen {
---   port = 8443, path = "/chat", origins = { "https://example.org" },
---   tls = { certificate = "server.pem", key = "server.key" },
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

---@class WsListenOptions: WsAcceptOptions
---@field port integer             0 lets the system choose a free one; see `server:port`
---@field host? string             the local name or address ("*", every address of the family)
---@field family? "any"|"ipv4"|"ipv6" ("any")
---@field reuse_address? boolean   SO_REUSEADDR (true)
---@field backlog? integer         connections that wait to be accepted (511)
---@field handshake_timeout? number seconds that a client's request may take (10)
---@field max_handshakes? integer  `accept` and `clients`: handshakes under way, or done and not yet accepted (256)
---@field tls? table|TlsContext    for wss://: options of `tls.listen` (`certificate`, `key`, `client_certificate`, …), or what `tls.server` returned

--- Answers a request for WebSocket that a server of moonwire.http has received, on the same connection.
---
--- ```lua
--- server:route("GET", "/ws", function(request)
---   local conn = assert(ws.upgrade(request))
---   for message in conn:messages() do conn:send(message) end
--- end)
--- ```
---@param request HttpRequest
---@param options? WsAcceptOptions
---@return WsConnection? connection
---@return WsError? err  bad_upgrade; the client has been answered
function ws.upgrade(request, options) end

---@class WsServer
local Server = {}

--- Waits for the next client whose handshake is over. Handshakes are made side by side: a client that stalls in its own
--- holds up nobody. A client that was turned away is a failure with `err.client` true: the server goes on.
---@param timeout? number seconds
---@return WsConnection? connection
---@return WsError? err  timeout; closed when the server was closed; bad_upgrade and others with `err.client`
function Server:accept(timeout) end

--- `for conn in server:clients() do … end`: accepts until the server is closed. Clients that were turned away are
--- reported on standard error.
---@return fun(): WsConnection?
function Server:clients() end

--- Accepts until the server is closed, running `handler(conn)` in a task of its own for each client. When the handler
--- returns, and nobody listens to the connection's events, the connection is closed; with listeners it lives until it
--- ends. A handler or listener that fails is reported on standard error with its traceback and costs its own connection
--- only. Returns when the server was closed and the last handler has ended.
---
--- `max_clients`: clients served at once, with those in their handshake; more wait in the backlog (10000). `refused(err)`
--- is told of clients that were turned away (they are reported on standard error).
---@param handler fun(conn: WsConnection)
---@param options? { max_clients: integer, refused: fun(err: WsError) }
function Server:serve(handler, options) end

--- Stops listening. A waiting accept, `clients` or `serve` ends; accepted connections live on.
function Server:close() end

--- The local port, useful after `port = 0`.
---@return integer
function Server:port() end

--- The local address and port.
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
---@param timeout? number seconds
---@return string? message
---@return boolean|WsError is_binary  or err: timeout; closed, reset, and those of `WsErrorCode`
function Connection:receive(timeout) end

--- `for message, is_binary in conn:messages() do … end`: messages until the connection ends. A peer that breaks the
--- protocol is thrown; all other ends, a peer that vanished too, end the loop. Then `conn:receive()` says which it was.
---@return fun(): string?, boolean
function Connection:messages() end

--- Sends a text message. Returns when the stream has taken it; waits while more than 256 KiB wait for the peer to read
--- (back-pressure). A text that is not UTF-8 is "invalid_utf8", and not sent.
---@param data string
---@param timeout? number seconds to wait for the peer (`write_timeout`)
---@return true?
---@return WsError? err  invalid_utf8; closed, reset, timeout
function Connection:send(data, timeout) end

--- Sends a binary message: any bytes.
---@param data string
---@param timeout? number seconds to wait for the peer (`write_timeout`)
---@return true?
---@return WsError? err  closed, reset, timeout
function Connection:send_binary(data, timeout) end

--- Sends a ping. The answer comes as event "pong", and its time is `conn:info().ping_round_trip`.
---@param data? string at most 125 bytes ("")
---@return true?
---@return WsError? err
function Connection:ping(data) end

--- Sends a pong that nobody has asked for. Pings are answered without it.
---@param data? string at most 125 bytes ("")
---@return true?
---@return WsError? err
function Connection:pong(data) end

--- Waits until the kernel has taken everything that was sent.
---@param timeout? number seconds
---@return true?
---@return WsError? err
function Connection:flush(timeout) end

--- Sends what was sent before, then a close frame; waits for the peer's, and closes the connection. Messages that have not
--- been received are dropped. Closing twice is no error.
---@param code? integer 1000 to 1003, 1007 to 1014, 3000 to 4999 (1000, normal)
---@param reason? string at most 123 bytes of UTF-8 ("")
---@param timeout? number seconds (`close_timeout`)
---@return true?
---@return Error? err  timeout: the peer has not closed, and was broken off; reset
function Connection:close(code, reason, timeout) end

--- Breaks the connection off: no close frame, what was not sent is dropped.
function Connection:abort() end

--- Is the connection over, or about to be? Then nothing can be sent.
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
--- local client = assert(ws.connect("ws://localhost:3051"))
--- client:on("open", function() client:send("hello") end)
--- client:on("message", function(data, is_binary)
---   print(data)
---   client:close(1000, "done")
--- end)
--- client:wait()
--- ```
---@param event "open"|"message"|"ping"|"pong"|"error"|"close"
---@param listener fun(...)
---@return WsConnection self
function Connection:on(event, listener) end

--- Takes a listener away; without effect if it is none.
---@param event "open"|"message"|"ping"|"pong"|"error"|"close"
---@param listener fun(...)
---@return WsConnection self
function Connection:off(event, listener) end

--- Waits until the connection has ended and its listeners have been told. Throws what a listener has thrown. Needs a
--- listener: who has none receives.
---@param timeout? number seconds
---@return integer? close_code of the close frame; 1005: it had none
---@return string|WsError reason  or err, as of `receive`: timeout, when the connection still lives; closed with close_code 1006, reset, …
function Connection:wait(timeout) end

--- The subprotocol that both sides have agreed on.
---@return string? subprotocol
function Connection:subprotocol() end

--- A server's end: what the client asked for in its handshake. Of a client's end: nil.
---@return WsRequest?
function Connection:request() end

---@class WsRequest
---@field method string                  "GET"
---@field target string                  as it was sent: "/chat%20room?name=Eve"
---@field path string                    decoded: "/chat room"
---@field query table<string, string>    decoded: { name = "Eve" }
---@field headers table<string, string>  by their names in lower case; lines of the same name are joined by ", "

--- A client's end: what the server answered in its handshake. Of a server's end: nil.
---@return WsResponse?
function Connection:response() end

---@class WsResponse
---@field status integer                 101
---@field reason string                  "Switching Protocols"
---@field headers table<string, string>  by their names in lower case; lines of the same name are joined by ", "

--- What the connection has done since its handshake. Bytes are those of messages, before compression.
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
---@field stream_bytes_sent integer     all bytes below WebSocket, with the handshake: before TLS
---@field stream_bytes_received integer
---@field queued integer                bytes that wait for the peer to read
---@field compression boolean           permessage-deflate was agreed on

--- What the kernel knows about the TCP connection below, as `info` of moonwire.tcp.
---@return ConnectionInfo? info
---@return Error? err  closed
function Connection:tcp_info() end

--- What the TLS handshake has agreed on, as `tls` of moonwire.tls; nil for ws://.
---@return TlsInfo?
function Connection:tls() end

---@return string address
---@return integer port
function Connection:local_address() end

---@return string address
---@return integer port
function Connection:peer_address() end

--- Makes a room: sends messages to many connections at once. A message is framed once for all, in C++. A member that reads
--- too slowly never holds up the others. Members are servers' ends; they leave by themselves when they end. What is
--- broadcast is not compressed.
---
--- ```lua
--- local room = ws.room()
--- server:serve(function(conn)
---   room:join(conn)
---   for message in conn:messages() do
---     room:broadcast(message, conn)   -- to all others
---   end
--- end)
--- ```
---@param options? WsRoomOptions
---@return WsRoom
function ws.room(options) end

---@class WsRoomOptions
---@field max_queued? integer bytes that may wait for a member to read (1048576); then it is slow
---@field slow? "drop_member"|"drop_message" what becomes of a slow member: it is disconnected, its calls say "policy"; or it does not get the message ("drop_member")

---@class WsRoom
local Room = {}

--- Adds a connection.
---@param conn WsConnection
---@return boolean? joined false if it was a member already
---@return Error? err  closed: it has ended
function Room:join(conn) end

--- Takes a connection out. What was broadcast before still reaches it.
---@param conn WsConnection
---@return boolean left false if it was no member
function Room:leave(conn) end

--- Sends a text message to all members but `except`.
---@param data string
---@param except? WsConnection
---@return integer? receivers
---@return Error? err  invalid_utf8: nothing was sent
function Room:broadcast(data, except) end

--- The same with a binary message.
---@param data string
---@param except? WsConnection
---@return integer receivers
function Room:broadcast_binary(data, except) end

--- All members, in no particular order.
---@return WsConnection[]
function Room:members() end

---@param conn WsConnection
---@return boolean
function Room:has(conn) end

--- How many members there are.
---@return integer
function Room:count() end

return ws
