#include "host/page/page.hpp"

#include "embedded/page_parts.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <stdexcept>

namespace moonwire::page {

namespace {

std::string part(std::string_view name)
{
    for (const auto& file : embedded::page_parts()) {
        if (file.name == name) {
            return std::string(file.source);
        }
    }
    throw std::logic_error("moonwire was built without the page's part " + std::string(name));
}

// JSON that is also harmless between <script> and </script>: there, '<' begins what ends it. JavaScript before 2019
// takes U+2028 and U+2029 for line ends, but JSON.parse does not.
std::string embedded_json(const boost::json::value& data)
{
    std::string text;
    for (const char c : boost::json::serialize(data)) {
        if (c == '<') {
            text += "\\u003c";
        } else {
            text += c;
        }
    }
    return text;
}

}  // namespace

std::string html(const Page& page)
{
    std::string text =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n";
    text += "<title>" + escape(page.title) + "</title>\n<style>\n" + part("uPlot.min") + "\n" + part("style");
    text += "</style>\n</head>\n<body>\n<h1>" + escape(page.title) + "</h1>\n" + page.body;
    if (!page.script.empty()) {
        text += "\n<!-- The plots are drawn by uPlot, whose licence is this:\n\n" + part("LICENSE") +
                "-->\n<script>\n" + part("uPlot.iife.min") +
                "\n</script>\n<script id=\"data\" type=\"application/json\">" + embedded_json(page.data) +
                "</script>\n<script>\n\"use strict\";\n" +
                "const data = JSON.parse(document.getElementById(\"data\").textContent);\n" + part("charts") +
                page.script + "</script>\n";
    }
    return text + "</body>\n</html>\n";
}

std::string utf8(std::string_view text)
{
    // Boost.JSON writes any bytes, but reads UTF-8 only.
    boost::json::error_code error;
    boost::json::parse(boost::json::serialize(boost::json::string(text)), error);
    std::string valid(text);
    if (error) {
        std::replace_if(
            valid.begin(), valid.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
    }
    return valid;
}

std::string escape(std::string_view text)
{
    std::string escaped;
    for (const char c : utf8(text)) {
        switch (c) {
        case '&':
            escaped += "&amp;";
            break;
        case '<':
            escaped += "&lt;";
            break;
        case '>':
            escaped += "&gt;";
            break;
        case '"':
            escaped += "&quot;";
            break;
        case '\'':
            escaped += "&#39;";
            break;
        default:
            escaped += c;
        }
    }
    return escaped;
}

}  // namespace moonwire::page
