#pragma once

#include "host/http/file_answer.hpp"
#include "host/net/descriptor.hpp"
#include "host/net/result.hpp"

#include <string>
#include <string_view>

namespace moonwire::http {

/// Opens `path` below the folder `root`, and nothing outside of it, whatever symbolic links there are: by the kernel
/// (openat2, Linux 5.6), or, where that is missing or forbidden, by looking afterwards where the file lies. Does not
/// wait for the other end of a pipe. -1 and errno when there is no such thing, or it lies outside (EXDEV).
int open_beneath(int root, const std::string& path);
int open_and_check(int root, const std::string& path);

/// A folder whose regular files everybody may have, and nothing else.
class StaticFolder
{
public:
    /// The folder is the one that has this name now, whatever becomes of the name.
    static net::Result<StaticFolder> open(const std::string& path);

    struct Found {
        unsigned status = 0;  ///< 200; 301: it is a folder, whose path ends with "/"; 403, 404, 503
        net::Descriptor file;
        FileFacts facts;
        std::string_view type;
    };

    /// `path` is decoded and relative to the folder. Of a folder, "index.html" is meant.
    Found find(std::string_view path) const;

private:
    explicit StaticFolder(net::Descriptor root) : root_(std::move(root)) {}

    net::Descriptor root_;
};

}  // namespace moonwire::http
