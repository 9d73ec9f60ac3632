-- The part of moonwire.process that is Lua: a child belongs to the task that has started it, and ends with it.
local native = ...

local task = require "moonwire.task"
local pairs, setmetatable = pairs, setmetatable

local children_of = setmetatable({}, { __mode = "k" })  -- a task's coroutine → the set of its children

local function end_all(children)
  for child in pairs(children) do
    native.begin_end(child)  -- all of them first, so that their times of grace pass together
  end
  for child in pairs(children) do
    child:terminate()
  end
end

local function forget_ended(children)
  for child in pairs(children) do
    if not child:running() then
      children[child] = nil
    end
  end
end

return function(child)
  local owner = native.task()
  local children = children_of[owner]
  if children then
    forget_ended(children)
  else
    children = {}
    children_of[owner] = children
    task.defer(end_all, children)
  end
  children[child] = true
end
