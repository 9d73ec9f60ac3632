#pragma once

#include "bindings/core/userdata.hpp"
#include "host/script/task.hpp"

#include <memory>

namespace moonwire::bindings {

/// What scripts hold of a task.
using TaskHandle = std::shared_ptr<script::Task>;

template <>
struct LuaType<TaskHandle> {
    static constexpr const char* name = "a task";
};

}  // namespace moonwire::bindings
