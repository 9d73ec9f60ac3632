// The rooms protocol on Node and the npm package ws: a second, independent server to compare moonwire's with.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { pageHandler } from "./page.mjs";
import { Rooms } from "./rooms.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

// [default, smallest, largest]
const NUMBERS = {
  "port": [3052, 0, 65535], "history": [50, 0, 1000], "max-message": [4096, 64, 1 << 20], "rate": [20, 1, 100000],
  "max-rooms": [100, 1, 10000], "max-members": [500, 1, 10000], "max-clients": [1000, 1, 100000],
  "max-backlog": [1 << 20, 1 << 12, 1 << 30], "keep-alive": [30, 0.1, 3600],
};

function stop(text, status) {
  process.stderr.write(`reference: ${text}\n`);
  process.exit(status);
}

function readOptions() {
  const options = { "page": { type: "string", default: `${here}../page` }, "any-origin": { type: "boolean", default: false } };
  for (const name of Object.keys(NUMBERS)) {
    options[name] = { type: "string" };
  }
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    stop(error.message, 2);
  }
  for (const [name, [normal, smallest, largest]] of Object.entries(NUMBERS)) {
    const value = values[name] === undefined ? normal : Number(values[name]);
    if (!(value >= smallest && value <= largest) || (name !== "keep-alive" && !Number.isInteger(value))) {
      stop(`--${name} must be a number from ${smallest} to ${largest}`, 2);
    }
    values[name] = value;
  }
  return values;
}

const options = readOptions();
const { WebSocket, WebSocketServer } = await import("ws").catch((error) => error.code === "ERR_MODULE_NOT_FOUND"
  ? stop(`the npm package ws is missing; run: npm ci --prefix ${here}`, 1) : Promise.reject(error));
const version = createRequire(import.meta.url)("ws/package.json").version;
const rooms = new Rooms({ history: options.history, maxRooms: options["max-rooms"], maxMembers: options["max-members"] });

// So many messages a second, and as many at once after a silence.
class Rate {
  #left = options.rate;
  #then = performance.now();

  allows() {
    const now = performance.now();
    this.#left = Math.min(options.rate, this.#left + (now - this.#then) / 1000 * options.rate);
    this.#then = now;
    const allowed = this.#left >= 1;
    this.#left -= allowed ? 1 : 0;
    return allowed;
  }
}

class Member {
  room = null;
  name = "";
  #socket;
  #rate = new Rate();
  #ping = null;  // { id, start }: the ping frame that was asked for and is not yet answered
  #alive = true;
  #keepAlive;

  constructor(socket) {
    this.#socket = socket;
    socket.on("message", (data, isBinary) => this.#hear(data, isBinary));
    socket.on("pong", (data) => this.#hearPong(data.toString()));
    socket.on("error", () => {});  // "close" follows
    socket.on("close", () => { clearInterval(this.#keepAlive); rooms.leave(this); });
    this.#keepAlive = setInterval(() => this.#checkAlive(), options["keep-alive"] * 1000);
    this.tell({ type: "welcome", server: `reference, npm ws ${version}`, max_message: options["max-message"], rate: options.rate });
  }

  tell(message) {
    this.tellText(JSON.stringify(message));
  }

  // Who does not read is dropped, and holds nobody up.
  tellText(text) {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(text);
      if (this.#socket.bufferedAmount > options["max-backlog"]) {
        this.#socket.terminate();
      }
    }
  }

  refuse(code, text, message) {
    const id = Number.isSafeInteger(message?.id) && message.id >= 0 ? message.id : undefined;
    const of = code !== "bad-type" && typeof message?.type === "string" ? message.type : undefined;
    this.tell({ type: "error", code, text, of, id });
  }

  // False while another one is on its way.
  pingFrame(id) {
    if (this.#ping) {
      return false;
    }
    this.#ping = { id, start: performance.now() };
    this.#socket.ping("asked for");
    return true;
  }

  #hear(data, isBinary) {
    if (!this.#rate.allows()) {
      this.refuse("too-fast", `more than ${options.rate} messages a second; this one was not taken`);
    } else if (isBinary) {
      this.refuse("binary", "messages are text");
    } else if (data.length > options["max-message"]) {
      this.refuse("too-large", `a message has at most ${options["max-message"]} bytes; this one had ${data.length}`);
    } else {
      rooms.handle(this, data.toString());
    }
  }

  #hearPong(payload) {
    this.#alive = true;
    if (this.#ping && payload === "asked for") {
      const { id, start } = this.#ping;
      this.#ping = null;
      this.tell({ type: "pong-frame", id, ms: Math.round((performance.now() - start) * 1000) / 1000 });
    }
  }

  #checkAlive() {
    if (!this.#alive) {
      return this.#socket.terminate();
    }
    this.#alive = false;
    this.#socket.ping();
  }
}

// A page may speak for the person who looks at it, so it must come from a server on the same host; programs send no
// Origin.
function originAllowed({ origin, host }) {
  if (origin === undefined || options["any-origin"]) {
    return true;
  }
  try {
    return new URL(origin).hostname === new URL(`http://${host}`).hostname;
  } catch {
    return false;
  }
}

const http = createServer(pageHandler(options.page));
http.maxConnections = options["max-clients"] + 100;  // and those who load the page
const sockets = new WebSocketServer({ noServer: true, maxPayload: 16 * options["max-message"] });

http.on("upgrade", (request, socket, head) => {
  socket.on("error", () => socket.destroy());
  const answer = (status) => socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  if (request.url.split("?", 1)[0] !== "/ws") {
    answer("404 Not Found");
  } else if (!originAllowed(request.headers)) {
    answer("403 Forbidden");
  } else if (sockets.clients.size >= options["max-clients"]) {
    answer("503 Service Unavailable");
  } else {
    sockets.handleUpgrade(request, socket, head, (webSocket) => new Member(webSocket));
  }
});
http.on("error", (error) => stop(`cannot listen on port ${options.port}: ${error.message}`, 1));
http.listen(options.port, () => {
  process.stderr.write(`reference: ready on http://localhost:${http.address().port}\n`);
});
