-- moonwire.stdio: standard input, opened when it is first read.
local stdio, native = ...

local input

function stdio.read_line(prompt)
  if prompt and native.is_terminal() then
    io.write(prompt)
  end
  input = input or native.input()
  local line, err = input:read_line()
  if line or err.code == "closed" then
    return line
  end
  return nil, err
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
