#pragma once

#include "host/app/attached_console.hpp"

#include <moonwire/engine.hpp>

#include <filesystem>
#include <list>
#include <memory>
#include <string>

namespace moonwire::app {

/// Lets terminals of the same user attach to `engine` while it runs (`moonwire attach`), through a socket in the
/// runtime folder that goes with it. Used on the engine's thread; the engine must outlive it.
class ConsoleServer
{
public:
    /// `what` plays: the console's name is made of it and of the process's number. Says the name on standard error.
    /// Throws std::runtime_error.
    ConsoleServer(Engine& engine, const std::string& what);
    ~ConsoleServer();
    ConsoleServer(const ConsoleServer&) = delete;
    ConsoleServer& operator=(const ConsoleServer&) = delete;

    static constexpr std::size_t max_consoles = 16;

private:
    void on_ready();
    void accept();
    void let_go();
    void watch_writing(AttachedConsole& console);

    Engine& engine_;
    std::string name_;
    std::filesystem::path path_;
    int listener_ = -1;
    int poll_ = -1;  // an epoll of the listener and of all consoles
    std::list<std::unique_ptr<AttachedConsole>> consoles_;
};

}  // namespace moonwire::app
