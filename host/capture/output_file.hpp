#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace moonwire::capture {

/// A file that is written from its beginning, in large pieces; what has been written may be overwritten if the file is
/// no pipe. After an error it takes nothing more. Used by one thread at a time.
class OutputFile
{
public:
    /// Takes everything, and keeps nothing.
    OutputFile() = default;

    /// Throws std::system_error if the file cannot be written. Nothing in it is changed before `begin`; a file that
    /// this has made is removed again if that never comes.
    explicit OutputFile(std::filesystem::path path);
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    const std::filesystem::path& path() const { return path_; }

    void begin();

    /// Where the caller adds what is to be written; `flush_if_large` from time to time.
    std::string& buffer() { return buffer_; }

    void flush_if_large();
    void flush();

    bool can_seek() const { return can_seek_; }

    /// Where the next byte goes.
    std::uint64_t size() const { return written_ + buffer_.size(); }

    void overwrite(std::uint64_t offset, std::string_view bytes);

    /// "No space left on device", or empty.
    const std::string& failure() const { return failure_; }

private:
    void write_all(const char* data, std::size_t size);

    std::filesystem::path path_;
    int descriptor_ = -1;
    bool is_new_ = false;
    bool can_seek_ = false;
    bool begun_ = false;
    std::string buffer_;
    std::uint64_t written_ = 0;
    std::string failure_;
};

}  // namespace moonwire::capture
