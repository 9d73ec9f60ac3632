#include "host/app/runtime_folder.hpp"

#include <moonwire/error.hpp>

#include <fmt/format.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace moonwire::app {

namespace fs = std::filesystem;

namespace {

constexpr const char* extension = ".console";

fs::path folder_path()
{
    const char* variable = std::getenv("XDG_RUNTIME_DIR");
    if (variable != nullptr && *variable == '/') {  // a relative path is to be ignored
        return fs::path(variable) / "moonwire";
    }
    return fmt::format("/tmp/moonwire-{}", ::geteuid());
}

sockaddr_un address_of(const fs::path& socket)
{
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string text = socket.string();
    if (text.size() >= sizeof address.sun_path) {
        throw UsageError(fmt::format("'{}' is too long for the path of a socket, which has at most {} bytes", text,
                                     sizeof address.sun_path - 1));
    }
    std::copy(text.begin(), text.end(), address.sun_path);
    return address;
}

}  // namespace

fs::path runtime_folder()
{
    const fs::path folder = folder_path();
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        throw std::system_error(errno, std::generic_category(), "cannot make the folder " + folder.string());
    }
    struct stat status = {};
    if (::lstat(folder.c_str(), &status) != 0) {
        throw std::system_error(errno, std::generic_category(), folder.string());
    }
    if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 077) != 0) {
        throw std::runtime_error(
            fmt::format("{} must be a folder of this user's that nobody else can look into (mode 0700): it has the "
                        "sockets of consoles",
                        folder.string()));
    }
    return folder;
}

fs::path console_socket(const std::string& name)
{
    fs::path socket = runtime_folder() / (name + extension);
    address_of(socket);
    return socket;
}

int connect_to_console(const fs::path& socket)
{
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(socket);
    if (descriptor < 0 || ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        return descriptor;
    }
    const int error = errno;
    ::close(descriptor);
    errno = error;
    return -1;
}

std::vector<std::string> list_consoles()
{
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(runtime_folder())) {
        if (entry.path().extension() != extension) {
            continue;
        }
        const int descriptor = connect_to_console(entry.path());
        if (descriptor >= 0) {
            ::close(descriptor);
            names.push_back(entry.path().stem().string());
        } else if (errno == ECONNREFUSED) {
            std::error_code ignored;
            fs::remove(entry.path(), ignored);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace moonwire::app
