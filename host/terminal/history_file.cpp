#include "host/terminal/history_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <utility>

namespace moonwire::terminal {

namespace fs = std::filesystem;

namespace {

std::string encode(const std::string& entry)
{
    std::string line;
    for (const char character : entry) {
        if (character == '\n') {
            line += "\\n";
        } else if (character == '\\') {
            line += "\\\\";
        } else {
            line += character;
        }
    }
    return line + "\n";
}

std::string decode(const std::string& line)
{
    std::string entry;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\' && i + 1 < line.size()) {
            ++i;
            entry += line[i] == 'n' ? '\n' : line[i];
        } else {
            entry += line[i];
        }
    }
    return entry;
}

std::error_code last_error()
{
    return {errno, std::generic_category()};
}

std::error_code write_lines(const fs::path& file, const std::string& lines, int flags)
{
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        return last_error();
    }
    std::error_code error;
    const ssize_t size = ::write(descriptor, lines.data(), lines.size());  // at once: others append, too
    if (size < 0) {
        error = last_error();
    } else if (static_cast<std::size_t>(size) < lines.size()) {
        error = std::make_error_code(std::errc::no_space_on_device);
    }
    ::close(descriptor);
    return error;
}

void shorten(const fs::path& file, const std::vector<std::string>& entries)
{
    std::string lines;
    for (const std::string& entry : entries) {
        lines += encode(entry);
    }
    const fs::path shorter = file.string() + "." + std::to_string(::getpid());
    std::error_code ignored;
    if (!write_lines(shorter, lines, O_TRUNC)) {
        fs::rename(shorter, file, ignored);
    }
    fs::remove(shorter, ignored);
}

}  // namespace

std::vector<std::string> HistoryFile::load() const
{
    std::vector<std::string> entries;
    std::ifstream in(file_, std::ios::binary);
    for (std::string line; std::getline(in, line);) {
        entries.push_back(decode(line));
    }
    const bool much_longer = entries.size() > 2 * max_entries;
    if (entries.size() > max_entries) {
        entries.erase(entries.begin(), entries.end() - max_entries);
    }
    if (much_longer) {
        shorten(file_, entries);
    }
    return entries;
}

std::error_code HistoryFile::append(const std::string& entry) const
{
    std::error_code error;
    if (fs::create_directories(file_.parent_path(), error); error) {
        return error;
    }
    return write_lines(file_, encode(entry), O_APPEND);
}

fs::path history_path()
{
    fs::path folder;
    const char* state = std::getenv("XDG_STATE_HOME");
    const char* home = std::getenv("HOME");
    if (state != nullptr && *state == '/') {  // relative ones are invalid
        folder = state;
    } else if (home != nullptr && *home != '\0') {
        folder = fs::path(home) / ".local" / "state";
    } else {
        return {};
    }
    return folder / "moonwire" / "history";
}

}  // namespace moonwire::terminal
