#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace moonwire::net {

/// Bound to the io_context by type: the default, any_io_executor, costs allocations a message.
using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using TcpEndpoint = boost::asio::ip::tcp::endpoint;

}  // namespace moonwire::net
