---@meta moonwire.udp

--- UDP sockets (RFC 768). One send is one datagram; a datagram arrives whole, once, twice, late or not at all.
---
--- Misuse (a wrong type, an unknown option) throws. What the network can cause is returned as `nil, err`; the words of
--- `err.code` are listed in moonwire.tcp.
---@class moonwire.udp
local udp = {}

--- Opens a socket on a local address.
---
--- ```lua
--- local socket = assert(udp.bind { port = 7000 })
--- print("bound to port " .. socket:port())
--- ```
---@param options? BindOptions
---@return Socket? socket
---@return Error? err  address_in_use, access_denied, address_not_available, name_not_found
function udp.bind(options) end

--- Opens a socket that talks to one peer: what others send is not received, and ICMP errors are reported by the next
--- call (refused, unreachable). Of a name's addresses the first is taken, in the order of RFC 6724, that the system has
--- a way to. Nothing is sent.
---
--- ```lua
--- local socket = assert(udp.connect("localhost", 5004))
--- assert(socket:send("ping"))
--- ```
---@param host string  a name or a numeric address
---@param port integer  1 to 65535
---@param options? UdpConnectOptions
---@return Socket? socket
---@return Error? err  name_not_found, unreachable, wrong_family, timeout
function udp.connect(host, port, options) end

---@class SocketOptions
---@field reuse_address? boolean   others may bind to the same address, too, SO_REUSEADDR (false)
---@field reuse_port? boolean      the same; the kernel spreads what arrives over the sockets, SO_REUSEPORT (false)
---@field broadcast? boolean       sending to broadcast addresses is permitted, SO_BROADCAST (false)
---@field ttl? integer             routers that a datagram may pass, 1 to 255 (the system's choice)
---@field receive_buffer? integer  bytes, SO_RCVBUF; what the kernel made of it is in `info` (the kernel's choice)
---@field send_buffer? integer     bytes, SO_SNDBUF (the kernel's choice)
---@field max_size? integer        longer datagrams are received as "truncated" (65535: none is)
---@field timestamps? boolean      `receive` also returns the time of arrival (false)
---@field errors? boolean          ICMP errors that answer datagrams of an unconnected socket are reported by `receive`,
---with `err.host` and `err.port`. By default they are not: one client that has gone is none of a server's affairs (false)

---@class BindOptions: SocketOptions
---@field port? integer   0 lets the system choose a free one; see `Socket:port` (0)
---@field host? string    the local name or address ("*", every address of the family)
---@field family? "any"|"ipv4"|"ipv6"  "any" with host "*" is one socket for both versions, which shows and takes IPv4
---addresses as such; "ipv6" is IPv6 only; where the machine has no IPv6, "any" is IPv4 ("any")

---@class UdpConnectOptions: SocketOptions
---@field family? "any"|"ipv4"|"ipv6"  which addresses of the name are tried ("any")
---@field timeout? number    seconds for looking the name up (5)
---@field local_host? string the numeric address to send from (the system's choice)
---@field local_port? integer the port to send from (a free one)

--- A UDP socket, as from `udp.bind`.
---@class Socket
local Socket = {}

--- Waits for the next datagram. Only one task at a time may receive.
---
--- ```lua
--- local payload, host, port = socket:receive(0.1)
--- if payload then print(payload, host, port) else print(host.code) end
--- ```
---@param timeout? number seconds; 0 takes what is there
---@return string? payload "" for an empty datagram
---@return string|Error host  the sender's address; the failure: timeout, closed, truncated (with `partial`, `size`, `host`
---and `port`), refused and unreachable (an earlier datagram could not be delivered)
---@return integer? port
---@return number? time  with `timestamps`: when the kernel received it, as by `clock.time`
function Socket:receive(timeout) end

--- `for payload, host, port in socket:datagrams() do … end`: receives until the socket is closed. Another failure is
--- thrown.
---
--- ```lua
--- for payload, host, port in socket:datagrams() do
---   socket:send(payload:upper(), host, port)
--- end
--- ```
---@param timeout? number seconds for each
---@return fun(): string?, string?, integer?, number?
function Socket:datagrams(timeout) end

--- Sends a datagram. To a numeric address it leaves without waiting; a name is looked up first, and its first address of
--- the socket's family is taken. Where the kernel's send buffer is full, this waits up to 10 seconds.
---
--- Answers to datagrams that have arrived together leave together, at the latest when this turn of the event loop ends.
--- If one of those cannot be sent, the next send to the same destination (or close) says so; `err.host` and `err.port` are
--- that destination. In any case nil means that this call's datagram has not been sent.
---
--- ```lua
--- assert(socket:send("hello", "localhost", 5004))
--- ```
---@param payload string at most 65507 bytes over IPv4, 65527 over IPv6
---@param host? string a name or an address; none for a connected socket and a multicast sender's group
---@param port? integer 0, where a datagram comes from whose sender wants no answer (RFC 768), is unreachable
---@return true?
---@return Error? err  too_long, unreachable, refused, access_denied, wrong_family, name_not_found, timeout, closed
function Socket:send(payload, host, port) end

--- Joins a multicast group on this socket, from any source or from one only (RFC 3678). The socket hears what is sent to
--- the group on its port, and to no group that it has not joined, whatever other programs do.
---
--- ```lua
--- assert(socket:join("239.1.2.3", { interface = "lo" }))
--- ```
---@param group string 224.0.0.0 to 239.255.255.255, or ff00::/8
---@param options? MembershipOptions
---@return true?
---@return Error? err  already_member, no_interface, wrong_family, unreachable (no route to the group: give `interface`)
function Socket:join(group, options) end

--- Leaves a group that was joined with the same options.
---
--- ```lua
--- socket:join("239.1.2.3", { interface = "lo" })
--- assert(socket:leave("239.1.2.3", { interface = "lo" }))
--- ```
---@param group string  its address
---@param options? MembershipOptions
---@return true?
---@return Error? err  not_member, no_interface
function Socket:leave(group, options) end

---@class MembershipOptions
---@field interface? string|integer name, address or index of the network interface (the one to which the routes point)
---@field source? string  the numeric address of the only sender to be heard (any)

--- Sets options of this socket.
---
--- ```lua
--- assert(socket:set { ttl = 4, receive_buffer = 65536 })
--- ```
---@param options SocketSetOptions
---@return true?
---@return Error? err  no_interface, closed
function Socket:set(options) end

---@class SocketSetOptions
---@field ttl? integer             routers that a datagram may pass, 1 to 255
---@field broadcast? boolean       sending to broadcast addresses is permitted, SO_BROADCAST
---@field multicast_ttl? integer   routers that a datagram to a group may pass, 0 to 255
---@field multicast_loopback? boolean  members on this machine hear what this socket sends to a group
---@field multicast_interface? string|integer  name, address or index of the interface to send to groups by
---@field receive_buffer? integer  bytes, SO_RCVBUF
---@field send_buffer? integer     bytes, SO_SNDBUF

--- What this socket has done, and what the kernel holds for it.
---
--- ```lua
--- local info = assert(socket:info())
--- print(info.received, info.dropped)
--- ```
---@return SocketInfo? info
---@return Error? err  closed
function Socket:info() end

---@class SocketInfo
---@field received integer       datagrams that the script has received
---@field bytes_received integer
---@field truncated integer      of those, how many were cut
---@field sent integer           datagrams that the kernel has taken
---@field bytes_sent integer
---@field receive_calls integer  system calls that have asked for datagrams (recvmmsg), those in vain among them
---@field send_calls integer     system calls that have handed datagrams over (sendto, sendmmsg)
---@field waiting integer        datagrams that have been taken from the kernel and not yet been received by the script (at most 64)
---@field dropped integer        datagrams that found the receive buffer full
---@field receive_queue integer  bytes of the receive buffer in use, with the kernel's overhead
---@field receive_buffer integer bytes, as the kernel counts them: twice what was set
---@field send_queue integer
---@field send_buffer integer

--- Closes the socket. A waiting receive and `datagrams` end. Closing twice is no error.
---
--- ```lua
--- socket:close()
--- ```
---@return true?
---@return Error? err  what a datagram sent earlier has failed with, if nobody has been told yet
function Socket:close() end

--- The local port, useful after `port = 0`.
---
--- ```lua
--- print("bound to port " .. socket:port())
--- ```
---@return integer
function Socket:port() end

--- The address and port that the socket is bound to.
---
--- ```lua
--- print(socket:local_address())
--- ```
---@return string address
---@return integer port
function Socket:local_address() end

--- The peer of a connected socket, the group of a multicast sender; nothing for others.
---
--- ```lua
--- local connected = assert(udp.connect("localhost", 5004))
--- print(connected:peer_address())
--- ```
---@return string? address
---@return integer? port
function Socket:peer_address() end

return udp
