#include "host/app/exit_status.hpp"
#include "host/app/run_records.hpp"
#include "host/app/summary.hpp"
#include "host/page/page.hpp"

#include <fmt/format.h>

namespace moonwire::app {

namespace {

// XML 1.0 has no way to write most control characters, U+FFFE and U+FFFF; and a parser makes blanks of line ends in
// attributes that are not written as references.
std::string escaped(std::string_view raw)
{
    const std::string text = page::escape(raw);
    std::string harmless;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const std::string_view rest = std::string_view(text).substr(i, 3);
        if (c == '\n' || c == '\r' || c == '\t') {
            harmless += fmt::format("&#{};", static_cast<int>(c));
        } else if (rest == "\xEF\xBF\xBE" || rest == "\xEF\xBF\xBF") {
            harmless += '?';
            i += 2;
        } else {
            harmless += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
        }
    }
    return harmless;
}

std::string test_case(const std::string& suite, const std::string& name, double seconds, const std::string& content)
{
    return fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.6f}\">{}</testcase>\n", suite,
                       escaped(name), seconds, content);
}

std::string failure(std::string_view element, const std::string& message)
{
    return fmt::format("<{0} message=\"{1}\">{2}</{0}>", element, escaped(message.substr(0, message.find('\n'))),
                       escaped(message));
}

}  // namespace

std::string junit_record(const RunFacts& facts, const Result& result)
{
    const std::string suite = escaped(facts.declaration.name);
    const bool stopped = result.outcome == Outcome::interrupted;
    const bool bad = result.outcome == Outcome::failed;
    std::string cases = test_case(suite, facts.run.role ? "run " + *facts.run.role : "run", result.seconds,
                                  bad       ? failure("error", result.error)
                                  : stopped ? failure("error", "interrupted")
                                            : std::string());
    for (const JudgedThreshold& judged : result.thresholds) {
        const std::string name = judged.threshold.figure + ": " + judged.threshold.condition;
        const std::string why = judged.actual ? fmt::format("it is {:.6g}", *judged.actual) : judged.reason;
        cases += test_case(suite, name, 0, judged.met ? std::string() : failure("failure", name + ": " + why));
    }
    std::string properties = fmt::format("      <property name=\"seed\" value=\"{}\"/>\n", facts.seed);
    properties += fmt::format("      <property name=\"command\" value=\"{}\"/>\n", escaped(facts.command()));
    for (const auto& [name, value] : facts.parameters()) {
        properties += fmt::format("      <property name=\"parameter.{}\" value=\"{}\"/>\n", escaped(name),
                                  escaped(setting_text(value)));
    }
    const std::string numbers =
        fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.6f}\"", result.thresholds.size() + 1,
                    count_missed(result), bad || stopped ? 1 : 0, result.seconds);
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {0}>\n  <testsuite name=\"{1}\" {0} "
        "timestamp=\"{2}\">\n    <properties>\n{3}    </properties>\n{4}  </testsuite>\n</testsuites>\n",
        numbers, suite, time_text(result.began).substr(0, 19), properties, cases);
}

}  // namespace moonwire::app
