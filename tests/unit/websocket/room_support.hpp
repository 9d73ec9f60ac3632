#pragma once

#include "host/websocket/room.hpp"
#include "tests/unit/websocket/support.hpp"

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace moonwire::test {

using websocket::Room;

inline constexpr std::size_t plenty = std::size_t{1} << 30;

inline std::shared_ptr<Room> make_room(loop::Loop& loop, Room::Policy policy = Room::Policy::drop_member,
                                       std::size_t max_queued = plenty)
{
    return std::make_shared<Room>(loop, policy, max_queued);
}

inline WireFrame said(std::string text)
{
    return frame_from(Role::server, 1, text);
}

inline std::vector<WireFrame> all_said(std::initializer_list<const char*> texts)
{
    std::vector<WireFrame> frames;
    for (const char* text : texts) {
        frames.push_back(said(text));
    }
    return frames;
}

}  // namespace moonwire::test
