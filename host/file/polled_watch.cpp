#include "host/file/polled_watch.hpp"

#include <algorithm>
#include <ctime>
#include <tuple>
#include <utility>

namespace moonwire::file {

// Files get their times from the kernel's coarse clock, which advances by milliseconds: two changes between two of its
// ticks look the same. A state whose time is before the tick in which it was looked at cannot be mistaken so.
PolledWatch::Look PolledWatch::Look::at(const std::string& path)
{
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
    struct stat status {
    };
    if (::stat(path.c_str(), &status) != 0) {
        return {};
    }
    const bool fresh = std::pair(status.st_mtim.tv_sec, status.st_mtim.tv_nsec) >= std::pair(now.tv_sec, now.tv_nsec);
    return {true, status.st_dev, status.st_ino, status.st_size, status.st_mtim, fresh};
}

bool PolledWatch::Look::same(const Look& other) const
{
    const auto state = [](const Look& look) {
        return std::tuple(look.exists, look.device, look.number, look.size, look.modified.tv_sec,
                          look.modified.tv_nsec);
    };
    return state(*this) == state(other);
}

PolledWatch::PolledWatch(loop::Loop& loop, std::string path, observe::Duration interval)
    : Watch(loop, std::move(path)),
      interval_(interval),
      next_(loop.now() + interval),
      last_(Look::at(this->path())),
      timer_(loop)
{
}

void PolledWatch::start_looking()
{
    timer_.expires_at(std::max(next_, loop().now()), [this] { look(); });
}

void PolledWatch::stop_looking()
{
    timer_.cancel();
}

void PolledWatch::look()
{
    next_ = loop().now() + interval_;
    const Look found = Look::at(path());
    const Look before = std::exchange(last_, found);
    if (before.fresh || !found.same(before)) {
        finish({});
    } else {
        start_looking();
    }
}

}  // namespace moonwire::file
