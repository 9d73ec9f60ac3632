#include "host/capture/output_file.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace moonwire::capture {

namespace {

constexpr std::size_t large = 256 * 1024;

// What packets carry is nobody else's business, and less so with the keys to it.
constexpr mode_t owner_only = 0600;

}  // namespace

OutputFile::OutputFile(std::filesystem::path path) : path_(std::move(path))
{
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, owner_only);
    is_new_ = descriptor_ >= 0;
    if (descriptor_ < 0 && errno == EEXIST) {
        descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    }
    if (descriptor_ < 0) {
        throw std::system_error(errno, std::generic_category(), path_.string());
    }
    can_seek_ = ::lseek(descriptor_, 0, SEEK_CUR) >= 0;
    buffer_.reserve(2 * large);
}

OutputFile::~OutputFile()
{
    if (is_new_ && !begun_) {
        ::unlink(path_.c_str());
    }
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

void OutputFile::begin()
{
    begun_ = true;
    if (can_seek_ && ::ftruncate(descriptor_, 0) != 0 && errno != EINVAL) {  // no regular file
        failure_ = std::generic_category().message(errno);
    }
}

void OutputFile::flush_if_large()
{
    if (buffer_.size() >= large) {
        flush();
    }
}

void OutputFile::flush()
{
    write_all(buffer_.data(), buffer_.size());
    written_ += buffer_.size();
    buffer_.clear();
}

void OutputFile::write_all(const char* data, std::size_t size)
{
    while (size > 0 && failure_.empty() && descriptor_ >= 0) {
        const ssize_t count = ::write(descriptor_, data, size);
        if (count < 0 && errno != EINTR) {
            failure_ = std::generic_category().message(errno);
        } else if (count > 0) {
            data += count;
            size -= static_cast<std::size_t>(count);
        }
    }
}

void OutputFile::overwrite(std::uint64_t offset, std::string_view bytes)
{
    if (offset >= written_) {
        std::copy(bytes.begin(), bytes.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(offset - written_));
        return;
    }
    if (offset + bytes.size() > written_) {
        flush();
    }
    while (!bytes.empty() && failure_.empty()) {
        const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno != EINTR) {
            failure_ = std::generic_category().message(errno);
        } else if (count > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
            offset += static_cast<std::uint64_t>(count);
        }
    }
}

}  // namespace moonwire::capture
