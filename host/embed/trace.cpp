#include "host/embed/trace.hpp"

#include <cstdio>
#include <utility>

namespace moonwire::embed {

namespace {

// A turn that tells more than this hands it on in parts.
constexpr std::size_t at_once = 256 * 1024;

observe::Detail detail_of(TraceOptions::Detail detail)
{
    switch (detail) {
    case TraceOptions::Detail::messages:
        return observe::Detail::messages;
    case TraceOptions::Detail::packets:
        return observe::Detail::packets;
    case TraceOptions::Detail::calls:
        break;
    }
    return observe::Detail::calls;
}

void write_to_standard_error(std::string_view lines)
{
    std::fwrite(lines.data(), 1, lines.size(), stderr);
}

}  // namespace

Trace::Trace(loop::Loop& loop, TraceOptions options)
    : loop_(loop),
      options_(std::move(options)),
      detail_(detail_of(options_.detail)),
      text_(options_.colours),
      start_(loop.now())
{
    if (!options_.output) {
        options_.output = write_to_standard_error;
    }
    loop_.observers().add(*this, {.calls = detail_ == observe::Detail::calls});
}

Trace::~Trace()
{
    loop_.observers().remove(*this);
    end_of_turn();
}

void Trace::on_event(const observe::Event& event)
{
    if (observe::detail_of(event) > detail_) {
        return;
    }
    if (options_.format == TraceOptions::Format::json) {
        observe::append_json_line(lines_, event, start_);
    } else {
        text_.append(lines_, event, start_);
    }
    if (lines_.size() > at_once) {
        end_of_turn();
    }
    if (!std::exchange(scheduled_, true)) {
        loop_.at_end_of_turn(shared_from_this());
    }
}

void Trace::end_of_turn()
{
    scheduled_ = false;
    if (!lines_.empty()) {
        options_.output(lines_);
        lines_.clear();
    }
}

}  // namespace moonwire::embed
