---@meta moonwire.impair

--- Lossy relays: they stand between a server and its clients as a bad network does, without root. Clients talk to the
--- relay's port instead of the server's. What is drawn by chance comes from the run's seed, for each client and each way
--- apart: with the same `--seed` the same datagrams of a client are lost, whatever else happens. (`moonwire run SCENARIO
--- --impair drop=0.3` puts such a relay before a scenario's server.)
---@class moonwire.impair
local impair = {}

--- A relay for datagrams: loses, delays, reorders and duplicates them. The server sees each client at a port of its own.
---
--- ```lua
--- local relay = assert(impair.udp { target = "localhost:5004", drop = 0.3, delay = 0.05 })
--- local socket = assert(udp.connect("localhost", relay:port()))
--- ```
---@param options UdpRelayOptions
---@return UdpRelay? relay
---@return Error? err  address_in_use, access_denied, address_not_available: of the relay's own address; name_not_found,
---timeout: the target has no address
function impair.udp(options) end

--- A relay for connections: delays them, stalls them, cuts them off. (TCP makes good for what is lost; what remains of a
--- loss is a stall, until the sender has sent again.)
---
--- ```lua
--- local relay = assert(impair.tcp { target = "localhost:5003", delay = 0.05, cut_after = 1000 })
--- local connection = assert(tcp.connect("localhost", relay:port()))
--- ```
---@param options TcpRelayOptions
---@return TcpRelay? relay
---@return Error? err  address_in_use, access_denied, address_not_available: of the relay's own address; name_not_found,
---timeout: the target has no address
function impair.tcp(options) end

---@class RelayOptions
---@field target string         the server's host and port, "localhost:5004" or "[::1]:5004". Of a name's addresses a client
---gets those of its own version of IP first
---@field host? string          the local name or address of the relay itself ("*", every address of the family)
---@field port? integer         its port; 0: a free one, see `port` (0)
---@field family? "any"|"ipv4"|"ipv6"  of the relay's own address; "any" with host "*" is one socket for both ("any")
---@field max_clients? integer  so many at once: datagrams of more are dropped, connections of more wait (256)

---@class UdpRelayOptions: RelayOptions, DatagramFaultOptions
---@field idle? number          seconds after which a client that nothing has passed for is forgotten (60)

---@class TcpRelayOptions: RelayOptions, StreamFaultOptions

---@class DatagramFaultOptions
---@field drop? number       probability that a datagram is lost, 0 to 1 (0)
---@field duplicate? number  probability that it arrives twice, 0 to 1 (0)
---@field reorder? number    probability that it is held back until the next one has overtaken it, 0 to 1 (0)
---@field hold? number       seconds for which a datagram is held back at most, if no other one comes (0.1)
---@field delay? number      seconds that each takes longer (0)
---@field jitter? number     up to so many seconds more, drawn for each; the order stays (0)
---@field rate? number       bytes a second that pass, at least 1 (any number)
---@field queue? integer     datagrams that may wait, of each client each way; what comes then is dropped (1000)
---@field direction? "both"|"to_target"|"to_client"  which way this happens; the other way only forwards ("both")

---@class StreamFaultOptions
---@field delay? number         seconds that each byte takes longer; a megabyte each way is on its way at most (0)
---@field jitter? number        up to so many seconds more (0)
---@field stall? number         seconds for which nothing is forwarded, whenever one of the next three says so
---@field stall_after? integer  … when so many bytes have been forwarded
---@field stall_at? number      … so many seconds after the connection's beginning
---@field stall_every? integer  … at places that are so many bytes apart on average, each drawn
---@field cut_after? integer    the connection is reset when so many bytes have been forwarded
---@field cut_at? number        the connection is reset so many seconds after its beginning
---@field direction? "both"|"to_target"|"to_client"  which way this happens (`cut_at`: to both); the other way only
---forwards ("both")

--- A relay for datagrams, as from `impair.udp`. It ends by `close`, or when nobody holds it any more.
---@class UdpRelay
local UdpRelay = {}

--- Sets what happens from now on. What is not given does not happen any more: `relay:set {}` mends the path.
---
--- ```lua
--- relay:set { drop = 1 }
--- relay:set {}
--- ```
---@param options DatagramFaultOptions
function UdpRelay:set(options) end

--- What the relay has done.
---
--- ```lua
--- local info = relay:info()
--- print(info.to_target.received, info.to_target.dropped, info.to_client.forwarded)
--- ```
---@return UdpRelayInfo
function UdpRelay:info() end

---@class UdpRelayInfo
---@field clients integer           those that are not forgotten
---@field to_target DatagramCounts  from the clients to the server
---@field to_client DatagramCounts  from the server to the clients

---@class DatagramCounts
---@field received integer          datagrams that have arrived at the relay
---@field bytes_received integer    their payload, as all bytes here
---@field forwarded integer         have left, duplicates included
---@field bytes_forwarded integer
---@field dropped integer           by chance
---@field bytes_dropped integer
---@field duplicated integer        copies that were made
---@field bytes_duplicated integer
---@field reordered integer         were overtaken
---@field bytes_reordered integer
---@field delayed integer           have waited
---@field bytes_delayed integer
---@field overflowed integer        dropped because the queue was full
---@field bytes_overflowed integer
---@field failed integer            could not be sent, or came from one client too many
---@field bytes_failed integer
---@field waiting integer           are on their way now

--- The address and port that clients have to talk to.
---
--- ```lua
--- print(relay:local_address())
--- ```
---@return string address
---@return integer port
function UdpRelay:local_address() end

--- The port that clients have to talk to.
---
--- ```lua
--- print("the server by way of port " .. relay:port())
--- ```
---@return integer
function UdpRelay:port() end

--- Ends the relay; what is on its way is lost. Closing twice is no error.
---
--- ```lua
--- relay:close()
--- ```
function UdpRelay:close() end

--- A relay for connections, as from `impair.tcp`. It ends by `close`, or when nobody holds it any more.
---@class TcpRelay
local TcpRelay = {}

--- Sets what happens from now on, to open connections, too: their bytes and times count from here. What is not given does
--- not happen any more: `relay:set {}` mends the path, and ends a stall.
---
--- ```lua
--- relay:set { stall = 5, stall_after = 0 }
--- relay:set {}
--- ```
---@param options StreamFaultOptions
function TcpRelay:set(options) end

--- What the relay has done.
---
--- ```lua
--- local info = relay:info()
--- print(info.connections, info.cut, info.to_client.bytes_forwarded)
--- ```
---@return TcpRelayInfo
function TcpRelay:info() end

---@class TcpRelayInfo
---@field connections integer     accepted until now
---@field open integer            of these: open now
---@field unreachable integer     of these: reset because the server did not answer
---@field cut integer             of these: reset by the relay
---@field broken integer          of these: reset by the client or by the server
---@field to_target StreamCounts  from the clients to the server
---@field to_client StreamCounts  from the server to the clients

---@class StreamCounts
---@field received integer         pieces that have arrived: what one read has brought
---@field bytes_received integer
---@field forwarded integer        pieces that have left
---@field bytes_forwarded integer
---@field delayed integer          pieces that have waited for a delay or a stall
---@field bytes_delayed integer
---@field stalls integer           how often nothing was forwarded for a while

--- The address and port that clients have to connect to.
---
--- ```lua
--- print(relay:local_address())
--- ```
---@return string address
---@return integer port
function TcpRelay:local_address() end

--- The port that clients have to connect to.
---
--- ```lua
--- print("the server by way of port " .. relay:port())
--- ```
---@return integer
function TcpRelay:port() end

--- Ends the relay and resets its connections. Closing twice is no error.
---
--- ```lua
--- relay:close()
--- ```
function TcpRelay:close() end

return impair
