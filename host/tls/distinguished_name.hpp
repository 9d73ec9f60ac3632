#pragma once

#include "host/tls/openssl.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moonwire::tls {

/// Who a certificate is about or from (RFC 5280, section 4.1.2.4): fields like {"CN", "localhost"} in their order. The
/// fields' names are OpenSSL's short ones (C, ST, L, O, OU, CN, emailAddress, …), values are UTF-8.
using DistinguishedName = std::vector<std::pair<std::string, std::string>>;

/// From the form of `openssl req -subj`: "/C=SE/O=Lab/CN=localhost"; a backslash takes a '/' into a value. Throws
/// std::invalid_argument.
DistinguishedName parse_distinguished_name(std::string_view text);

/// Throws std::invalid_argument, saying which field is not known or not allowed.
X509NamePtr make_x509_name(const DistinguishedName& name);

DistinguishedName read_x509_name(const X509_NAME* name);

/// The text of RFC 4514: "CN=localhost,O=Lab,C=SE", most specific field first, with escapes for what is not printable.
std::string to_string(const X509_NAME* name);

}  // namespace moonwire::tls
