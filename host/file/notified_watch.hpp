#pragma once

#include "host/file/watch.hpp"
#include "host/net/result.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <memory>
#include <string>

namespace moonwire::file {

/// Is told by the system (inotify(7)). Watches the file's folder, so that the file may be replaced, deleted and made
/// again. Between two waits the system keeps what has happened.
class NotifiedWatch final : public Watch
{
public:
    static net::Result<std::shared_ptr<Watch>> start(loop::Loop& loop, const std::string& path);

    /// For `start`.
    NotifiedWatch(loop::Loop& loop, std::string path, int inotify);

protected:
    void start_looking() override;
    void stop_looking() override;
    void close_transport() override;

private:
    void read_events();

    std::string name_;  // in its folder
    bool looking_ = false;
    bool folder_gone_ = false;
    boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> inotify_;
};

}  // namespace moonwire::file
