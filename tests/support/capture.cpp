#include "tests/support/capture.hpp"

#include "tests/support/process.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <cstdio>
#include <sstream>
#include <stdexcept>

namespace moonwire::test {

bool may_capture()
{
    const int socket = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (socket < 0) {
        std::printf("skipped: capturing packets is not permitted here\n");
        return false;
    }
    ::close(socket);
    return true;
}

bool has_tshark()
{
    const bool has = run({"sh", "-c", "command -v tshark"}).status == 0;
    if (!has) {
        std::printf("skipped: there is no tshark here\n");
    }
    return has;
}

std::string tshark(const std::filesystem::path& file, std::vector<std::string> arguments)
{
    // Names would be looked up in the network, and a profile of the user's would change what is said.
    arguments.insert(arguments.begin(), {"tshark", "-n", "-r", file.string()});
    const Finished finished = run(arguments, {}, {"WIRESHARK_CONFIG_DIR=/nonexistent"});
    if (finished.status != 0) {
        throw std::runtime_error("tshark: " + finished.error);
    }
    return finished.output;
}

std::vector<std::vector<std::string>> tshark_fields(const std::filesystem::path& file, const std::string& filter,
                                                    const std::vector<std::string>& fields)
{
    std::vector<std::string> arguments = {"-T", "fields", "-E", "separator=|", "-Y", filter};
    for (const std::string& field : fields) {
        arguments.insert(arguments.end(), {"-e", field});
    }
    std::vector<std::vector<std::string>> packets;
    std::istringstream lines(tshark(file, arguments));
    for (std::string line; std::getline(lines, line);) {
        auto& values = packets.emplace_back();
        std::istringstream parts(line);
        for (std::string part; std::getline(parts, part, '|');) {
            values.push_back(part);
        }
        values.resize(fields.size());
    }
    return packets;
}

}  // namespace moonwire::test
