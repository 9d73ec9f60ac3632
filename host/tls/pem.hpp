#pragma once

#include "host/tls/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace moonwire::tls {

/// One "-----BEGIN label-----" … "-----END label-----" (RFC 7468).
struct PemBlock {
    std::string label;
    std::string der;
};

/// All blocks of a text; what stands between them is passed over. `source` names the text in errors: a file's path.
/// `kind` is the error's code where a block is damaged.
Result<std::vector<PemBlock>> read_pem(std::string_view text, const std::string& source, errc kind);

/// The labels of the blocks that begin in a text, damaged or not.
std::vector<std::string> pem_labels(std::string_view text);

/// Why a text without `wanted` ("a certificate") is not what it should be: "no certificate in it (it has: PRIVATE
/// KEY)".
std::string lacks(std::string_view wanted, std::string_view text);

}  // namespace moonwire::tls
