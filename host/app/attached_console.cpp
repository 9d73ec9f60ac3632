#include "host/app/attached_console.hpp"

#include "host/app/prompt.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace moonwire::app {

namespace {

using attach::Message;
using Kind = Message::Kind;

// Of the output in one message.
constexpr std::size_t max_piece = 64 * 1024;

// Columns that a table may be laid out for.
constexpr std::size_t max_columns = 10000;

void require_texts(const Message& message, std::size_t count)
{
    if (message.texts.size() != count) {
        throw std::runtime_error("a message with the wrong number of texts");
    }
}

std::size_t read_columns(const std::string& text)
{
    std::size_t columns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (error != std::errc{} || end != text.data() + text.size() || columns > max_columns) {
        throw std::runtime_error("a message with an impossible width");
    }
    return columns;
}

std::string outcome_text(Outcome outcome)
{
    return outcome == Outcome::done ? "done" : outcome == Outcome::failed ? "failed" : "interrupted";
}

}  // namespace

AttachedConsole::AttachedConsole(Engine& engine, int descriptor, std::string program, std::function<void()> on_change)
    : engine_(engine), descriptor_(descriptor), program_(std::move(program)), on_change_(std::move(on_change))
{
}

AttachedConsole::~AttachedConsole()
{
    console_.reset();
    ::close(descriptor_);
}

void AttachedConsole::on_ready()
{
    write();
    read();
}

void AttachedConsole::read()
{
    char bytes[16 * 1024];
    const ssize_t size = ::recv(descriptor_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (size <= 0) {
        gone_ = true;
        return;
    }
    incoming_.take({bytes, static_cast<std::size_t>(size)});
    try {
        while (!gone_) {
            const auto message = incoming_.next();
            if (!message) {
                return;
            }
            take(*message);
        }
    } catch (const std::exception& error) {
        farewell(error.what(), "refused");
    }
}

void AttachedConsole::take(const Message& message)
{
    if (message.kind == Kind::hello) {
        begin(message);
        return;
    }
    if (console_ == nullptr) {
        throw std::runtime_error("a message before the hello");
    }
    switch (message.kind) {
    case Kind::question:
        answer(message);
        break;
    case Kind::evaluate:
        evaluate(message);
        break;
    case Kind::cancel:
        console_->cancel();
        break;
    default:
        throw std::runtime_error("a message that no console sends");
    }
}

void AttachedConsole::begin(const Message& message)
{
    require_texts(message, 3);
    if (message.texts[0] != attach::version || console_ != nullptr) {
        throw std::runtime_error("another version of moonwire than this program's");
    }
    ConsoleOptions options;
    options.output = options.errors = [this](std::string_view text) { send_output(text); };
    options.colours = message.texts[1] == "colours";
    options.columns = read_columns(message.texts[2]);
    options.takes_prints = true;
    options.modules = own_modules();
    console_ = engine_.open_console(std::move(options));
    send({Kind::welcome, {program_}});
}

void AttachedConsole::answer(const Message& message)
{
    require_texts(message, 3);
    const std::string& what = message.texts[1];
    const std::string& text = message.texts[2];
    Message reply{Kind::answer, {message.texts[0]}};
    if (what == "is_complete") {
        reply.texts.emplace_back(console_->is_complete(text) ? "yes" : "no");
    } else if (what == "hint") {
        reply.texts.push_back(console_->hint(text));
    } else if (what == "complete") {
        Candidates candidates = console_->complete(text);
        candidates.words.resize(std::min(candidates.words.size(), attach::max_texts / 2));
        reply.texts.push_back(std::to_string(candidates.start));
        std::move(candidates.words.begin(), candidates.words.end(), std::back_inserter(reply.texts));
    } else {
        throw std::runtime_error("a question of an unknown kind");
    }
    send(reply);
}

void AttachedConsole::evaluate(const Message& message)
{
    require_texts(message, 2);
    if (evaluating_) {
        throw std::runtime_error("an entry before the last one has ended");
    }
    console_->set_columns(read_columns(message.texts[0]));
    evaluating_ = true;
    try {
        console_->evaluate(message.texts[1], [this](Outcome outcome) {
            evaluating_ = false;
            send({Kind::evaluated, {outcome_text(outcome)}});
        });
    } catch (const std::logic_error&) {
        evaluating_ = false;
        send_output("the program is at its end\n");
        send({Kind::evaluated, {outcome_text(Outcome::failed)}});
    }
}

void AttachedConsole::farewell(std::string_view why, std::string_view kind)
{
    send({Kind::farewell, {std::string(why), std::string(kind)}});
    write();
    gone_ = true;
}

void AttachedConsole::send_output(std::string_view text)
{
    while (!text.empty()) {
        const std::string_view piece = text.substr(0, max_piece);
        send({Kind::output, {std::string(piece)}});
        text.remove_prefix(piece.size());
    }
}

void AttachedConsole::send(const Message& message)
{
    if (gone_) {
        return;
    }
    std::string bytes = encode(message);
    if (bytes.size() > attach::max_message) {
        throw std::runtime_error("an answer that is too long");
    }
    outgoing_ += bytes;
    if (outgoing_.size() - written_ >= max_piece) {
        write();
    }
    if (outgoing_.size() - written_ > max_unread) {
        gone_ = true;
    }
    flush_soon();
}

// What a turn prints goes out together.
void AttachedConsole::flush_soon()
{
    if (std::exchange(flushing_, true)) {
        return;
    }
    engine_.post([this, here = std::weak_ptr(here_)] {
        if (!here.expired()) {
            flushing_ = false;
            write();
            const auto on_change = on_change_;  // which may be the end of this console
            on_change();
        }
    });
}

void AttachedConsole::write()
{
    while (wants_to_write()) {
        const ssize_t size =
            ::send(descriptor_, outgoing_.data() + written_, outgoing_.size() - written_, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0) {
            gone_ = gone_ || (errno != EAGAIN && errno != EINTR);
            break;
        }
        written_ += static_cast<std::size_t>(size);
    }
    outgoing_.erase(0, written_);
    written_ = 0;
}

}  // namespace moonwire::app
