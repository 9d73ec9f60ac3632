#include "host/capture/privilege.hpp"

#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace moonwire::capture {

std::string how_to_permit_capturing()
{
    const std::string missing =
        "capturing packets takes the capability CAP_NET_RAW, which this process does not have: ";
    if (::geteuid() == 0) {
        return missing +
               "it runs as root, but in a container, or under a service manager, that withholds it (docker run "
               "--cap-add=NET_RAW grants it)";
    }
    std::error_code unknown;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", unknown);
    return missing + "grant it to the program by `sudo setcap cap_net_raw+ep " +
           (unknown ? "PROGRAM" : program.string()) + "`, or run this as root";
}

}  // namespace moonwire::capture
