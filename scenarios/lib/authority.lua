--- The lab's steps to a certificate: an authority, a server's key, its request, and the authority's signature.
local x509 = require "moonwire.x509"

local authority = {}

--- A new authority: its certificate, which signs itself, and its key. `p` has the `key_type` ("rsa" or "p256"), and for
--- how many `days` the certificate is valid.
function authority.make(p)
  local key = x509.key { type = p.key_type }
  return x509.authority { key = key, subject = { CN = "PMU Lab CA" }, days = p.days }, key
end

--- openssl genrsa; openssl req -new; then the authority signs. The certificate is for the name `p.name`, and for the
--- subject `p.subject`.
function authority.issue(p, ca, ca_key)
  local key = x509.key { type = p.key_type }
  local request = x509.request { key = key, subject = p.subject, names = { p.name } }
  return key, request, assert(x509.sign { request = request, ca = ca, ca_key = ca_key, days = p.days })
end

return authority
