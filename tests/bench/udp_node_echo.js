// The UDP echo on Node.
const socket = require("dgram").createSocket("udp4");
socket.on("message", (data, from) => socket.send(data, from.port, from.address));
socket.bind(Number(process.argv[2]) || 0, "127.0.0.1", () => console.log(`listening ${socket.address().port}`));
