#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace moonwire::test {

/// What is in a file; nothing if it is not there.
inline std::string text_of(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace moonwire::test
