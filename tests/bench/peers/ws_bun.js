// The WebSocket echo on Bun, whose server is uWebSockets; with "fanout" each message goes to all.
const fanOut = process.argv[3] === "fanout";
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]) || 0,
  fetch(request, self) {
    return self.upgrade(request) ? undefined : new Response(null, { status: 400 });
  },
  websocket: {
    perMessageDeflate: false,
    maxPayloadLength: 1024 * 1024,
    open(socket) {
      if (fanOut) socket.subscribe("room");
    },
    message(socket, message) {
      if (fanOut) server.publish("room", message);
      else socket.send(message);
    },
  },
});
console.log(`listening ${server.port}`);
