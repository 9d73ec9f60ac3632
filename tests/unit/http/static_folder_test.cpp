#include "host/http/static_folder.hpp"

#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>
#include <filesystem>
#include <string>

using namespace moonwire::http;
using moonwire::net::Descriptor;
using moonwire::test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

std::string content(const StaticFolder::Found& found)
{
    std::string text(100, '\0');
    const ssize_t size = ::read(found.file.get(), text.data(), text.size());
    return size >= 0 ? text.substr(0, static_cast<std::size_t>(size)) : "NOTHING";
}

/// A folder with a secret beside it, and links to it of every kind.
struct Site {
    TemporaryFolder folder;
    fs::path root = folder.path() / "site";

    Site()
    {
        folder.write("secret.txt", "secret");
        folder.write("site-2/secret.txt", "secret");
        folder.write("site/index.html", "<h1>");
        folder.write("site/a b.txt", "text");
        folder.write("site/sub/page.html", "page");
        folder.write("site/with/index.html", "index");
        fs::create_directories(root / "index/index.html");
        fs::create_symlink("../secret.txt", root / "up.txt");
        fs::create_symlink(folder.path() / "secret.txt", root / "absolute.txt");
        fs::create_symlink("..", root / "parent");
        fs::create_symlink("../site-2", root / "sibling");
        fs::create_symlink("/proc/self/root/etc/passwd", root / "magic");
        fs::create_symlink("sub/page.html", root / "inside.html");
        fs::create_symlink("loop", root / "loop");
        ::mkfifo((root / "pipe").c_str(), 0600);
    }
};

}  // namespace

TEST_CASE("regular files of a folder are found, with their facts")
{
    const Site site;
    const auto folder = StaticFolder::open(site.root.string()).value();
    const auto found = folder.find("a b.txt");
    CHECK(found.status == 200);
    CHECK(found.facts.size == 4);
    CHECK(found.type == "text/plain; charset=utf-8");
    CHECK(content(found) == "text");
    CHECK(content(folder.find("sub/page.html")) == "page");
    CHECK(content(folder.find("./sub//./page.html")) == "page");
    CHECK(content(folder.find("inside.html")) == "page");
    CHECK(content(folder.find("")) == "<h1>");
    CHECK(content(folder.find("/")) == "<h1>");
    CHECK(content(folder.find("with/")) == "index");
    CHECK(folder.find("").type == "text/html; charset=utf-8");
}

TEST_CASE("what is not a regular file in the folder is not found")
{
    const Site site;
    const auto folder = StaticFolder::open(site.root.string()).value();
    for (const char* path : {"nothing", "a b.txt/", "a b.txt/x", "sub/", "index/", "pipe", "loop", "INDEX.html"}) {
        CAPTURE(path);
        CHECK(folder.find(path).status == 404);
    }
    CHECK(folder.find(std::string(5000, 'a')).status == 404);
    CHECK(folder.find("sub").status == 301);
    CHECK(folder.find("with").status == 301);
}

TEST_CASE("no path leads out of the folder")
{
    const Site site;
    const auto folder = StaticFolder::open(site.root.string()).value();
    for (const char* path : {"../secret.txt", "sub/../../secret.txt", "sub/..", "..", "../", "up.txt", "absolute.txt",
                             "parent/secret.txt", "parent/", "sibling/secret.txt", "magic", "/../secret.txt",
                             "/etc/passwd", "//etc/passwd", "..\\secret.txt"}) {
        CAPTURE(path);
        CHECK(folder.find(path).status == 404);
    }
    CHECK(folder.find(std::string("index.html\0.txt", 15)).status == 404);
}

TEST_CASE("where the kernel cannot help, where a file lies is looked at")
{
    const Site site;
    const Descriptor root(::open(site.root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto opens = [&](const char* path) { return Descriptor(open_and_check(root.get(), path)).get() >= 0; };
    CHECK(opens("index.html"));
    CHECK(opens("sub/page.html"));
    CHECK(opens("inside.html"));
    for (const char* path : {"up.txt", "absolute.txt", "parent", "parent/secret.txt", "sibling/secret.txt", "magic",
                             "../secret.txt", "/etc/passwd", "nothing"}) {
        CAPTURE(path);
        CHECK_FALSE(opens(path));
    }
    CHECK_FALSE(opens("up.txt"));
    CHECK(errno == EXDEV);
}

TEST_CASE("a file that may not be read is forbidden")
{
    if (::geteuid() == 0) {
        return;  // who may read everything
    }
    const Site site;
    ::chmod((site.root / "index.html").c_str(), 0);
    CHECK(StaticFolder::open(site.root.string()).value().find("index.html").status == 403);
}

TEST_CASE("a folder is the one that it was, whatever its name has become")
{
    const Site site;
    const auto folder = StaticFolder::open(site.root.string()).value();
    fs::rename(site.root, site.folder.path() / "moved");
    CHECK(content(folder.find("a b.txt")) == "text");
}

TEST_CASE("what is no folder is not served")
{
    const Site site;
    const auto missing = StaticFolder::open((site.root / "nothing").string());
    REQUIRE(missing.has_error());
    CHECK_THAT(missing.error().message, Catch::Matchers::Contains("nothing: no such file"));
    CHECK(StaticFolder::open((site.root / "index.html").string()).has_error());
}
