---@meta moonwire.x509

--- Keys, certificates and certificate requests (X.509, RFC 5280; PKCS#10, RFC 2986) in PEM files, as the program `openssl`
--- reads and writes them. What the lab does by hand with `openssl genrsa` and `openssl req -new`:
---
---     local key = x509.key()
---     key:save("pmu_key.pem")
---     x509.request { key = key, subject = "/C=CH/CN=localhost", names = { "localhost" } }:save("pmu.csr")
---
--- and what the authority does:
---
---     local ca_key = x509.key()
---     local ca = x509.authority { key = ca_key, subject = { CN = "Lab CA" } }
---     local crt = assert(x509.sign { request = assert(x509.load_request("pmu.csr")), ca = ca, ca_key = ca_key })
---     crt:save("pmu.crt")
---
--- Times are seconds since 1970, as from `clock.time`. Calls block the engine while they work: files are read and written
--- at once, and an RSA key of 2048 bits takes about 0.1 seconds (of 4096 about a second, now and then several); a P-256 key
--- takes none to speak of.
---@class moonwire.x509
local x509 = {}

---@alias X509ErrorCode
---| "bad_certificate_file"      # the file holds no certificate (no request), or a damaged one
---| "bad_key_file"              # the file holds no private key, or a damaged one
---| "wrong_passphrase"          # the key is encrypted, with another passphrase or when none was given
---| "key_mismatch"              # the private key is not the certificate's
---| "no_such_file"              # there is no such file or folder
---| "access_denied"             # the system does not permit to read or write the file
---| "certificate_expired"       # the time is after `not_after`
---| "certificate_not_yet_valid" # the time is before `not_before`
---| "certificate_revoked"       # the issuer has taken it back
---| "self_signed_certificate"   # it has signed itself, and is none of the trusted ones
---| "unknown_authority"         # its chain does not lead to a trusted authority
---| "wrong_host_name"           # it is another host's
---| "wrong_purpose"             # a certificate of the chain is used for what it was not made for
---| "bad_signature"             # its signature is not its issuer's
---| "weak_key"                  # a key gives less than 112 bits of security (RSA below 2048)
---| "weak_signature"            # signed with a digest that is not safe any more (MD5, SHA-1)
---| "bad_certificate"           # anything else that makes a certificate unacceptable
---| "system"                    # anything else; the message has the system's own words

--- Makes a private key.
---
--- ```lua
--- local key = x509.key { type = "p256" }
--- ```
---@param options? KeyOptions
---@return PrivateKey
function x509.key(options) end

---@class KeyOptions
---@field type? "rsa"|"p256"|"p384"  the kind of key ("rsa")
---@field bits? integer  of an RSA key, 2048 to 8192 (2048)

--- Reads the private key in a PEM file: PKCS#8, encrypted or not, or the older forms of RSA and EC keys.
---
--- ```lua
--- local key = assert(x509.load_key("pmu_key.pem"))
--- ```
---@param path string  the file's
---@param passphrase? string for an encrypted key
---@return PrivateKey? key
---@return Error? err  no_such_file, access_denied, bad_key_file, wrong_passphrase
function x509.load_key(path, passphrase) end

--- The same from PEM text.
---
--- ```lua
--- local text = x509.key({ type = "p256" }):pem("secret")
--- local key = assert(x509.read_key(text, "secret"))
--- ```
---@param pem string  text as in a PEM file
---@param passphrase? string  for an encrypted key
---@return PrivateKey? key
---@return Error? err  bad_key_file, wrong_passphrase
function x509.read_key(pem, passphrase) end

---@alias Subject string|{ C?: string, ST?: string, L?: string, O?: string, OU?: string, CN?: string, emailAddress?: string }

--- Makes a request for a certificate.
---
--- ```lua
--- local request = x509.request { key = x509.key { type = "p256" }, subject = "/C=SE/CN=localhost", names = { "localhost" } }
--- ```
---@param options RequestOptions
---@return CertificateRequest
function x509.request(options) end

---@class RequestOptions
---@field key PrivateKey  the private key of who asks
---@field subject? Subject  a table, or a text "/C=SE/CN=localhost" as for `openssl req -subj` (nobody's name)
---@field names? string[]  DNS names and addresses that the certificate is to be for (none)

--- Reads the request in a PEM file. One that is not signed with its own key is refused.
---
--- ```lua
--- local request = assert(x509.load_request("pmu_csr.pem"))
--- print(request:info().subject)
--- ```
---@param path string  the file's
---@return CertificateRequest? request
---@return Error? err  no_such_file, access_denied, bad_certificate_file
function x509.load_request(path) end

--- The same from PEM text.
---
--- ```lua
--- local text = x509.request({ key = x509.key { type = "p256" }, subject = { CN = "localhost" } }):pem()
--- local request = assert(x509.read_request(text))
--- ```
---@param pem string  text as in a PEM file
---@return CertificateRequest? request
---@return Error? err  bad_certificate_file
function x509.read_request(pem) end

---@class Validity
---@field days? integer      days from `not_before` on (365; of authorities 3650)
---@field not_before? number seconds since 1970 (now)
---@field not_after? number  seconds since 1970 (`days` later)

--- Makes the certificate of an authority (CA), which its own key signs.
---
--- ```lua
--- local ca_key = x509.key { type = "p256" }
--- local ca = x509.authority { key = ca_key, subject = { CN = "Lab CA" } }
--- ca:save("lab_ca.pem")
--- ```
---@param options AuthorityOptions
---@return Certificate
function x509.authority(options) end

---@class AuthorityOptions: Validity
---@field key PrivateKey  its own
---@field subject? Subject  its name ({ CN = "moonwire authority" })

--- Makes a certificate for a server or client that its own key signs. Others accept it only when it is itself their `ca`.
---
--- ```lua
--- local key = x509.key { type = "p256" }
--- local certificate = x509.self_signed { key = key, names = { "localhost", "127.0.0.1" }, days = 30 }
--- ```
---@param options SelfSignedOptions
---@return Certificate
function x509.self_signed(options) end

---@class SelfSignedOptions: Validity
---@field key PrivateKey  its own
---@field subject? Subject  whose it is (nobody's name)
---@field names? string[]  DNS names and addresses that it is for (none)

--- Signs a request: the certificate has its key and its subject. Whether `ca` is an authority is not asked, so that
--- certificates can be made that nobody should accept.
---
--- ```lua
--- local ca_key = x509.key { type = "p256" }
--- local ca = x509.authority { key = ca_key }
--- local certificate = assert(x509.sign { request = assert(x509.load_request("pmu_csr.pem")), ca = ca, ca_key = ca_key })
--- ```
---@param options SignOptions
---@return Certificate? certificate
---@return Error? err  key_mismatch
function x509.sign(options) end

---@class SignOptions: Validity
---@field request CertificateRequest  whose key and subject it gets
---@field ca Certificate   the authority's
---@field ca_key PrivateKey  the authority's private key
---@field names? string[]  DNS names and addresses (those of the request); {} for a certificate without subjectAltName
---@field authority? boolean  may it sign certificates itself? (false)

--- Reads all certificates of a PEM file, in their order; other contents are passed over.
---
--- ```lua
--- for _, certificate in ipairs(assert(x509.load("pmu.pem"))) do print(certificate:info().subject) end
--- ```
---@param path string  the file's
---@return Certificate[]? certificates at least one
---@return Error? err  no_such_file, access_denied, bad_certificate_file
function x509.load(path) end

--- The same from PEM text.
---
--- ```lua
--- local text = x509.self_signed({ key = x509.key { type = "p256" } }):pem()
--- local certificate = assert(x509.read(text))[1]
--- ```
---@param pem string  text as in a PEM file
---@return Certificate[]? certificates
---@return Error? err  bad_certificate_file
function x509.read(pem) end

--- Writes certificates as one PEM file: a chain, the server's own first, or the authorities to trust.
---
--- ```lua
--- local ca = x509.authority { key = x509.key { type = "p256" } }
--- assert(x509.save("authorities.pem", { ca }))
--- ```
---@param path string  the file's
---@param certificates Certificate|Certificate[]  one or a list
---@return true?
---@return Error? err  no_such_file, access_denied
function x509.save(path, certificates) end

--- A private key, as from `x509.key`.
---@class PrivateKey
local PrivateKey = {}

--- As PEM (PKCS#8), encrypted with AES-256 where there is a passphrase.
---
--- ```lua
--- print(key:pem("secret"))
--- ```
---@param passphrase? string 1 to 1024 bytes
---@return string
function PrivateKey:pem(passphrase) end

--- The public part as PEM.
---
--- ```lua
--- print(key:public_pem())
--- ```
---@return string
function PrivateKey:public_pem() end

--- Writes `pem` to a file that only its owner may read.
---
--- ```lua
--- assert(key:save("new_key.pem"))
--- ```
---@param path string  the file's
---@param passphrase? string 1 to 1024 bytes
---@return true?
---@return Error? err  no_such_file, access_denied
function PrivateKey:save(path, passphrase) end

--- `fingerprint` is SHA-256 of the public part: requests and certificates with this key have the same `key_fingerprint`.
---
--- ```lua
--- print(key:info().type, key:info().bits)
--- ```
---@return { type: string, bits: integer, fingerprint: string } info
function PrivateKey:info() end

--- A request for a certificate (RFC 2986), as from `x509.request`.
---@class CertificateRequest
local CertificateRequest = {}

--- The request as PEM (PKCS#10).
---
--- ```lua
--- print(request:pem())
--- ```
---@return string
function CertificateRequest:pem() end

--- Writes `pem` to a file.
---
--- ```lua
--- assert(request:save("new_csr.pem"))
--- ```
---@param path string  the file's
---@return true?
---@return Error? err  no_such_file, access_denied
function CertificateRequest:save(path) end

--- What the request asks for.
---
--- ```lua
--- print(request:info().subject, request:info().names[1])
--- ```
---@return { subject: string, subject_fields: table<string, string>, names: string[], key_type: string, key_bits: integer, key_fingerprint: string } info
function CertificateRequest:info() end

--- A certificate (RFC 5280), as from `x509.load`.
---@class Certificate
local Certificate = {}

--- The certificate as PEM.
---
--- ```lua
--- print(certificate:pem())
--- ```
---@return string
function Certificate:pem() end

--- Writes `pem` to a file.
---
--- ```lua
--- assert(certificate:save("new.pem"))
--- ```
---@param path string  the file's
---@return true?
---@return Error? err  no_such_file, access_denied
function Certificate:save(path) end

--- What the certificate says.
---
--- ```lua
--- local info = certificate:info()
--- print(info.subject, clock.date("!%Y-%m-%d", info.not_after))
--- ```
---@return CertificateInfo
function Certificate:info() end

---@class CertificateInfo
---@field subject string              whose it is (RFC 4514): "CN=localhost,O=Lab,C=SE"
---@field subject_fields table<string, string>  by OpenSSL's short names: C, O, CN, …
---@field issuer string               who has signed it
---@field issuer_fields table<string, string>
---@field serial string               hexadecimal
---@field not_before number           seconds since 1970
---@field not_after number            the last second in which it is valid
---@field names string[]              the DNS names and addresses that it is for (subjectAltName)
---@field is_authority boolean        may it sign certificates?
---@field key_type string             "rsa", "p256", "p384" or OpenSSL's name in small letters
---@field key_bits integer
---@field key_fingerprint string      SHA-256 of the public key: "3A:07:…"
---@field signature_algorithm string  "sha256WithRSAEncryption"
---@field sha256 string               fingerprint of the whole certificate, as from `openssl x509 -fingerprint -sha256`
---@field sha1 string

--- Is this the certificate of that private key?
---
--- ```lua
--- print(certificate:matches(key))
--- ```
---@param key PrivateKey  a private key, as from `x509.load_key`
---@return boolean
function Certificate:matches(key) end

--- Verifies the certificate and its chain (RFC 5280, section 6) as a TLS client does. Whether it was revoked is not
--- looked up.
---
--- ```lua
--- print(certificate:verify { ca = ca, name = "localhost" })
--- ```
---@param options VerifyOptions
---@return true?
---@return Error? err  certificate_expired, unknown_authority, wrong_host_name, …; the codes of reading a file
function Certificate:verify(options) end

---@class VerifyOptions
---@field ca? string|Certificate|Certificate[]  whom to trust; a string is a file's path (nobody)
---@field intermediates? string|Certificate|Certificate[]  untrusted certificates that may lead to them (none)
---@field name? string         the DNS name or address that it must be for (any)
---@field common_name? boolean does the subject's CN count as a DNS name, where subjectAltName has none? So it was before RFC 6125, and so Python's ssl has it by default; browsers do not (false)
---@field purpose? "any"|"server"|"client"  what it must be made for ("any")
---@field time? number         when it must be valid, seconds since 1970 (now)

return x509
