#pragma once

#include <cstddef>
#include <memory>

namespace moonwire::loop {

/// Memory that the objects of one loop use by turns, where each of them would need much of it but seldom. What a user
/// leaves there stays until another one claims it.
class SharedSpace
{
public:
    class User
    {
    public:
        /// Somebody else claims the space: keep what is still needed elsewhere.
        virtual void move_out() = 0;

    protected:
        ~User() = default;
    };

    /// At least `size` bytes for `user`, whose earlier contents are gone. Pages that are never touched cost nothing.
    std::byte* claim(User& user, std::size_t size)
    {
        if (user_ != nullptr && user_ != &user) {
            user_->move_out();
        }
        user_ = &user;
        if (size > size_) {
            memory_ = std::make_unique_for_overwrite<std::byte[]>(size);
            size_ = size;
        }
        return memory_.get();
    }

    /// `user` needs it no more. Called at the latest when the user goes.
    void leave(const User& user)
    {
        if (user_ == &user) {
            user_ = nullptr;
        }
    }

private:
    User* user_ = nullptr;
    std::unique_ptr<std::byte[]> memory_;
    std::size_t size_ = 0;
};

}  // namespace moonwire::loop
