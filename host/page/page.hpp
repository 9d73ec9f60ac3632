#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace moonwire::page {

/// A web page that is one file and asks nothing of any network: for results that people keep, send and print. It is
/// light or dark as the reader has it, and light on paper. Any thread.
struct Page {
    std::string title;          ///< text
    std::string body;           ///< HTML, below the title: what came from elsewhere has gone through `escape`
    boost::json::value data{};  ///< what the script sees as `data`; may hold any text
    std::string script{};  ///< JavaScript, with `uPlot`, `charts` (parts/charts.js) and `data`; never from elsewhere
};

/// The page's file.
std::string html(const Page& page);

/// Text for HTML, between tags and in quoted attributes. What is no UTF-8 has gone through `utf8`.
std::string escape(std::string_view text);

/// The text itself if it is UTF-8; otherwise with a '?' for each byte beyond ASCII. For names and messages that scripts
/// and peers have chosen: HTML and JSON hold nothing else.
std::string utf8(std::string_view text);

}  // namespace moonwire::page
