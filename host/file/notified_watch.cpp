#include "host/file/notified_watch.hpp"

#include "host/net/descriptor.hpp"

#include <sys/inotify.h>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace moonwire::file {

namespace {

constexpr std::uint32_t file_events = IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
constexpr std::uint32_t folder_events = IN_DELETE_SELF | IN_MOVE_SELF;

// What says that there is no folder any more.
constexpr std::uint32_t folder_ends = folder_events | IN_UNMOUNT | IN_IGNORED;

const net::error_code folder_is_gone(ENOENT, boost::system::system_category());

net::Failure failure(const std::string& path, const std::string& detail = {})
{
    const net::error_code error(errno, boost::system::system_category());
    return {error, "watch " + path + ": " + (detail.empty() ? net::reason(error) : detail)};
}

}  // namespace

net::Result<std::shared_ptr<Watch>> NotifiedWatch::start(loop::Loop& loop, const std::string& path)
{
    net::Descriptor inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!inotify) {
        return failure(path, errno == EMFILE ? "too many open files, or more watches than the system allows "
                                               "(/proc/sys/fs/inotify/max_user_instances)"
                                             : "");
    }
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    const std::string folder_name = folder.empty() ? "." : folder.string();
    if (::inotify_add_watch(inotify.get(), folder_name.c_str(), file_events | folder_events | IN_ONLYDIR) < 0) {
        return failure(path, errno == ENOENT || errno == ENOTDIR ? "there is no folder " + folder_name : "");
    }
    auto watch = std::make_shared<NotifiedWatch>(loop, path, inotify.get());
    inotify.release();
    return std::shared_ptr<Watch>(std::move(watch));
}

NotifiedWatch::NotifiedWatch(loop::Loop& loop, std::string path, int inotify)
    : Watch(loop, std::move(path)),
      name_(std::filesystem::path(this->path()).filename().string()),
      inotify_(loop.context(), inotify)
{
}

void NotifiedWatch::start_looking()
{
    if (folder_gone_) {
        finish_later(folder_is_gone);
        return;
    }
    if (std::exchange(looking_, true)) {
        return;
    }
    inotify_.async_wait(decltype(inotify_)::wait_read, [self = shared_from_this(), this](const net::error_code& error) {
        looking_ = false;
        if (!error && waiting()) {
            read_events();
        }
    });
}

// The wait on the descriptor goes on, and finds out that nobody waits any more; or somebody does by then.
void NotifiedWatch::stop_looking() {}

void NotifiedWatch::close_transport()
{
    net::error_code ignored;
    inotify_.close(ignored);
}

void NotifiedWatch::read_events()
{
    const auto scratch = loop().scratch();
    const ssize_t size = ::read(inotify_.native_handle(), scratch.data(), scratch.size());
    bool changed = false;
    for (ssize_t at = 0; at < size;) {
        inotify_event event{};
        std::memcpy(&event, scratch.data() + at, sizeof event);
        const char* name = reinterpret_cast<const char*>(scratch.data()) + at + sizeof event;
        const bool all_lost = (event.mask & IN_Q_OVERFLOW) != 0;  // more than the system keeps
        changed = changed || all_lost || (event.len > 0 && name_ == name);
        folder_gone_ = folder_gone_ || (event.mask & folder_ends) != 0;
        at += static_cast<ssize_t>(sizeof event + event.len);
    }
    if (changed) {
        finish({});
    } else if (folder_gone_) {
        finish(folder_is_gone);
    } else {
        start_looking();
    }
}

}  // namespace moonwire::file
