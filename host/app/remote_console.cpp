#include "host/app/remote_console.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace moonwire::app {

namespace {

using attach::Message;
using Kind = Message::Kind;
using Milliseconds = std::chrono::milliseconds;

// For an answer, while a person types.
constexpr Milliseconds patience{300};

// For the program to come to where it takes consoles.
constexpr Milliseconds first_patience{5000};

int left(std::chrono::steady_clock::time_point deadline)
{
    const auto rest = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::max(rest, Milliseconds{0}).count());
}

Outcome read_outcome(const std::string& text)
{
    return text == "done" ? Outcome::done : text == "interrupted" ? Outcome::interrupted : Outcome::failed;
}

}  // namespace

RemoteConsole::RemoteConsole(Engine& engine, int descriptor, Options options)
    : engine_(engine), descriptor_(descriptor), options_(std::move(options))
{
    send({Kind::hello,
          {std::string(attach::version), options_.colours ? "colours" : "", std::to_string(options_.columns)}});
    const auto deadline = std::chrono::steady_clock::now() + first_patience;
    std::optional<Message> welcome = incoming_.next();
    while (!welcome && receive(left(deadline))) {
        welcome = incoming_.next();
    }
    if (!welcome || welcome->texts.empty() || (welcome->kind != Kind::welcome && welcome->kind != Kind::farewell)) {
        ::close(descriptor_);
        throw std::runtime_error(ended_ ? "the program has gone"
                                        : "the program does not answer: is it busy, or stopped?");
    }
    if (welcome->kind == Kind::farewell) {
        ::close(descriptor_);
        throw std::runtime_error(welcome->texts.front());
    }
    program_ = welcome->texts.front();
    engine_.watch(descriptor_, [this] { on_readable(); });
}

RemoteConsole::~RemoteConsole()
{
    engine_.unwatch(descriptor_);
    ::close(descriptor_);
}

bool RemoteConsole::is_complete(std::string_view text)
{
    const auto answer = ask("is_complete", text);
    return answer.empty() || answer.front() != "no";
}

Candidates RemoteConsole::complete(std::string_view text)
{
    std::vector<std::string> answer = ask("complete", text);
    if (answer.empty()) {
        return {text.size(), {}};
    }
    const std::size_t start = std::strtoul(answer.front().c_str(), nullptr, 10);
    answer.erase(answer.begin());
    return {std::min(start, text.size()), std::move(answer)};
}

std::string RemoteConsole::hint(std::string_view text)
{
    auto answer = ask("hint", text);
    return answer.empty() ? std::string() : std::move(answer.front());
}

void RemoteConsole::evaluate(std::string_view text, std::function<void(Outcome)> done)
{
    const Message message{Kind::evaluate, {std::to_string(options_.columns), std::string(text)}};
    if (encode(message).size() > attach::max_message) {
        options_.output("an entry of more than a megabyte is too long\n");
        engine_.post([done = std::move(done)] { done(Outcome::failed); });
        return;
    }
    done_ = std::move(done);
    send(message);
}

void RemoteConsole::evaluate_file(std::string_view, const std::string&, const std::vector<std::string>&,
                                  std::function<void(Outcome)>)
{
    throw std::logic_error("an attached console takes no files");
}

void RemoteConsole::cancel()
{
    if (done_) {
        send({Kind::cancel});
    }
}

void RemoteConsole::send(const Message& message)
{
    const std::string bytes = encode(message);
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const ssize_t size = ::send(descriptor_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (size < 0 && errno != EINTR) {
            return;  // the end is found where messages are read
        }
        sent += size > 0 ? static_cast<std::size_t>(size) : 0;
    }
}

// Takes what comes within so many milliseconds. False if nothing has, or will.
bool RemoteConsole::receive(int timeout)
{
    pollfd readable{descriptor_, POLLIN, 0};
    if (::poll(&readable, 1, timeout) <= 0) {
        return false;
    }
    char bytes[64 * 1024];
    const ssize_t size = ::recv(descriptor_, bytes, sizeof bytes, 0);
    if (size <= 0) {
        ended_ = true;
        return false;
    }
    incoming_.take({bytes, static_cast<std::size_t>(size)});
    return true;
}

void RemoteConsole::on_readable()
{
    receive(0);
    take_all();
}

void RemoteConsole::take_all()
{
    try {
        while (const auto message = incoming_.next()) {
            untaken_.push_back(*message);
        }
    } catch (const std::runtime_error& error) {
        lose(program_ + " sends " + error.what(), false);
    }
    while (!untaken_.empty() && !lost_) {
        const Message message = std::move(untaken_.front());
        untaken_.pop_front();
        take(message);
    }
    if (ended_) {
        lose(program_ + " has gone without a word: was it killed?", false);
    }
}

void RemoteConsole::take(const Message& message)
{
    const std::string first = message.texts.empty() ? std::string() : message.texts.front();
    switch (message.kind) {
    case Kind::output:
        options_.output(first);
        break;
    case Kind::evaluated:
        if (const auto done = std::exchange(done_, nullptr)) {
            done(read_outcome(first));
        }
        break;
    case Kind::answer:
        unanswered_ = false;  // late, but it takes questions again
        break;
    case Kind::farewell:
        lose(first, message.texts.size() > 1 && message.texts[1] == "ended");
        break;
    default:
        break;
    }
}

void RemoteConsole::lose(const std::string& why, bool in_order)
{
    if (!std::exchange(lost_, true)) {
        engine_.unwatch(descriptor_);
        options_.gone(why, in_order);
    }
}

// What the program says to a question, or nothing if it does not in time. What else it says meanwhile is for later.
std::vector<std::string> RemoteConsole::ask(const char* what, std::string_view text)
{
    if (unanswered_ || ended_) {
        return {};
    }
    const std::string number = std::to_string(++question_);
    const Message question{Kind::question, {number, what, std::string(text)}};
    if (encode(question).size() > attach::max_message) {
        return {};
    }
    send(question);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::vector<std::string> answer;
    unanswered_ = true;
    do {
        while (const auto message = incoming_.next()) {
            if (message->kind == Kind::answer && !message->texts.empty() && message->texts.front() == number) {
                answer.assign(message->texts.begin() + 1, message->texts.end());
                unanswered_ = false;
            } else {
                untaken_.push_back(*message);
            }
        }
    } while (unanswered_ && receive(left(deadline)));
    if (!untaken_.empty() || ended_) {
        engine_.post([this] { take_all(); });
    }
    return answer;
}

}  // namespace moonwire::app
