---@meta moonwire.file

--- Waiting for a file to change. What is in it, Lua's own `io` reads and writes: that holds up the other tasks only for
--- as long as the disk takes, which is nothing to notice for small files. (A file that can make its reader wait, a pipe or
--- a device, holds up everybody: read such things through `moonwire.process`.)
---@class moonwire.file
local file = {}

--- Watches a file, which need not exist: being written to, replaced, deleted and made again all are changes. It is rather
--- told once too often than not at all, so look whether something is different.
---
--- Without `poll` the system tells at once (inotify); the folder has to exist and to stay, and what is written through a
--- symbolic link or on another machine's disk is not told. With `poll` this looks itself, and sees that, too.
---
--- ```lua
--- local watcher = assert(file.watch("Status"))
--- while watcher:wait(10) do
---   print("Status has changed")
--- end
--- ```
---@param path string  of the file
---@param options? FileWatchOptions  how to find out
---@return Watcher? watcher
---@return Error? err  no_such_file: there is no such folder; access_denied; too_many_files: or too many watchers; system
function file.watch(path, options) end

---@class FileWatchOptions
---@field poll? number  look every so many seconds, 0.001 or more (be told by the system)

--- A watch over a file. It ends by `close`, or when nobody holds it any more.
---@class Watcher
local Watcher = {}

--- Waits until the file has changed: since the last wait that said so, or since the watch began. One task at a time.
---
--- ```lua
--- local changed, err = watcher:wait(1)
--- print(changed, err and err.code)  -- nil, timeout if nobody has changed it
--- ```
---@param timeout? number  seconds
---@return true? changed
---@return Error? err  timeout; closed: by this side; no_such_file: the folder was deleted or moved
function Watcher:wait(timeout) end

--- Ends the watch; a wait that is under way says "closed".
---
--- ```lua
--- watcher:close()
--- print(select(2, watcher:wait()).code)  -- closed
--- ```
function Watcher:close() end

return file
