--- Text that comes from the network, fit for a terminal: control characters are written as \x1b and the like, so that
--- nobody can clear the reader's screen or fake lines on it. Those in `kept` ("\n\t") stay as they are.
return function(text, kept)
  return (text:gsub("%c", function(c)
    if not (kept and kept:find(c, 1, true)) then
      return ("\\x%02x"):format(c:byte())
    end
  end))
end
