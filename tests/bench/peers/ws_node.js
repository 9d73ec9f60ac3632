// The WebSocket echo on Node, with the npm package ws; with "fanout" each message goes to all.
const { WebSocketServer } = require("ws");
const fanOut = process.argv[3] === "fanout";
const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.argv[2]) || 0,
  perMessageDeflate: false,
  maxPayload: 1024 * 1024,
});
server.on("listening", () => console.log(`listening ${server.address().port}`));
server.on("connection", (socket) => {
  socket.on("error", () => {}); // the load ends its connections without a word
  socket.on("message", (message, binary) => {
    if (!fanOut) socket.send(message, { binary });
    else for (const member of server.clients) member.send(message, { binary });
  });
});
