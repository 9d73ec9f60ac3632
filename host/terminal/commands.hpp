#pragma once

#include "host/terminal/keys.hpp"
#include "host/terminal/line_editor.hpp"
#include "host/terminal/turns.hpp"

#include <histedit.h>

#include <string>

namespace moonwire::terminal {

class Commands;

/// What a libedit editor's EL_CLIENTDATA points to.
struct EditorData {
    Commands* commands = nullptr;
};

/// What keys do that libedit has no command for, or another one than entries of several lines need. Used on the
/// editor's thread, by one editor.
class Commands
{
public:
    Commands(EditLine* editor, Turns& turns, const Language& language, const std::wstring& prompt, KeyDecoder& decoder)
        : editor_(editor), turns_(turns), language_(language), prompt_(prompt), decoder_(decoder)
    {
    }

    /// Stands for a Ctrl-C, which comes as a signal.
    static constexpr wchar_t cancel_key = 0x03;

    /// Gives the editor the commands, and the keys that they are bound to.
    void bind();

    enum class Result { none, accepted, cancelled };

    /// An entry begins.
    void begin();

    /// How it has ended, and what it was.
    Result result() const { return result_; }
    const std::wstring& text() const { return text_; }

    /// Will it end as soon as the screen is in order?
    bool leaving() const { return result_ != Result::none; }

private:
    unsigned char enter();
    unsigned char leave();
    unsigned char cancel();
    unsigned char end_or_delete();
    unsigned char up();
    unsigned char down();
    unsigned char complete();
    unsigned char paste();
    unsigned char insert(wchar_t key);

    unsigned char end_with(Result result);
    void insert_text(std::wstring text);
    std::wstring_view line() const;
    std::size_t cursor() const;

    template <unsigned char (Commands::*command)()>
    void add(const wchar_t* name);

    EditLine* editor_;
    Turns& turns_;
    const Language& language_;
    const std::wstring& prompt_;
    KeyDecoder& decoder_;
    Result result_ = Result::none;
    std::wstring text_;
};

}  // namespace moonwire::terminal
