---@meta moonwire.multicast

--- Multicast groups: sockets that hear or speak to them, and the interfaces of this machine.
---@class moonwire.multicast
local multicast = {}

--- A socket that hears one group on one port and nothing else. Any number of them, in any number of programs on this
--- machine, hear the same group.
---
--- ```lua
--- local tv = assert(multicast.receiver("239.1.2.3", 0, { interface = "lo" }))
--- print(tv:receive(0))  -- nil and "timeout" where nothing has come
--- ```
---@param group string 224.0.0.0 to 239.255.255.255, or ff00::/8
---@param port integer 0: a free one
---@param options? ReceiverOptions
---@return Socket? socket
---@return Error? err  no_interface, unreachable (no route to the group: give `interface`), address_in_use
function multicast.receiver(group, port, options) end

--- What a socket and a membership have.
---@class ReceiverOptions: SocketOptions, MembershipOptions

--- A socket whose `send(payload)` goes to the group. It hears what members answer to it.
---
--- ```lua
--- local tv = assert(multicast.sender("239.1.2.3", 5005, { interface = "lo" }))
--- assert(tv:send("good evening"))
--- ```
---@param group string  224.0.0.0 to 239.255.255.255, or ff00::/8
---@param port integer  1 to 65535
---@param options? SenderOptions
---@return Socket? socket
---@return Error? err  no_interface
function multicast.sender(group, port, options) end

---@class SenderOptions: SocketOptions
---@field interface? string|integer name, address or index of the interface to send by (the one to which the routes point)
---@field ttl? integer       routers that the datagrams may pass (1: they stay on their link)
---@field loopback? boolean  members on this machine hear them, too; over the loopback interface they always do (true)

--- The network interfaces of this machine.
---
--- ```lua
--- for _, interface in ipairs(multicast.interfaces()) do print(interface.name, interface.up) end
--- ```
---@return Interface[]
function multicast.interfaces() end

---@class Interface
---@field name string
---@field index integer
---@field up boolean
---@field multicast boolean  says that it can; the loopback interface does not, but can for IPv4 when it is asked for
---@field loopback boolean
---@field addresses string[]

return multicast
