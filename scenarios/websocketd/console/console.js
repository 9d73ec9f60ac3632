// The developer console: one connection, what goes over it, and when.
const LINES = 1000;      // that the log keeps
const LONGEST = 10_000;  // characters of a message that are shown

const [state, address, connect, counts, log, message, send] =
  ["state", "address", "connect", "counts", "log", "message", "send"].map((id) => document.getElementById(id));

let socket = null;
let received = 0;
let sent = 0;

const two = (number, digits = 2) => String(number).padStart(digits, "0");

function now() {
  const time = new Date();
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${two(time.getMilliseconds(), 3)}`;
}

// `kind` is in, out, note or bad.
function add(kind, text) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const [line, time, sign, words] = ["li", "time", "b", "span"].map((name) => document.createElement(name));
  line.className = kind;
  time.textContent = now();
  sign.textContent = { in: "←", out: "→", note: "·", bad: "!" }[kind];
  sign.title = { in: "from the program", out: "to the program", note: "", bad: "" }[kind];
  words.textContent = text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
  line.append(time, sign, words);
  log.append(line);
  while (log.childElementCount > LINES) {
    log.firstElementChild.remove();
  }
  if (atEnd) {
    log.scrollTop = log.scrollHeight;
  }
}

function count() {
  counts.textContent = `${received} in, ${sent} out`;
}

function show(name, text) {
  state.dataset.state = name;
  state.textContent = text;
  const open = name === "open";
  message.disabled = send.disabled = !open;
  address.readOnly = name !== "closed";
  connect.textContent = name === "closed" ? "Connect" : "Disconnect";
}

function hex(buffer) {
  const bytes = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, LONGEST / 4));
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `${buffer.byteLength} bytes: ${text}${bytes.length < buffer.byteLength ? " …" : ""}`;
}

function ended(event) {
  const why = event.reason ? `: ${event.reason}` : "";
  show("closed", "not connected");
  if (event.code === 1006) {
    add("bad", "no connection, or it broke (1006). The browser's console and the server's log may say more.");
  } else {
    add(event.code === 1000 || event.code === 1005 ? "note" : "bad", `closed (${event.code}${why})`);
  }
  socket = null;
}

function open() {
  try {
    socket = new WebSocket(address.value.trim());
  } catch (error) {
    add("bad", error.message);
    return;
  }
  socket.binaryType = "arraybuffer";
  show("connecting", "connecting …");
  socket.addEventListener("open", () => {
    show("open", "connected");
    add("note", `connected to ${socket.url}`);
    message.focus();
  });
  socket.addEventListener("message", ({ data }) => {
    received += 1;
    count();
    add("in", typeof data === "string" ? data : hex(data));
  });
  socket.addEventListener("close", ended);
}

document.getElementById("connection").addEventListener("submit", (event) => {
  event.preventDefault();
  if (socket) {
    socket.close(1000);
  } else {
    open();
  }
});

document.getElementById("sending").addEventListener("submit", (event) => {
  event.preventDefault();
  if (socket?.readyState === WebSocket.OPEN) {
    socket.send(message.value);
    sent += 1;
    count();
    add("out", message.value);
    message.value = "";
    message.focus();
  }
});

document.getElementById("clear").addEventListener("click", () => {
  log.replaceChildren();
  received = sent = 0;
  count();
});

address.value = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`;
