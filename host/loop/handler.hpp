#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace moonwire::loop {

template <class Signature>
class Handler;

/// What an operation calls when it is complete: called once, movable, and stored without an allocation if the callable
/// takes no more than five pointers. (std::function wants to be copied, and Suspension cannot be.)
template <class... Args>
class Handler<void(Args...)>
{
public:
    Handler() = default;

    template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Handler> && std::is_invocable_v<F&, Args...>)
        Handler(F&& callable)  // NOLINT(bugprone-forwarding-reference-overload): constrained above
    {
        using Callable = std::remove_cvref_t<F>;
        if constexpr (fits_inline<Callable>) {
            ::new (static_cast<void*>(storage_)) Callable(std::forward<F>(callable));
            operations_ = &inline_operations<Callable>;
        } else {
            ::new (static_cast<void*>(storage_)) std::unique_ptr<Callable>(new Callable(std::forward<F>(callable)));
            operations_ = &heap_operations<Callable>;
        }
    }

    Handler(Handler&& other) noexcept { take(other); }

    Handler& operator=(Handler&& other) noexcept
    {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }

    ~Handler() { reset(); }

    explicit operator bool() const { return operations_ != nullptr; }

    /// Calls the handler and leaves it empty, so that it can start the next operation from within.
    void operator()(Args... args) { std::exchange(operations_, nullptr)->call(storage_, static_cast<Args&&>(args)...); }

    void reset()
    {
        if (operations_ != nullptr) {
            std::exchange(operations_, nullptr)->destroy(storage_);
        }
    }

private:
    struct Operations {
        void (*call)(std::byte*, Args&&...);  // moves the callable out, calls it and destroys it
        void (*move)(std::byte* from, std::byte* to);
        void (*destroy)(std::byte*);
    };

    static constexpr std::size_t inline_size = 5 * sizeof(void*);

    template <class F>
    static constexpr bool fits_inline = sizeof(F) <= inline_size &&
                                        alignof(F) <= alignof(void*) && std::is_nothrow_move_constructible_v<F>;

    template <class F>
    static F& as(std::byte* storage)
    {
        return *std::launder(reinterpret_cast<F*>(storage));
    }

    template <class F>
    static F take_out(std::byte* storage)
    {
        F callable = std::move(as<F>(storage));
        as<F>(storage).~F();
        return callable;
    }

    template <class F>
    static constexpr Operations inline_operations{
        [](std::byte* storage, Args&&... args) {
            F callable = take_out<F>(storage);
            callable(static_cast<Args&&>(args)...);
        },
        [](std::byte* from, std::byte* to) {
            ::new (static_cast<void*>(to)) F(std::move(as<F>(from)));
            as<F>(from).~F();
        },
        [](std::byte* storage) { as<F>(storage).~F(); },
    };

    template <class F>
    static constexpr Operations heap_operations{
        [](std::byte* storage, Args&&... args) {
            const auto callable = take_out<std::unique_ptr<F>>(storage);
            (*callable)(static_cast<Args&&>(args)...);
        },
        [](std::byte* from, std::byte* to) {
            ::new (static_cast<void*>(to)) std::unique_ptr<F>(std::move(as<std::unique_ptr<F>>(from)));
        },
        [](std::byte* storage) { as<std::unique_ptr<F>>(storage).reset(); },
    };

    void take(Handler& other)
    {
        if (other.operations_ != nullptr) {
            operations_ = std::exchange(other.operations_, nullptr);
            operations_->move(other.storage_, storage_);
        }
    }

    const Operations* operations_ = nullptr;
    alignas(void*) std::byte storage_[inline_size];
};

}  // namespace moonwire::loop
