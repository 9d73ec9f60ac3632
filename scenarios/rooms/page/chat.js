import { Connection } from "./connection.js";
import { addMessage, addNotice, clear } from "./log.js";
import { chosenAddress } from "./servers.js";
import { describe } from "./state.js";

const LONGEST_ROOM = 64, LONGEST_NAME = 32;  // bytes
const PAUSE = 2000;  // milliseconds, before asking again for a name that is still taken

const by = (id) => document.getElementById(id);
const connection = new Connection({ persistent: true });
let wanted = null;     // { room, name } from Join to Leave
let joined = false;    // in the room now
let returning = false; // has been in it before
let problem = "";
let members = null;    // those who are to be shown in the next frame
let lastId = 0, lastPlace = "", lastSent = "", timer = 0;

const bytes = (text) => new TextEncoder().encode(text).length;

function showState() {
  const state = joined ? "joined" : connection.state;
  by("chat-state").dataset.state = state;
  by("chat-state").textContent = problem ||
    (joined ? `${describe(connection)}, in the room “${wanted.room}” as “${wanted.name}”` : describe(connection));
  by("join-button").textContent = wanted ? "Leave" : "Join";
  by("server").disabled = by("address").disabled = by("room").disabled = by("name").disabled = wanted !== null;
  by("text").disabled = by("send").disabled = !joined;
  by("text").placeholder = joined ? "Message (Enter sends)" : wanted ? "Not connected" : "Join a room first";
  by("try-now").hidden = by("countdown").hidden = connection.state !== "waiting";
}

// Once a frame: when a crowd comes, each of them changes the list.
function showMembers(newMembers) {
  if (!members) {
    requestAnimationFrame(drawMembers);
  }
  members = Array.isArray(newMembers) ? newMembers.map(String) : [];
}

function drawMembers() {
  const names = members;
  members = null;
  by("member-count").textContent = names.length > 0 ? names.length : "";
  by("members").replaceChildren(...names.map((name) => {
    const item = document.createElement("li");
    const person = document.createElement("bdi");
    person.textContent = name;
    item.append(person, joined && name === wanted.name ? " (you)" : "");
    return item;
  }));
}

function join(room, name) {
  const place = JSON.stringify([chosenAddress(), room]);
  if (place !== lastPlace) {
    clear();
    lastId = 0;
    lastPlace = place;
  }
  wanted = { room, name };
  problem = "";
  returning = false;
  connection.open(chosenAddress());
}

function leave() {
  connection.send({ type: "room-leave" });
  wanted = null;
  connection.close();
}

function knock() {
  if (wanted && connection.state === "connected") {
    connection.send({ type: "room-connect", ...wanted });
  }
}

function hearMessage(message) {
  if (message.id > lastId) {
    lastId = message.id;
    addMessage(message, message.name === wanted?.name);
  }
}

function enter({ members, history }) {
  joined = true;
  addNotice(returning ? "You are back in the room" : "You have joined the room");
  (Array.isArray(history) ? history : []).forEach(hearMessage);
  showState();
  showMembers(members);
  if (!returning) {
    by("text").focus();
  }
  returning = true;
}

function hearError({ code, text, of }) {
  if (of !== "room-connect") {
    addNotice(`The server says: ${text}`);
    by("text").value ||= of === "message" || code === "too-fast" ? lastSent : "";
  } else if (returning && code === "name-taken") {
    problem = "The server still has your old connection: trying again";
    timer = setTimeout(knock, PAUSE);
    showState();
  } else {
    leave();
    problem = `Not joined: ${text}`;
    showState();
  }
}

connection.onmessage = (message) => {
  switch (message.type) {
    case "room-connected":
      problem = "";
      return enter(message);
    case "member-joined":
      addNotice("has joined", message.name);
      return showMembers(message.members);
    case "member-left":
      addNotice("has left", message.name);
      return showMembers(message.members);
    case "message": return hearMessage(message);
    case "error": return hearError(message);
  }
};

connection.onstate = (state) => {
  if (joined && state !== "connected") {
    joined = false;
    addNotice(wanted ? "The connection to the server is gone" : "You have left the room");
    showMembers([]);
  }
  clearTimeout(timer);
  if (state !== "connected") {
    problem = "";
  }
  if (state === "connected" && !connection.server) {
    knock();
  }
  if (state === "offline" && connection.why) {
    wanted = null;
  }
  showState();
};

// Blanks around a name would make two names look alike: the servers refuse them.
function field(id, longest) {
  const input = by(id);
  input.value = input.value.trim();
  input.setCustomValidity(bytes(input.value) > longest ? `At most ${longest} bytes` : "");
  return input.reportValidity() ? input.value : undefined;
}

by("join").addEventListener("submit", (event) => {
  event.preventDefault();
  if (wanted) {
    return leave();
  }
  const room = field("room", LONGEST_ROOM);
  const name = room && field("name", LONGEST_NAME);
  if (name) {
    join(room, name);
  }
});
by("join").addEventListener("input", ({ target }) => target.setCustomValidity(""));

by("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = by("text").value.trim();
  const message = { type: "message", text };
  if (bytes(JSON.stringify(message)) > connection.limits.max_message) {
    return addNotice(`This is too long: the server takes ${connection.limits.max_message} bytes`);
  }
  if (text && connection.send(message)) {
    lastSent = text;
    by("text").value = "";
  }
});
by("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    by("composer").requestSubmit();
  }
});

by("try-now").addEventListener("click", () => connection.tryNow());
addEventListener("online", () => connection.tryNow());
setInterval(() => {
  const seconds = Math.ceil((connection.retryAt - performance.now()) / 1000);
  by("countdown").textContent = `in ${Math.max(0, seconds)} s`;
}, 500);

by("another").addEventListener("click", () => {
  const query = new URLSearchParams({ server: chosenAddress(), room: by("room").value });
  by("another").href = `?${query}#chat`;
});
by("room").value = new URLSearchParams(location.search).get("room") ?? "";
showState();
