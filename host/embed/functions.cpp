#include "host/embed/functions.hpp"

#include "bindings/core/guard.hpp"
#include "bindings/core/userdata.hpp"
#include "host/embed/values.hpp"
#include "host/script/error.hpp"
#include "host/script/suspension.hpp"

#include <atomic>

namespace moonwire {

/// Shared by all copies of a Completion and by the task's cancel handler. The Suspension is touched on the loop's
/// thread only.
struct Completion::Impl {
    struct Waiting {
        script::Suspension task;
    };

    std::shared_ptr<embed::Gate> gate;
    std::shared_ptr<Waiting> waiting;
    std::atomic<bool> answered = false;

    Impl(std::shared_ptr<embed::Gate> the_gate, std::shared_ptr<Waiting> the_waiting)
        : gate(std::move(the_gate)), waiting(std::move(the_waiting))
    {
    }

    ~Impl()
    {
        answer([](lua_State* L) {
            return script::push_failure(L, "system", "the host's function was given up without an answer");
        });
    }

    template <class Push>
    void answer(Push push)
    {
        if (!answered.exchange(true)) {
            gate->post([waiting = std::move(waiting), push = std::move(push)]() mutable {
                script::Suspension task = std::move(waiting->task);
                if (task) {
                    task.resume_with(push);
                }
            });
        }
    }
};

Completion::Completion(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

void Completion::resolve(Values values) const
{
    impl_->answer([values = std::move(values)](lua_State* L) { return embed::push_values(L, values); });
}

void Completion::reject(std::string_view code, std::string_view message) const
{
    impl_->answer([code = std::string(code), message = std::string(message)](lua_State* L) {
        return script::push_failure(L, code, message);
    });
}

namespace embed {

namespace {

struct Asynchronous {
    AsyncFunction function;
    std::shared_ptr<Gate> gate;
};

constexpr const char* function_class = "moonwire.host.Function";
constexpr const char* asynchronous_class = "moonwire.host.AsyncFunction";

int call_function(lua_State* L)
{
    const Function& function = *bindings::test<Function>(L, lua_upvalueindex(1));
    return push_values(L, function(to_values(L, 1)));
}

int call_asynchronous(lua_State* L)
{
    const Asynchronous& asynchronous = *bindings::test<Asynchronous>(L, lua_upvalueindex(1));
    const Values arguments = to_values(L, 1);
    auto waiting = std::make_shared<Completion::Impl::Waiting>();
    waiting->task = script::Suspension::of(L, "a function of the host");
    waiting->task.on_cancel([waiting = std::weak_ptr(waiting), gate = asynchronous.gate] {
        gate->post([waiting] {
            if (const auto still = waiting.lock()) {
                script::Suspension task = std::move(still->task);
                if (task) {
                    task.resume();
                }
            }
        });
    });
    asynchronous.function(arguments, Completion(std::make_shared<Completion::Impl>(asynchronous.gate, waiting)));
    return script::task_waits(L);
}

template <class T>
void push_closure(lua_State* L, const char* class_name, T value, lua_CFunction call)
{
    bindings::define_class(L, class_name, nullptr, bindings::guard<bindings::collect<T>>, nullptr);
    bindings::push_object<T>(L, class_name, std::move(value));
    lua_pushcclosure(L, call, 1);
}

}  // namespace

bool Gate::post(loop::Handler<void()> handler)
{
    const std::lock_guard lock(mutex_);
    if (loop_ != nullptr) {
        loop_->post(std::move(handler));
    }
    return loop_ != nullptr;
}

void Gate::close()
{
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
}

void push_function(lua_State* L, Function function)
{
    push_closure(L, function_class, std::move(function), bindings::guard<call_function>);
}

void push_async_function(lua_State* L, AsyncFunction function, std::shared_ptr<Gate> gate)
{
    push_closure(L, asynchronous_class, Asynchronous{std::move(function), std::move(gate)},
                 bindings::guard<call_asynchronous>);
}

}  // namespace embed

}  // namespace moonwire
