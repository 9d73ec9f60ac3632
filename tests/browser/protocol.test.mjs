// The protocol as scenarios/rooms/README.md has it, without a browser: both servers must answer alike.
import assert from "node:assert/strict";
import { get } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { Client, endAll, Server, WebSocket, within } from "./support.mjs";

let server;
before(async () => { server = await Server.start("--rate", "1000", "--history", "5", "--max-message", "1000"); });
after(endAll);

const PING = { type: "ping", id: 1 };

async function refused(client, message, code, more = {}) {
  const answer = await client.ask(message);
  const { type, code: given, text, ...rest } = answer;
  assert.deepEqual({ type, given, ...rest }, { type: "error", given: code, ...more }, JSON.stringify(message));
  assert.ok(typeof text === "string" && text !== "");
}

test("the server says who it is, and what it takes", async () => {
  const client = await Client.connect(server);
  const { server: name, ...rest } = client.welcome;
  assert.ok(typeof name === "string" && name !== "");
  assert.deepEqual(rest, { type: "welcome", max_message: 1000, rate: 1000 });
  await client.close();
});

test("joining, talking and leaving, field by field", async () => {
  const [ann, bob] = [await Client.connect(server), await Client.connect(server)];
  assert.deepEqual(await ann.ask({ type: "room-connect", room: "fields", name: "Ann" }),
                   { type: "room-connected", room: "fields", name: "Ann", members: ["Ann"], history: [] });
  assert.deepEqual(await bob.ask({ type: "room-connect", room: "fields", name: "Bob", unknown: true }),
                   { type: "room-connected", room: "fields", name: "Bob", members: ["Ann", "Bob"], history: [] });
  assert.deepEqual(await ann.next(), { type: "member-joined", room: "fields", name: "Bob", members: ["Ann", "Bob"] });
  const said = await bob.ask({ type: "message", text: " tab\tand\nline, ☾ " });
  assert.deepEqual(await ann.next(), said);
  const { id, time, ...rest } = said;
  assert.deepEqual(rest, { type: "message", room: "fields", name: "Bob", text: " tab\tand\nline, ☾ " });
  assert.ok(Number.isSafeInteger(id) && Number.isSafeInteger(time) && Math.abs(time - Date.now()) < 60_000);
  const next = await ann.ask({ type: "message", text: "next" });
  assert.ok(next.id > id);
  assert.deepEqual(await bob.next(), next);
  assert.deepEqual(await ann.ask({ type: "room-leave" }), { type: "room-left", room: "fields" });
  assert.deepEqual(await bob.next(), { type: "member-left", room: "fields", name: "Ann", members: ["Bob"] });
  await refused(ann, { type: "room-leave" }, "not-in-room", { of: "room-leave" });
  await refused(ann, { type: "message", text: "x" }, "not-in-room", { of: "message" });
  await ann.join("fields", "Ann");
  assert.equal((await bob.next()).type, "member-joined");
  ann.socket.terminate();  // who vanishes has left
  assert.deepEqual(await bob.next(), { type: "member-left", room: "fields", name: "Ann", members: ["Bob"] });
  await bob.close();
});

test("the history has a length, and who joins may want less of it", async () => {
  const [ann, bob] = [await Client.connect(server), await Client.connect(server)];
  await ann.join("history", "Ann");
  const said = [];
  for (let i = 0; i < 8; ++i) {
    said.push(await ann.ask({ type: "message", text: `${i}` }));
  }
  await ann.close();  // the room keeps it when everybody has left
  for (const [wanted, expected] of [[undefined, 5], [100, 5], [5, 5], [2, 2], [0, 0]]) {
    const { history } = await bob.join("history", "Bob", { history: wanted });
    assert.deepEqual(history, expected === 0 ? [] : said.slice(-expected));
    bob.send({ type: "room-leave" });
    await bob.until("room-left");
  }
  await bob.close();
});

test("names are unique in a room, and only there", async () => {
  const [ann, other] = [await Client.connect(server), await Client.connect(server)];
  await ann.join("names", "Ann");
  await refused(other, { type: "room-connect", room: "names", name: "Ann" }, "name-taken", { of: "room-connect" });
  await other.join("more names", "Ann");
  await refused(other, { type: "room-connect", room: "names", name: "Bob" }, "in-room", { of: "room-connect" });
  await Promise.all([ann.close(), other.close()]);
});

test("what is wrong is answered, and the connection lives", async () => {
  const client = await Client.connect(server);
  const connect = (more) => ({ type: "room-connect", room: "r", name: "n", ...more });
  const of = { of: "room-connect" };
  for (const text of ["", "{", "nonsense", "[]", "1", "null", '"x"', '{"type":"ping","id":1,}', '{"type":"ping"} x',
                      '{"type":"message","text":"\\ud800"}']) {
    await refused(client, text, "bad-json");
  }
  for (const message of [{}, { type: 1 }, { type: "shout" }, { type: "toString" }, { type: "__proto__" }, { type: "room-connected" }]) {
    await refused(client, message, "bad-type");
  }
  for (const wrong of ["", " ", " a", "a ", "a\nb", "a\u0000", "a\u007f", 1, null, undefined, ["a"], {}]) {
    await refused(client, connect({ room: wrong }), "bad-field", of);
    await refused(client, connect({ name: wrong }), "bad-field", of);
  }
  await refused(client, connect({ room: "ö".repeat(32) + "x" }), "bad-field", of);
  await refused(client, connect({ name: "ö".repeat(16) + "x" }), "bad-field", of);
  for (const history of [-1, 1.5, "1", null, 2 ** 60]) {
    await refused(client, connect({ history }), "bad-field", of);
  }
  for (const id of [-1, 1.5, "1", null, undefined, 2 ** 60]) {
    await refused(client, { type: "ping", id }, "bad-field", { of: "ping" });
    await refused(client, { type: "ping-frame", id }, "bad-field", { of: "ping-frame" });
  }
  await client.join("ö".repeat(32), "ö".repeat(16));
  for (const text of ["", " \n\t ", "a\u0000", "a\u001bb", "\r", 1, null, undefined, {}]) {
    await refused(client, { type: "message", text }, "bad-field", { of: "message" });
  }
  await refused(client, Buffer.from(JSON.stringify(PING)), "binary");
  assert.deepEqual(await client.ask(PING), { type: "pong", id: 1 });
  await client.close();
});

test("a message has a largest size", async () => {
  const client = await Client.connect(server);
  await client.join("size", "Ann");
  const frame = JSON.stringify({ type: "message", text: "" }).length;
  assert.equal((await client.ask({ type: "message", text: "x".repeat(1000 - frame) })).type, "message");
  await refused(client, { type: "message", text: "x".repeat(1001 - frame) }, "too-large");
  client.send("x".repeat(16_001));
  assert.equal(await within(client.closed, "the close"), 1009);
});

test("invalid UTF-8 ends the connection", async () => {
  const client = await Client.connect(server);
  client.socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
  assert.equal(await within(client.closed, "the close"), 1007);
});

test("who sends too fast is told, and what was too much is not taken", async () => {
  const own = await Server.start("--rate", "5");
  const client = await Client.connect(own);
  for (let id = 1; id <= 50; ++id) {
    client.send({ type: "ping", id });
  }
  const answers = [];
  while (answers.length < 50) {
    answers.push(await client.next());
  }
  const pongs = answers.filter(({ type }) => type === "pong");
  assert.deepEqual(pongs.slice(0, 5).map(({ id }) => id), [1, 2, 3, 4, 5]);
  assert.ok(pongs.length < 20, `${pongs.length} pongs`);
  assert.deepEqual([...new Set(answers.filter(({ type }) => type !== "pong").map(({ code }) => code))], ["too-fast"]);
  for (;;) {  // and later it is heard again
    if ((await client.ask(PING)).type === "pong") {
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await client.close();
});

test("a ping frame's round trip is measured by the server", async () => {
  const client = await Client.connect(server, { autoPong: false });
  const pinged = new Promise((resolve) => client.socket.once("ping", resolve));
  client.send({ type: "ping-frame", id: 7 });
  const payload = await within(pinged, "the ping frame");
  await refused(client, { type: "ping-frame", id: 8 }, "busy", { of: "ping-frame", id: 8 });
  await new Promise((resolve) => setTimeout(resolve, 60));
  client.socket.pong(payload);
  const { ms, ...rest } = await client.next();
  assert.deepEqual(rest, { type: "pong-frame", id: 7 });
  assert.ok(ms >= 55 && ms < 10_000, `${ms}`);
  await client.close();
});

test("a client that answers no ping frame is dropped", async () => {
  const own = await Server.start("--keep-alive", "0.2");
  const [dead, alive] = [await Client.connect(own, { autoPong: false }), await Client.connect(own)];
  await alive.join("r", "alive");
  await dead.join("r", "dead");
  assert.equal((await alive.next()).type, "member-joined");
  assert.deepEqual((await alive.next()).members, ["alive"]);
  await within(dead.closed, "the drop");
  await alive.close();
});

test("a member that does not read is dropped and holds nobody up", async () => {
  const own = await Server.start("--rate", "100000", "--max-message", "60000", "--max-backlog", "100000", "--history", "0");
  const [slow, ann] = [await Client.connect(own), await Client.connect(own)];
  await slow.join("r", "slow");
  slow.socket.pause();
  await ann.join("r", "Ann");
  const text = "x".repeat(50_000);
  for (let sent = 0; ; ++sent) {
    assert.ok(sent < 2000, "100 MB were taken for one who does not read");
    const answer = await ann.ask({ type: "message", text });
    if (answer.type === "member-left") {
      assert.deepEqual(answer.members, ["Ann"]);
      break;
    }
  }
  slow.socket.terminate();
  await ann.close();
});

test("rooms, members and clients have a largest number", async () => {
  const own = await Server.start("--max-rooms", "2", "--max-members", "1", "--max-clients", "3");
  const [a, b, c] = [await Client.connect(own), await Client.connect(own), await Client.connect(own)];
  await assert.rejects(Client.connect(own));
  await a.join("one", "a");
  await refused(b, { type: "room-connect", room: "one", name: "b" }, "room-full", { of: "room-connect" });
  await b.join("two", "b");
  await refused(c, { type: "room-connect", room: "three", name: "c" }, "too-many-rooms", { of: "room-connect" });
  b.send({ type: "message", text: "forgotten with its room" });
  await b.until("message");
  b.send({ type: "room-leave" });
  await b.until("room-left");
  await c.join("three", "c");  // the empty room makes place
  c.send({ type: "room-leave" });
  await c.until("room-left");
  assert.deepEqual((await c.join("two", "c")).history, []);
  await Promise.all([a.close(), b.close(), c.close()]);
});

test("pages of other hosts get no connection", async () => {
  const open = (origin, path = "/ws") => new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, origin ? { origin } : {});
    socket.once("open", () => { socket.terminate(); resolve(101); });
    socket.once("unexpected-response", (request, { statusCode }) => { request.destroy(); resolve(statusCode); });
    socket.on("error", () => {});
  });
  assert.equal(await open(undefined), 101);
  assert.equal(await open("http://127.0.0.1:4711"), 101);
  for (const origin of ["http://evil.example", "http://127.0.0.1.evil.example", "null", "nonsense"]) {
    assert.equal(await open(origin), 403, origin);
  }
  assert.equal(await open(undefined, "/elsewhere"), 404);
  const own = await Server.start("--any-origin");
  const client = await Client.connect(own, { origin: "http://evil.example" });
  await client.close();
});

test("the page, and nothing beside it", async () => {
  const fetch = (path) => within(new Promise((resolve, reject) => {
    get({ port: server.port, host: "127.0.0.1", path, agent: false }, (response) => {
      let body = "";
      response.on("data", (part) => { body += part; });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    }).on("error", reject);
  }), path);
  const page = await fetch("/?room=x");
  assert.equal(page.status, 200);
  assert.match(page.headers["content-type"], /^text\/html/);
  assert.equal(page.headers["x-content-type-options"], "nosniff");
  for (const [, path] of page.body.matchAll(/(?:src|href)="([^"#]+)"/g)) {
    assert.equal((await fetch(`/${path}`)).status, 200, path);
  }
  assert.match((await fetch("/app.js")).headers["content-type"], /^text\/javascript/);
  for (const path of ["/nothing", "/../rooms.mjs", "/..%2frooms.mjs", "/%2e%2e/init.lua", "/uplot/../../README.md", "//etc/passwd"]) {
    const { status, body } = await fetch(path);
    assert.ok(status >= 400 && status < 500, `${path}: ${status} ${body.slice(0, 100)}`);
  }
});

test("half a request holds nobody up", async () => {
  const half = connect(server.port, "127.0.0.1");
  half.on("error", () => {});
  half.write("GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upg");
  const client = await Client.connect(server);
  assert.deepEqual(await client.ask(PING), { type: "pong", id: 1 });
  await client.close();
  half.destroy();
});
