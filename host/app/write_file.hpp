#pragma once

#include <filesystem>
#include <string_view>

namespace moonwire::app {

/// Makes the file have this text, and the folders that it lies in. Throws std::system_error.
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace moonwire::app
