#pragma once

#include "host/capture/recorder.hpp"
#include "host/capture/tap.hpp"
#include "host/net/descriptor.hpp"
#include "host/observe/observer.hpp"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace moonwire::capture {

struct Report {
    std::uint64_t packets = 0;            ///< in the file
    std::uint64_t dropped = 0;            ///< by the system: they are missing in the file
    std::vector<std::string> interfaces;  ///< where packets were looked for
    std::vector<std::string> troubles;    ///< what did not work, a sentence each
    Ledger ledger;
};

/// Captures the packets of a loop's own connections into a pcapng file, as an observer (which asks for secrets): an
/// interface is tapped, and its filter widened, while the socket's event is being told, so before the first packet.
/// What the taps have is read and written by a thread of its own; between the kernel and that thread lies the kernel's
/// ring, and what does not fit into it is counted.
///
/// Used on the loop's thread.
class Capture final : public observe::Observer
{
public:
    /// An empty name: there is no file, and only the ledger is kept. Throws std::system_error if the file cannot be
    /// written.
    explicit Capture(std::filesystem::path file);

    /// Without `finish`, what the file has by then is all.
    ~Capture() override;

    /// Begins. Otherwise it says what is missing and how to come by it, and the file is not touched.
    std::string start(const pcapng::Section& section);

    void on_event(const observe::Event& event) override;

    /// Waits until the last packets of closed connections have been seen, but not for long, and completes the file.
    Report finish();

private:
    using Command = std::function<void()>;

    void take_end(const observe::Event& event);
    void take_peer(const observe::Event& event);
    void end_connecting(observe::ObjectId object);
    void take_name(const observe::Event& event);
    void name_role(const observe::Event& event);
    void add_name(const observe::Address& address, const std::string& name);

    void tap_all(const std::vector<std::string>& interfaces);
    void add_tap(std::unique_ptr<Tap> opened);
    void set_filters();
    void set_filter(const Tap& tap);

    void hand_over(Command command);
    void wake() const;

    // On the thread that reads.
    void read_until_finished();
    void wait_for_packets(bool finishing) const;
    void wait_for_ports();
    void carry_out_commands();
    std::size_t read_taps();
    bool has_read_all() const;

    std::unique_ptr<OutputFile> file_;
    std::vector<std::shared_ptr<Tap>> taps_;
    Selection selection_;  // what the filters let pass
    std::string filter_;
    std::set<std::string> tapped_;  // also where it did not work
    std::vector<std::string> troubles_;
    std::map<observe::ObjectId, std::string> asked_names_;
    std::set<std::string> names_;  // the addresses that have one

    std::set<observe::ObjectId> connecting_;  // that have no port yet

    std::mutex mutex_;
    std::condition_variable port_known_;
    std::atomic<bool> port_is_unknown_ = false;  // changes under mutex_
    std::vector<Command> commands_;              // guarded by mutex_
    std::atomic<bool> has_commands_ = false;
    std::atomic<bool> finishing_ = false;
    net::Descriptor wake_;
    std::thread thread_;

    // The thread's.
    std::unique_ptr<Recorder> recorder_;
    std::vector<std::shared_ptr<Tap>> read_taps_;  // in the order of the file's interfaces
};

}  // namespace moonwire::capture
