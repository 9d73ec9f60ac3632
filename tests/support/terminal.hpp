#pragma once

#include "tests/support/screen.hpp"

#include <sys/types.h>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::test {

/// A program at a pseudo-terminal that a test types at. It is ended when the test leaves it.
class Terminal
{
public:
    /// `environment` on top of the test's own, in which TERM is xterm-256color.
    explicit Terminal(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {},
                      int columns = 80, int rows = 24);
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    void type(std::string_view keys);
    void resize(int columns, int rows);

    /// The terminal goes away.
    void hang_up();

    /// Waits until the screen is as `condition` wants it. Throws when it does not come to be, saying what there is.
    void wait_until(const std::function<bool(const Screen&)>& condition, const std::string& description);

    /// Waits until `text` stands on the screen, or has stood there above.
    void wait_for(std::string_view text);

    /// Waits until the cursor stands behind `text`, which begins its row.
    void wait_for_cursor_behind(std::string_view text);

    /// Waits for the end. The exit status, or 128 + the signal.
    int wait();

    const Screen& screen() const { return screen_; }
    pid_t pid() const { return pid_; }

private:
    bool read_some();

    pid_t pid_ = -1;
    int descriptor_ = -1;
    int status_ = -1;
    Screen screen_;
};

}  // namespace moonwire::test
