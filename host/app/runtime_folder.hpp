#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace moonwire::app {

/// Where the sockets of consoles lie: $XDG_RUNTIME_DIR/moonwire, or /tmp/moonwire-UID if there is none (XDG Base
/// Directory Specification). Made if it is not there; throws std::runtime_error if it is not this user's alone.
std::filesystem::path runtime_folder();

/// The socket of the console of this name. Throws UsageError if its path would be too long for one.
std::filesystem::path console_socket(const std::string& name);

/// Connects to the console behind a socket. Returns the descriptor, or -1 and errno.
int connect_to_console(const std::filesystem::path& socket);

/// The names of the consoles that somebody listens behind. Sockets whose program is gone are removed.
std::vector<std::string> list_consoles();

}  // namespace moonwire::app
