#include "host/app/colours.hpp"

#include <cstdlib>

namespace moonwire::app {

bool colours_wanted()
{
    const char* no_color = std::getenv("NO_COLOR");
    return no_color == nullptr || *no_color == '\0';
}

}  // namespace moonwire::app
