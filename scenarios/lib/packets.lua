--- How many packets a TCP connection takes, and how large they are, from what the kernel knows of it (TCP_INFO).
local clock = require "moonwire.clock"

local packets = {}

-- Headers of a packet: IP's 20 or 40 bytes, TCP's 20, and its options, which are 12 bytes of time stamps in every packet
-- and 8 more in a SYN (RFC 7323, RFC 9293).
local TCP_HEADER = 32
local SYN_MORE = 8

--- The figures of `conn`, a client's end of WebSocket, as they are now: since its beginning.
function packets.count(conn)
  local tcp, ws = assert(conn:tcp_info()), conn:info()
  return {
    time = clock.now(),
    sent = tcp.segments_sent, received = tcp.segments_received,
    data_sent = tcp.data_segments_sent, data_received = tcp.data_segments_received,
    payload = tcp.bytes_sent + tcp.bytes_received,
    frames = ws.frames_sent + ws.frames_received,
    header = (conn:peer_address():find(":", 1, true) and 40 or 20) + TCP_HEADER,
  }
end

--- What lies between two counts. `syns` of the packets are SYNs.
function packets.between(before, after, syns)
  local result = { seconds = after.time - before.time }
  for _, name in ipairs { "sent", "received", "data_sent", "data_received", "payload", "frames" } do
    result[name] = after[name] - before[name]
  end
  result.packets = result.sent + result.received
  result.acknowledgements = result.packets - result.data_sent - result.data_received
  result.bytes = result.packets * after.header + result.payload + (syns or 0) * SYN_MORE
  return result
end

--- Before a connection, to reckon from.
packets.NONE = { time = 0, sent = 0, received = 0, data_sent = 0, data_received = 0, payload = 0, frames = 0 }

return packets
