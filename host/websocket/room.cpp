#include "host/websocket/room.hpp"

#include "host/websocket/close_code.hpp"

#include <algorithm>
#include <utility>

namespace moonwire::websocket {

namespace {

// A batch that has grown so large is sent before the turn ends.
constexpr std::size_t largest_batch = 256 * 1024;

}  // namespace

Room::Room(loop::Loop& loop, Policy policy, std::size_t max_queued)
    : loop_(loop), policy_(policy), max_queued_(max_queued)
{
}

Room::~Room()
{
    while (!members_.empty()) {
        leave(*members_.back().connection);
    }
}

bool Room::has(const Connection& connection) const
{
    return std::any_of(connection.memberships_.begin(), connection.memberships_.end(),
                       [this](const auto& membership) { return membership.room == this; });
}

bool Room::join(Connection& connection)
{
    if (has(connection)) {
        return false;
    }
    connection.memberships_.push_back({this, members_.size()});
    members_.push_back({&connection, batched_});
    return true;
}

bool Room::leave(Connection& connection)
{
    const auto membership = std::find_if(connection.memberships_.begin(), connection.memberships_.end(),
                                         [this](const auto& entry) { return entry.room == this; });
    if (membership == connection.memberships_.end()) {
        return false;
    }
    const std::size_t index = membership->index;
    flush(index);
    connection.memberships_.erase(membership);
    // The last member takes the place.
    members_[index] = members_.back();
    members_.pop_back();
    if (index < members_.size()) {
        for (auto& moved : members_[index].connection->memberships_) {
            if (moved.room == this) {
                moved.index = index;
            }
        }
    }
    return true;
}

std::vector<Connection*> Room::members() const
{
    std::vector<Connection*> result;
    result.reserve(members_.size());
    for (const Member& member : members_) {
        result.push_back(member.connection);
    }
    return result;
}

std::size_t Room::broadcast(Opcode opcode, std::string_view data, const Connection* except)
{
    Member* excepted = nullptr;
    if (except != nullptr) {
        for (const auto& membership : except->memberships_) {
            if (membership.room == this) {
                flush(membership.index);
                excepted = &members_[membership.index];
            }
        }
    }
    if (batch_.empty()) {
        loop_.at_end_of_turn(std::shared_ptr<loop::EndOfTurn>(shared_from_this(), this));
    }
    batch_ += EncodedHeader({opcode, true, false, data.size(), std::nullopt}).bytes();
    batch_ += data;
    batched_ = {batch_.size(), batched_.messages + 1, batched_.payload + data.size()};
    if (excepted != nullptr) {
        excepted->sent = batched_;
    }
    if (batch_.size() > largest_batch) {
        end_of_turn();
    }
    return members_.size() - (excepted != nullptr ? 1 : 0);
}

void Room::flush(std::size_t index, Send send)
{
    Member& member = members_[index];
    const Position sent = std::exchange(member.sent, batched_);
    if (sent.bytes == batched_.bytes) {
        return;
    }
    Connection& connection = *member.connection;
    const std::size_t messages = batched_.messages - sent.messages;
    if (connection.closing()) {
        return;
    }
    if (connection.stream_->queued() > max_queued_) {
        connection.statistics_.messages_dropped += messages;
        if (policy_ == Policy::drop_member) {
            connection.give_up(CloseCode::policy_violation, errc::policy);
        }
        return;
    }
    connection.statistics_.messages_sent += messages;
    connection.statistics_.frames_sent += messages;
    connection.statistics_.bytes_sent += batched_.payload - sent.payload;
    const std::string_view frames = std::string_view(batch_).substr(sent.bytes);
    if (connection.observed()) {
        connection.tell_broadcast(frames);
    }
    if (send == Send::at_once) {
        connection.stream_->write_collected(frames);
    } else {
        connection.stream_->write({&frames, 1});
    }
}

void Room::end_of_turn()
{
    for (std::size_t i = 0; i < members_.size(); ++i) {
        flush(i, Send::at_once);
    }
    batch_.clear();
    batched_ = {};
    if (batch_.capacity() > largest_batch) {
        batch_.shrink_to_fit();
    }
    for (Member& member : members_) {
        member.sent = {};
    }
}

}  // namespace moonwire::websocket
