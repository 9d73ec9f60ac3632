-- moonwire.stdio: standard input, opened when it is first read.
local stdio, native = ...

local input

function stdio.read_line(prompt)
  if prompt and native.is_terminal() then
    io.write(prompt)
  end
  input = input or native.input()
  local line, err = input:read_line()
  if not line and err.code == "closed" then
    return nil
  end
  return line, err
end

function stdio.lines(prompt)
  return function()
    local line, err = stdio.read_line(prompt)
    if err then
      error(err, 2)
    end
    return line
  end
end
