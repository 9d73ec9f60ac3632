// A connection to a rooms server. It tells its owner through `onstate(state)` and `onmessage(message)` what happens; the
// states are "offline", "connecting", "connected" and, where it tries again by itself, "waiting" (until `retryAt`).

const FIRST_PAUSE = 500, LONGEST_PAUSE = 10_000;  // milliseconds between tries, twice as long each time
const HEARTBEAT = 15_000;                         // a server that is silent for two of these is gone
const PATIENCE = 10_000;                          // for an answer

export class Connection {
  state = "offline";
  address = "";
  server = "";  // what the server calls itself
  limits = {};
  retryAt = 0;
  why = "";
  onstate = () => {};
  onmessage = () => {};

  #socket = null;
  #tries = 0;
  #timer = 0;
  #heartbeat = 0;
  #heard = 0;
  #asked = new Map();  // id → { resolve, reject, start, timer }
  #lastId = 0;
  #persistent;

  constructor({ persistent = false } = {}) {
    this.#persistent = persistent;
  }

  open(address) {
    this.close();
    this.address = address;
    this.#connect();
  }

  close() {
    this.#forgetSocket()?.close(1000);
    clearTimeout(this.#timer);
    this.#tries = 0;
    this.why = "";
    this.#enter("offline");
  }

  tryNow() {
    if (this.state === "waiting") {
      clearTimeout(this.#timer);
      this.#connect();
    }
  }

  // False when there is nobody to send it to.
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) {
      return false;
    }
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  // The round trip in milliseconds: of a text ping that the browser measures, or of a ping frame that the server does.
  ping(type = "ping") {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const start = performance.now();
      if (!this.send({ type, id })) {
        return reject(new Error("not connected"));
      }
      const timer = setTimeout(() => this.#fail(id, `no answer in ${PATIENCE / 1000} s`), PATIENCE);
      this.#asked.set(id, { resolve, reject, start, timer });
    });
  }

  #connect() {
    let socket;
    try {
      socket = new WebSocket(this.address);
    } catch {
      this.why = "this is no address of a WebSocket server (ws://host:port/path)";
      return this.#enter("offline");
    }
    this.#socket = socket;
    this.#enter("connecting");
    socket.onopen = () => {
      this.#tries = 0;
      this.#heard = performance.now();
      this.#heartbeat = setInterval(() => this.#checkHeart(), HEARTBEAT);
      this.#enter("connected");
    };
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onclose = ({ code, reason }) => this.#lose(code, reason);
  }

  #hear(data) {
    this.#heard = performance.now();
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;  // not a rooms server's
    }
    if (message?.type === "welcome") {
      this.server = String(message.server);
      this.limits = message;
      this.#enter("connected");
    } else if (message?.type === "pong" || message?.type === "pong-frame") {
      this.#answer(message);
    } else if (message?.type === "error" && this.#asked.has(message.id)) {
      this.#fail(message.id, String(message.text));
    } else if (typeof message?.type === "string") {
      this.onmessage(message);
    }
  }

  #answer({ type, id, ms }) {
    const asked = this.#take(id);
    asked?.resolve(type === "pong" ? this.#heard - asked.start : Number(ms));
  }

  #fail(id, why) {
    this.#take(id)?.reject(new Error(why));
  }

  #take(id) {
    const asked = this.#asked.get(id);
    clearTimeout(asked?.timer);
    this.#asked.delete(id);
    return asked;
  }

  // A network that has gone away closes nothing: who hears no answer closes by itself.
  #checkHeart() {
    if (performance.now() - this.#heard > 2 * HEARTBEAT) {
      const socket = this.#socket;
      this.#lose(0, "the server is silent");
      socket.close();
    } else {
      this.ping().catch(() => {});
    }
  }

  #lose(code, reason) {
    const wasOpen = this.state === "connected";
    this.#forgetSocket();
    this.why = reason || (wasOpen ? `the connection ended (${code})` : "nobody answers there");
    if (!this.#persistent) {
      return this.#enter("offline");
    }
    const pause = Math.min(FIRST_PAUSE * 2 ** this.#tries++, LONGEST_PAUSE) * (0.75 + Math.random() / 2);
    this.retryAt = performance.now() + pause;
    this.#timer = setTimeout(() => this.#connect(), pause);
    this.#enter("waiting");
  }

  // What an old socket still says is no longer heard.
  #forgetSocket() {
    const socket = this.#socket;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
    }
    this.#socket = null;
    this.server = "";
    clearInterval(this.#heartbeat);
    for (const id of [...this.#asked.keys()]) {
      this.#fail(id, "the connection ended");
    }
    return socket;
  }

  #enter(state) {
    this.state = state;
    this.onstate(state);
  }
}
