#pragma once

#include "host/http/parser.hpp"

#include <cstdint>
#include <string>

namespace moonwire::http {

struct FileFacts {
    std::uint64_t size = 0;
    std::int64_t modified = 0;     ///< seconds since 1970 …
    std::int64_t nanoseconds = 0;  ///< … and what is behind the point
};

/// What to answer to who asks for a file.
struct FileAnswer {
    unsigned status;       ///< 200, 206, 304, 416
    std::uint64_t offset;  ///< which part of the file is sent, for 200 and 206
    std::uint64_t length;
    std::string etag;
    std::string last_modified;
    std::string content_range;  ///< for 206 and 416
};

/// Looks at the conditions (RFC 9110, section 13: If-None-Match, If-Modified-Since, If-Range) and at the range that is
/// asked for (section 14). Of several ranges the whole file is sent, as of a malformed one.
FileAnswer answer_file(const RequestHead& request, const FileFacts& file);

}  // namespace moonwire::http
