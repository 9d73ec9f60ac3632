#pragma once

#include "host/net/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::net {

/// What a read waits for.
struct ReadRequest {
    enum class Kind {
        some,     ///< at least one byte, at most `size`
        exactly,  ///< `size` bytes
        until,    ///< what comes before `delimiter`, at most `size` bytes
        line,     ///< what comes before LF or CRLF, at most `size` bytes; the stream's last line need not be ended
        all,      ///< everything up to the end of the stream, at most `size` bytes
    };

    Kind kind = Kind::some;
    std::size_t size = 0;
    std::string delimiter;
};

/// What a read comes to: the data, or the failure. At the end of the stream what had arrived of an incomplete read is
/// handed out with the failure; after a timeout or too_long it stays in the buffer.
struct ReadResult {
    error_code error;
    std::string_view data;  ///< points into the buffer: valid until the buffer changes
};

/// What a stream has received and nobody has read yet. Decides when a read is satisfied; knows no sockets.
class InputBuffer
{
public:
    bool empty() const { return begin_ == bytes_.size(); }
    std::size_t size() const { return bytes_.size() - begin_; }

    void append(std::string_view bytes);

    /// Gives back the last bytes that a match has handed out: the next one finds them again. They may still lie where
    /// the match has shown them.
    void put_back(std::string_view bytes);

    /// Nothing more will come: `errc::closed` for an orderly end of the stream, otherwise what broke it off.
    void end(const error_code& reason) { end_ = reason; }
    const error_code& ended() const { return end_; }

    /// Answers `request` from what has arrived, and takes what it returns out of the buffer. Nothing if more must
    /// arrive first; then the same request has to be asked again, because it remembers how far it has searched.
    std::optional<ReadResult> match(const ReadRequest& request);

    /// The same on bytes that have just arrived, when the buffer is empty: the data then points into `arrived`, and
    /// only what is left over is copied into the buffer.
    std::optional<ReadResult> match_arrived(const ReadRequest& request, std::string_view arrived);

    /// Forgets how far the last request has searched (it was given up).
    void forget_search() { searched_ = 0; }

private:
    struct Match {
        error_code error;
        std::size_t length;    // bytes returned
        std::size_t consumed;  // bytes taken out of the stream
    };

    std::optional<Match> find(const ReadRequest& request, std::string_view bytes);
    std::optional<Match> find_delimiter(std::string_view bytes, std::string_view delimiter, std::size_t max);
    std::optional<Match> find_line(std::string_view bytes, std::size_t max);
    Match at_end(std::size_t length) const { return {end_, length, length}; }

    std::string_view unread() const { return {bytes_.data() + begin_, size()}; }
    void compact();

    std::vector<char> bytes_;
    std::size_t begin_ = 0;
    std::size_t searched_ = 0;  // bytes of unread() that do not hold the end of what is searched for
    error_code end_;
};

}  // namespace moonwire::net
