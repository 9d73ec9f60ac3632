#include "host/loop/handler.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <memory>
#include <string>
#include <utility>

using moonwire::loop::Handler;

TEST_CASE("a handler calls what it was made from, once")
{
    int calls = 0;
    Handler<void(int)> handler = [&](int value) { calls += value; };
    CHECK(handler);
    handler(3);
    CHECK(calls == 3);
    CHECK_FALSE(handler);
    CHECK_FALSE(Handler<void()>());
}

TEMPLATE_TEST_CASE_SIG("small and large callables are moved and destroyed", "", ((std::size_t Size), Size), 1, 24, 25,
                       200)
{
    const auto alive = std::make_shared<int>(0);
    std::array<char, Size> ballast{};
    ballast.back() = 7;
    {
        Handler<void()> first = [alive, ballast] { *alive += ballast.back(); };
        CHECK(alive.use_count() == 2);
        Handler<void()> second = std::move(first);
        CHECK_FALSE(first);
        CHECK(alive.use_count() == 2);
        Handler<void()> third = [alive] {};
        CHECK(alive.use_count() == 3);
        third = std::move(second);
        CHECK(alive.use_count() == 2);
        auto& same = third;
        third = std::move(same);
        third();
        CHECK(*alive == 7);
        CHECK(alive.use_count() == 1);
        third = [alive] {};
        third.reset();
        CHECK(alive.use_count() == 1);
        third = [alive] {};
    }
    CHECK(alive.use_count() == 1);
}

TEST_CASE("a handler takes arguments and callables that can only be moved")
{
    std::unique_ptr<std::string> received;
    Handler<void(std::unique_ptr<std::string>)> handler =
        [&received, suffix = std::make_unique<std::string>("!")](std::unique_ptr<std::string> text) {
            *text += *suffix;
            received = std::move(text);
        };
    handler(std::make_unique<std::string>("hello"));
    CHECK(*received == "hello!");
}

TEST_CASE("a handler can be set again from within")
{
    int calls = 0;
    Handler<void()> handler;
    struct Again {
        Handler<void()>& handler;
        int& calls;
        void operator()() const
        {
            if (++calls < 3) {
                handler = Again{handler, calls};
            }
        }
    };
    handler = Again{handler, calls};
    while (handler) {
        handler();
    }
    CHECK(calls == 3);
}

TEST_CASE("a handler's owner may be destroyed from within")
{
    struct Owner {
        Handler<void()> handler;
    };
    auto owner = std::make_unique<Owner>();
    std::string after;
    owner->handler = [&owner, &after, text = std::string("still here, and longer than a small string")] {
        owner.reset();
        after = text;
    };
    owner->handler();
    CHECK(after == "still here, and longer than a small string");
}
