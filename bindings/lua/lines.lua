-- The part of connections that is Lua: the iterator.
local Connection = ...

local error = error

function Connection:lines(max)
  return function()
    local line, err = self:read_line(max)
    if not line and err.code ~= "closed" then
      error(err, 2)
    end
    return line
  end
end
