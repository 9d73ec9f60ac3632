#pragma once

#include "host/net/stream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <memory>
#include <string>

namespace moonwire::net {

/// A stream over a file descriptor that is no socket: a terminal, a pipe, a file. Leaves the descriptor's O_NONBLOCK
/// flag alone, because other processes may share it: it waits until a read or a write cannot block. (A regular file
/// never blocks.)
class DescriptorStream final : public Stream
{
public:
    /// `object`: its number for observers, as of a pipe; 0: nobody is told of it.
    DescriptorStream(loop::Loop& loop, int descriptor, std::string name, observe::ObjectId object = 0);
    ~DescriptorStream() override;

    /// For a descriptor that stays with its owner: the stream gets a duplicate. Throws std::system_error.
    static std::shared_ptr<DescriptorStream> duplicate(loop::Loop& loop, int descriptor, std::string name);

    std::string description() const override { return name_; }

protected:
    void start_receive() override;
    std::size_t send(std::span<const boost::asio::const_buffer> buffers, error_code& error) override;
    void start_wait_writable() override;
    void end_sending() override;
    void close_transport() override;
    void abort_transport() override;

private:
    using Descriptor = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

    void read_now();

    Descriptor descriptor_;
    std::string name_;
};

}  // namespace moonwire::net
