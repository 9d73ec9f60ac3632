#include "host/observe/observer.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace moonwire::observe {

namespace {

// The address that a peer has for all of the object's life; a datagram's stands in its own event only.
bool settles_addresses(Kind kind)
{
    return kind == Kind::bound || kind == Kind::listening || kind == Kind::connecting || kind == Kind::connected ||
           kind == Kind::accepted;
}

bool is_carried(Layer layer)
{
    return layer == Layer::tls || layer == Layer::websocket;
}

// Does the event say that HTTP is spoken on a stream?
bool begins_http(const Event& event)
{
    return event.kind == Kind::opened && event.layer == Layer::http;
}

}  // namespace

void Observers::add(Observer& observer, Wishes wishes)
{
    entries_.push_back({&observer, wishes});
    count_wishes();
}

void Observers::remove(Observer& observer)
{
    entries_.erase(std::remove_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.observer == &observer; }),
                   entries_.end());
    count_wishes();
    if (entries_.empty()) {
        objects_.clear();  // what changes meanwhile nobody would see
    }
}

void Observers::count_wishes()
{
    const auto any = [this](bool Wishes::*wish) {
        return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.wishes.*wish; });
    };
    calls_ = any(&Wishes::calls);
    sockets_ = any(&Wishes::sockets);
    secrets_ = any(&Wishes::secrets);
}

void Observers::tell(Event event)
{
    event.time = clock_.now();
    if (begins_http(event) && !begin_http(event.object)) {
        return;
    }
    learn(event);
    add_known(event);
    for (const Entry& entry : entries_) {
        const Wishes& wishes = entry.wishes;
        const bool wanted = (event.kind != Kind::call || wishes.calls) &&
                            (event.kind != Kind::socket || wishes.sockets) &&
                            (event.kind != Kind::secret || wishes.secrets);
        if (wanted) {
            entry.observer->on_event(event);
        }
    }
    if (event.kind == Kind::closed) {
        objects_.erase(event.object);
    }
}

void Observers::tell_call(Layer layer, ObjectId object, std::string_view name, std::int64_t result)
{
    const int error = errno;
    tell({.kind = Kind::call,
          .layer = layer,
          .error = result < 0 ? error : 0,
          .object = object,
          .result = result,
          .text = name});
    errno = error;
}

// False if it was known already.
bool Observers::begin_http(ObjectId object)
{
    const auto found = objects_.find(object);
    return found != objects_.end() && !std::exchange(found->second.carries, true);
}

void Observers::learn(const Event& event)
{
    const bool begins = event.kind == Kind::opened || event.kind == Kind::accepted;
    if (begins && !begins_http(event)) {
        Object object;
        object.owner = event.owner;
        const auto owner = objects_.find(event.owner);
        if (owner != objects_.end()) {
            object.role = owner->second.role;
            if (is_carried(event.layer)) {
                owner->second.carries = true;
                object.local = owner->second.local;
                object.remote = owner->second.remote;
            }
        } else if (role_) {
            object.role = role_();
        }
        objects_[event.object] = std::move(object);
    }
    if (!settles_addresses(event.kind)) {
        return;
    }
    if (const auto found = objects_.find(event.object); found != objects_.end()) {
        Object& object = found->second;
        object.local = event.local ? event.local : object.local;
        object.remote = event.remote ? event.remote : object.remote;
    }
}

void Observers::add_known(Event& event) const
{
    const auto found = objects_.find(event.object);
    if (found == objects_.end()) {
        return;
    }
    const Object& object = found->second;
    event.owner = event.owner != 0 ? event.owner : object.owner;
    event.local = event.local ? event.local : object.local;
    event.remote = event.remote ? event.remote : object.remote;
    event.role = object.role;
    event.carries = object.carries && event.layer != Layer::http;
}

}  // namespace moonwire::observe
