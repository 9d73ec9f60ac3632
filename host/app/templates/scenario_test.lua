--- Tests NAME.lua: `moonwire NAME_test.lua` says which test fails, and ends with exit status 1 then.
local process = require "moonwire.process"

local moonwire = "/proc/self/exe"  -- the program that runs this
local scenario = (arg[0]:match("^.*/") or "./") .. "NAME.lua"

-- Plays the scenario with these flags, on a free port. The result has code, stdout and stderr.
local function run(...)
  return assert(process.run(moonwire, { "run", scenario, "--port", 0, ... }, { timeout = 20 }))
end

local function check(what, holds, result)
  if not holds then
    error(("%s: it does not.\nExit status %s\n%s%s"):format(what, result.code, result.stdout, result.stderr), 0)
  end
  print("ok: " .. what)
end

local result = run("--lines", 2)
check("every line is answered in capitals", result.code == 0 and result.stdout == "HELLO 1\nHELLO 2\n", result)
check("the answers are counted", result.stderr:find("answers %.+ 2 lines"), result)

result = run("--lines", 0)
check("no line at all is refused", result.code == 2 and result.stderr:find("parameter 'lines'"), result)
