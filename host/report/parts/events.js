// What the recording holds, taken apart once: events with names, and who stands on which line of the diagram.
const events = (data.events ?? []).map((
  [time, kind, layer, direction, cause, object, size, role, local, remote, text, content, error, result, carries], index) =>
  ({ index, time, kind, layer, direction, cause, object, size, role, local, remote, text, content, error, result, carries }));

const portOf = (address) => address.slice(address.lastIndexOf(":") + 1);
const hostOf = (address) => address.slice(0, address.lastIndexOf(":"));

// Who owns an address: the role whose socket has it, or has its port on all addresses; "[::]" is all of IPv4, too.
const owners = new Map();
for (const event of events) {
  const port = portOf(event.local), host = hostOf(event.local);
  const names = host === "0.0.0.0" ? [`4:${port}`] : host === "[::]" ? [`4:${port}`, `6:${port}`] : [event.local];
  for (const name of event.local ? names : []) {
    owners.set(name, event.role || "moonwire");
  }
}
const ownerOf = (address) => owners.get(address) ?? owners.get(`${address.startsWith("[") ? 6 : 4}:${portOf(address)}`);

for (const event of events) {
  event.from = event.role || "moonwire";
  // The other end: one of our own, or a host somewhere.
  event.inside = event.remote !== "" && ownerOf(event.remote) !== undefined;
  event.to = event.remote && (ownerOf(event.remote) ?? hostOf(event.remote));
  event.sends = event.kind === "sent" || event.direction === "out";
  event.receives = event.kind === "received" || event.direction === "in";
  event.crosses = Boolean(event.to) && event.to !== event.from &&
    (event.sends || event.receives || event.kind === "connecting");
}
const people = [...new Set(events.flatMap(({ from, to, crosses }) => (crosses ? [from, to] : [from])))];

const LAYERS = ["websocket", "http", "tls", "tcp", "udp", "dns", "pipe", "process", "loop"];
const layers = LAYERS.filter((layer) => events.some((event) => event.layer === layer));
const layerColour = (layer) => getComputedStyle(document.documentElement)
  .getPropertyValue(`--series-${LAYERS.indexOf(layer) % 8 + 1}`).trim();

const bytesOf = (event) => Uint8Array.from(event.content, (c) => c.charCodeAt(0));

// Content as people read it: text with what cannot be seen made visible, otherwise bytes in hexadecimal.
function shownContent(event) {
  const bytes = bytesOf(event);
  const text = new TextDecoder().decode(bytes);
  const odd = [...text].filter((c) => c === "\ufffd" || (c < " " && !"\r\n\t".includes(c))).length;
  if (odd * 8 > text.length) {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  }
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function oneLine(event) {
  if (event.line === undefined) {
    const words = event.text || (event.content && shownContent(event));
    const where = ["bound", "listening"].includes(event.kind) ? event.local
      : ["accepted", "connected", "connecting", "destination", "joined", "left"].includes(event.kind) ? event.remote : "";
    event.line = `${event.kind === "frame" ? "frame " : event.kind === "handshake" ? "" : `${event.kind} `}` +
      `${words.replace(/\r?\n/g, "⏎").replace(/\t/g, "→")}`.slice(0, 100) +
      `${where && !words ? where : ""}${event.size > 0 ? ` (${event.size} B)` : ""}${event.cause ? ` by ${event.cause}` : ""}`;
  }
  return event.line;
}

const shownTime = (seconds) => `${seconds.toFixed(6)} s`;

// [what, value] pairs of all that is known of an event.
function facts(event) {
  return [
    ["time", shownTime(event.time)],
    ["layer", event.layer],
    ["role", event.role],
    ["direction", event.direction],
    ["object", `#${event.object}`],
    ["local", event.local],
    ["remote", event.remote],
    ["bytes", event.size > 0 ? String(event.size) : ""],
    ["cause", event.cause],
    ["text", event.text],
    ["error", event.error !== 0 ? `errno ${event.error}` : ""],
  ].filter(([, value]) => value !== "");
}
