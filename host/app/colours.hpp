#pragma once

namespace moonwire::app {

/// Does the user want colours on a terminal? (https://no-color.org)
bool colours_wanted();

}  // namespace moonwire::app
