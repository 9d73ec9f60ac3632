#include "host/observe/recorder.hpp"

namespace moonwire::observe {

void Recorder::on_event(const Event& event)
{
    if (event.kind == Kind::secret) {  // nothing for a file that people hand on
        return;
    }
    if (events_.size() >= max_events_) {
        ++dropped_;
        return;
    }
    RecordedEvent& recorded = events_.emplace_back();
    recorded.event = event;
    recorded.event.content = {};
    recorded.event.text = {};
    recorded.event.role = {};
    recorded.content = event.content.substr(0, max_content_);
    recorded.text = event.text.substr(0, max_content_);
    recorded.role = event.role;
}

}  // namespace moonwire::observe
