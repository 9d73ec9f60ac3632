#include "host/http/static_folder.hpp"

#include "host/http/content_type.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <climits>
#include <optional>

namespace moonwire::http {

namespace {

constexpr int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

/// Where an open file lies; empty if the system does not say.
std::string location_of(int descriptor)
{
    std::array<char, PATH_MAX> text{};
    const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
    const ssize_t size = ::readlink(link.c_str(), text.data(), text.size());
    return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : std::string();
}

/// As a system call takes it, relative and without ways up; nothing if it has some.
std::optional<std::string> relative_path(std::string_view path)
{
    std::string result;
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
        if (part == ".." || part.find('\0') != std::string_view::npos) {
            return std::nullopt;
        }
        if (!part.empty() && part != ".") {
            result += part;
            result += slash == std::string_view::npos ? "" : "/";
        }
    }
    return result;
}

unsigned status_of(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return 403;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:  // somebody renames what is being looked for
        return 503;
    default:
        return 404;
    }
}

}  // namespace

int open_beneath(int root, const std::string& path)
{
    ::open_how how{};
    how.flags = flags;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    const long descriptor = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    if (descriptor < 0 && (errno == ENOSYS || errno == EPERM)) {
        return open_and_check(root, path);
    }
    return static_cast<int>(descriptor);
}

int open_and_check(int root, const std::string& path)
{
    net::Descriptor opened(::openat(root, path.c_str(), flags));
    if (!opened) {
        return -1;
    }
    const std::string folder = location_of(root);
    const std::string place = location_of(opened.get());
    const bool beneath = place == folder || place.starts_with(folder == "/" ? folder : folder + "/");
    if (folder.empty() || place.empty() || !beneath) {
        errno = EXDEV;
        return -1;
    }
    return opened.release();
}

net::Result<StaticFolder> StaticFolder::open(const std::string& path)
{
    net::Descriptor root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root) {
        const net::error_code error(errno, boost::system::system_category());
        return net::Failure{error, "serve the folder " + path + ": " + net::reason(error)};
    }
    return StaticFolder(std::move(root));
}

StaticFolder::Found StaticFolder::find(std::string_view path) const
{
    Found found;
    const auto relative = relative_path(path);
    if (!relative) {
        found.status = 404;
        return found;
    }
    std::string name = *relative;
    if (name.empty() || name.ends_with('/')) {
        name += "index.html";
    }
    found.file = net::Descriptor(open_beneath(root_.get(), name));
    struct stat facts {
    };
    if (!found.file || ::fstat(found.file.get(), &facts) != 0) {
        found.status = status_of(errno);
    } else if (S_ISDIR(facts.st_mode)) {
        found.status = name == *relative ? 301 : 404;
    } else {
        found.status = S_ISREG(facts.st_mode) ? 200 : 404;
    }
    found.facts = {static_cast<std::uint64_t>(facts.st_size), facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec};
    found.type = content_type(name);
    return found;
}

}  // namespace moonwire::http
