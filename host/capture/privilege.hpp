#pragma once

#include <string>

namespace moonwire::capture {

/// Says what this process lacks in order to capture, and how it is granted.
std::string how_to_permit_capturing();

}  // namespace moonwire::capture
