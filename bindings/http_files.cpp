#include "bindings/await.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/failure.hpp"
#include "bindings/http.hpp"
#include "bindings/stream.hpp"
#include "host/http/send_file.hpp"
#include "host/http/static_folder.hpp"

#include <string>
#include <utility>

namespace moonwire::bindings {

namespace {

/// A file that was found, and which part of it is wanted.
struct OpenFile {
    net::Descriptor descriptor;
    std::uint64_t offset;
    std::uint64_t length;
};

using FolderHandle = std::shared_ptr<const http::StaticFolder>;
using FileHandle = std::shared_ptr<OpenFile>;

}  // namespace

template <>
struct LuaType<FolderHandle> {
    static constexpr const char* name = "a served folder";
};

template <>
struct LuaType<FileHandle> {
    static constexpr const char* name = "an open file";
};

namespace {

constexpr const char* folder_class = "moonwire.http.native.Folder";
constexpr const char* file_class = "moonwire.http.native.File";

// native.folder(path) -> folder | nil, err
int open_folder(lua_State* L)
{
    auto folder = http::StaticFolder::open(std::string(check_string(L, 1, "folder")));
    if (!folder) {
        return push_failure(L, folder.error());
    }
    push_object(L, folder_class, std::make_shared<const http::StaticFolder>(std::move(*folder)));
    return 1;
}

void set_header(lua_State* L, const char* name, std::string_view value)
{
    if (!value.empty()) {
        lua_pushlstring(L, value.data(), value.size());
        lua_setfield(L, -2, name);
    }
}

// native.find_file(folder, path, head) -> status [, headers, length, file]
int find_file(lua_State* L)
{
    const FolderHandle& folder = check<FolderHandle>(L, 1);
    const std::string_view path = check_string(L, 2, "path");
    const RequestHeadHandle& head = check<RequestHeadHandle>(L, 3);
    auto found = folder->find(path);
    if (found.status != 200) {
        lua_pushinteger(L, static_cast<lua_Integer>(found.status));
        return 1;
    }
    const http::FileAnswer answer = http::answer_file(*head, found.facts);
    const bool sent = answer.status == 200 || answer.status == 206;
    lua_pushinteger(L, static_cast<lua_Integer>(answer.status));
    lua_createtable(L, 0, 6);
    set_header(L, "ETag", answer.etag);
    set_header(L, "Last-Modified", answer.last_modified);
    set_header(L, "Content-Range", answer.content_range);
    set_header(L, "Accept-Ranges", "bytes");
    set_header(L, "X-Content-Type-Options", "nosniff");
    if (!sent) {
        return 2;
    }
    set_header(L, "Content-Type", found.type);
    lua_pushnumber(L, static_cast<double>(answer.length));
    push_object(L, file_class,
                std::make_shared<OpenFile>(OpenFile{std::move(found.file), answer.offset, answer.length}));
    return 4;
}

// native.send_file(connection, file) -> true | nil, err
int send_file(lua_State* L)
{
    const StreamHandle stream = check<StreamHandle>(L, 1);
    const FileHandle file = check<FileHandle>(L, 2);
    return await_operation(
        L, "send a file",
        [&](auto handler) {
            return http::async_send_file(stream, std::move(file->descriptor), file->offset, file->length,
                                         std::move(handler));
        },
        [stream](lua_State* to, const net::error_code& error) {
            if (error) {
                return push_failure(to, error, "send a file to " + stream->description());
            }
            lua_pushboolean(to, 1);
            return 1;
        });
}

}  // namespace

void register_http_files(lua_State* L)
{
    const luaL_Reg none[] = {{nullptr, nullptr}};
    define_class(L, folder_class, none, guard<collect<FolderHandle>>, nullptr);
    define_class(L, file_class, none, guard<collect<FileHandle>>, nullptr);
    const luaL_Reg functions[] = {
        {"folder", guard<open_folder>},
        {"find_file", guard<find_file>},
        {"send_file", guard<send_file>},
        {nullptr, nullptr},
    };
    luaL_register(L, nullptr, functions);
}

}  // namespace moonwire::bindings
