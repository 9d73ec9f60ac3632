--- Says what both sides of a TLS connection have agreed on, and who the peer is. `session` is what conn:tls() returned.
local scenario, clock = require "moonwire.scenario", require "moonwire.clock"

return function(session)
  scenario.log("%s, %s, key exchange %s", session.version, session.cipher, session.group)
  for depth, certificate in ipairs(session.peer_chain) do
    scenario.log("certificate %d: %s, issued by %s, valid until %s", depth - 1, certificate.subject, certificate.issuer,
                 clock.date("!%Y-%m-%d %H:%M:%S UTC", certificate.not_after))
  end
end
