---@meta moonwire.dns

--- Names and their addresses.
---@class moonwire.dns
local dns = {}

--- Looks up all addresses of a name as the system does it (hosts file, DNS), both IP versions, in the order in which they
--- are to be tried (RFC 6724). A numeric address is its own answer.
---@param name string
---@param options? { family?: "any"|"ipv4"|"ipv6", timeout?: number } timeout in seconds (5)
---@return string[]? addresses at least one
---@return Error? err  name_not_found, timeout
function dns.resolve(name, options) end

return dns
