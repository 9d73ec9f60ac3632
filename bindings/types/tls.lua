---@meta moonwire.tls

--- TLS 1.3 and 1.2 (RFC 8446, RFC 5246) over TCP, or over any other connection. A TLS connection reads, writes and
--- closes like one of moonwire.tcp.
---
--- Misuse (a wrong type, an unknown option, ciphers that nobody knows) throws. What the network, the peer or a file can
--- cause is returned as `nil, err`; the words of `err.code` are those of moonwire.tcp and `TlsErrorCode`.
---
--- Certificates and keys are given as the path of a PEM file, as PEM text, or as objects of moonwire.x509; certificates also
--- as a list of these.
---@class moonwire.tls
local tls = {}

---@alias TlsErrorCode
---| "certificate_expired"       # the peer's certificate, or one that it leads to, has expired
---| "certificate_not_yet_valid" # … is not valid yet: is the clock right?
---| "certificate_revoked"       # … was revoked by its issuer
---| "self_signed_certificate"   # the certificate has signed itself, and is none of those in `ca`
---| "unknown_authority"         # the chain does not lead to an authority in `ca`
---| "wrong_host_name"           # the certificate is another host's (RFC 9525)
---| "wrong_purpose"             # a certificate is used for what it was not made for (a client's for a server, …)
---| "bad_signature"             # a signature is not the issuer's
---| "weak_key"                  # a key of less than 112 bits of security (RSA below 2048)
---| "weak_signature"            # a signature with a digest that is not safe any more (SHA-1)
---| "bad_certificate"           # anything else that is wrong with the peer's certificate
---| "no_common_version"         # no version of TLS that both sides accept
---| "no_common_cipher"          # no cipher, group or signature algorithm that both sides accept; in TLS 1.2 servers say this, too, for a missing certificate of the client
---| "no_common_protocol"        # no application protocol that both sides accept (ALPN)
---| "certificate_required"      # the server wants a certificate of the client, and got none
---| "certificate_refused"       # the peer does not accept this side's certificate; the message has its reason
---| "refused_by_peer"           # the peer ended the connection with another alert; the message names it
---| "not_tls"                   # what arrived is not TLS: the peer expects a plain connection
---| "protocol_error"            # what arrived breaks the protocol, or was changed on the way
---| "truncated"                 # the connection ended without close_notify: somebody may have cut it off
---| "no_such_file"              # a certificate's or a key's file does not exist
---| "bad_certificate_file"      # it holds no certificate, or a damaged one
---| "bad_key_file"              # it holds no private key, or a damaged one
---| "wrong_passphrase"          # the key is encrypted, with another passphrase or when none was given
---| "key_mismatch"              # the key is not that of the certificate

--- What the options of clients and servers have in common.
---@class TlsOptions
---@field certificate? string|string[] who this end is: its certificate, followed by those that lead to an authority, in one file or several; sent as they are
---@field key? string            the private key of the first certificate; with `certificate` only
---@field passphrase? string     of an encrypted key
---@field ca? string|string[]    whom to trust: certificates of authorities, or the very certificates of peers (the system's authorities)
---@field min_version? "1.2"|"1.3"  the oldest version of TLS that this end speaks ("1.2")
---@field max_version? "1.2"|"1.3"  the newest ("1.3")
---@field ciphers? string        for TLS 1.2, a list as of openssl-ciphers(1) ("ECDHE+AESGCM:ECDHE+CHACHA20"); those of TLS 1.3 are all good
---@field alpn? string|string[]  application protocols (RFC 7301), the preferred one first (none). The server's preference decides; a client that offers none is served without
---@field key_log? string        a file that the connections' secrets are appended to (NSS key log format), so that Wireshark can decrypt what it has captured: whoever has the file can, too (none)

---@class TlsClientOptions: TlsOptions
---@field verify? boolean        the server's certificate must be right (true). False: anybody may be the server
---@field common_name? boolean   names in the subject's CN count where the certificate has no subjectAltName (false)

---@class TlsServerOptions: TlsOptions
---@field client_certificate? "none"|"optional"|"required" what the server asks of clients; "optional": none is good, a wrong one is not ("none")
---@field names? table<string, TlsIdentity> other certificates, by the name that clients ask for (SNI, RFC 6066); "*.example.org" stands for one label. Who asks for none of these gets `certificate`

---@class TlsIdentity
---@field certificate string|string[]  as of `TlsOptions`
---@field key string              its private key
---@field passphrase? string      of an encrypted key

--- What `tls.client` and `tls.server` return: certificates, keys and rules, for any number of connections.
---@class TlsContext
local Context = {}

--- What `connection:session()` returns: what two ends have agreed on, to be resumed by a later connection.
---@class TlsSession
local Session = {}

--- Reads certificates and keys once, for many connections.
---
--- ```lua
--- local context = assert(tls.client { ca = "lab_ca.pem", min_version = "1.3" })
--- local connection = assert(tls.connect("localhost", 5003, { context = context }))
--- ```
---@param options? TlsClientOptions
---@return TlsContext? context
---@return Error? err  no_such_file, bad_certificate_file, bad_key_file, wrong_passphrase, key_mismatch, weak_key, weak_signature, access_denied
function tls.client(options) end

--- The same for servers, which need `certificate` and `key`.
---
--- ```lua
--- local context = assert(tls.server { certificate = "pmu.pem", key = "pmu_key.pem" })
--- local server = assert(tls.listen { port = 7000, context = context })
--- ```
---@param options TlsServerOptions
---@return TlsContext? context
---@return Error? err  as of `tls.client`
function tls.server(options) end

--- Connects by TCP, as `tcp.connect` does, and makes the TLS handshake.
---
--- A server that wants a client's certificate refuses in TLS 1.3 only when the client's handshake is over: then the first
--- read says certificate_required or certificate_refused.
---
--- ```lua
--- local connection = assert(tls.connect("localhost", 5003, { ca = "lab_ca.pem" }))
--- print(connection:tls().cipher)
--- ```
---@param host string  a name or a numeric address
---@param port integer  1 to 65535
---@param options? TlsConnectOptions
---@return TlsConnection? connection
---@return Error? err  those of `tcp.connect`, `tls.client` and `TlsErrorCode`; closed, reset in the middle of the handshake
function tls.connect(host, port, options) end

--- With the options of `tls.client`, or `context`.
---@class TlsConnectOptions: ConnectOptions, TlsClientOptions
---@field timeout? number      seconds for resolving, connecting and the handshake together (10)
---@field context? TlsContext  what tls.client returned, instead of its options
---@field name? string         whom the certificate has to be for, a host name or an address (`host`); a name is sent as SNI
---@field session? TlsSession  what `connection:session()` of an earlier connection to this server returned, to resume it. It is passed over if that connection's certificate was not good or not for `name`; otherwise it is not verified again. A server that does not know it makes a full handshake

--- Opens a listening socket, as `tcp.listen` does. Handshakes are made side by side: a client that stalls in its own
--- holds up nobody.
---
--- ```lua
--- local server = assert(tls.listen { port = 7000, certificate = "pmu.pem", key = "pmu_key.pem" })
--- ```
---@param options TlsListenOptions
---@return TlsServer? server
---@return Error? err  those of `tcp.listen` and `tls.server`
function tls.listen(options) end

--- With the options of `tls.server`, or `context`.
---@class TlsListenOptions: ListenOptions, TlsServerOptions
---@field context? TlsContext        what tls.server returned, instead of its options
---@field handshake_timeout? number  seconds that a client's handshake may take (10)
---@field max_handshakes? integer    handshakes under way, or done and not yet accepted; more clients wait in the backlog (256)

--- Makes a TLS handshake over a connection that has begun in plain (STARTTLS), or a second one inside of TLS. Nobody may
--- be reading from the connection. The same object is returned: it is the TLS connection from then on. When it fails, the
--- connection has been closed.
---
--- ```lua
--- local connection = assert(tcp.connect("localhost", 5003))
--- local context = assert(tls.client { ca = "lab_ca.pem" })
--- assert(tls.wrap(connection, { context = context, name = "localhost" }))
--- ```
---@param connection Connection|TlsConnection  nobody may be reading from it
---@param options TlsWrapOptions
---@return TlsConnection? connection
---@return Error? err  timeout, closed, reset, `TlsErrorCode`
function tls.wrap(connection, options) end

---@class TlsWrapOptions
---@field context TlsContext   what tls.client or tls.server returned: this end's role
---@field name? string         a client: whom the certificate has to be for; needed unless the context has verify = false
---@field session? TlsSession  a client: as of `tls.connect`
---@field timeout? number      seconds (10)

--- A listening socket, with all that `Server` of moonwire.tcp has.
---@class TlsServer
local Server = {}

--- Waits for the next client whose handshake is over. A client that was turned away is a failure with `err.client` true:
--- the server goes on. A stalled one is "timeout" with `err.client` true; "timeout" without is about this call.
---
--- ```lua
--- local connection, err = server:accept(10)
--- if not connection then print(err.client, err) end
--- ```
---@param timeout? number seconds
---@return TlsConnection? connection
---@return TlsAcceptError? err  timeout, closed, `TlsErrorCode`
function Server:accept(timeout) end

---@class TlsAcceptError: Error
---@field client boolean  this client was turned away, and no more

--- `for connection in server:clients() do … end`: accepts until the server is closed. Clients that were turned away are
--- reported on standard error.
---
--- ```lua
--- for connection in server:clients() do
---   connection:write(connection:tls().cipher .. "\n")
---   connection:close()
--- end
--- ```
---@return fun(): TlsConnection?
function Server:clients() end

--- As `Server:serve` of moonwire.tcp, with the clients whose handshakes are over.
---
--- ```lua
--- server:serve(function(connection)
---   for line in connection:lines() do connection:write(line:upper() .. "\n") end
--- end, { refused = function(err) print(err) end })
--- ```
---@param handler fun(connection: TlsConnection)  gets each connection
---@param options? ServeOptions
function Server:serve(handler, options) end

--- Stops listening and gives up the handshakes under way. A waiting accept, `clients` or `serve` ends; accepted
--- connections live on.
---
--- ```lua
--- server:close()
--- ```
function Server:close() end

--- The local port, useful after `port = 0`.
---
--- ```lua
--- print("listening on port " .. server:port())
--- ```
---@return integer
function Server:port() end

--- The local address and port.
---
--- ```lua
--- print(server:local_address())
--- ```
---@return string address
---@return integer port
function Server:local_address() end

--- A TLS connection, with all that `Connection` of moonwire.tcp has. What differs:
---
--- - The stream ends, with "closed", where the peer has said so (close_notify). Where the connection ends without, reads
---   say "truncated", `read_all` too, with `partial`.
--- - `shutdown` sends close_notify, and no FIN; the other direction can still be read.
--- - `close` sends close_notify before FIN. `abort` sends nothing but RST.
--- - `info`, `set`, `local_address` and `peer_address` are about the TCP connection below, `bytes_read` and
---   `bytes_written` about what the script has read and written.
---@class TlsConnection: Connection
local Connection = {}

--- What the handshake has agreed on, in the names of the IANA registries, and who the peer is.
---
--- ```lua
--- local tls = connection:tls()
--- print(tls.version, tls.cipher, tls.peer_chain[1].subject)
--- ```
---@return TlsInfo
function Connection:tls() end

---@class TlsInfo
---@field version string         "TLSv1.3"
---@field cipher string          "TLS_AES_256_GCM_SHA384"
---@field group? string          of the key exchange: "x25519"; nil where a session of TLS 1.2 was resumed
---@field protocol? string       chosen by ALPN
---@field server_name? string    that the client has asked for (SNI)
---@field verified boolean       the peer's chain leads to a trusted authority, and a server's name is right
---@field resumed boolean        an earlier session was resumed
---@field handshake_time number  seconds
---@field peer_chain TlsPeerCertificate[] the peer's certificates, its own first; empty where a client has shown none. After a resumed session the first only

---@class TlsPeerCertificate
---@field subject string         RFC 4514: "CN=localhost,O=Lab"
---@field issuer string
---@field serial string          hexadecimal
---@field not_before number      seconds since 1970
---@field not_after number       seconds since 1970, the last in which it is valid
---@field names string[]         DNS names and addresses of subjectAltName
---@field key_type string        "rsa", "p256", "p384", …
---@field key_bits integer
---@field signature_algorithm string "ecdsa-with-SHA256"
---@field sha256 string          fingerprint, "3A:07:…"
---@field sha1 string

--- A session for the option `session` of later connections, which then need no certificates and fewer calculations. In
--- TLS 1.3 there is none before something was read: the server's ticket comes after the handshake. Each is best used once
--- (RFC 8446, appendix C.4): a resumed connection has one of its own. A server's connection has none any more once it
--- is closed.
---
--- ```lua
--- connection:write("hello\n")
--- connection:read_line()
--- local again = assert(tls.connect("localhost", 5003, { ca = "lab_ca.pem", session = connection:session() }))
--- print(again:tls().resumed)
--- ```
---@return TlsSession? session
function Connection:session() end

return tls
