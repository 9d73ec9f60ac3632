#include "host/loop/poller.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace moonwire::loop {

namespace {

// How often a busy poller looks again before Asio's other work gets its turn.
constexpr int rounds = 8;

// With fewer events than this at once, looking again at once would mostly be in vain.
constexpr int busy = 8;

int make_epoll()
{
    const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
    if (descriptor < 0) {
        throw std::system_error(errno, std::generic_category(), "epoll_create1");
    }
    return descriptor;
}

}  // namespace

Poller::Poller(boost::asio::io_context& context, observe::Observers& observers, std::function<void()> after_all)
    : observers_(observers), epoll_(context, make_epoll()), after_all_(std::move(after_all))
{
    wait();
}

Poller::~Poller() = default;

void Poller::add(int descriptor, Watch& watch, std::uint32_t events)
{
    epoll_event event{};
    event.events = events | EPOLLET;
    event.data.ptr = &watch;
    if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
    const auto index = static_cast<std::size_t>(descriptor);
    if (index >= watches_.size()) {
        watches_.resize(index + 1);
    }
    watches_[index] = &watch;
}

Poller::Watch* Poller::watch_of(int descriptor) const
{
    const auto index = static_cast<std::size_t>(descriptor);
    return index < watches_.size() ? watches_[index] : nullptr;
}

void Poller::change(int descriptor, std::uint32_t events)
{
    if (Watch* watch = watch_of(descriptor)) {
        epoll_event event{};
        event.events = events | EPOLLET;
        event.data.ptr = watch;
        ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, descriptor, &event);
    }
}

void Poller::remove(int descriptor)
{
    Watch* watch = watch_of(descriptor);
    if (watch == nullptr) {
        return;
    }
    for (epoll_event& event : pending_) {
        if (event.data.ptr == watch) {
            event.data.ptr = nullptr;
        }
    }
    watches_[static_cast<std::size_t>(descriptor)] = nullptr;
    epoll_event ignored{};
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, descriptor, &ignored);
}

void Poller::give_up()
{
    for (std::size_t descriptor = 0; descriptor < watches_.size(); ++descriptor) {
        if (Watch* watch = watches_[descriptor]) {
            remove(static_cast<int>(descriptor));
            watch->given_up();
        }
    }
}

void Poller::wait()
{
    epoll_.async_wait(decltype(epoll_)::wait_read, [this](const boost::system::error_code& error) {
        if (!error) {
            tell_all();
            wait();
        }
    });
}

void Poller::tell_all()
{
    for (int round = 0; round < rounds; ++round) {
        if (tell_some() < busy) {
            return;
        }
    }
}

int Poller::tell_some()
{
    const int count = ::epoll_wait(epoll_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
    if (observers_.wants_calls()) {
        observers_.tell_call(observe::Layer::loop, 0, "epoll_wait", count);
    }
    pending_ = std::span(events_).first(count > 0 ? static_cast<std::size_t>(count) : 0);
    while (!pending_.empty()) {
        const epoll_event event = pending_.front();
        pending_ = pending_.subspan(1);
        if (event.data.ptr != nullptr) {
            static_cast<Watch*>(event.data.ptr)->ready(event.events);
        }
    }
    after_all_();
    return count;
}

}  // namespace moonwire::loop
