#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace moonwire::test {

/// A plain TCP client, on POSIX calls only: the peer that a test plays by hand. Every call gives up after `patience()`
/// and throws.
class Client
{
public:
    explicit Client(const std::string& port, const std::string& address = "127.0.0.1");
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void send(std::string_view data);

    /// Sends byte after byte, each in a segment of its own.
    void send_bytes_singly(std::string_view data);

    /// Reads up to and with `end`.
    std::string read_until(std::string_view end);

    /// Reads so many bytes.
    std::string read(std::size_t size);

    /// Reads until the peer closes; a reset throws.
    std::string read_all();

    void end_sending();

    /// Closes with RST.
    void reset();

private:
    friend class Listener;
    explicit Client(int socket);

    int socket_ = -1;
    std::string buffer_;

    bool receive();
};

/// A plain TCP server on a free port of 127.0.0.1, whose connections a test plays by hand.
class Listener
{
public:
    Listener();
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    const std::string& port() const { return port_; }

    /// The server's end of the next connection.
    Client accept();

private:
    int socket_ = -1;
    std::string port_;
};

}  // namespace moonwire::test
