#pragma once

#include "host/tls/openssl.hpp"

#include <string>
#include <vector>

namespace moonwire::tls {

/// The extension subjectAltName (RFC 5280, section 4.2.1.6) for these names, of which numeric addresses become
/// iPAddress and others dNSName ("*.example.org" covers one label). Throws std::invalid_argument for what is neither.
ExtensionPtr make_alternative_names(const std::vector<std::string>& names);

/// The DNS names and addresses of the extension; other kinds of names are left out. `names` may be null.
std::vector<std::string> read_alternative_names(const GENERAL_NAMES* names);

/// Is this a numeric IPv4 or IPv6 address?
bool is_address(const std::string& name);

}  // namespace moonwire::tls
