--- The PMU of pmu/tcp over WebSocket: what is sent as a message arrives as a message, so nobody has to look for its end.
local scenario = require "moonwire.scenario"
local ws = require "moonwire.ws"
local pmu, authority, log_session = require "pmu", require "authority", require "log_session"

-- What the authority has made in a run of all roles, which needs no files.
local made = {}

local function make_certificates(p)
  local how = { key_type = "p256", days = 1, name = p.server, subject = { CN = p.server } }
  local ca, ca_key = authority.make(how)
  local key, _, certificate = authority.issue(how, ca, ca_key)
  return { ca = ca, key = key, certificate = certificate }
end

-- The PMU's TLS: none for ws://.
local function server_tls(p)
  if p.secure and not scenario.alone() then
    made = make_certificates(p)
  end
  return p.secure and {
    certificate = made.certificate or p.certificate, key = made.key or p.key, key_log = p.key_log,
    passphrase = p.passphrase ~= "" and p.passphrase or nil,
  } or nil
end

local function client_tls(p)
  return p.secure and { ca = made.ca or p.ca, common_name = p.common_name, key_log = p.key_log } or nil
end

-- A command is a message.
local function read_command(conn, p)
  local command, binary = conn:receive(p.idle)
  if command then
    return binary and command:gsub("[\128-\255]", "?") or command
  end
  return nil, binary
end

-- A text is a message, by one send().
local function send(conn, text)
  local sent, err = conn:send(text)
  if sent then
    return conn:flush()
  end
  return nil, err
end

local function url(p)
  local host = p.server:find(":", 1, true) and "[" .. p.server .. "]" or p.server
  return ("%s://%s:%d/"):format(p.secure and "wss" or "ws", host, p.port)
end

-- Prints what comes, one message a line, until the PMU closes.
local function print_messages(conn, p)
  local message, err = conn:receive(p.idle)
  while message do
    if p.command ~= "CMD_floodme" and message:sub(1, #pmu.PREFIX) ~= pmu.PREFIX then
      error("no message from the PMU: " .. message, 0)
    end
    print(message)
    message, err = conn:receive(p.idle)
  end
  if err.close_code ~= 1000 and err.close_code ~= 1005 then
    error(err, 0)
  end
end

return scenario.define {
  summary = "PMU measurements over WebSocket: messages on top of a byte stream",
  params = {
    server      = { "localhost", "the PMU's name or address; its certificate must be for this name" },
    port        = { 5006, "the PMU's port", type = "port" },
    command     = { "CMD_short:0.1", "what the PDC asks for: CMD_short:d (d seconds between messages) or CMD_floodme" },
    count       = { 10, "how many messages CMD_short brings", type = "integer", min = 1, max = 1000000 },
    flood_size  = { 1000000, "how much CMD_floodme brings", type = "size", min = 1, max = 64 * 1024 * 1024 },
    fragment    = { 0, "longer messages leave the PMU in frames of so many bytes; 0: each in one frame", type = "size" },
    nodelay     = { true, "the PMU sends every message at once, without Nagle's algorithm (TCP_NODELAY)" },
    max_message = { 64 * 1024 * 1024, "the longest message that the PDC takes", type = "size", min = 1,
                    max = 1024 * 1024 * 1024 },
    idle        = { 300, "after how long a silent peer is given up", type = "duration", min = 0 },
    secure      = { false, "wss: TLS below WebSocket" },
    certificate = { "pmu.crt", "wss: the PMU's certificate, a PEM file", type = "file" },
    key         = { "pmu_key.pem", "wss: the PMU's private key, a PEM file", type = "file" },
    passphrase  = { "", "wss: of the private key, if it is encrypted" },
    ca          = { "ca.crt", "wss: the authority that the PDC trusts, a PEM file", type = "file" },
    common_name = { true, "wss: accept a name in the subject's CN, as the lab's openssl commands leave it there" },
    key_log     = { "", "wss: a file for the secrets of the sessions, with which Wireshark decrypts them", type = "file" },
  },
  roles = {
    pmu = {
      help = "the measuring device: serves many PDCs at once",
      run = function(p)
        local server = assert(ws.listen {
          port = p.port, tls = server_tls(p), nodelay = p.nodelay, fragment_size = p.fragment,
          max_message = pmu.LONGEST,
        })
        scenario.ready(server)
        server:serve(function(conn)
          if p.secure then
            log_session(conn:tls())
          end
          pmu.serve(conn, p, read_command, send)
        end, { refused = function(err) scenario.log("turned away: %s", err) end })
      end,
    },
    pdc = {
      help = "the data concentrator: prints one message a line",
      args = { "server", "port", "command" },
      after = "pmu",
      run = function(p)
        local conn = assert(ws.connect(url(p), { max_message = p.max_message, tls = client_tls(p) }))
        if p.secure then
          log_session(conn:tls())
        end
        local handshake = assert(conn:tcp_info())
        assert(conn:send(p.command))
        print_messages(conn, p)
        local info, tcp = conn:info(), assert(conn:tcp_info())
        pmu.report(info.messages_received, info.bytes_received,
                   tcp.data_segments_received - handshake.data_segments_received)
      end,
    },
  },
}
