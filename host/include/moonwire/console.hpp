#pragma once

#include <moonwire/outcome.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire {

struct ConsoleOptions {
    /// Where the values of entries go, and their errors. What scripts print goes where EngineOptions::output says,
    /// but see takes_prints.
    std::function<void(std::string_view)> output;
    std::function<void(std::string_view)> errors;

    bool colours = false;      ///< with a terminal's colour sequences
    std::size_t columns = 80;  ///< the width that tables are laid out for

    /// What entries print goes to `output`, too, and so does what the tasks print that they start.
    bool takes_prints = false;

    /// Modules that entries have as globals ("moonwire.tcp" as `tcp`), and scripts do not.
    std::vector<std::string> modules{};
};

/// What could stand in the place of a word.
struct Candidates {
    std::size_t start = 0;           ///< of the word, in bytes
    std::vector<std::string> words;  ///< in order
};

/// A person's end of an engine: takes what is typed at a prompt, evaluates it and prints the values. An entry has the
/// locals of the entries before it. It runs as a task, so any expression may wait; the tasks that it has started go on
/// when it has ended. Made by Engine::open_console, used on the engine's thread, gone before the engine.
class Console
{
public:
    virtual ~Console() = default;
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    /// Is this all of an entry, or do further lines belong to it?
    virtual bool is_complete(std::string_view text) = 0;

    /// Evaluates an entry while the engine runs; one at a time. `done` is called in a turn of its own when the entry,
    /// or after a `cancel` also all that it has started, has ended: `failed` after its error has been printed.
    virtual void evaluate(std::string_view text, std::function<void(Outcome)> done) = 0;

    /// The same for a file's text: `arguments` are what it gets, `name` is what errors call it.
    virtual void evaluate_file(std::string_view text, const std::string& name,
                               const std::vector<std::string>& arguments, std::function<void(Outcome)> done) = 0;

    /// Cancels the entry that is being evaluated, with all that it has started.
    virtual void cancel() = 0;

    /// What could stand at the end of `text`. Runs none of the script's code.
    virtual Candidates complete(std::string_view text) = 0;

    /// A line about the function that the end of `text` calls, or nothing.
    virtual std::string hint(std::string_view text) = 0;

    virtual void set_columns(std::size_t columns) = 0;

protected:
    Console() = default;
};

}  // namespace moonwire
