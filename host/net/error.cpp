#include "host/net/error.hpp"

#include <boost/asio/error.hpp>

namespace moonwire::net {

namespace {

class Category final : public boost::system::error_category
{
public:
    const char* name() const noexcept override { return "moonwire.net"; }

    std::string message(int value) const override
    {
        switch (static_cast<errc>(value)) {
        case errc::timeout:
            return "timed out";
        case errc::closed:
            return "connection closed";
        case errc::too_long:
            return "limit exceeded";
        case errc::cancelled:
            return "cancelled";
        case errc::name_not_found:
            return "name not found";
        case errc::truncated:
            return "the datagram is longer than max_size";
        case errc::wrong_family:
            return "the address is of the other IP version";
        case errc::no_interface:
            return "no such network interface";
        case errc::already_member:
            return "the socket has joined this group already";
        case errc::not_member:
            return "the socket has not joined this group";
        }
        return "unknown";
    }
};

struct Word {
    error_code error;
    std::string_view word;
    std::string_view reason;  // empty: the system's own words
};

const Word* find_word(const error_code& error)
{
    namespace asio_error = boost::asio::error;
    namespace system_errc = boost::system::errc;
    const auto system = [](system_errc::errc_t value) { return error_code(value, boost::system::system_category()); };
    static const Word words[] = {
        {errc::timeout, "timeout", ""},
        {errc::closed, "closed", ""},
        {errc::too_long, "too_long", ""},
        {errc::cancelled, "cancelled", ""},
        {errc::name_not_found, "name_not_found", ""},
        {errc::truncated, "truncated", ""},
        {errc::wrong_family, "wrong_family", ""},
        {errc::no_interface, "no_interface", ""},
        {errc::already_member, "already_member", ""},
        {errc::not_member, "not_member", ""},
        {asio_error::eof, "closed", "connection closed by the peer"},
        {asio_error::operation_aborted, "cancelled", "cancelled"},
        {asio_error::bad_descriptor, "closed", "closed by this side"},
        {asio_error::host_not_found, "name_not_found", "name not found"},
        {asio_error::host_not_found_try_again, "name_not_found", "name not found (the name server did not answer)"},
        {asio_error::no_data, "name_not_found", "the name has no address"},
        {asio_error::service_not_found, "name_not_found", "service not found"},
        {system(system_errc::timed_out), "timeout", "timed out"},
        {system(system_errc::broken_pipe), "closed", "connection closed by the peer"},
        {system(system_errc::not_connected), "closed", "not connected"},
        {system(system_errc::connection_reset), "reset", "connection reset by the peer"},
        {system(system_errc::connection_aborted), "reset", "connection aborted"},
        {system(system_errc::connection_refused), "refused", "connection refused"},
        {system(system_errc::host_unreachable), "unreachable", "no route to host"},
        {system(system_errc::network_unreachable), "unreachable", "network is unreachable"},
        {system(system_errc::network_down), "unreachable", "network is down"},
        {system(system_errc::message_size), "too_long", "the datagram is too long for the network"},
        {system(system_errc::address_in_use), "address_in_use", "address already in use"},
        {system(system_errc::address_not_available), "address_not_available",
         "the address is not one of this machine's"},
        {system(system_errc::permission_denied), "access_denied", "permission denied"},
        {system(system_errc::operation_not_permitted), "access_denied", "operation not permitted"},
        {system(system_errc::no_such_file_or_directory), "no_such_file", "no such file"},
        {system(system_errc::not_a_directory), "no_such_file", "not a directory"},
        {system(system_errc::argument_list_too_long), "too_long", "the arguments and the environment are too long"},
        {system(system_errc::executable_format_error), "not_executable", "not a program that this system can run"},
        {system(system_errc::no_such_process), "ended", "it has ended"},
        {system(system_errc::too_many_files_open), "too_many_files", "too many open files in this process"},
        {system(system_errc::too_many_files_open_in_system), "too_many_files", "too many open files in the system"},
    };
    for (const Word& word : words) {
        if (word.error == error) {
            return &word;
        }
    }
    return nullptr;
}

}  // namespace

error_code make_error_code(errc code)
{
    static const Category category;
    return {static_cast<int>(code), category};
}

std::string_view code_word(const error_code& error)
{
    if (const auto* category = dynamic_cast<const ErrorCategory*>(&error.category())) {
        return category->word(error.value());
    }
    const Word* word = find_word(error);
    return word != nullptr ? word->word : "system";
}

std::string reason(const error_code& error)
{
    const Word* word = find_word(error);
    return word != nullptr && !word->reason.empty() ? std::string(word->reason) : error.message();
}

}  // namespace moonwire::net
