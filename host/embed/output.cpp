#include "host/embed/output.hpp"

#include <cerrno>
#include <cstdio>
#include <utility>

namespace moonwire::embed {

StandardOutput::StandardOutput(loop::Loop& loop, std::function<void()> on_failure)
    : loop_(loop), on_failure_(std::move(on_failure))
{
}

void StandardOutput::write(std::string_view text)
{
    if (failure_) {
        return;
    }
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
        fail();
    } else if (!scheduled_) {
        scheduled_ = true;
        loop_.at_end_of_turn(shared_from_this());
    }
}

void StandardOutput::end_of_turn()
{
    scheduled_ = false;
    if (std::fflush(stdout) != 0 && !failure_) {
        fail();
    }
}

void StandardOutput::fail()
{
    failure_ = std::error_code(errno, std::generic_category());
    on_failure_();
}

}  // namespace moonwire::embed
