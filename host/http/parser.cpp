#include "host/http/parser.hpp"

#include "host/net/error.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/fields.hpp>

#include <algorithm>

namespace moonwire::http {

namespace {

/// Whether a request line is right but for the version, which is another one of HTTP.
bool names_other_version(std::string_view bytes)
{
    const std::string_view line = bytes.substr(0, bytes.find("\r\n"));
    const std::size_t space = line.rfind(' ');
    const std::string_view version = space == std::string_view::npos ? "" : line.substr(space + 1);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return std::count(line.begin(), line.end(), ' ') == 2 && version.size() == 8 && version.starts_with("HTTP/") &&
           is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
}

}  // namespace

template <bool is_request>
Parser<is_request>::Parser(const Limits& limits) : limits_(limits)
{
    this->eager(true);
    this->header_limit(limits.head);
    this->body_limit(limits.body);
}

template <bool is_request>
std::string_view Parser<is_request>::feed(std::string_view bytes)
{
    if (pending_.empty()) {
        const std::size_t used = parse(bytes);
        if (!done() && !problem()) {
            pending_ = bytes.substr(used);
        }
        return bytes.substr(used);
    }
    pending_ += bytes;
    const std::size_t used = parse(pending_);
    const std::size_t left = std::min(pending_.size() - used, bytes.size());
    pending_.erase(0, used);
    return bytes.substr(bytes.size() - left);
}

template <bool is_request>
std::size_t Parser<is_request>::parse(std::string_view bytes)
{
    std::size_t skipped = 0;
    if (is_request && !this->got_some()) {  // empty lines before a request (RFC 9112, section 2.2)
        while (bytes.substr(skipped).starts_with("\r\n")) {
            skipped += 2;
        }
        if (bytes.substr(skipped) == "\r") {
            return skipped;
        }
    }
    const std::string_view text = bytes.substr(skipped);
    if (text.empty()) {
        return skipped;
    }
    error_code error;
    const std::size_t used = this->put({text.data(), text.size()}, error);
    const bool needs_more = error == beast::error::need_more;
    if (error && !needs_more) {
        explain(error, text);
    } else if (needs_more && text.size() - used > limits_.head) {
        fail(400, "the size of a chunk or the trailer is too long");
    }
    return skipped + used;
}

template <bool is_request>
void Parser<is_request>::end()
{
    error_code error = beast::error::partial_message;
    if (this->got_some()) {
        this->put_eof(error);
    }
    if (error) {
        problem_ = {net::errc::closed, 0, "the connection ended in the middle of it"};
    }
}

template <bool is_request>
void Parser<is_request>::fail(unsigned status, std::string why)
{
    problem_ = {is_request ? errc::bad_request : errc::bad_response, status, std::move(why)};
}

template <bool is_request>
void Parser<is_request>::explain(const error_code& error, std::string_view bytes)
{
    if (problem()) {
        return;  // found by one of the functions below
    }
    if (error == beast::error::header_limit) {
        const bool in_first_line = !head_done() && bytes.find("\r\n") == std::string_view::npos;
        fail(in_first_line ? 414 : 431, "its head has more than " + std::to_string(limits_.head) + " bytes");
        problem_.error = net::errc::too_long;
    } else if (error == beast::error::body_limit) {
        fail(413, "its body has more than " + std::to_string(limits_.body) + " bytes");
        problem_.error = net::errc::too_long;
    } else if (error == beast::error::bad_version && is_request && names_other_version(bytes)) {
        fail(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    } else {
        fail(400, error.message());
    }
}

template <bool is_request>
void Parser<is_request>::on_request_impl(beast::verb verb, string_view method, string_view target, int version,
                                         error_code& error)
{
    if constexpr (is_request) {
        if (verb == beast::verb::unknown) {
            message_.head.method_string(method);
        } else {
            message_.head.method(verb);
        }
        message_.head.target(target);
        message_.head.version(static_cast<unsigned>(version));
    }
    error = {};
}

template <bool is_request>
void Parser<is_request>::on_response_impl(int status, string_view reason, int version, error_code& error)
{
    if constexpr (!is_request) {
        message_.head.result(static_cast<unsigned>(status));
        message_.head.reason(reason);
        message_.head.version(static_cast<unsigned>(version));
    }
    error = {};
}

template <bool is_request>
void Parser<is_request>::on_field_impl(beast::field field, string_view name, string_view value, error_code& error)
{
    if (!head_done()) {  // trailers are not to change what was decided by the head (RFC 9110, section 6.5.1)
        message_.head.insert(field, name, value);
    }
    error = {};
}

/// Of the two readings that some heads permit, this side's and a proxy's may differ: so there must be but one.
template <bool is_request>
void Parser<is_request>::check_head()
{
    const auto& head = message_.head;
    const auto codings = head.equal_range(beast::field::transfer_encoding);
    const bool coded = codings.first != codings.second;
    if (coded && head.version() < 11) {
        fail(400, "HTTP/1.0 has no Transfer-Encoding");
    } else if (coded && (std::next(codings.first) != codings.second ||
                         !boost::beast::iequals(codings.first->value(), "chunked"))) {
        fail(501, "the only transfer coding understood is chunked");
    } else if constexpr (is_request) {
        const auto hosts = head.count(beast::field::host);
        if (hosts > 1 || (hosts == 0 && head.version() >= 11)) {
            fail(400, "it needs the field Host once");
        } else if (head.version() >= 11 && head.count(beast::field::expect) > 0) {
            expects_continue_ = boost::beast::iequals(head[beast::field::expect], "100-continue");
            if (!expects_continue_) {
                fail(417, "the only expectation understood is 100-continue");
            }
        }
    }
}

template <bool is_request>
void Parser<is_request>::on_header_impl(error_code& error)
{
    check_head();
    error = problem_.error;
}

template <bool is_request>
void Parser<is_request>::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& error)
{
    message_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(length.value_or(0), 64 * 1024)));
    error = {};
}

template <bool is_request>
std::size_t Parser<is_request>::on_body_impl(string_view bytes, error_code& error)
{
    message_.body.append(bytes.data(), bytes.size());
    error = {};
    return bytes.size();
}

template <bool is_request>
void Parser<is_request>::on_chunk_header_impl(std::uint64_t /*size*/, string_view /*extensions*/, error_code& error)
{
    error = {};
}

template <bool is_request>
std::size_t Parser<is_request>::on_chunk_body_impl(std::uint64_t /*remaining*/, string_view bytes, error_code& error)
{
    return on_body_impl(bytes, error);
}

template <bool is_request>
void Parser<is_request>::on_finish_impl(error_code& error)
{
    message_.keep_alive = this->keep_alive();
    error = {};
}

template class Parser<true>;
template class Parser<false>;

}  // namespace moonwire::http
