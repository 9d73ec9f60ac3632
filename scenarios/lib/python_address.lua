--- An address as Python prints it: ('127.0.0.1', 54321), for IPv6 with flow and scope.
return function(address, port)
  return (address:find(":", 1, true) and "('%s', %d, 0, 0)" or "('%s', %d)"):format(address, port)
end
