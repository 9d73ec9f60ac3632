#pragma once

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace moonwire::terminal {

/// What was typed in earlier sessions, an entry a line: a line end within an entry is written as \n, a backslash as \\.
/// Sessions that run side by side add to the same file.
class HistoryFile
{
public:
    /// The file, and the folders above it, come into being with the first entry.
    explicit HistoryFile(std::filesystem::path file) : file_(std::move(file)) {}

    static constexpr std::size_t max_entries = 1000;

    /// The last entries, oldest first. Makes a file that has become much longer shorter.
    std::vector<std::string> load() const;

    /// Readable by its owner alone.
    std::error_code append(const std::string& entry) const;

    const std::filesystem::path& path() const { return file_; }

private:
    std::filesystem::path file_;
};

/// $XDG_STATE_HOME/moonwire/history, by default below ~/.local/state (XDG Base Directory Specification); empty if there
/// is no home.
std::filesystem::path history_path();

}  // namespace moonwire::terminal
