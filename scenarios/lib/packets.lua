--- How many packets a connection takes, and how large they are: TCP's from what the kernel knows of it (TCP_INFO), UDP's
--- from the datagrams.
local clock = require "moonwire.clock"

local packets = {}

-- Headers of a packet: IP's 20 or 40 bytes, TCP's 20, and its options, which are 12 bytes of time stamps in every packet
-- and 8 more in a SYN (RFC 7323, RFC 9293).
local TCP_HEADER = 32
local SYN_MORE = 8
local UDP_HEADER = 8

local function ip_header(conn)
  return conn:peer_address():find(":", 1, true) and 40 or 20
end

--- The figures of `conn`, a client's end of TCP or WebSocket, as they are now: since its beginning.
function packets.count(conn)
  local is_websocket = conn.tcp_info ~= nil
  local info = assert(conn:info())
  local tcp = is_websocket and assert(conn:tcp_info()) or info
  return {
    time = clock.now(),
    sent = tcp.segments_sent, received = tcp.segments_received,
    data_sent = tcp.data_segments_sent, data_received = tcp.data_segments_received,
    payload = tcp.bytes_sent + tcp.bytes_received,
    frames = is_websocket and info.frames_sent + info.frames_received or 0,
    header = ip_header(conn) + TCP_HEADER,
  }
end

--- The same of a connected UDP socket, whose datagrams are packets as long as they fit into one.
function packets.count_datagrams(socket)
  local info = assert(socket:info())
  return {
    time = clock.now(),
    sent = info.sent, received = info.received, data_sent = info.sent, data_received = info.received,
    payload = info.bytes_sent + info.bytes_received, frames = 0,
    header = ip_header(socket) + UDP_HEADER,
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
