#pragma once

#include "host/observe/address.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The blocks of a pcapng file (draft-ietf-opsawg-pcapng), in this machine's byte order, of which the section header
/// tells readers. They say what is written, and where it goes is the caller's.
namespace moonwire::capture::pcapng {

struct Section {
    std::string operating_system;
    std::string application;
    std::vector<std::string> comments;
};

/// The file's first block.
std::string section_header(const Section& section);

struct Interface {
    std::uint16_t link_type = 0;    ///< LINKTYPE_…
    std::uint32_t snap_length = 0;  ///< 0: no limit
    std::string name;
    std::string description;
};

/// Interfaces have numbers, from 0 in the order of their descriptions. Their times are in nanoseconds.
std::string interface_description(const Interface& interface);

enum class Direction : std::uint32_t { unknown = 0, inbound = 1, outbound = 2 };

struct Packet {
    std::uint32_t interface = 0;
    std::uint64_t time = 0;           ///< nanoseconds since 1970
    std::uint32_t original_size = 0;  ///< `data` may be less
    std::string_view data;
    Direction direction = Direction::unknown;
    std::string_view comment;  ///< none if empty
};

void append_packet(std::string& out, const Packet& packet);

/// Names for addresses, which readers show in their place.
std::string name_resolution(const std::vector<std::pair<observe::Address, std::string>>& names);

/// Lines of a TLS key log (NSS's format), with which readers decrypt the packets behind this block.
std::string decryption_secrets(std::string_view tls_key_log);

/// Where in `decryption_secrets` the lines begin.
constexpr std::size_t secrets_offset = 16;

struct Statistics {
    std::uint32_t interface = 0;
    std::uint64_t start = 0;  ///< nanoseconds since 1970
    std::uint64_t end = 0;
    std::uint64_t received = 0;   ///< by the interface's tap, before those that were dropped
    std::uint64_t dropped = 0;    ///< by the system, for want of room
    std::uint64_t delivered = 0;  ///< in the file
    std::string comment;
};

std::string interface_statistics(const Statistics& statistics);

}  // namespace moonwire::capture::pcapng
