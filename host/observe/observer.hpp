#pragma once

#include "host/observe/event.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace moonwire::observe {

/// Who is told what the native objects of a loop do. Called on the loop's thread, from within the operation that the
/// event is about: it must neither throw, nor use the object, nor wait.
class Observer
{
public:
    virtual ~Observer() = default;

    /// The views in the event are valid until this returns.
    virtual void on_event(const Event& event) = 0;
};

/// What an observer has to ask for, because it costs more to tell.
struct Wishes {
    bool calls = false;    ///< Kind::call
    bool sockets = false;  ///< Kind::socket
    bool secrets = false;  ///< Kind::secret, of TLS handshakes that begin from now on
};

/// All observers of one loop, which has it; used on the loop's thread only. Native objects see it only while it is not
/// empty (Loop::observed), and so cost a look at a pointer while nobody observes.
///
/// It keeps what is known of each object that lives, so that an object need tell only what is new: owner, role and
/// addresses stand in every later event of it, and in those of what it carries.
class Observers
{
public:
    /// The clock must outlive it.
    explicit Observers(const Clock& clock) : clock_(clock) {}
    Observers(const Observers&) = delete;
    Observers& operator=(const Observers&) = delete;

    /// Any number of observers, each once; told in the order in which they were added. An observer is told what happens
    /// from now on: of an object that is older, its events have only what they carry themselves. It must stay until it
    /// is removed, and neither must be called from within `on_event`.
    void add(Observer& observer, Wishes wishes = {});
    void remove(Observer& observer);

    bool empty() const { return entries_.empty(); }
    bool wants_calls() const { return calls_; }
    bool wants_sockets() const { return sockets_; }
    bool wants_secrets() const { return secrets_; }

    /// Who plays when an object begins its life that nothing else owns: the name of the role that the running task
    /// belongs to, or nothing. Called for `opened` events only; the view need not outlive the call.
    void set_role_source(std::function<std::string_view()> role) { role_ = std::move(role); }

    /// For native objects.
    void tell(Event event);

    /// The same for a system call; errno stays as it is. Only if `wants_calls`.
    void tell_call(Layer layer, ObjectId object, std::string_view name, std::int64_t result);

private:
    struct Entry {
        Observer* observer;
        Wishes wishes;
    };
    struct Object {
        ObjectId owner = 0;
        Address local;
        Address remote;
        std::string role;
        bool carries = false;
    };

    bool begin_http(ObjectId object);
    void learn(const Event& event);
    void add_known(Event& event) const;
    void count_wishes();

    const Clock& clock_;
    std::vector<Entry> entries_;
    bool calls_ = false;
    bool sockets_ = false;
    bool secrets_ = false;
    std::function<std::string_view()> role_;
    std::unordered_map<ObjectId, Object> objects_;
};

}  // namespace moonwire::observe
