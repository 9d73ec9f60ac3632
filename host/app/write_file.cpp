#include "host/app/write_file.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace moonwire::app {

void write_file(const std::filesystem::path& path, std::string_view text)
{
    if (path.has_parent_path()) {
        std::filesystem::create_directories(path.parent_path());
    }
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) {
        throw std::system_error(errno, std::generic_category(), "cannot write " + path.string());
    }
}

}  // namespace moonwire::app
