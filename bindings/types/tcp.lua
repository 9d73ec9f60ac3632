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
---@param host string
---@param port integer
---@param options? ConnectOptions
---@return Connection? connection
---@return Error? err  refused, timeout, unreachable, name_not_found, …
function tcp.connect(host, port, options) end

---@class ConnectOptions
---@field timeout? number       seconds for resolving and connecting together (10)
---@field family? "any"|"ipv4"|"ipv6"  which addresses of the name are tried ("any")
---@field nodelay? boolean      send small writes at once, TCP_NODELAY (true)
---@field keepalive? boolean    probe an idle peer, SO_KEEPALIVE (false)
---@field read_timeout? number  seconds that each read waits unless it says otherwise (no limit)
---@field write_timeout? number seconds that each write waits for a peer that does not read (60)
---@field send_buffer? integer  bytes, SO_SNDBUF (the kernel's choice)
---@field receive_buffer? integer bytes, SO_RCVBUF (the kernel's choice)

--- Opens a listening socket.
---@param options ListenOptions
---@return Server? server
---@return Error? err  address_in_use, access_denied, address_not_available, name_not_found
function tcp.listen(options) end

---@class ListenOptions: ConnectOptions
---@field port integer          0 lets the system choose a free one; see `Server:port`
---@field host? string          the local name or address ("*", every address of the family)
---@field family? "any"|"ipv4"|"ipv6"  "any" with host "*" accepts both versions on one socket ("any")
---@field reuse_address? boolean  SO_REUSEADDR: listen although old connections are in TIME-WAIT (true)
---@field backlog? integer      connections that wait to be accepted (511)

---@class Server
local Server = {}

--- Waits for the next client. When the process is out of file descriptors it waits until one is free.
---@param timeout? number seconds
---@return Connection? connection
---@return Error? err  timeout; closed when the server was closed
function Server:accept(timeout) end

--- `for connection in server:clients() do … end`: accepts until the server is closed.
---@return fun(): Connection?
function Server:clients() end

--- Accepts until the server is closed, running `handler(connection)` in a task of its own for each client. The
--- connection is closed when its handler returns. A handler that fails is reported on standard error with its traceback
--- and costs its own connection only. Returns when the server was closed and the last handler has ended.
---@param handler fun(connection: Connection)
---@param options? { max_clients: integer } clients served at once; more wait in the backlog (10000)
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

---@class Connection
local Connection = {}

--- Reads exactly `n` bytes.
---@param n integer
---@param timeout? number seconds
---@return string? data
---@return Error? err  closed (with `partial`), reset, timeout
function Connection:read(n, timeout) end

--- Reads what is there, at least one byte and at most `max`, waiting only if there is nothing yet.
---@param max? integer bytes (65536)
---@param timeout? number seconds
---@return string? data
---@return Error? err  closed at the end of the stream, reset, timeout
function Connection:read_some(max, timeout) end

--- Reads up to `delimiter` and returns what came before it; the delimiter itself is taken out of the stream.
---@param delimiter string one byte or more
---@param max? integer bytes that may come before the delimiter (65536)
---@param timeout? number seconds
---@return string? data
---@return Error? err  closed (with `partial`), too_long, reset, timeout
function Connection:read_until(delimiter, max, timeout) end

--- Reads one line, ended by LF or CRLF, without its ending. The last line of a stream need not be ended.
---@param max? integer bytes of a line (65536)
---@param timeout? number seconds
---@return string? line
---@return Error? err  closed at the end of the stream, too_long, reset, timeout
function Connection:read_line(max, timeout) end

--- `for line in connection:lines() do … end`: lines as by `read_line` until the stream ends. A failure other than the
--- end of the stream is thrown.
---@param max? integer bytes of a line (65536)
---@return fun(): string?
function Connection:lines(max) end

--- Reads until the peer ends the stream.
---@param max? integer bytes (67108864)
---@param timeout? number seconds
---@return string? data
---@return Error? err  too_long, reset, timeout, each with `partial`
function Connection:read_all(max, timeout) end

--- Writes a string, or all strings of a table in order. What one turn of the event loop writes leaves in one system
--- call. Waits while more than 256 KiB wait for the peer to read (back-pressure). A failure to send what an earlier
--- write accepted is reported by the next write, `flush` or `close`, with `err.unsent`.
---@param data string|string[]
---@param timeout? number seconds
---@return integer? bytes accepted
---@return Error? err  closed, reset, timeout, each with `unsent`
function Connection:write(data, timeout) end

--- Waits until the kernel has taken everything that was written.
---@param timeout? number seconds
---@return true?
---@return Error? err
function Connection:flush(timeout) end

--- Sends what was written, then ends this direction (FIN); the other can still be read.
---@param timeout? number seconds
---@return true?
---@return Error? err
function Connection:shutdown(timeout) end

--- Sends what was written, then closes. Data that is still arriving is drained for a moment in the background, so that
--- the peer gets all that was written. Closing twice is no error.
---@param timeout? number seconds
---@return true?
---@return Error? err  what could not be sent, with `unsent`
function Connection:close(timeout) end

--- Breaks the connection off: discards what was not sent and sends RST.
function Connection:abort() end

--- Copies what this connection receives into `other` until the stream ends, in C++, with back-pressure. Then ends the
--- sending direction of `other`.
---@param other Connection
---@return integer? bytes copied
---@return Error? err
function Connection:pipe(other) end

--- Sends back whatever arrives until the peer ends the stream, in C++.
---@return integer? bytes echoed
---@return Error? err
function Connection:echo() end

---@return string address
---@return integer port
function Connection:local_address() end

---@return string address
---@return integer port
function Connection:peer_address() end

--- Sets options of this socket.
---@param options { nodelay?: boolean, keepalive?: boolean, linger?: number, read_timeout?: number, write_timeout?: number, send_buffer?: integer, receive_buffer?: integer }
function Connection:set(options) end

--- What the kernel knows about this connection (TCP_INFO, tcp(7)) and what this side has read and written.
---@return ConnectionInfo? info
---@return Error? err  closed
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

--- The kernel's table of TCP sockets that use a port, as `ss -an` shows it: one entry a socket, the listening one first.
---@param port integer
---@return { state: string, receive_queue: integer, send_queue: integer, local_address: string, local_port: integer, peer_address: string, peer_port: integer }[]
function tcp.sockets(port) end

return tcp
