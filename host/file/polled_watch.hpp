#pragma once

#include "host/file/watch.hpp"

#include <sys/stat.h>

namespace moonwire::file {

/// Looks at the file at regular intervals (stat(2), which follows symbolic links). Sees what no notification tells, as
/// changes on another machine's disk, but not what was changed and changed back in between.
class PolledWatch final : public Watch
{
public:
    PolledWatch(loop::Loop& loop, std::string path, observe::Duration interval);

protected:
    void start_looking() override;
    void stop_looking() override;
    void close_transport() override {}

private:
    /// What a file's state is known by. Equal ones are the same state, unless `fresh`.
    struct Look {
        bool exists = false;
        dev_t device = 0;
        ino_t number = 0;
        off_t size = 0;
        timespec modified{};
        bool fresh = false;  // a change right after this look may leave the same time behind

        static Look at(const std::string& path);
        bool same(const Look& other) const;
    };

    void look();

    observe::Duration interval_;
    observe::TimePoint next_;
    Look last_;
    loop::Timer timer_;
};

}  // namespace moonwire::file
