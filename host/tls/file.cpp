#include "host/tls/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace moonwire::tls {

namespace {

constexpr std::size_t largest_file = std::size_t{16} << 20;

class Descriptor
{
public:
    explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
    ~Descriptor()
    {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    operator int() const { return descriptor_; }

    /// What close(2) says: some file systems report there what could not be written.
    int close()
    {
        const int descriptor = descriptor_;
        descriptor_ = -1;
        return ::close(descriptor);
    }

private:
    int descriptor_;
};

Failure failure(const char* what, const std::string& path, int number = errno)
{
    const error_code error(number, boost::system::system_category());
    return {error, std::string(what) + " " + path + ": " + net::reason(error)};
}

}  // namespace

Result<std::string> read_file(const std::string& path)
{
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file < 0) {
        return failure("cannot read", path);
    }
    std::string text;
    std::array<char, 16384> part{};
    for (;;) {
        const ssize_t size = ::read(file, part.data(), part.size());
        if (size < 0 && errno != EINTR) {
            return failure("cannot read", path);
        }
        if (size == 0) {
            return text;
        }
        text.append(part.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
        if (text.size() > largest_file) {
            return failure("cannot read", path, EFBIG);
        }
    }
}

Failure write_file(const std::string& path, std::string_view text, Secrecy secrecy)
{
    const bool secret = secrecy == Secrecy::private_;
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, secret ? 0600 : 0666));
    if (file < 0 || (secret && ::fchmod(file, 0600) != 0)) {
        return failure("cannot write", path);
    }
    while (!text.empty()) {
        const ssize_t size = ::write(file, text.data(), text.size());
        if (size < 0 && errno != EINTR) {
            return failure("cannot write", path);
        }
        text.remove_prefix(size < 0 ? 0 : static_cast<std::size_t>(size));
    }
    return file.close() == 0 ? Failure() : failure("cannot write", path);
}

}  // namespace moonwire::tls
