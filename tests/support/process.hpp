#pragma once

#include <sys/types.h>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::test {

/// How long a test waits for something that must happen. Longer where MOONWIRE_TEST_SLOW is set (sanitizers).
std::chrono::milliseconds patience();

/// What exec takes: the strings, which must outlive it, and a null.
std::vector<char*> pointers(const std::vector<std::string>& strings);

/// A program that a test has started. It is ended when the test leaves it.
class Process
{
public:
    explicit Process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t pid() const { return pid_; }

    void write(std::string_view text);
    void close_input();
    void signal(int number);

    /// The next line of standard output (standard error) that contains `part`; lines before it are passed over. Throws
    /// when it does not come, saying what came instead.
    std::string wait_for_output(std::string_view part);
    std::string wait_for_error(std::string_view part);

    /// Waits for the end. The exit status, or 128 + the signal.
    int wait();

    /// All that has been written so far.
    const std::string& output() const { return streams_[0].text; }
    const std::string& error() const { return streams_[1].text; }

private:
    struct Stream {
        int descriptor = -1;
        std::string text;
        std::size_t searched = 0;
    };

    std::string wait_for(Stream& stream, std::string_view part, const char* name);
    bool read_some(std::chrono::milliseconds timeout);

    pid_t pid_ = -1;
    int input_ = -1;
    int status_ = -1;
    Stream streams_[2];
};

/// Memory of a process that runs, in bytes: what it has now, and the most that it has had (VmRSS, VmHWM of proc(5)).
std::size_t resident_memory(pid_t pid);
std::size_t peak_memory(pid_t pid);

struct Finished {
    int status;
    std::string output;
    std::string error;
};

/// Runs a program to its end.
Finished run(const std::vector<std::string>& arguments, std::string_view input = {},
             const std::vector<std::string>& environment = {});

/// The same for the command under test.
Finished run_moonwire(std::vector<std::string> arguments, std::string_view input = {},
                      const std::vector<std::string>& environment = {});

/// `moonwire run` with these arguments, left running.
std::vector<std::string> moonwire_run(std::vector<std::string> arguments);

/// The port at the end of a line like "pmu: ready on 0.0.0.0:41234".
std::string port_of(const std::string& line);

/// A folder that goes with the test.
class TemporaryFolder
{
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

    /// Writes a file in it, and the folders above the file.
    std::string write(const std::filesystem::path& name, std::string_view text) const;

private:
    std::filesystem::path path_;
};

}  // namespace moonwire::test
