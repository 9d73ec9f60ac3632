#include "host/page/page.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using namespace moonwire;

namespace {

std::size_t count(const std::string& text, const std::string& part)
{
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

// What a browser takes for the data: up to the first "</script", whatever JSON thinks of it.
std::string data_of(const std::string& html)
{
    const std::string begin = "type=\"application/json\">";
    const auto at = html.find(begin) + begin.size();
    return html.substr(at, html.find("</script", at) - at);
}

}  // namespace

TEST_CASE("page: one file with everything in it that asks nothing of a network")
{
    const std::string html = page::html({"A title", "<p>the body</p>\n", {1, 2}, "draw();\n"});
    CHECK_THAT(html, StartsWith("<!DOCTYPE html>\n") && EndsWith("</html>\n") &&
                         Contains("<h1>A title</h1>\n<p>the body</p>\n") && Contains("var uPlot=function") &&
                         Contains("const charts =") && Contains("draw();\n</script>") && Contains(".u-legend") &&
                         Contains("Leon Sorokin") && Contains("default-src 'none'"));
    CHECK(count(html, "src=\"") == 0);
    CHECK(count(html, "href=\"") == 0);
    CHECK(count(html, "@import") == 0);
    CHECK(count(html, "<script") == count(html, "</script>"));
    CHECK(count(html, "<!--") == count(html, "-->"));
}

TEST_CASE("page: without a script there is none")
{
    CHECK(count(page::html({"A title", "text"}), "<script") == 0);
}

TEST_CASE("page: data that would end its element, or begin a comment, stays data")
{
    const boost::json::value data = {{"name", "</script><script>alert(1)</script><!--"},
                                     {"line", "\xe2\x80\xa8 \" \\ &"}};
    const std::string html = page::html({"t", "", data, "0;"});
    CHECK(count(html, "alert(1)") == 1);
    CHECK(boost::json::parse(data_of(html)) == data);
}

TEST_CASE("page: text is escaped where it becomes HTML, and made UTF-8")
{
    CHECK(page::escape("a < b & c > \"d\" 'e' ü") == "a &lt; b &amp; c &gt; &quot;d&quot; &#39;e&#39; ü");
    CHECK(page::utf8("ü €") == "ü €");
    CHECK(page::utf8("\xfc"
                     "ber\n") == "?ber\n");
    CHECK(page::escape("\xff<") == "?&lt;");
    CHECK_THAT(page::html({"<b>", ""}), Contains("<title>&lt;b&gt;</title>") && Contains("<h1>&lt;b&gt;</h1>"));
}
