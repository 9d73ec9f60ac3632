#include "tests/support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace moonwire::test {

namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    int read_end = -1;
    int write_end = -1;
};

Pipe make_pipe()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::system_error(errno, std::generic_category(), "pipe");
    }
    return {ends[0], ends[1]};
}

std::size_t memory_of(pid_t pid, std::string_view field)
{
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(field)) {
            return std::strtoull(line.c_str() + field.size(), nullptr, 10) * 1024;
        }
    }
    throw std::runtime_error(std::string(field) + " is not in /proc");
}

}  // namespace

std::vector<char*> pointers(const std::vector<std::string>& strings)
{
    std::vector<char*> result;
    for (const std::string& text : strings) {
        result.push_back(const_cast<char*>(text.c_str()));
    }
    result.push_back(nullptr);
    return result;
}

std::chrono::milliseconds patience()
{
    return std::chrono::seconds(std::getenv("MOONWIRE_TEST_SLOW") != nullptr ? 50 : 20);
}

Process::Process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment)
{
    const Pipe in = make_pipe();
    const Pipe out = make_pipe();
    const Pipe err = make_pipe();
    const auto argv = pointers(arguments);
    pid_ = ::fork();
    if (pid_ == 0) {
        ::dup2(in.read_end, STDIN_FILENO);
        ::dup2(out.write_end, STDOUT_FILENO);
        ::dup2(err.write_end, STDERR_FILENO);
        for (const std::string& entry : environment) {
            ::putenv(const_cast<char*>(entry.c_str()));
        }
        ::execvp(argv[0], argv.data());
        ::_exit(127);
    }
    ::close(in.read_end);
    ::close(out.write_end);
    ::close(err.write_end);
    input_ = in.write_end;
    streams_[0].descriptor = out.read_end;
    streams_[1].descriptor = err.read_end;
}

Process::~Process()
{
    close_input();
    if (status_ < 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    for (const Stream& stream : streams_) {
        if (stream.descriptor >= 0) {
            ::close(stream.descriptor);
        }
    }
}

void Process::write(std::string_view text)
{
    while (!text.empty()) {
        const ssize_t size = ::write(input_, text.data(), text.size());
        if (size < 0) {
            throw std::system_error(errno, std::generic_category(), "write to the program");
        }
        text.remove_prefix(static_cast<std::size_t>(size));
    }
}

void Process::close_input()
{
    if (input_ >= 0) {
        ::close(input_);
        input_ = -1;
    }
}

void Process::signal(int number)
{
    ::kill(pid_, number);
}

bool Process::read_some(std::chrono::milliseconds timeout)
{
    std::array<pollfd, 2> polled{{{streams_[0].descriptor, POLLIN, 0}, {streams_[1].descriptor, POLLIN, 0}}};
    ::poll(polled.data(), polled.size(), static_cast<int>(timeout.count()));
    bool open = false;
    for (std::size_t i = 0; i < polled.size(); ++i) {
        Stream& stream = streams_[i];
        if (stream.descriptor >= 0 && polled[i].revents != 0) {
            std::array<char, 65536> buffer{};
            const ssize_t size = ::read(stream.descriptor, buffer.data(), buffer.size());
            if (size <= 0) {
                ::close(stream.descriptor);
                stream.descriptor = -1;
            } else {
                stream.text.append(buffer.data(), static_cast<std::size_t>(size));
            }
        }
        open = open || stream.descriptor >= 0;
    }
    return open;
}

std::string Process::wait_for(Stream& stream, std::string_view part, const char* name)
{
    const auto deadline = Clock::now() + patience();
    bool open = true;
    for (;;) {
        for (auto end = stream.text.find('\n', stream.searched); end != std::string::npos;
             end = stream.text.find('\n', stream.searched)) {
            std::string line = stream.text.substr(stream.searched, end - stream.searched);
            stream.searched = end + 1;
            if (line.find(part) != std::string::npos) {
                return line;
            }
        }
        if (!open || Clock::now() > deadline) {
            throw std::runtime_error("no line with '" + std::string(part) + "' on " + name + "\n--- output:\n" +
                                     output() + "\n--- error:\n" + error());
        }
        open = read_some(std::chrono::milliseconds(50));
    }
}

std::string Process::wait_for_output(std::string_view part)
{
    return wait_for(streams_[0], part, "standard output");
}

std::string Process::wait_for_error(std::string_view part)
{
    return wait_for(streams_[1], part, "standard error");
}

int Process::wait()
{
    const auto deadline = Clock::now() + patience();
    bool open = true;
    while (status_ < 0) {
        open = open && read_some(std::chrono::milliseconds(50));
        if (!open) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        } else if (Clock::now() > deadline) {
            throw std::runtime_error("the program does not end\n--- output:\n" + output() + "\n--- error:\n" + error());
        }
    }
    while (open) {
        const std::size_t before = output().size() + error().size();
        open = read_some(std::chrono::milliseconds(0));
        if (before == output().size() + error().size()) {
            break;  // a grandchild may hold the pipe open
        }
    }
    return status_;
}

std::size_t resident_memory(pid_t pid)
{
    return memory_of(pid, "VmRSS:");
}

std::size_t peak_memory(pid_t pid)
{
    return memory_of(pid, "VmHWM:");
}

Finished run(const std::vector<std::string>& arguments, std::string_view input,
             const std::vector<std::string>& environment)
{
    Process process(arguments, environment);
    process.write(input);
    process.close_input();
    const int status = process.wait();
    return {status, process.output(), process.error()};
}

Finished run_moonwire(std::vector<std::string> arguments, std::string_view input,
                      const std::vector<std::string>& environment)
{
    arguments.insert(arguments.begin(), MOONWIRE_EXECUTABLE);
    return run(arguments, input, environment);
}

std::vector<std::string> moonwire_run(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), {MOONWIRE_EXECUTABLE, "run"});
    return arguments;
}

std::string port_of(const std::string& line)
{
    return line.substr(line.rfind(':') + 1);
}

TemporaryFolder::TemporaryFolder()
{
    std::string name = (std::filesystem::temp_directory_path() / "moonwire-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), "mkdtemp");
    }
    path_ = name;
}

TemporaryFolder::~TemporaryFolder()
{
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::filesystem::path& name, std::string_view text) const
{
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file.string();
}

}  // namespace moonwire::test
