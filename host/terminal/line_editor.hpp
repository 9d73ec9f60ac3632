#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::terminal {

/// What the line editor has to know of the language that is typed. All texts are UTF-8.
struct Language {
    struct Words {
        std::size_t start = 0;  // of the word at the text's end, in bytes
        std::vector<std::string> words;
    };

    std::function<bool(const std::string& text)> is_complete;
    std::function<Words(const std::string& text)> complete;    // what could stand at its end
    std::function<std::string(const std::string& text)> hint;  // for the text up to the cursor, or nothing
};

struct LineEditorOptions {
    std::string prompt;
    std::vector<std::string> history;  ///< oldest first
    bool colours = false;
};

/// Reads entries, which may have several lines, from the process's terminal, for an event loop: it is fed what the
/// terminal sends and never waits itself. In the meantime others may print above what is being typed.
///
/// Used from one thread. Between `start` and the end of the entry the terminal is in raw mode, but for the keys that
/// send signals.
class LineEditor
{
public:
    LineEditor(LineEditorOptions options, Language language);
    ~LineEditor();
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;

    enum class State {
        idle,       ///< not started
        editing,    ///< wants to be fed
        accepted,   ///< `entry` is there
        cancelled,  ///< by `cancel`; `entry` is what was dropped
        ended,      ///< nothing more will come: Ctrl-D, or the terminal is gone
    };

    /// Shows the prompt.
    void start();

    // While it edits:

    /// A byte that the terminal has sent.
    void feed(char byte);

    /// Drops the entry, as Ctrl-C asks for.
    void cancel();

    /// Ends the entry and whatever was typed; the terminal gets its own mode back.
    void end();

    /// Writes `text` above what is being typed. A last line without an end goes on with the next text.
    void print(std::string_view text);

    /// The terminal has another size.
    void resize();

    /// Gives the terminal its own mode back, and takes it again: around a stop of the process.
    void suspend();
    void take_up();

    State state() const;
    const std::string& entry() const;

    /// The terminal's width.
    static int columns();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace moonwire::terminal
