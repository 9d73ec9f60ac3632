#include "host/app/session.hpp"

#include "host/app/api_help.hpp"
#include "host/app/capture_report.hpp"
#include "host/app/exit_status.hpp"

namespace moonwire::app {

Session::Session(EngineOptions options, ConsoleOptions console)
    : engine_(std::move(options)), console_(engine_.open_console(std::move(console)))
{
    offer_scenario_help(engine_);
}

int Session::status(int own) const
{
    return scenario_ == Outcome::interrupted ? own : scenario_ == Outcome::failed ? failed : done;
}

std::vector<std::string> own_modules()
{
    std::vector<std::string> modules;
    for (const std::string& name : Engine::module_names()) {
        modules.push_back("moonwire." + name);
    }
    return modules;
}

Result Session::run(const SessionStart& start, std::function<void(Outcome)> ready)
{
    if (start.console_name) {
        server_ = std::make_unique<ConsoleServer>(engine_, *start.console_name);
    }
    for (const std::string& module : start.modules) {
        engine_.preload(module);
    }
    engine_.post([this, &start, ready = std::move(ready)] {
        if (start.scenario) {
            engine_.start_scenario(*start.scenario, [this](Outcome outcome) { scenario_ = outcome; });
        }
        if (!start.text) {
            ready(Outcome::done);
        } else if (start.name.empty()) {
            console_->evaluate(*start.text, ready);
        } else {
            console_->evaluate_file(*start.text, start.name, start.arguments, ready);
        }
    });
    Result result = engine_.run_consoles(start.name, start.arguments);
    report_capture(engine_.end_capture(), start.ledger);
    return result;
}

}  // namespace moonwire::app
