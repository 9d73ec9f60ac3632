#pragma once

#include "host/loop/loop.hpp"
#include "host/websocket/connection.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::websocket {

/// Sends messages to many connections at once. A message is framed once; what is broadcast in a turn is sent to each
/// member by one system call when the turn ends, from memory that all share. What a member is sent directly keeps its
/// place among the broadcasts. A member that does not keep up never holds up the others.
///
/// Members are servers' ends: what a client sends is masked anew for each (RFC 6455, section 5.3). Messages are not
/// compressed, which permessage-deflate leaves to the sender (RFC 7692, section 6). A connection leaves by itself when
/// it ends; neither keeps the other alive. Held by shared_ptr, used on the loop's thread only.
class Room final : public std::enable_shared_from_this<Room>, private loop::EndOfTurn
{
public:
    /// What becomes of a member for whom more than `max_queued` bytes wait.
    enum class Policy {
        drop_member,   ///< it is disconnected
        drop_message,  ///< it does not get what was broadcast
    };

    Room(loop::Loop& loop, Policy policy, std::size_t max_queued);
    ~Room();
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;

    /// False if it was a member already. The connection must be a server's end that is open.
    bool join(Connection& connection);
    bool leave(Connection& connection);
    bool has(const Connection& connection) const;

    /// To all members but `except`, which may be null. A text must be UTF-8. Returns how many will be sent it, which
    /// does not say that they keep up.
    std::size_t broadcast(Opcode opcode, std::string_view data, const Connection* except);

    std::size_t size() const { return members_.size(); }

    /// In no particular order.
    std::vector<Connection*> members() const;

private:
    friend class Connection;

    struct Position {  // in the batch
        std::size_t bytes = 0;
        std::size_t messages = 0;
        std::size_t payload = 0;
    };
    struct Member {
        Connection* connection;
        Position sent;
    };

    enum class Send { at_once, with_what_follows };

    /// Hands the connection what of the batch it has not got.
    void flush(std::size_t index, Send send = Send::with_what_follows);
    void end_of_turn() override;

    loop::Loop& loop_;
    Policy policy_;
    std::size_t max_queued_;
    std::vector<Member> members_;
    std::string batch_;  // frames of this turn
    Position batched_;   // its end
};

}  // namespace moonwire::websocket
