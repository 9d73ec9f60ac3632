#include "host/embed/output.hpp"

#include <cstdio>

namespace moonwire::embed {

void StandardOutput::write(std::string_view text)
{
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (!scheduled_) {
        scheduled_ = true;
        loop_.at_end_of_turn(shared_from_this());
    }
}

void StandardOutput::end_of_turn()
{
    scheduled_ = false;
    std::fflush(stdout);
}

}  // namespace moonwire::embed
