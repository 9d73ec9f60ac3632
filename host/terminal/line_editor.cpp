#include "host/terminal/line_editor.hpp"

#include "host/terminal/commands.hpp"
#include "host/terminal/keys.hpp"
#include "host/terminal/layout.hpp"
#include "host/terminal/screen.hpp"
#include "host/terminal/text.hpp"
#include "host/terminal/turns.hpp"

#include <histedit.h>
#include <locale.h>
#include <termios.h>
#include <unistd.h>
#include <cstdio>
#include <deque>

namespace moonwire::terminal {

namespace {

enum class Request { none, start, key, cancel, end, print, resize, suspend, take_up, leave };

}  // namespace

// libedit asks for a key and waits until it has one, also in the midst of a command (a search, a quoted key). So it
// runs on a thread of its own, which takes turns with the caller's: whatever it is asked to do, it does where it would
// have waited.
struct LineEditor::Impl : EditorData {
    Impl(LineEditorOptions line_options, Language the_language)
        : options(std::move(line_options)), language(std::move(the_language))
    {
        turns.begin([this] { run(); });
    }

    ~Impl()
    {
        perform(Request::leave);
        turns.join();
    }

    void perform(Request what)
    {
        request = what;
        turns.resume();
    }

    // From here on on the editor's thread.

    void run()
    {
        // Terminals speak UTF-8, whatever the process's locale is, which scripts may see.
        const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        if (utf8 != nullptr) {
            ::uselocale(utf8);
        }
        open();
        while (request != Request::leave) {
            turns.pause();
            if (request == Request::start) {
                edit();
            }
        }
        ::history_wend(history);
        ::el_end(editor);
        ::uselocale(LC_GLOBAL_LOCALE);
        if (utf8 != nullptr) {
            ::freelocale(utf8);
        }
    }

    void open()
    {
        prompt = to_wide(options.prompt);
        editor = ::el_init("moonwire", stdin, stdout, stderr);
        ::el_wset(editor, EL_CLIENTDATA, static_cast<EditorData*>(this));
        ::el_wset(editor, EL_PROMPT,
                  static_cast<wchar_t* (*)(EditLine*)>([](EditLine* from) { return of(from).prompt.data(); }));
        ::el_wset(editor, EL_RPROMPT_ESC,
                  static_cast<wchar_t* (*)(EditLine*)>([](EditLine* from) { return of(from).current_hint(); }), L'\1');
        ::el_wset(editor, EL_GETCFN, static_cast<int (*)(EditLine*, wchar_t*)>([](EditLine* from, wchar_t* key) {
                      return of(from).next_key(key);
                  }));
        ::el_wset(editor, EL_EDITOR, L"emacs");
        open_history();
        own_commands = std::make_unique<Commands>(editor, turns, language, prompt, decoder);
        commands = own_commands.get();
        ::el_source(editor, nullptr);  // the user's own ~/.editrc
        commands->bind();
    }

    void open_history()
    {
        history = ::history_winit();
        HistEventW event;
        ::history_w(history, &event, H_SETSIZE, 1000);
        ::history_w(history, &event, H_SETUNIQUE, 1);
        for (const std::string& line : options.history) {
            ::history_w(history, &event, H_ENTER, to_wide(line).c_str());
        }
        ::el_wset(editor, EL_HIST, ::history_w, history);
    }

    void edit()
    {
        ::tcgetattr(STDIN_FILENO, &cooked);
        unfinished.clear();
        commands->begin();
        state = State::editing;
        write_text("\033[?2004h");  // pasted blocks are to be marked
        ::el_wset(editor, EL_PREP_TERM,
                  1);  // before the prompt: what is typed as soon as it is seen must not be echoed
        int size = 0;
        ::el_wgets(editor, &size);
        write_text("\033[?2004l");
        std::fflush(stdout);
        state = outcome();
    }

    State outcome()
    {
        entry = to_bytes(commands->text());
        switch (commands->result()) {
        case Commands::Result::accepted: {
            HistEventW event;
            if (entry.find_first_not_of(" \t\n") != std::string::npos) {
                ::history_w(history, &event, H_ENTER, commands->text().c_str());
            }
            return State::accepted;
        }
        case Commands::Result::cancelled:
            return State::cancelled;
        default:
            return State::ended;
        }
    }

    int next_key(wchar_t* key)
    {
        while (keys.empty()) {
            correct_column(editor, prompt);
            turns.pause();
            switch (request) {
            case Request::key:
                decoder.take(byte, keys);
                break;
            case Request::cancel:
                keys.push_back(Commands::cancel_key);
                break;
            case Request::end:
            case Request::leave:
                return 0;
            default:
                change_screen();
            }
        }
        *key = keys.front();
        keys.pop_front();
        return 1;
    }

    void change_screen()
    {
        switch (request) {
        case Request::print:
            print_above();
            break;
        case Request::resize:
            erase_entry(editor, prompt, 0);
            ::el_resize(editor);
            ::el_wset(editor, EL_REFRESH);
            break;
        case Request::suspend:
            ::tcgetattr(STDIN_FILENO, &raw);
            leave_entry(editor, prompt);
            ::tcsetattr(STDIN_FILENO, TCSADRAIN, &cooked);
            break;
        case Request::take_up:
            ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
            ::el_resize(editor);
            ::el_wset(editor, EL_REFRESH);
            break;
        default:
            break;
        }
    }

    void print_above()
    {
        const int rows = unfinished.empty() ? 0 : advance({}, to_wide(unfinished), columns()).row + 1;
        erase_entry(editor, prompt, rows);
        unfinished += text;
        write_text(unfinished);
        const auto newline = unfinished.rfind('\n');
        unfinished.erase(0, newline == std::string::npos ? 0 : newline + 1);
        if (!unfinished.empty()) {
            write_text("\n");
        }
        if (!can_go_on(unfinished)) {
            unfinished.clear();
        }
        ::el_wset(editor, EL_REFRESH);
    }

    // Is it known how many columns this takes?
    static bool can_go_on(std::string_view line)
    {
        constexpr std::size_t longest = 1000;
        return line.size() <= longest && line.find_first_of("\033\r\b") == std::string_view::npos;
    }

    wchar_t* current_hint()
    {
        hint.clear();
        const std::wstring text_before = commands->leaving() ? std::wstring() : text_before_cursor(editor);
        if (!text_before.empty()) {
            std::string found;
            const std::string asked = to_bytes(text_before);
            turns.ask([&] { found = language.hint(asked); });
            const LineInfoW* line = ::el_wline(editor);
            const std::wstring_view whole(line->buffer, static_cast<std::size_t>(line->lastchar - line->buffer));
            const int used = advance(advance({}, prompt, columns()), whole, columns()).column;
            hint = fitting(to_wide(found), columns() - used - 4);
        }
        if (!hint.empty() && options.colours) {
            hint = L"\1\033[2m\1" + hint + L"\1\033[0m\1";
        }
        return hint.data();
    }

    static Impl& of(EditLine* editor)
    {
        void* data = nullptr;
        ::el_wget(editor, EL_CLIENTDATA, &data);
        return *static_cast<Impl*>(static_cast<EditorData*>(data));
    }

    LineEditorOptions options;
    Language language;
    Turns turns;

    // What the caller wants.
    Request request = Request::none;
    char byte = 0;
    std::string text;

    // What has come of it.
    State state = State::idle;
    std::string entry;

    EditLine* editor = nullptr;
    HistoryW* history = nullptr;
    std::unique_ptr<Commands> own_commands;
    KeyDecoder decoder;
    std::deque<wchar_t> keys;
    std::wstring prompt;
    std::wstring hint;
    std::string unfinished;  // the line above the prompt that has no end yet
    termios cooked{};
    termios raw{};
};

LineEditor::LineEditor(LineEditorOptions options, Language language)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(language)))
{
}

LineEditor::~LineEditor() = default;

void LineEditor::start()
{
    impl_->perform(Request::start);
}

void LineEditor::feed(char byte)
{
    impl_->byte = byte;
    impl_->perform(Request::key);
}

void LineEditor::cancel()
{
    impl_->perform(Request::cancel);
}

void LineEditor::end()
{
    impl_->perform(Request::end);
}

void LineEditor::print(std::string_view text)
{
    impl_->text = text;
    impl_->perform(Request::print);
}

void LineEditor::resize()
{
    impl_->perform(Request::resize);
}

void LineEditor::suspend()
{
    impl_->perform(Request::suspend);
}

void LineEditor::take_up()
{
    impl_->perform(Request::take_up);
}

LineEditor::State LineEditor::state() const
{
    return impl_->state;
}

const std::string& LineEditor::entry() const
{
    return impl_->entry;
}

int LineEditor::columns()
{
    return terminal::columns();
}

}  // namespace moonwire::terminal
