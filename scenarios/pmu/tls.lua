--- The PMU of pmu/tcp behind TLS: who it is, a certificate says, and an authority that the PDC trusts has signed it.
local scenario = require "moonwire.scenario"
local tls, x509 = require "moonwire.tls", require "moonwire.x509"
local pmu, authority, log_session = require "pmu", require "authority", require "log_session"

-- What the authority has made in a run of all roles, which needs no files.
local made = {}

local function save(p, object, name)
  local path = p.folder .. "/" .. name
  assert(object:save(path))
  print("wrote " .. path)
end

return scenario.define {
  summary = "PMU measurements over TLS: keys, a certificate request, an authority, and what a PDC must check",
  params = {
    server      = { "localhost", "the PMU's name; its certificate must be for this name" },
    port        = { 5003, "the PMU's port", type = "port" },
    certificate = { "pmu.crt", "the PMU's certificate, a PEM file", type = "file" },
    key         = { "pmu_key.pem", "the PMU's private key, a PEM file", type = "file" },
    passphrase  = { "", "of the private key, if it is encrypted" },
    ca          = { "ca.crt", "the authority that the PDC trusts, a PEM file", type = "file" },
    common_name = { true, "accept a name in the subject's CN, as the lab's openssl commands leave it there" },
    command     = { "CMD_short:0", "what the PDC asks for: CMD_short:d (d seconds between messages) or CMD_floodme" },
    count       = { 10, "how many messages CMD_short brings", type = "integer", min = 1, max = 1000000 },
    flood_size  = { 1000000, "how much CMD_floodme brings", type = "size", min = 1, max = 64 * 1024 * 1024 },
    settle      = { 0.05, "how long the PMU waits whether more digits of d follow", type = "duration", min = 0, max = 60 },
    idle        = { 300, "after how long a silent peer is given up", type = "duration", min = 0 },
    key_log     = { "", "a file for the secrets of the sessions, with which Wireshark decrypts them", type = "file" },
    folder      = { ".", "where the authority reads and writes its files", type = "file" },
    name        = { "localhost", "the name that the authority writes into the certificate" },
    subject     = { "/O=PMU Lab/CN=localhost", "whose certificate it is, as for openssl req -subj" },
    days        = { 30, "for how long certificates are valid", type = "integer", unit = "days", min = 0, max = 3650 },
    key_type    = { "rsa", "rsa: 2048 bits, as in the lab; p256: an elliptic curve", choices = { "rsa", "p256" } },
  },
  roles = {
    ca = {
      help = "the authority: makes the PMU's key, request and certificate, and itself where there is none yet",
      args = { "folder", "name" },
      run = function(p)
        if not scenario.alone() then
          local ca, ca_key = authority.make(p)
          local key, _, certificate = authority.issue(p, ca, ca_key)
          made = { ca = ca, key = key, certificate = certificate }
          return scenario.ready()
        end
        local certificates, err = x509.load(p.folder .. "/ca.crt")
        local ca, ca_key
        if certificates then
          ca, ca_key = certificates[1], assert(x509.load_key(p.folder .. "/ca_key.pem"))
        else
          assert(err.code == "no_such_file", err)
          ca, ca_key = authority.make(p)
          save(p, ca_key, "ca_key.pem")
          save(p, ca, "ca.crt")
        end
        local key, request, certificate = authority.issue(p, ca, ca_key)
        save(p, key, "pmu_key.pem")
        save(p, request, "pmu.csr")
        save(p, certificate, "pmu.crt")
      end,
    },
    pmu = {
      help = "the measuring device: serves many PDCs at once",
      args = { "port", "certificate", "key" },
      after = "ca",
      run = function(p)
        local server = assert(tls.listen {
          port = p.port, family = "ipv4", key_log = p.key_log,
          certificate = made.certificate or p.certificate, key = made.key or p.key,
          passphrase = p.passphrase ~= "" and p.passphrase or nil,
        })
        scenario.ready(server)
        server:serve(function(conn)
          log_session(conn:tls())
          pmu.serve(conn, p)
        end, { refused = function(err) scenario.log("turned away: %s", err) end })
      end,
    },
    pdc = {
      help = "the data concentrator: checks the PMU's certificate, then prints one message a line",
      args = { "command", "ca" },
      after = "pmu",
      run = function(p)
        local conn = assert(tls.connect(p.server, p.port, {
          family = "ipv4", ca = made.ca or p.ca, common_name = p.common_name, key_log = p.key_log,
        }))
        log_session(conn:tls())
        pmu.ask(conn, p)
      end,
    },
  },
}
