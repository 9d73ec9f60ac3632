#pragma once

#include "host/observe/clock.hpp"
#include "host/observe/histogram.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace moonwire::observe {

/// What one run reports: numbers, counts and latencies, each by a name. One thread. A name is of one kind, 1 to 100
/// bytes long and without control characters; there are 256 at most: otherwise the calls throw std::invalid_argument.
class Figures
{
public:
    static constexpr std::size_t max_figures = 256;
    static constexpr std::size_t longest_name = 100;

    struct Number {
        double value = 0;
        std::string unit;
    };
    using Count = std::uint64_t;
    struct Figure {
        std::string name;
        std::variant<Number, Count, Histogram> data;
    };

    /// The run begins now. The clock must outlive this.
    explicit Figures(const Clock& clock) : clock_(clock), began_(clock.now()), began_wall_(clock.wall()) {}
    Figures(const Figures&) = delete;
    Figures& operator=(const Figures&) = delete;

    /// The last value that is set is the figure.
    void set(std::string_view name, double value, std::string_view unit);
    void add(std::string_view name, Count n) { find<Count>(name) += n; }
    Histogram& latencies(std::string_view name) { return find<Histogram>(name); }

    /// In the order in which they were first reported.
    const std::deque<Figure>& all() const { return figures_; }
    const Figure* find(std::string_view name) const;

    struct NamedNumber {
        std::string name;
        double value;
        std::string unit;
    };

    /// The numbers in all: of latencies "rtt.count", "rtt.mean", "rtt.min", "rtt.p50", "rtt.p90", "rtt.p99", "rtt.max",
    /// of a count its own name and "requests.rate".
    std::vector<NamedNumber> numbers() const;

    WallTime began() const { return began_wall_; }
    double seconds() const;  ///< that the run takes, or has taken when it has ended

    /// How often a second of the run.
    double rate(Count count) const;

    void end() { ended_ = clock_.now(); }

private:
    template <class Kind>
    Kind& find(std::string_view name)
    {
        const auto found = by_name_.find(name);
        Figure& figure = found != by_name_.end() ? *found->second : make(name, Kind{});
        if (Kind* data = std::get_if<Kind>(&figure.data)) {
            return *data;
        }
        refuse(figure);
    }

    Figure& make(std::string_view name, std::variant<Number, Count, Histogram> data);
    [[noreturn]] static void refuse(const Figure& figure);

    const Clock& clock_;
    TimePoint began_;
    WallTime began_wall_;
    std::optional<TimePoint> ended_;
    std::deque<Figure> figures_;
    std::unordered_map<std::string_view, Figure*> by_name_;
};

/// "value", "count" or "latency", as the functions of moonwire.report are called.
std::string_view kind_of(const Figures::Figure& figure);

}  // namespace moonwire::observe
