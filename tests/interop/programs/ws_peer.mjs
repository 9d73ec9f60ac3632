// WebSocket peers of the interop tests, of the npm package ws, which is in the folder $WS_PACKAGES.
//
//   ws_peer.mjs server        an echo server; says "ready on PORT" on standard error
//   ws_peer.mjs client URL    plays the same exchange as ws_peer.py, and prints what comes of it
import { createRequire } from "node:module";

const WebSocket = createRequire(`${process.env.WS_PACKAGES}/`)("ws");
const BINARY = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
const LONG = "grüße ".repeat(20000);

function server() {
  const options = {
    host: "127.0.0.1", port: 0, perMessageDeflate: { threshold: 0 },
    handleProtocols: (offered) => (offered.has("moon") ? "moon" : false),
  };
  const listening = new WebSocket.WebSocketServer(options, () => {
    console.error(`ready on 127.0.0.1:${listening.address().port}`);
  });
  listening.on("connection", (connection) => {
    connection.on("message", (data, binary) => connection.send(data, { binary }));
    connection.on("close", (code, reason) => console.log(`closed ${code} ${reason}`));
  });
}

async function client(url) {
  const connection = new WebSocket(url, ["sun", "moon"], { perMessageDeflate: { threshold: 0 } });
  const next = (event) => new Promise((resolve, reject) => {
    connection.once(event, (...args) => resolve(args));
    connection.once("error", reject);
  });
  await next("open");
  console.log("subprotocol", connection.protocol);
  const answer = async (...sent) => {
    const received = next("message");
    connection.send(...sent);
    return (await received)[0];
  };
  console.log("text", String(await answer("hello")));
  console.log("binary", BINARY.equals(await answer(BINARY)) ? "True" : "False");
  connection.send(LONG.slice(0, 1000), { fin: false });
  connection.send(LONG.slice(1000, 50000), { fin: false });
  console.log("fragments", String(await answer(LONG.slice(50000), { fin: true })) === LONG ? "True" : "False");
  const pong = next("pong");
  connection.ping("are you there?");
  await pong;
  console.log("pong");
  const received = [];
  const all = new Promise((resolve) => {
    connection.on("message", (data) => received.push(String(data)) === 1000 && resolve());
  });
  for (let i = 0; i < 1000; i += 1) connection.send(String(i));
  await all;
  console.log("many", received.every((text, i) => text === String(i)) ? "True" : "False");
  const closed = next("close");
  connection.close(4001, "done");
  console.log("closed", (await closed)[0]);
}

const [, , role, ...args] = process.argv;
await { server, client }[role](...args);
