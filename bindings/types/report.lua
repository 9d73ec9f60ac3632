---@meta moonwire.report

--- The figures of a run: printed on standard error at its end, written by `moonwire run --json FILE`, plotted by
--- `--report FILE`, judged by the scenario's `thresholds` and by `--threshold`. A name belongs to the function that
--- reported it first; 256 names at most, of 100 bytes at most. What several tasks of a run report by the same name comes
--- together; runs do not mix.
---@class moonwire.report
local report = {}

--- Reports a number. Reported again by the same name it is replaced: the last one counts.
---
--- ```lua
--- report.value("bytes received", 180, "bytes")
--- ```
---@param name string  what the figure is
---@param value number  the figure itself; neither infinite nor "not a number"
---@param unit? string  for people ("bytes", "packets"); times in "s" are shown as ms or µs where that reads better
function report.value(name, value, unit) end

--- Counts something that happens: at the end there is how often it did, and how often a second of the run.
---
--- ```lua
--- report.count("requests")
--- report.count("lost", 3)
--- ```
---@param name string  what is counted
---@param n? integer  how many at once (default: 1), at least 0
function report.count(name, n) end

--- Reports how long something took. At the end there are count, mean, smallest, largest and percentiles, of any number of
--- times in 264 KiB of memory: percentiles are known to three significant digits (to the nanosecond below 2 µs; mean,
--- smallest and largest are exact). Times below 0 or above 1 hour 13 minutes are taken as the bound, and counted as
--- clamped.
---
--- Who sends a request only after the last answer measures too well: while one answer is late, no requests are sent that
--- would have been late, too ("coordinated omission"). Either report from when the request was due, not from when it was
--- sent; or say how often requests are sent while answers are in time: then a time beyond this interval also adds those
--- of the requests that were not sent (the time minus one interval, minus two, … down to the interval). That is a guess,
--- and the figures say how many times were added by it. Without the option only what was measured counts.
---
--- ```lua
--- local start = clock.now()
--- task.sleep(0.02)  -- a request, and its answer
--- report.latency("round trip", clock.now() - start, { expected_interval = 0.01 })
--- ```
---@param name string  what took so long
---@param seconds number  how long it took
---@param options? LatencyOptions
function report.latency(name, seconds, options) end

---@class LatencyOptions
---@field expected_interval? number  seconds between two requests while answers are in time (above 0)

return report
