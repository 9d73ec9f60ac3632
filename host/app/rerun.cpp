#include "host/app/rerun.hpp"

#include "host/app/exit_status.hpp"
#include "host/app/own_process.hpp"
#include "host/app/status_of.hpp"
#include "host/file/notified_watch.hpp"
#include "host/loop/loop.hpp"
#include "host/loop/timer.hpp"
#include "host/observe/clock.hpp"

#include <fmt/format.h>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <stdexcept>

namespace moonwire::app {

namespace {

using Descriptor = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

// An editor writes a file in several steps.
constexpr std::chrono::milliseconds settle_time(100);

// For a run that was asked to end.
constexpr std::chrono::seconds grace(3);

// The system lets a user have some hundred watches; others want some, too.
constexpr std::size_t most_files = 50;

constexpr const char* module_teller = R"(
local uses = require("moonwire.rerun").uses
package.loaded["moonwire.rerun"] = nil
local search, load = package.searchpath, package.loaders[2]
package.loaders[2] = function(name)
  local found = search(name, package.path)
  if found then
    uses(found)
  else  -- perhaps it will be written
    for template in package.path:gmatch("[^;]+") do
      uses((template:gsub("%?", (name:gsub("%.", "/")))))
    end
  end
  return load(name)
end
)";

class Rerun
{
public:
    Rerun(const std::string& file, const std::function<int(const Uses&)>& run)
        : file_(file), run_(run), signal_(loop_.context(), ::fcntl(signals_.descriptor(), F_DUPFD_CLOEXEC, 0))
    {
        watch(file_);
        wait_for_signal();
    }

    int play()
    {
        start();
        loop_.run();
        return interrupted;
    }

private:
    void start()
    {
        changed_.clear();
        const OwnProcess process = start_own_process([this](int uses) { return play_here(uses); });
        process_ = process.id;
        uses_ = std::make_unique<Descriptor>(loop_.context(), process.output);
        wait_for_uses();
    }

    // In the run's own process.
    int play_here(int uses) const
    {
        const int status = status_of([&] {
            return run_([uses](const std::string& path) {
                [[maybe_unused]] const auto written = ::write(uses, path.c_str(), path.size() + 1);
            });
        });
        std::fflush(nullptr);
        return status;
    }

    void wait_for_uses()
    {
        uses_->async_wait(Descriptor::wait_read, [this](const boost::system::error_code& error) {
            if (!error) {
                read_uses();
            }
        });
    }

    // Paths, each with a zero behind it, until the run's process has ended.
    void read_uses()
    {
        char bytes[4096];
        const ssize_t size = ::read(uses_->native_handle(), bytes, sizeof bytes);
        if (size <= 0) {
            ended();
            return;
        }
        told_.append(bytes, static_cast<std::size_t>(size));
        for (auto end = told_.find('\0'); end != std::string::npos; end = told_.find('\0')) {
            watch(told_.substr(0, end));
            told_.erase(0, end + 1);
        }
        wait_for_uses();
    }

    void watch(const std::string& path)
    {
        if (watches_.contains(path) || watches_.size() == most_files) {
            return;
        }
        const auto watch = file::NotifiedWatch::start(loop_, path);
        if (watch) {
            watches_[path] = *watch;
            wait_for_change(path);
        } else if (path == file_) {
            throw std::runtime_error("--watch: " + watch.error().message);
        }
    }

    void wait_for_change(const std::string& path)
    {
        watches_[path]->async_wait(std::nullopt, [this, path](const net::error_code& error) {
            if (error) {
                watches_.erase(path);  // its folder is gone
            } else {
                wait_for_change(path);
                has_changed(path);
            }
        });
    }

    void has_changed(const std::string& path)
    {
        if (ending_) {
            return;
        }
        if (changed_.empty()) {
            fmt::print(stderr, "moonwire: {} has changed{}\n", path, process_ > 0 ? ", stopping the run" : "");
            if (process_ > 0) {
                ask_to_end();
            }
        }
        changed_ = path;
        settled_.expires_after(settle_time, [this] { start_again(); });
    }

    void start_again()
    {
        if (!ending_ && process_ == 0 && !changed_.empty()) {
            fmt::print(stderr, "moonwire: running {} again\n", file_);
            start();
        }
    }

    void ask_to_end()
    {
        ::kill(process_, SIGINT);
        deadline_.expires_after(grace, [this] { ::kill(process_, SIGKILL); });
    }

    void ended()
    {
        int status = 0;
        ::waitpid(process_, &status, 0);
        process_ = 0;
        told_.clear();
        deadline_.cancel();
        uses_.reset();
        if (ending_) {
            loop_.stop();
        } else if (changed_.empty()) {
            const std::string how = WIFSIGNALED(status) ? fmt::format("was ended by the signal {}", WTERMSIG(status))
                                                        : fmt::format("has ended with status {}", WEXITSTATUS(status));
            fmt::print(stderr,
                       "moonwire: the run {}; a change of {} or of what it requires starts it again, Ctrl-C ends\n",
                       how, file_);
        } else {
            settled_.expires_after(settle_time, [this] { start_again(); });
        }
    }

    void wait_for_signal()
    {
        signal_.async_wait(Descriptor::wait_read, [this](const boost::system::error_code& error) {
            if (!error) {
                take_signal();
                wait_for_signal();
            }
        });
    }

    void take_signal()
    {
        const auto from = signals_.take();
        if (!from) {
            return;
        }
        if (process_ == 0) {
            loop_.stop();
        } else if (ending_) {
            ::kill(process_, SIGKILL);
        } else if (*from == EndingSignals::From::terminal) {  // the run has got it, too
            deadline_.expires_after(grace, [this] { ::kill(process_, SIGKILL); });
        } else {
            ask_to_end();
        }
        ending_ = true;
    }

    const std::string& file_;
    const std::function<int(const Uses&)>& run_;
    loop::Loop loop_{std::make_unique<observe::SystemClock>()};
    std::map<std::string, std::shared_ptr<file::Watch>> watches_;
    loop::Timer settled_{loop_};
    loop::Timer deadline_{loop_};
    EndingSignals signals_;
    Descriptor signal_;                 // that of signals_
    std::unique_ptr<Descriptor> uses_;  // while a run is under way
    std::string told_;
    std::string changed_;  // the file for whose sake the run is played again
    pid_t process_ = 0;    // 0: no run is under way
    bool ending_ = false;
};

}  // namespace

void tell_modules(Engine& engine, const Uses& uses)
{
    if (!uses) {
        return;
    }
    engine.define("moonwire.rerun.uses", [uses](const Values& values) {
        uses(std::get<std::string>(values.at(0)));
        return Values();
    });
    engine.run_string(module_teller, "--watch");
}

int run_and_watch(const std::string& file, const std::function<int(const Uses&)>& run)
{
    return Rerun(file, run).play();
}

}  // namespace moonwire::app
