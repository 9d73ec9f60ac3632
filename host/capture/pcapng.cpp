#include "host/capture/pcapng.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace moonwire::capture::pcapng {

namespace {

enum BlockType : std::uint32_t {
    interface_block = 0x00000001,
    names_block = 0x00000004,
    statistics_block = 0x00000005,
    packet_block = 0x00000006,
    secrets_block = 0x0000000A,
    section_block = 0x0A0D0D0A,
};

enum OptionCode : std::uint16_t {
    opt_comment = 1,
    shb_os = 3,
    shb_userappl = 4,
    if_name = 2,
    if_description = 3,
    if_tsresol = 9,
    epb_flags = 2,
    isb_starttime = 2,
    isb_endtime = 3,
    isb_ifrecv = 4,
    isb_osdrop = 7,
    isb_usrdeliv = 8,
};

constexpr std::uint32_t byte_order_magic = 0x1A2B3C4D;
constexpr std::uint32_t tls_key_log_secrets = 0x544C534B;
constexpr char nanoseconds = 9;  // 10⁻⁹ seconds

template <class Number>
void put(std::string& out, Number number)
{
    const auto bytes = std::bit_cast<std::array<char, sizeof number>>(number);
    out.append(bytes.data(), bytes.size());
}

// A time or a count of a statistics block: the high half comes first, in either byte order.
void put_halves(std::string& out, std::uint64_t number)
{
    put(out, static_cast<std::uint32_t>(number >> 32));
    put(out, static_cast<std::uint32_t>(number));
}

void pad(std::string& out)
{
    out.append((4 - out.size() % 4) % 4, '\0');
}

void put_option(std::string& out, std::uint16_t code, std::string_view value)
{
    value = value.substr(0, std::numeric_limits<std::uint16_t>::max());
    put(out, code);
    put(out, static_cast<std::uint16_t>(value.size()));
    out += value;
    pad(out);
}

void put_text_option(std::string& out, std::uint16_t code, std::string_view value)
{
    if (!value.empty()) {
        put_option(out, code, value);
    }
}

void put_number_option(std::string& out, std::uint16_t code, std::uint64_t value)
{
    const auto bytes = std::bit_cast<std::array<char, sizeof value>>(value);
    put_option(out, code, {bytes.data(), bytes.size()});
}

void put_time_option(std::string& out, std::uint16_t code, std::uint64_t time)
{
    std::string halves;
    put_halves(halves, time);
    put_option(out, code, halves);
}

void end_options(std::string& out)
{
    put(out, std::uint32_t{0});
}

std::string block(BlockType type, std::string_view body)
{
    std::string out;
    const auto size = static_cast<std::uint32_t>(body.size() + 12);
    out.reserve(size);
    put(out, static_cast<std::uint32_t>(type));
    put(out, size);
    out += body;
    put(out, size);
    return out;
}

}  // namespace

std::string section_header(const Section& section)
{
    std::string body;
    put(body, byte_order_magic);
    put(body, std::uint16_t{1});  // version 1.0
    put(body, std::uint16_t{0});
    put(body, std::numeric_limits<std::uint64_t>::max());  // as long as the file
    for (const std::string& comment : section.comments) {
        put_text_option(body, opt_comment, comment);
    }
    put_text_option(body, shb_os, section.operating_system);
    put_text_option(body, shb_userappl, section.application);
    end_options(body);
    return block(section_block, body);
}

std::string interface_description(const Interface& interface)
{
    std::string body;
    put(body, interface.link_type);
    put(body, std::uint16_t{0});
    put(body, interface.snap_length);
    put_text_option(body, if_name, interface.name);
    put_text_option(body, if_description, interface.description);
    put_option(body, if_tsresol, {&nanoseconds, 1});
    end_options(body);
    return block(interface_block, body);
}

void append_packet(std::string& out, const Packet& packet)
{
    const std::size_t start = out.size();
    const bool has_options = packet.direction != Direction::unknown || !packet.comment.empty();
    put(out, static_cast<std::uint32_t>(packet_block));
    put(out, std::uint32_t{0});  // its size, below
    put(out, packet.interface);
    put_halves(out, packet.time);
    put(out, static_cast<std::uint32_t>(packet.data.size()));
    put(out, packet.original_size);
    out += packet.data;
    out.append((4 - packet.data.size() % 4) % 4, '\0');
    if (has_options) {
        std::string options;
        put_text_option(options, opt_comment, packet.comment);
        if (packet.direction != Direction::unknown) {
            const auto flags = std::bit_cast<std::array<char, 4>>(static_cast<std::uint32_t>(packet.direction));
            put_option(options, epb_flags, {flags.data(), flags.size()});
        }
        end_options(options);
        out += options;
    }
    const auto size = static_cast<std::uint32_t>(out.size() - start + sizeof(std::uint32_t));
    put(out, size);
    const auto bytes = std::bit_cast<std::array<char, 4>>(size);
    std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(start + 4));
}

std::string name_resolution(const std::vector<std::pair<observe::Address, std::string>>& names)
{
    std::string body;
    for (const auto& [address, name] : names) {
        const std::size_t size = address.version == 6 ? 16 : 4;
        std::string record(address.bytes.begin(), address.bytes.begin() + static_cast<std::ptrdiff_t>(size));
        record += name;
        record += '\0';
        // Its record type is 1 for IPv4 and 2 for IPv6; otherwise a record is built as an option is.
        put_option(body, address.version == 6 ? 2 : 1, record);
    }
    end_options(body);
    return block(names_block, body);
}

std::string decryption_secrets(std::string_view tls_key_log)
{
    std::string body;
    put(body, tls_key_log_secrets);
    put(body, static_cast<std::uint32_t>(tls_key_log.size()));
    body += tls_key_log;
    pad(body);
    return block(secrets_block, body);
}

std::string interface_statistics(const Statistics& statistics)
{
    std::string body;
    put(body, statistics.interface);
    put_halves(body, statistics.end);
    put_text_option(body, opt_comment, statistics.comment);
    put_time_option(body, isb_starttime, statistics.start);
    put_time_option(body, isb_endtime, statistics.end);
    put_number_option(body, isb_ifrecv, statistics.received);
    put_number_option(body, isb_osdrop, statistics.dropped);
    put_number_option(body, isb_usrdeliv, statistics.delivered);
    end_options(body);
    return block(statistics_block, body);
}

}  // namespace moonwire::capture::pcapng
