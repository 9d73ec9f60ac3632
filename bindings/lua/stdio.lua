-- moonwire.stdio: standard input, opened when it is first read.
local stdio, native = ...

local input
local waiting  -- the prompt that stands on the terminal's last line

function stdio.read_line(prompt)
  if prompt and native.is_terminal() then
    io.write(prompt)
    waiting = prompt:match("[^\n]*$")
  end
  input = input or native.input()
  local line, err = input:read_line()
  waiting = nil
  if line or err.code == "closed" then
    return line
  end
  return nil, err
end

function stdio.print_line(text)
  if waiting then
    io.write("\r\27[K", text, "\n", waiting)
    io.flush()
  else
    print(text)
  end
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
