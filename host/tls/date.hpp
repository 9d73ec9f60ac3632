#pragma once

#include <openssl/asn1.h>

#include <string>

namespace moonwire::tls {

/// "2026-12-21 15:06:16 UTC"
std::string date(const ASN1_TIME* time);

}  // namespace moonwire::tls
