// The load on a WebSocket server. usage: bench_ws_load MODE PORT SERVER_PID CLIENTS [SIZE IN_FLIGHT SECONDS TYPE
// [SENDERS]]
//
// echo    Each client keeps IN_FLIGHT messages of SIZE bytes (TYPE: text or binary) in flight, and gets them back.
// fanout  The first SENDERS (1) clients do, and all clients get all of it.
// idle    Clients connect, send one message each and do nothing else; how much memory does the server take for each?
//
// Prints JSON. Whoever gets a message too few, too many or other than it was sent ends it with an error.
#include "process.hpp"
#include "ws_crowd.hpp"

#include <sys/resource.h>
#include <thread>

namespace {

using bench::Clock;
using bench::Crowd;
using bench::Traffic;
using std::chrono::duration;

std::size_t number(const char* text)
{
    char* end = nullptr;
    const unsigned long long value = std::strtoull(text, &end, 10);
    if (end == text || *end != '\0') {
        bench::fail("'%s' is not a number", text);
    }
    return value;
}

// What a process uses from now on.
class Use
{
public:
    explicit Use(int process) : process_(process) {}

    double cpu_seconds() const { return bench::cpu_seconds(process_) - cpu_; }

    // Of its busiest thread: a second a second says that it is what all others wait for.
    double busy_seconds() const
    {
        unsigned long long most = 0;
        for (const auto& [thread, nanoseconds] : bench::busy_nanoseconds(process_)) {
            const auto before = busy_.find(thread);
            most = std::max(most, nanoseconds - (before == busy_.end() ? 0 : before->second));
        }
        return static_cast<double>(most) / 1e9;
    }

private:
    int process_;
    double cpu_ = bench::cpu_seconds(process_);
    std::map<std::string, unsigned long long> busy_ = bench::busy_nanoseconds(process_);
};

void run(Crowd& crowd, double seconds, int server, bool fan_out)
{
    crowd.send_first();
    const auto warm = Clock::now() + duration<double>(seconds * 0.2);
    while (Clock::now() < warm) {
        crowd.turn();
    }
    crowd.measure();
    const std::size_t before = crowd.received();
    const Use server_use(server);
    const Use load_use(::getpid());
    const auto begin = Clock::now();
    const auto end = begin + duration<double>(seconds);
    while (Clock::now() < end) {
        crowd.turn();
    }
    const double took = duration<double>(Clock::now() - begin).count();
    const auto messages = static_cast<double>(crowd.received() - before);
    const double server_cpu = server_use.cpu_seconds();
    const double load_cpu = load_use.cpu_seconds();
    const double server_busy = server_use.busy_seconds();
    const double load_busy = load_use.busy_seconds();
    crowd.stop_sending();
    const std::size_t broadcasts = crowd.sent();
    crowd.drain([&](std::size_t client) { return fan_out ? broadcasts : crowd.sent(client); });
    std::vector<double>& times = crowd.round_trips_us();
    const double per_message = 1e6 / std::max(messages, 1.0);
    std::printf(
        "{\"messages_per_second\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"server_busy\": %.3f, \"load_busy\": "
        "%.3f, "
        "\"server_cpu_us\": %.4f, \"load_cpu_us\": %.4f, \"messages\": %zu}\n",
        messages / took, bench::percentile(times, 0.5), bench::percentile(times, 0.99), server_busy / took,
        load_busy / took, server_cpu * per_message, load_cpu * per_message, crowd.received());
}

// After a while, in which the server may tidy up.
double resident(int server)
{
    std::this_thread::sleep_for(std::chrono::seconds(1));
    return static_cast<double>(bench::resident_bytes(server));
}

void idle(int port, int server, std::size_t count)
{
    const Traffic traffic{.size = 64, .in_flight = 1};
    // What the first connection brings into memory is not the price of each.
    Crowd first(traffic);
    first.add(port, true);
    first.stop_sending();
    first.send_first();
    first.drain([](std::size_t) { return std::size_t{1}; });
    const double before = resident(server);

    Crowd crowd(traffic);
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < count; ++i) {
        if (Clock::now() - begin > std::chrono::seconds(60)) {
            bench::fail("after a minute only %zu clients are connected", i);
        }
        crowd.add(port, true);
    }
    const double took = duration<double>(Clock::now() - begin).count();
    const double opened = resident(server);
    crowd.stop_sending();
    crowd.send_first();
    crowd.drain([](std::size_t) { return std::size_t{1}; });
    const double used = resident(server);
    const auto each = static_cast<double>(count);
    std::printf(
        "{\"clients\": %zu, \"connects_per_second\": %.0f, \"server_bytes\": %.0f, \"bytes_open\": %.0f, "
        "\"bytes_used\": %.0f}\n",
        count, each / took, before, (opened - before) / each, (used - before) / each);
}

}  // namespace

int main(int argc, char** argv)
{
    const std::string_view mode = argc > 1 ? argv[1] : "";
    if (!(mode == "idle" ? argc == 5
                         : (mode == "echo" && argc == 9) || (mode == "fanout" && (argc == 9 || argc == 10)))) {
        bench::fail("usage: %s echo|fanout|idle PORT SERVER_PID CLIENTS [SIZE IN_FLIGHT SECONDS text|binary [SENDERS]]",
                    argv[0]);
    }
    const int port = static_cast<int>(number(argv[2]));
    const int server = static_cast<int>(number(argv[3]));
    const std::size_t clients = number(argv[4]);
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (clients == 0 || clients + 16 > files.rlim_max) {
        bench::fail("%zu clients: there are 1 to %zu, by the limit of open files", clients,
                    static_cast<std::size_t>(files.rlim_max) - 16);
    }
    if (mode == "idle") {
        idle(port, server, clients);
        return 0;
    }
    const bool fan_out = mode == "fanout";
    const Traffic traffic{.size = number(argv[5]),
                          .in_flight = number(argv[6]),
                          .opcode = std::string_view(argv[8]) == "binary" ? bench::binary : bench::text,
                          .numbered = fan_out};
    const std::size_t senders = fan_out ? (argc > 9 ? number(argv[9]) : 1) : clients;
    if (traffic.size < Crowd::number_size || traffic.in_flight == 0 || senders == 0 || senders > clients) {
        bench::fail("a message has at least %zu bytes, at least one is in flight, and senders are clients",
                    Crowd::number_size);
    }
    Crowd crowd(traffic);
    // Senders are spread among the members: whether a server begins with the first or the last of them makes no odds.
    const auto senders_before = [&](std::size_t client) { return (client * senders + clients / 2) / clients; };
    for (std::size_t i = 0; i < clients; ++i) {
        crowd.add(port, senders_before(i) != senders_before(i + 1));
    }
    run(crowd, std::atof(argv[7]), server, fan_out);
}
