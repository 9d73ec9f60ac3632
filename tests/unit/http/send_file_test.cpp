#include "host/http/send_file.hpp"

#include "tests/support/process.hpp"
#include "tests/unit/net/support.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <filesystem>
#include <string>
#include <thread>

using namespace moonwire;
using namespace moonwire::test;
using moonwire::loop::Loop;

namespace {

struct File {
    TemporaryFolder folder;
    std::string content = sample_bytes(3 * 1024 * 1024);
    std::string path = folder.write("large.bin", content);

    net::Descriptor open() const { return net::Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)); }
};

}  // namespace

TEST_CASE("a part of a file is sent, as fast as the reader takes it and no faster")
{
    const File file;
    Loop loop(system_clock());
    auto [stream, raw] = stream_and_raw(loop, true);
    const RawSocket& peer = raw;
    constexpr std::size_t offset = 1000;
    constexpr std::size_t length = 2 * 1024 * 1024;
    Write outcome;
    http::async_send_file(stream, file.open(), offset, length, into(outcome));
    run_for(loop, 50ms);
    CHECK_FALSE(outcome);
    CHECK(stream->bytes_written() < 600 * 1024);  // of which the stream holds at most what must_wait permits

    std::string received;
    std::jthread reader([&] {  // without an assertion: Catch's are for one thread
        std::string part(65536, '\0');
        for (ssize_t size = 0; received.size() < length; received.append(part, 0, static_cast<std::size_t>(size))) {
            size = ::recv(peer.get(), part.data(), part.size(), 0);
            if (size <= 0) {
                return;
            }
        }
    });
    REQUIRE(run_until(loop, [&, &own = stream] { return outcome.has_value() && own->all_sent(); }));
    CHECK_FALSE(*outcome);
    reader.join();
    CHECK(received == file.content.substr(offset, length));
}

TEST_CASE("nothing of a file is sent, too")
{
    const File file;
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    Write outcome;
    http::async_send_file(stream, file.open(), 0, 0, into(outcome));
    CHECK_FALSE(outcome);
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK_FALSE(*outcome);
    CHECK(stream->bytes_written() == 0);
}

TEST_CASE("a file that becomes shorter while it is sent is a failure")
{
    const File file;
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    Write outcome;
    http::async_send_file(stream, file.open(), 3 * 1024 * 1024 - 10, 100, into(outcome));
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(*outcome == net::errc::closed);
    CHECK(stream->bytes_written() == 10);
}

TEST_CASE("a reader that goes ends the sending, and so does giving it up")
{
    const File file;
    Loop loop(system_clock());
    auto [stream, raw] = stream_and_raw(loop, true);
    RawSocket& peer = raw;
    Write outcome;
    const auto sending = http::async_send_file(stream, file.open(), 0, file.content.size(), into(outcome));
    SECTION("gone")
    {
        run_for(loop, 20ms);
        peer.reset();
        REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
        CHECK(net::code_word(*outcome) == "reset");
    }
    SECTION("given up at once")
    {
        sending->cancel();
        REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
        CHECK(*outcome == net::errc::cancelled);
    }
    SECTION("given up while it waits")
    {
        run_until(loop, [&own = stream] { return own->must_wait(); });
        sending->cancel();
        REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
        CHECK(*outcome == net::errc::cancelled);
    }
}
