#include "host/app/console_server.hpp"

#include "host/app/runtime_folder.hpp"

#include <fmt/format.h>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace moonwire::app {

namespace {

// "pmu/udp" → "pmu-udp": without what means something in a path.
std::string name_of(const std::string& what)
{
    std::string name = what;
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0 && c != '_' && c != '.'; }, '-');
    name.erase(0, name.find_first_not_of("-."));
    return fmt::format("{}-{}", name.substr(0, 40), ::getpid());
}

[[noreturn]] void fail(const std::filesystem::path& path)
{
    throw std::system_error(errno, std::generic_category(), "cannot listen for consoles on " + path.string());
}

// A socket that only this user can connect to, also before its mode is looked at.
int listen_on(const std::filesystem::path& path)
{
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string text = path.string();  // which fits: see console_socket
    std::copy(text.begin(), text.end(), address.sun_path);
    const mode_t mask = ::umask(0177);
    const int bound =
        descriptor < 0 ? -1 : ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::umask(mask);
    if (bound != 0 || ::listen(descriptor, static_cast<int>(ConsoleServer::max_consoles)) != 0) {
        fail(path);
    }
    return descriptor;
}

// May whoever is at the other end do what this program may?
bool is_allowed(int descriptor)
{
    ucred peer = {};
    socklen_t size = sizeof peer;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == ::geteuid() || peer.uid == 0);
}

void poll_for(int poll, int operation, int descriptor, std::uint32_t events, void* data)
{
    epoll_event event = {};
    event.events = events;
    event.data.ptr = data;
    ::epoll_ctl(poll, operation, descriptor, &event);
}

}  // namespace

ConsoleServer::ConsoleServer(Engine& engine, const std::string& what)
    : engine_(engine), name_(name_of(what)), path_(console_socket(name_))
{
    std::filesystem::remove(path_);  // of a process that had this number, and was killed
    listener_ = listen_on(path_);
    poll_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (poll_ < 0) {
        fail(path_);
    }
    poll_for(poll_, EPOLL_CTL_ADD, listener_, EPOLLIN, nullptr);
    engine_.watch(poll_, [this] { on_ready(); });
    fmt::print(stderr, "moonwire: `moonwire attach {}` opens a console\n", name_);
}

ConsoleServer::~ConsoleServer()
{
    engine_.unwatch(poll_);
    for (const auto& console : consoles_) {
        console->farewell(name_ + " has ended", "ended");
    }
    consoles_.clear();
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
    ::close(poll_);
    ::close(listener_);
}

void ConsoleServer::on_ready()
{
    epoll_event events[ConsoleServer::max_consoles + 1];
    const int count = ::epoll_wait(poll_, events, static_cast<int>(std::size(events)), 0);
    for (int i = 0; i < count; ++i) {
        if (events[i].data.ptr == nullptr) {
            accept();
        } else {
            static_cast<AttachedConsole*>(events[i].data.ptr)->on_ready();
        }
    }
    let_go();
}

void ConsoleServer::accept()
{
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) {
        return;
    }
    auto console = std::make_unique<AttachedConsole>(engine_, descriptor, name_, [this] { let_go(); });
    if (!is_allowed(descriptor)) {
        console->farewell("only the user who has started it may attach to " + name_, "refused");
    } else if (consoles_.size() == max_consoles) {
        console->farewell(fmt::format("{} has {} consoles, and takes no more", name_, max_consoles), "refused");
    } else {
        poll_for(poll_, EPOLL_CTL_ADD, descriptor, EPOLLIN, console.get());
        consoles_.push_back(std::move(console));
    }
}

void ConsoleServer::let_go()
{
    consoles_.remove_if([](const auto& console) { return console->gone(); });
    for (const auto& console : consoles_) {
        watch_writing(*console);
    }
}

void ConsoleServer::watch_writing(AttachedConsole& console)
{
    const std::uint32_t events = console.wants_to_write() ? EPOLLIN | EPOLLOUT : EPOLLIN;
    poll_for(poll_, EPOLL_CTL_MOD, console.descriptor(), events, &console);
}

}  // namespace moonwire::app
