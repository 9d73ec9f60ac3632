---@meta moonwire.dns

--- Names and their addresses.
---@class moonwire.dns
local dns = {}

--- Looks up all addresses of a name as the system does it (hosts file, DNS), both IP versions, in the order in which they
--- are to be tried (RFC 6724). A numeric address is its own answer.
---
--- ```lua
--- for _, address in ipairs(assert(dns.resolve("localhost"))) do print(address) end
--- ```
---@param name string  a name or a numeric address
---@param options? ResolveOptions
---@return string[]? addresses at least one
---@return Error? err  name_not_found, timeout
function dns.resolve(name, options) end

---@class ResolveOptions
---@field family? "any"|"ipv4"|"ipv6"  which addresses of the name are wanted ("any")
---@field timeout? number  seconds (5)

return dns
