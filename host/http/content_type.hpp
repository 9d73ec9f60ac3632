#pragma once

#include <string_view>

namespace moonwire::http {

/// The media type of a file, by the ending of its name.
std::string_view content_type(std::string_view file_name);

}  // namespace moonwire::http
