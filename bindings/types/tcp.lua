---@meta moonwire.tcp

--- TCP connections and listening sockets (RFC 9293).
---
--- Misuse (a wrong type, an unknown option) throws. What the network can cause is returned as `nil, err`, where
--- `err.code` is one of the words listed at `Error`, `err.message` says what failed, to whom and why, and
--- `tostring(err)` is that message.
---@class moonwire.tcp
local tcp = {}

---@class Error
---@field code ErrorCode    a stable word for programs
---@field message string    a sentence for people
---@field partial? string   reads: what had arrived before the failure; "truncated": the first part of the datagram
---@field unsent? integer   writes: bytes that were accepted but never reached the kernel
---@field size? integer     "truncated": the whole length of the datagram
---@field host? string      UDP: whom the failure concerns
---@field port? integer     UDP: whom the failure concerns

---@alias ErrorCode
---| "timeout"               # the time given to the call ran out
---| "closed"                # the peer ended the connection (FIN), or this side closed it
---| "reset"                 # the peer broke the connection off (RST)
---| "refused"               # nobody listens there
---| "unreachable"           # no route to the host or network
---| "address_in_use"        # another socket has that local address
---| "address_not_available" # the local address is not one of this machine's
---| "name_not_found"        # the name does not resolve
---| "access_denied"         # the system does not permit it (ports below 1024, …)
---| "too_long"              # the peer sent more than the limit without what was waited for; a datagram is too long to be sent; a JSON text is longer than the limit
---| "truncated"             # a datagram was longer than the socket takes
---| "wrong_family"          # an IPv4 address with an IPv6 socket, or the other way round
---| "no_interface"          # there is no such network interface
---| "already_member"        # the socket has joined the group already
---| "not_member"            # the socket has not joined the group
---| "too_many_files"        # the process or the system is out of file descriptors
---| "invalid_json"          # a text is no JSON; the message says what is wrong with it and where
---| "too_deep"              # JSON is nested more deeply than the limit
---| "cancelled"             # the operation was cancelled from outside
---| "system"                # anything else; the message has the system's own words

--- Connects to `host` (a name or a numeric address) and `port`. All addresses of the name are tried, IPv6 and IPv4 in
--- turn, a new attempt 250 ms after the last one or as soon as it fails (RFC 8305).
---
--- ```lua
--- local connection = assert(tcp.connect("localhost", 5003, { timeout = 2 }))
--- connection:write("hello\n")
--- print(connection:read_line())
--- connection:close()
--- ```
---@param host string  a name or a numeric address
---@param port integer  1 to 65535
---@param options? ConnectOptions
---@return Connection? connection
---@return Error? err  refused, timeout, unreachable, name_not_found, …
function tcp.connect(host, port, options) end

---@class ConnectOptions: ConnectionOptions
---@field timeout? number       seconds for resolving and connecting together (10)
---@field family? "any"|"ipv4"|"ipv6"  which addresses of the name are tried ("any")

--- What connections have, whoever began them.
---@class ConnectionOptions
---@field nodelay? boolean      send small writes at once, TCP_NODELAY (true)
---@field keepalive? boolean    probe an idle peer, SO_KEEPALIVE (false)
---@field read_timeout? number  seconds that each read waits unless it says otherwise (no limit)
---@field write_timeout? number seconds that each write waits for a peer that does not read (60)
---@field send_buffer? integer  bytes, SO_SNDBUF (the kernel's choice)
---@field receive_buffer? integer bytes, SO_RCVBUF (the kernel's choice)

--- Opens a listening socket.
---
--- ```lua
--- local server = assert(tcp.listen { port = 7000 })
--- print("listening on port " .. server:port())
--- ```
---@param options ListenOptions
---@return Server? server
---@return Error? err  address_in_use, access_denied, address_not_available, name_not_found
function tcp.listen(options) end

---@class ListenOptions: ConnectionOptions
---@field port integer          0 lets the system choose a free one; see `Server:port`
---@field host? string          the local name or address ("*", every address of the family)
---@field family? "any"|"ipv4"|"ipv6"  "any" with host "*" accepts both versions on one socket ("any")
---@field reuse_address? boolean  SO_REUSEADDR: listen although old connections are in TIME-WAIT (true)
---@field backlog? integer      connections that wait to be accepted (511)

--- A listening socket, as from `tcp.listen`.
---@class Server
local Server = {}

--- Waits for the next client. When the process is out of file descriptors it waits until one is free.
---
--- ```lua
--- local connection, err = server:accept(10)
--- if not connection then print(err) end
--- ```
---@param timeout? number seconds
---@return Connection? connection
---@return Error? err  timeout; closed when the server was closed
function Server:accept(timeout) end

--- `for connection in server:clients() do … end`: accepts until the server is closed.
---
--- ```lua
--- for connection in server:clients() do
---   connection:write("one at a time\n")
---   connection:close()
--- end
--- ```
---@return fun(): Connection?
function Server:clients() end

--- Accepts until the server is closed, running `handler(connection)` in a task of its own for each client. The
--- connection is closed when its handler returns. A handler that fails is reported on standard error with its traceback
--- and costs its own connection only. Returns when the server was closed and the last handler has ended.
---
--- ```lua
--- server:serve(function(connection)
---   for line in connection:lines() do connection:write(line:upper() .. "\n") end
--- end, { max_clients = 100 })
--- ```
---@param handler fun(connection: Connection)  gets each connection
---@param options? ServeOptions
function Server:serve(handler, options) end

---@class ServeOptions
---@field max_clients? integer  clients served at once; more wait in the backlog (10000)
---@field refused? fun(err: TlsAcceptError)  servers of moonwire.tls: told of clients that were turned away (they are reported on standard error)

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
--- print(server:local_address())  --> 0.0.0.0  7000
--- ```
---@return string address
---@return integer port
function Server:local_address() end

--- A TCP connection, as from `tcp.connect` and `Server:accept`.
---@class Connection
local Connection = {}

--- Reads exactly `n` bytes.
---
--- ```lua
--- local header = assert(connection:read(4, 2))
--- print(#header)
--- ```
---@param n integer  bytes
---@param timeout? number seconds
---@return string? data
---@return Error? err  closed (with `partial`), reset, timeout
function Connection:read(n, timeout) end

--- Reads what is there, at least one byte and at most `max`, waiting only if there is nothing yet.
---
--- ```lua
--- local data, err = connection:read_some(4096, 2)
--- print(data and #data or err)
--- ```
---@param max? integer bytes (65536)
---@param timeout? number seconds
---@return string? data
---@return Error? err  closed at the end of the stream, reset, timeout
function Connection:read_some(max, timeout) end

--- Reads up to `delimiter` and returns what came before it; the delimiter itself is taken out of the stream.
---
--- ```lua
--- local head = assert(connection:read_until("\r\n\r\n", 8192, 2))
--- print(head)
--- ```
---@param delimiter string one byte or more
---@param max? integer bytes that may come before the delimiter (65536)
---@param timeout? number seconds
---@return string? data
---@return Error? err  closed (with `partial`), too_long, reset, timeout
function Connection:read_until(delimiter, max, timeout) end

--- Reads one line, ended by LF or CRLF, without its ending. The last line of a stream need not be ended.
---
--- ```lua
--- local line, err = connection:read_line(1024, 2)
--- print(line or err)
--- ```
---@param max? integer bytes of a line (65536)
---@param timeout? number seconds
---@return string? line
---@return Error? err  closed at the end of the stream, too_long, reset, timeout
function Connection:read_line(max, timeout) end

--- `for line in connection:lines() do … end`: lines as by `read_line` until the stream ends. A failure other than the
--- end of the stream is thrown.
---
--- ```lua
--- for line in connection:lines() do print(line) end
--- ```
---@param max? integer bytes of a line (65536)
---@return fun(): string?
function Connection:lines(max) end

--- Reads until the peer ends the stream.
---
--- ```lua
--- local page = assert(connection:read_all())
--- print(#page)
--- ```
---@param max? integer bytes (67108864)
---@param timeout? number seconds
---@return string? data
---@return Error? err  too_long, reset, timeout, each with `partial`
function Connection:read_all(max, timeout) end

--- Writes a string, or all strings of a table in order. What one turn of the event loop writes leaves in one system
--- call. Waits while more than 256 KiB wait for the peer to read (back-pressure). A failure to send what an earlier
--- write accepted is reported by the next write, `flush` or `close`, with `err.unsent`.
---
--- ```lua
--- assert(connection:write("hello\n"))
--- assert(connection:write { "one", " segment", "\n" })
--- ```
---@param data string|string[]  the bytes, in one string or several
---@param timeout? number seconds
---@return integer? bytes accepted
---@return Error? err  closed, reset, timeout, each with `unsent`
function Connection:write(data, timeout) end

--- Waits until the kernel has taken everything that was written.
---
--- ```lua
--- connection:write(("x"):rep(100000))
--- assert(connection:flush(5))
--- ```
---@param timeout? number seconds
---@return true?
---@return Error? err
function Connection:flush(timeout) end

--- Sends what was written, then ends this direction (FIN); the other can still be read.
---
--- ```lua
--- connection:write("that is all\n")
--- connection:shutdown()
--- print(connection:read_all())  -- the peer may still answer
--- ```
---@param timeout? number seconds
---@return true?
---@return Error? err
function Connection:shutdown(timeout) end

--- Sends what was written, then closes. Data that is still arriving is drained for a moment in the background, so that
--- the peer gets all that was written. Closing twice is no error.
---
--- ```lua
--- connection:write("bye\n")
--- connection:close()
--- ```
---@param timeout? number seconds
---@return true?
---@return Error? err  what could not be sent, with `unsent`
function Connection:close(timeout) end

--- Breaks the connection off: discards what was not sent and sends RST.
---
--- ```lua
--- connection:abort()
--- ```
function Connection:abort() end

--- Copies what this connection receives into `other` until the stream ends, in C++, with back-pressure. Then ends the
--- sending direction of `other`.
---
--- ```lua
--- local other = assert(tcp.connect("localhost", 5003))
--- task.all(function() return connection:pipe(other) end, function() return other:pipe(connection) end)
--- ```
---@param other Connection  what it goes to
---@return integer? bytes copied
---@return Error? err
function Connection:pipe(other) end

--- Sends back whatever arrives until the peer ends the stream, in C++.
---
--- ```lua
--- local bytes, err = connection:echo()
--- print(bytes or err)
--- ```
---@return integer? bytes echoed
---@return Error? err
function Connection:echo() end

--- This end's address and port.
---
--- ```lua
--- local address, port = connection:local_address()
--- print(address, port)
--- ```
---@return string address
---@return integer port
function Connection:local_address() end

--- The other end's address and port.
---
--- ```lua
--- print("from", connection:peer_address())
--- ```
---@return string address
---@return integer port
function Connection:peer_address() end

--- Sets options of this socket.
---
--- ```lua
--- connection:set { nodelay = false, read_timeout = 5 }
--- ```
---@param options ConnectionSetOptions
function Connection:set(options) end

---@class ConnectionSetOptions
---@field nodelay? boolean      send small writes at once, TCP_NODELAY
---@field keepalive? boolean    probe an idle peer, SO_KEEPALIVE
---@field linger? number        seconds for which the kernel goes on sending after a close, SO_LINGER; 0: it sends RST
---@field read_timeout? number  seconds that each read waits unless it says otherwise
---@field write_timeout? number seconds that each write waits for a peer that does not read
---@field send_buffer? integer  bytes, SO_SNDBUF
---@field receive_buffer? integer bytes, SO_RCVBUF

--- What the kernel knows about this connection (TCP_INFO, tcp(7)) and what this side has read and written. Of a closed
--- connection what it knew last: the state is "UNCONN" then, and the packets of the closing count, except for what was
--- still on its way.
---
--- ```lua
--- local info = assert(connection:info())
--- print(info.state, info.rtt, info.retransmits)
--- ```
---@return ConnectionInfo? info
---@return Error? err  system
function Connection:info() end

---@class ConnectionInfo
---@field state string              "ESTAB", "CLOSE-WAIT", … as ss(8) writes them
---@field rtt number                smoothed round-trip time, seconds
---@field rtt_variance number       seconds
---@field min_rtt number            seconds
---@field retransmit_timeout number seconds
---@field mss integer               bytes that a segment may carry
---@field congestion_window integer segments
---@field segments_sent integer
---@field segments_received integer
---@field data_segments_sent integer
---@field data_segments_received integer
---@field bytes_sent integer        payload given to the network, retransmissions included
---@field bytes_acknowledged integer payload that the peer has confirmed
---@field bytes_received integer    payload that arrived
---@field retransmits integer       segments sent again
---@field unacknowledged integer    segments on their way
---@field bytes_read integer        payload that the script has read
---@field bytes_written integer     payload that the script has written
---@field receive_calls integer     system calls that have asked for data (recv), those in vain among them
---@field send_calls integer        system calls that have handed data over (send, sendmsg)

--- The kernel's table of TCP sockets that use a port, as `ss -an` shows it: one entry a socket, the listening one first.
---
--- ```lua
--- for _, socket in ipairs(tcp.sockets(5003)) do print(socket.state, socket.peer_port) end
--- ```
---@param port integer  local or remote, 0 to 65535
---@return { state: string, receive_queue: integer, send_queue: integer, local_address: string, local_port: integer, peer_address: string, peer_port: integer }[] sockets
function tcp.sockets(port) end

return tcp
