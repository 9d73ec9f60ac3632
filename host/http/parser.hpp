#pragma once

#include "host/http/error.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/message.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace moonwire::http {

namespace beast = boost::beast::http;

using RequestHead = beast::request_header<>;
using ResponseHead = beast::response_header<>;

/// A whole request (`is_request`) or response. Its head has no trailer fields, which are dropped.
template <bool is_request>
struct Message {
    beast::header<is_request, beast::fields> head;
    std::string body;
    bool keep_alive = false;  ///< whether the sender goes on with this connection
};

using Request = Message<true>;
using Response = Message<false>;

/// What a message may have, in bytes.
struct Limits {
    std::uint32_t head = 16 * 1024;
    std::uint64_t body = 1024 * 1024;
};

/// What is wrong with a message.
struct Problem {
    error_code error;
    unsigned status = 0;  ///< what a server answers to such a request
    std::string why;
};

/// Takes a message of HTTP/1.1 or 1.0 (RFC 9112) in pieces of any size. Knows no sockets. What may be read in two ways
/// (two lengths, unknown codings, …) is a problem, and not guessed at. Keeps no more than the limits, whatever comes.
template <bool is_request>
class Parser final : private beast::basic_parser<is_request>
{
public:
    explicit Parser(const Limits& limits);

    /// A response to HEAD has no body, whatever its head says. Call it before the first `feed`.
    void no_body() { this->skip(true); }

    /// Takes the next bytes. Not after `done` or a problem. When the message is done, what is returned is left of
    /// `bytes` behind its end.
    std::string_view feed(std::string_view bytes);

    /// The connection has ended in order. The body of some responses ends with it; otherwise it is a problem.
    void end();

    /// Whether anything has come yet.
    bool begun() const { return this->got_some() || !pending_.empty(); }
    bool head_done() const { return this->is_header_done(); }
    bool done() const { return this->is_done(); }

    /// Whether the client waits for a word before it sends its body ("Expect: 100-continue").
    bool expects_continue() const { return expects_continue_; }

    const Problem* problem() const { return problem_.error ? &problem_ : nullptr; }

    Message<is_request>& message() { return message_; }

private:
    using Base = beast::basic_parser<is_request>;
    using string_view = boost::beast::string_view;

    std::size_t parse(std::string_view bytes);
    void fail(unsigned status, std::string why);
    void explain(const error_code& error, std::string_view bytes);
    void check_head();

    void on_request_impl(beast::verb verb, string_view method, string_view target, int version,
                         error_code& error) override;
    void on_response_impl(int status, string_view reason, int version, error_code& error) override;
    void on_field_impl(beast::field field, string_view name, string_view value, error_code& error) override;
    void on_header_impl(error_code& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& error) override;
    std::size_t on_body_impl(string_view bytes, error_code& error) override;
    void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& error) override;
    std::size_t on_chunk_body_impl(std::uint64_t remaining, string_view bytes, error_code& error) override;
    void on_finish_impl(error_code& error) override;

    Limits limits_;
    Message<is_request> message_;
    std::string pending_;  // the beginning of what is parsed as a whole: the head, a chunk's size, the trailer
    Problem problem_;
    bool expects_continue_ = false;
};

using RequestParser = Parser<true>;
using ResponseParser = Parser<false>;

extern template class Parser<true>;
extern template class Parser<false>;

}  // namespace moonwire::http
