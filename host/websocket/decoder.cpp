#include "host/websocket/decoder.hpp"

#include "host/websocket/close_code.hpp"
#include "host/websocket/mask.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace moonwire::websocket {

namespace {

// Memory of a message that came apart is given back after it, unless it is as small as this.
constexpr std::size_t kept_capacity = 1024;

// As much is reserved at once for a frame that announces so much; what is longer grows as it arrives.
constexpr std::size_t largest_reserve = 128 * 1024;

unsigned byte_at(const char* begin, std::size_t index)
{
    return static_cast<unsigned char>(begin[index]);
}

// The fewest bytes must be used, and the highest bit be zero (RFC 6455, section 5.2).
bool is_minimal(const char* begin, std::uint64_t length)
{
    const unsigned form = byte_at(begin, 1) & length_bits;
    return form < two_bytes_follow ||
           (form == two_bytes_follow ? length >= two_bytes_follow : length > 0xffff && length >> 63 == 0);
}

bool is_known(unsigned opcode)
{
    return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

}  // namespace

Decoder::Decoder(Role own_role, const ReceiveLimits& limits, std::unique_ptr<Inflater> inflater)
    : limits_(limits), inflater_(std::move(inflater)), role_(own_role)
{
}

Decoder::Event Decoder::next(std::span<char>& input)
{
    if (failure_ != nullptr) {
        return Event::failed;
    }
    release_delivered();
    if (input.empty()) {
        return Event::none;
    }
    if (const Event event = take_whole_message(input, limits_.max_message); event != Event::none) {
        return event;
    }
    for (;;) {
        if (!in_frame_ && !read_header(input)) {
            return failure_ != nullptr ? Event::failed : Event::none;
        }
        const Event event = take_payload(input);
        if (event != Event::none || in_frame_) {
            return event;
        }
    }
}

// All that is wrong is left to the long way, but for text that is not UTF-8.
Decoder::Event Decoder::take_whole_message(std::span<char>& input, std::uint64_t longest)
{
    if (in_frame_ || in_message_ || header_kept_ != 0 || failure_ != nullptr || input.size() < 2) {
        return Event::none;
    }
    char* const begin = input.data();
    const unsigned first = byte_at(begin, 0);
    const bool text = first == (fin_bit | static_cast<unsigned>(Opcode::text));
    const bool masked = (byte_at(begin, 1) & mask_bit) != 0;
    const std::size_t size = header_size(begin);
    if ((!text && first != (fin_bit | static_cast<unsigned>(Opcode::binary))) || masked != (role_ == Role::server) ||
        input.size() < size) {
        return Event::none;
    }
    const std::uint64_t length = payload_length(begin);
    if (input.size() - size < length || !is_minimal(begin, length) || length > limits_.max_frame ||
        length > std::min<std::uint64_t>(longest, limits_.max_message)) {
        return Event::none;
    }
    const std::span<char> payload = input.subspan(size, static_cast<std::size_t>(length));
    input = input.subspan(size + payload.size());
    ++frames_;
    if (watcher_ != nullptr) {
        watcher_->frame_begins(decode_header(begin));
    }
    bool ascii = false;
    if (masked) {
        MaskKey key;
        std::memcpy(key.data(), begin + size - key.size(), key.size());
        ascii = mask(payload.data(), payload.size(), key);
    }
    payload_ = {payload.data(), payload.size()};
    if (!text) {
        return Event::binary;
    }
    return ascii || is_utf8(payload_) ? Event::text : fail(errc::invalid_utf8, "");
}

bool Decoder::read_header(std::span<char>& input)
{
    if (header_kept_ == 0 && input.size() >= 2) {
        const std::size_t size = header_size(input.data());
        if (input.size() >= size) {
            const char* begin = input.data();
            input = input.subspan(size);
            return take_header(begin);
        }
    }
    while (!input.empty()) {
        header_[header_kept_++] = input.front();
        input = input.subspan(1);
        if (header_kept_ >= 2 && header_kept_ == header_size(header_.data())) {
            header_kept_ = 0;
            return take_header(header_.data());
        }
    }
    return false;
}

bool Decoder::take_header(const char* begin)
{
    const std::uint64_t length = payload_length(begin);
    if (check_header(begin, length)) {
        return false;
    }
    in_frame_ = true;
    ++frames_;
    if (watcher_ != nullptr) {
        watcher_->frame_begins(decode_header(begin));
    }
    fin_ = (byte_at(begin, 0) & fin_bit) != 0;
    opcode_ = static_cast<Opcode>(byte_at(begin, 0) & opcode_bits);
    length_ = length;
    taken_ = 0;
    if (role_ == Role::server) {
        std::memcpy(masking_key_.data(), begin + header_size(begin) - masking_key_.size(), masking_key_.size());
    }
    if (!is_control(opcode_)) {
        if (opcode_ != Opcode::continuation) {
            message_opcode_ = opcode_;
            compressed_ = (byte_at(begin, 0) & rsv1_bit) != 0;
            fragments_ = 0;
            utf8_.reset();
        }
        ++fragments_;
    }
    return true;
}

error_code Decoder::check_header(const char* begin, std::uint64_t length)
{
    const unsigned first = byte_at(begin, 0);
    const unsigned opcode = first & opcode_bits;
    if ((first & rsv23_bits) != 0) {
        return refuse(errc::protocol_error, "a reserved bit is set");
    }
    if (!is_known(opcode)) {
        return refuse(errc::protocol_error, "a frame has a reserved opcode");
    }
    const bool starts_message = opcode == 1 || opcode == 2;
    if ((first & rsv1_bit) != 0 && (inflater_ == nullptr || !starts_message)) {
        return refuse(errc::protocol_error, "a frame is marked as compressed where none can be");
    }
    const bool masked = (byte_at(begin, 1) & mask_bit) != 0;
    if (masked != (role_ == Role::server)) {
        return refuse(errc::protocol_error,
                      masked ? "a frame of the server is masked" : "a frame of the client is not masked");
    }
    if (!is_minimal(begin, length)) {
        return refuse(errc::protocol_error, "a frame's length is not written as short as can be");
    }
    if (is_control(static_cast<Opcode>(opcode))) {
        if ((first & fin_bit) == 0) {
            return refuse(errc::protocol_error, "a control frame is fragmented");
        }
        return length <= max_control_payload ? error_code{}
                                             : refuse(errc::protocol_error, "a control frame is longer than 125 bytes");
    }
    if (starts_message == in_message_) {
        return refuse(errc::protocol_error,
                      in_message_ ? "a message begins within another one" : "a continuation frame continues nothing");
    }
    return check_length(length, starts_message ? (first & rsv1_bit) != 0 : compressed_);
}

error_code Decoder::check_length(std::uint64_t length, bool compressed)
{
    if (length > limits_.max_frame) {
        return refuse(errc::message_too_big, "a frame is longer than max_frame");
    }
    // What is compressed may be the longer form; the inflater knows both.
    const std::size_t so_far = in_message_ ? pieces_->message.size() : 0;
    if (!compressed && length > limits_.max_message - so_far) {
        return refuse(errc::message_too_big, "a message is longer than max_message");
    }
    if (in_message_ && fragments_ >= limits_.max_fragments) {
        return refuse(errc::message_too_big, "a message has more fragments than max_fragments");
    }
    return {};
}

Decoder::Event Decoder::take_payload(std::span<char>& input)
{
    const bool whole = taken_ == 0 && input.size() >= length_;
    const std::span<char> chunk = take_chunk(input);
    in_frame_ = taken_ < length_;
    const std::string_view bytes(chunk.data(), chunk.size());
    if (is_control(opcode_)) {
        if (whole) {
            return finish_control(bytes);
        }
        pieces().control.append(bytes);
        return in_frame_ ? Event::none : finish_control(pieces_->control);
    }
    in_message_ = true;
    if (!append(bytes)) {
        return Event::failed;
    }
    return in_frame_ || !fin_ ? Event::none : finish_message();
}

std::span<char> Decoder::take_chunk(std::span<char>& input)
{
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(length_ - taken_, input.size()));
    const std::span<char> chunk = input.first(size);
    input = input.subspan(size);
    if (role_ == Role::server) {
        mask(chunk.data(), chunk.size(), masking_key_, static_cast<std::size_t>(taken_ % masking_key_.size()));
    }
    taken_ += size;
    return chunk;
}

bool Decoder::append(std::string_view chunk)
{
    std::string& message = pieces().message;
    if (compressed_) {
        const std::size_t before = message.size();
        if (const auto error = inflater_->consume(chunk, message)) {
            refuse(error, "");
            return false;
        }
        chunk = std::string_view(message).substr(before);
    } else {
        if (taken_ == chunk.size()) {  // the frame's first
            message.reserve(message.size() + std::min<std::size_t>(static_cast<std::size_t>(length_), largest_reserve));
        }
        message.append(chunk);
    }
    if (message_opcode_ == Opcode::text && !utf8_.consume(chunk)) {
        refuse(errc::invalid_utf8, "");
        return false;
    }
    return true;
}

Decoder::Event Decoder::finish_message()
{
    std::string& message = pieces_->message;
    if (compressed_) {
        const std::size_t before = message.size();
        if (const auto error = inflater_->finish(message)) {
            return fail(error, "");
        }
        if (message_opcode_ == Opcode::text && !utf8_.consume(std::string_view(message).substr(before))) {
            return fail(errc::invalid_utf8, "");
        }
    }
    if (message_opcode_ == Opcode::text && !utf8_.complete()) {
        return fail(errc::invalid_utf8, "");
    }
    in_message_ = false;
    payload_ = message;
    return message_opcode_ == Opcode::text ? Event::text : Event::binary;
}

Decoder::Pieces& Decoder::pieces()
{
    if (pieces_ == nullptr) {
        pieces_ = std::make_unique<Pieces>();
    }
    return *pieces_;
}

void Decoder::release_delivered()
{
    if (pieces_ == nullptr) {
        return;
    }
    if (!in_frame_) {
        pieces_->control.clear();
    }
    if (!in_message_) {
        pieces_->message.clear();
        if (pieces_->message.capacity() > kept_capacity) {
            pieces_->message.shrink_to_fit();
        }
    }
}

Decoder::Event Decoder::finish_control(std::string_view payload)
{
    if (opcode_ == Opcode::close) {
        return finish_close(payload);
    }
    payload_ = payload;
    return opcode_ == Opcode::ping ? Event::ping : Event::pong;
}

Decoder::Event Decoder::finish_close(std::string_view payload)
{
    if (payload.empty()) {
        close_code_ = static_cast<std::uint16_t>(CloseCode::no_status);
        payload_ = {};
        return Event::close;
    }
    if (payload.size() == 1) {
        return fail(errc::protocol_error, "a close frame has half a code");
    }
    close_code_ = static_cast<std::uint16_t>(byte_at(payload.data(), 0) << 8 | byte_at(payload.data(), 1));
    if (!may_be_sent(close_code_)) {
        return fail(errc::protocol_error, "a close frame has a code that must not be sent");
    }
    payload_ = payload.substr(2);
    return is_utf8(payload_) ? Event::close : fail(errc::invalid_utf8, "the reason of a close frame");
}

error_code Decoder::refuse(error_code error, const char* detail)
{
    failure_ = std::make_unique<const Failure>(Failure{error, detail});
    return error;
}

Decoder::Event Decoder::fail(error_code error, const char* detail)
{
    refuse(error, detail);
    return Event::failed;
}

}  // namespace moonwire::websocket
