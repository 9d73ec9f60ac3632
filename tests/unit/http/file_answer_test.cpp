#include "host/http/file_answer.hpp"

#include <boost/beast/http/fields.hpp>
#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace moonwire::http;

namespace {

constexpr std::int64_t modified = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT

FileAnswer answer(const std::vector<std::pair<std::string, std::string>>& fields, std::uint64_t size = 1000,
                  beast::verb method = beast::verb::get)
{
    RequestHead request;
    request.method(method);
    for (const auto& [name, value] : fields) {
        request.insert(name, value);
    }
    return answer_file(request, {size, modified, 5});
}

struct Part {
    unsigned status;
    std::uint64_t offset;
    std::uint64_t length;

    bool operator==(const Part&) const = default;
};

Part part(const std::string& range, std::uint64_t size = 1000)
{
    const FileAnswer file = answer({{"Range", range}}, size);
    return {file.status, file.offset, file.length};
}

}  // namespace

TEST_CASE("without conditions the whole file is sent")
{
    const FileAnswer whole = answer({});
    CHECK(whole.status == 200);
    CHECK(whole.offset == 0);
    CHECK(whole.length == 1000);
    CHECK(whole.last_modified == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(whole.content_range.empty());
    CHECK(whole.etag != answer_file(RequestHead(), {1000, modified, 6}).etag);
    CHECK(whole.etag != answer_file(RequestHead(), {1001, modified, 5}).etag);
}

TEST_CASE("who has the file is told so")
{
    const std::string etag = answer({}).etag;
    CHECK(answer({{"If-None-Match", etag}}).status == 304);
    CHECK(answer({{"If-None-Match", "\"x\" ,\tW/" + etag}}).status == 304);
    CHECK(answer({{"If-None-Match", "*"}}).status == 304);
    CHECK(answer({{"If-None-Match", "\"x\", \"y\""}}).status == 200);
    CHECK(answer({{"If-None-Match", ""}}).status == 200);
    CHECK(answer({{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}}).status == 304);
    CHECK(answer({{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT"}}).status == 200);
    CHECK(answer({{"If-Modified-Since", "yesterday"}}).status == 200);
    // A tag counts more than a date.
    CHECK(answer({{"If-None-Match", "\"x\""}, {"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}}).status == 200);
}

TEST_CASE("one range of a file")
{
    CHECK(part("bytes=0-0") == Part{206, 0, 1});
    CHECK(part("bytes=0-99") == Part{206, 0, 100});
    CHECK(part("bytes=999-") == Part{206, 999, 1});
    CHECK(part("bytes=900-2000") == Part{206, 900, 100});
    CHECK(part("bytes=900-99999999999999999999999") == Part{206, 900, 100});
    CHECK(part("bytes=-1") == Part{206, 999, 1});
    CHECK(part("bytes=-5000") == Part{206, 0, 1000});
    CHECK(part("BYTES=5-9") == Part{206, 5, 5});
    CHECK(answer({{"Range", "bytes=900-2000"}}).content_range == "bytes 900-999/1000");
}

TEST_CASE("a range that the file does not have")
{
    CHECK(part("bytes=1000-").status == 416);
    CHECK(part("bytes=99999999999999999999999-").status == 416);
    CHECK(part("bytes=-0").status == 416);
    CHECK(part("bytes=0-", 0).status == 416);
    CHECK(part("bytes=-1", 0).status == 416);
    CHECK(answer({{"Range", "bytes=1000-"}}).content_range == "bytes */1000");
}

TEST_CASE("what is no single range is passed over")
{
    for (const char* range : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5", "bytes=9-5", "bytes=0-1,5-6",
                              "bytes= 0-1", "bytes=--1", "bytes=+1-2", "lines=0-1", "bytes=0-1-2"}) {
        CAPTURE(range);
        CHECK(part(range) == Part{200, 0, 1000});
    }
    CHECK(answer({{"Range", "bytes=0-1"}, {"Range", "bytes=5-6"}}).status == 200);
    CHECK(answer({{"Range", "bytes=0-1"}}, 1000, beast::verb::head).status == 200);
}

TEST_CASE("a range is good for the state of the file that the client has")
{
    const std::string etag = answer({}).etag;
    const auto status = [](const std::string& condition) {
        return answer({{"Range", "bytes=0-1"}, {"If-Range", condition}}).status;
    };
    CHECK(status(etag) == 206);
    CHECK(status("Sun, 06 Nov 1994 08:49:37 GMT") == 206);
    CHECK(status("\"other\"") == 200);
    CHECK(status("W/" + etag) == 200);
    CHECK(status("Sun, 06 Nov 1994 08:49:38 GMT") == 200);
}
