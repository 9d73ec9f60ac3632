#pragma once

#include "host/websocket/deflate.hpp"
#include "host/websocket/error.hpp"
#include "host/websocket/frame.hpp"
#include "host/websocket/utf8.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace moonwire::websocket {

/// What one peer may make this side keep.
struct ReceiveLimits {
    std::size_t max_message = 1024 * 1024;  ///< bytes of a message, after decompression
    std::size_t max_frame = 1024 * 1024;    ///< bytes of a frame, as it is sent
    std::size_t max_fragments = 65536;      ///< frames of a message
};

/// Turns the bytes that a peer sends into messages and control frames (RFC 6455, sections 5 and 6.2; RFC 7692, section
/// 6.2.2), and refuses what breaks the protocol. Knows no sockets: whoever has received bytes calls `next` until it
/// says `none`, and comes again with what arrives later. A message that arrives whole in one frame is neither copied
/// nor kept: it is unmasked where it lies.
class Decoder
{
public:
    enum class Event {
        none,  ///< the input is used up, and nothing is complete yet
        text,
        binary,
        ping,
        pong,
        close,
        failed,  ///< `failure` says why; nothing more can be read
    };

    /// Is told of every frame when its header has come, before anything of it is handed out.
    class FrameWatcher
    {
    public:
        virtual void frame_begins(const FrameHeader& header) = 0;

    protected:
        ~FrameWatcher() = default;
    };

    /// `limits` must outlive the decoder. `inflater` is null unless permessage-deflate was agreed on.
    Decoder(Role own_role, const ReceiveLimits& limits, std::unique_ptr<Inflater> inflater);

    /// Takes bytes from the front of `input`, which it changes, up to the end of the next message or control frame.
    Event next(std::span<char>& input);

    /// The same if the next is a message of at most `longest` bytes in one frame that is there whole, as most are; else
    /// nothing, and nothing is taken. Calls nobody but the watcher.
    Event take_whole_message(std::span<char>& input, std::uint64_t longest);

    /// What has been delivered last is used up: its memory goes. (`next` does the same.)
    void release_delivered();

    /// Of the message or control frame that `next` has told of: valid until it is called again, or the input goes. Of a
    /// close frame it is the reason.
    std::string_view payload() const { return payload_; }

    /// Of the close frame; 1005 if it has none (RFC 6455, section 7.1.5).
    std::uint16_t close_code() const { return close_code_; }

    bool failed() const { return failure_ != nullptr; }
    error_code failure() const { return failure_ != nullptr ? failure_->error : error_code(); }

    /// What was wrong, as part of a sentence: "a control frame of 126 bytes". Empty if `failure` says it all.
    std::string_view failure_detail() const { return failure_ != nullptr ? failure_->detail : std::string_view(); }

    std::uint64_t frames() const { return frames_; }

    /// Null: nobody.
    void set_watcher(FrameWatcher* watcher) { watcher_ = watcher; }

private:
    /// What has come of a message and of a control frame that came apart.
    struct Pieces {
        std::string message;
        std::string control;
    };
    struct Failure {
        error_code error;
        std::string_view detail;
    };

    bool read_header(std::span<char>& input);
    bool take_header(const char* begin);
    error_code check_header(const char* begin, std::uint64_t length);
    error_code check_length(std::uint64_t length, bool compressed);

    Event take_payload(std::span<char>& input);
    std::span<char> take_chunk(std::span<char>& input);
    Event finish_control(std::string_view payload);
    Event finish_close(std::string_view payload);
    bool append(std::string_view chunk);
    Event finish_message();
    Pieces& pieces();

    error_code refuse(error_code error, const char* detail);
    Event fail(error_code error, const char* detail);

    const ReceiveLimits& limits_;
    FrameWatcher* watcher_ = nullptr;
    std::unique_ptr<Inflater> inflater_;
    Role role_;

    // The frame that is being read.
    bool in_frame_ = false;
    bool fin_ = false;
    Opcode opcode_ = Opcode::text;
    std::uint8_t header_kept_ = 0;
    std::array<char, max_header_size> header_{};  // its first bytes, when they have come apart
    MaskKey masking_key_{};
    std::uint64_t length_ = 0;
    std::uint64_t taken_ = 0;

    // The message that it belongs to.
    bool in_message_ = false;
    bool compressed_ = false;
    Opcode message_opcode_ = Opcode::text;
    std::uint32_t fragments_ = 0;
    Utf8Validator utf8_;

    std::unique_ptr<Pieces> pieces_;
    std::uint64_t frames_ = 0;
    std::string_view payload_;
    std::uint16_t close_code_ = 0;
    std::unique_ptr<const Failure> failure_;
};

}  // namespace moonwire::websocket
