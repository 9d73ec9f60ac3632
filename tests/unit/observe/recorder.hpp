#pragma once

#include "host/observe/observer.hpp"

#include <string>
#include <vector>

namespace moonwire::test {

/// Keeps what it is told, with the views' text.
class Recorder final : public observe::Observer
{
public:
    struct Record {
        observe::Event event;  // its views are not valid any more
        std::string content;
        std::string text;
        std::string role;
    };

    void on_event(const observe::Event& event) override
    {
        records.push_back({event, std::string(event.content), std::string(event.text), std::string(event.role)});
    }

    /// "opened connecting connected sent closed": what a layer has told, in order. Calls of the system are left out.
    std::string story(observe::Layer layer, observe::ObjectId object = 0) const
    {
        std::string result;
        for (const Record& record : records) {
            const bool asked = record.event.layer == layer && (object == 0 || record.event.object == object);
            if (asked && record.event.kind != observe::Kind::call) {
                result += result.empty() ? "" : " ";
                result += observe::name_of(record.event.kind);
            }
        }
        return result;
    }

    /// The first event of a kind, or null.
    const Record* first(observe::Layer layer, observe::Kind kind, observe::ObjectId object = 0) const
    {
        for (const Record& record : records) {
            if (record.event.layer == layer && record.event.kind == kind &&
                (object == 0 || record.event.object == object)) {
                return &record;
            }
        }
        return nullptr;
    }

    /// What an object has sent or received on a layer, put together.
    std::string bytes(observe::Layer layer, observe::Kind kind, observe::ObjectId object = 0) const
    {
        std::string result;
        for (const Record& record : records) {
            if (record.event.layer == layer && record.event.kind == kind &&
                (object == 0 || record.event.object == object)) {
                result += record.content;
            }
        }
        return result;
    }

    std::vector<Record> records;
};

}  // namespace moonwire::test
