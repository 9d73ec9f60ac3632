#include "host/terminal/history_file.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <string>

using moonwire::terminal::HistoryFile;
using moonwire::test::TemporaryFolder;

TEST_CASE("history: entries come back as they were, also those of several lines")
{
    const TemporaryFolder folder;
    const HistoryFile history(folder.path() / "some" / "folder" / "history");
    CHECK(history.load().empty());
    const std::vector<std::string> entries = {"one", "two\nlines", "a \\n that is none, \\", "", "ü"};
    for (const std::string& entry : entries) {
        REQUIRE_FALSE(history.append(entry));
    }
    CHECK(history.load() == entries);
    namespace fs = std::filesystem;
    CHECK((fs::status(history.path()).permissions() & fs::perms::all) ==
          (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("history: the last entries are kept, and the file does not grow without end")
{
    const TemporaryFolder folder;
    const HistoryFile history(folder.path() / "history");
    std::ofstream file(history.path());
    for (std::size_t i = 1; i <= 2 * HistoryFile::max_entries; ++i) {
        file << i << "\n";
    }
    file.close();
    const auto size = std::filesystem::file_size(history.path());
    CHECK(history.load().front() == std::to_string(HistoryFile::max_entries + 1));
    CHECK(std::filesystem::file_size(history.path()) == size);
    REQUIRE_FALSE(history.append("last"));
    const auto entries = history.load();
    CHECK(entries.size() == HistoryFile::max_entries);
    CHECK(entries.back() == "last");
    CHECK(std::filesystem::file_size(history.path()) < size);
    CHECK(history.load() == entries);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("history: what cannot be written is an error")
{
    const TemporaryFolder folder;
    folder.write("file", "");
    CHECK(HistoryFile(folder.path() / "file" / "history").append("x"));
    CHECK(HistoryFile(folder.path()).append("x"));
    CHECK(HistoryFile("/dev/full").append("x"));
}
