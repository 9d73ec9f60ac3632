#include "host/terminal/commands.hpp"

#include "host/terminal/screen.hpp"
#include "host/terminal/text.hpp"

#include <algorithm>

namespace moonwire::terminal {

namespace {

Commands& of(EditLine* editor)
{
    void* data = nullptr;
    ::el_wget(editor, EL_CLIENTDATA, &data);
    return *static_cast<EditorData*>(data)->commands;
}

// Keys that nobody types, for commands that others push.
constexpr const wchar_t* leave_key = L"\x1d";
constexpr const wchar_t* previous_entry = L"\x10";  // Ctrl-P
constexpr const wchar_t* next_entry = L"\x0e";      // Ctrl-N
constexpr const wchar_t* delete_character = L"\033[3~";

std::wstring common_beginning(const std::vector<std::wstring>& words)
{
    std::wstring common = words.front();
    for (const std::wstring& word : words) {
        const auto [end, ignored] = std::mismatch(common.begin(), common.end(), word.begin(), word.end());
        common.erase(end, common.end());
    }
    return common;
}

}  // namespace

template <unsigned char (Commands::*command)()>
void Commands::add(const wchar_t* name)
{
    ::el_wset(editor_, EL_ADDFN, name, L"of moonwire",
              static_cast<unsigned char (*)(EditLine*, wint_t)>(
                  [](EditLine* editor, wint_t) -> unsigned char { return (of(editor).*command)(); }));
}

void Commands::bind()
{
    add<&Commands::enter>(L"moonwire-enter");
    add<&Commands::leave>(L"moonwire-leave");
    add<&Commands::cancel>(L"moonwire-cancel");
    add<&Commands::end_or_delete>(L"moonwire-end-or-delete");
    add<&Commands::up>(L"moonwire-up");
    add<&Commands::down>(L"moonwire-down");
    add<&Commands::complete>(L"moonwire-complete");
    add<&Commands::paste>(L"moonwire-paste");
    ::el_wset(editor_, EL_ADDFN, L"moonwire-insert", L"inserts, and shows what is expected",
              static_cast<unsigned char (*)(EditLine*, wint_t)>([](EditLine* editor, wint_t key) -> unsigned char {
                  return of(editor).insert(static_cast<wchar_t>(key));
              }));
    const wchar_t* const keys[][2] = {
        {L"^M", L"moonwire-enter"},         {L"^J", L"moonwire-enter"},    {L"^C", L"moonwire-cancel"},
        {L"^D", L"moonwire-end-or-delete"}, {L"^I", L"moonwire-complete"}, {L"^R", L"em-inc-search-prev"},
        {L"^W", L"ed-delete-prev-word"},    {L"\x1d", L"moonwire-leave"},  {L"\x1e", L"moonwire-paste"},
        {L"(", L"moonwire-insert"},         {L")", L"moonwire-insert"},    {L",", L"moonwire-insert"},
    };
    static_assert(KeyDecoder::paste_key == L'\x1e');
    for (const auto& [key, command] : keys) {
        ::el_wset(editor_, EL_BIND, key, command, nullptr);
    }
    for (const BoundSequence& bound : bound_sequences()) {
        ::el_wset(editor_, EL_BIND, bound.sequence, bound.command, nullptr);
    }
}

void Commands::begin()
{
    result_ = Result::none;
    text_.clear();
}

std::wstring_view Commands::line() const
{
    const LineInfoW* info = ::el_wline(editor_);
    return {info->buffer, static_cast<std::size_t>(info->lastchar - info->buffer)};
}

std::size_t Commands::cursor() const
{
    const LineInfoW* info = ::el_wline(editor_);
    return static_cast<std::size_t>(info->cursor - info->buffer);
}

// In two steps: first what stands on the screen is drawn without a hint, then the cursor goes below it.
unsigned char Commands::end_with(Result result)
{
    result_ = result;
    text_ = line();
    ::el_cursor(editor_, static_cast<int>(text_.size() - cursor()));
    ::el_wpush(editor_, leave_key);
    return CC_REFRESH;
}

unsigned char Commands::leave()
{
    if (result_ == Result::cancelled) {
        write_text("^C");
    }
    leave_entry(editor_, prompt_);
    return CC_EOF;
}

unsigned char Commands::enter()
{
    const std::string text = to_bytes(line());
    bool complete = true;
    turns_.ask([&] { complete = language_.is_complete(text); });
    if (complete) {
        return end_with(Result::accepted);
    }
    insert_text(L"\n");
    return CC_REFRESH;
}

unsigned char Commands::cancel()
{
    return end_with(Result::cancelled);
}

unsigned char Commands::end_or_delete()
{
    if (line().empty()) {
        write_text("\r\n");
        return CC_EOF;
    }
    ::el_wpush(editor_, delete_character);
    return CC_NORM;
}

// Among the lines of an entry first, then to the entry before.
unsigned char Commands::up()
{
    const std::wstring_view text = line();
    const std::size_t at = cursor();
    const std::size_t begin = text.rfind(L'\n', at - 1);
    if (at == 0 || begin == std::wstring_view::npos) {
        ::el_wpush(editor_, previous_entry);
        return CC_NORM;
    }
    const std::size_t above = begin == 0 ? 0 : text.rfind(L'\n', begin - 1) + 1;
    const std::size_t column = std::min(at - begin - 1, begin - above);
    ::el_cursor(editor_, static_cast<int>(above + column) - static_cast<int>(at));
    return CC_CURSOR;
}

unsigned char Commands::down()
{
    const std::wstring_view text = line();
    const std::size_t at = cursor();
    const std::size_t end = text.find(L'\n', at);
    if (end == std::wstring_view::npos) {
        ::el_wpush(editor_, next_entry);
        return CC_NORM;
    }
    const std::size_t begin = at == 0 ? 0 : text.rfind(L'\n', at - 1) + 1;
    const std::size_t below_end = std::min(text.find(L'\n', end + 1), text.size());
    const std::size_t target = std::min(end + 1 + at - begin, below_end);
    ::el_cursor(editor_, static_cast<int>(target) - static_cast<int>(at));
    return CC_CURSOR;
}

unsigned char Commands::insert(wchar_t key)
{
    insert_text({key});
    return CC_REFRESH;
}

unsigned char Commands::paste()
{
    insert_text(decoder_.take_paste());
    return CC_REFRESH;
}

void Commands::insert_text(std::wstring text)
{
    std::erase(text, L'\0');
    ::el_winsertstr(editor_, text.c_str());
}

unsigned char Commands::complete()
{
    const std::wstring before = text_before_cursor(editor_);
    const std::size_t newline = before.rfind(L'\n');
    const bool begins_line =
        newline != std::wstring::npos && before.find_first_not_of(L" \t", newline + 1) == std::wstring::npos;
    if (begins_line) {
        insert_text(L"  ");
        return CC_REFRESH;
    }
    const std::string text = to_bytes(before);
    Language::Words found;
    turns_.ask([&] { found = language_.complete(text); });
    if (found.words.empty()) {
        return CC_ERROR;
    }
    std::vector<std::wstring> words;
    for (const std::string& word : found.words) {
        words.push_back(to_wide(word));
    }
    const std::wstring word = to_wide(std::string_view(text).substr(found.start));
    const std::wstring common = common_beginning(words);
    if (common.size() > word.size()) {
        insert_text(common.substr(word.size()));
        return CC_REFRESH;
    }
    if (words.size() == 1) {
        return CC_NORM;
    }
    leave_entry(editor_, prompt_);
    print_words(words);
    ::el_wset(editor_, EL_REFRESH);
    return CC_NORM;
}

}  // namespace moonwire::terminal
