#pragma once

#include "host/tls/error.hpp"

#include <string>
#include <string_view>

namespace moonwire::tls {

/// Reads a whole file of at most 16 MiB. Blocks.
Result<std::string> read_file(const std::string& path);

enum class Secrecy {
    open,     ///< as the umask has it
    private_  ///< only the owner may read it (0600), even where the file was there before
};

/// Creates the file or replaces what is in it. Blocks. A failure's error is 0 when all went well.
Failure write_file(const std::string& path, std::string_view text, Secrecy secrecy);

}  // namespace moonwire::tls
