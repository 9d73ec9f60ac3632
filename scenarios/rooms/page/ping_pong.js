import { Connection } from "./connection.js";
import { chosenAddress } from "./servers.js";
import { describe } from "./state.js";
import { show as plot } from "./plot.js";
import { toast } from "./toast.js";

const KEPT = 100;
const PAUSE = 250;  // milliseconds between pings that follow by themselves

const by = (id) => document.getElementById(id);
const connection = new Connection();
let trips = [], count = 0, timer = 0;

const kind = () => document.querySelector("input[name=kind]:checked").value;
const round = (ms) => `${ms.toFixed(kind() === "text" ? 1 : 3)} ms`;  // a browser's clock has steps of 0.1 ms

function summarize() {
  const sorted = trips.map(({ ms }) => ms).sort((a, b) => a - b);
  const set = (id, ms) => { by(id).textContent = ms === undefined ? "–" : round(ms); };
  by("stat-count").textContent = count;
  set("stat-last", trips.at(-1)?.ms);
  set("stat-min", sorted[0]);
  set("stat-median", sorted[sorted.length >> 1]);
  set("stat-max", sorted.at(-1));
  plot(trips.map(({ number }) => number), trips.map(({ ms }) => ms));
}

function forget() {
  trips = [];
  count = 0;
  summarize();
}

async function ping(quietly) {
  const type = kind() === "text" ? "ping" : "ping-frame";
  try {
    const ms = await connection.ping(type);
    if (type === (kind() === "text" ? "ping" : "ping-frame")) {
      trips = [...trips, { number: ++count, ms }].slice(-KEPT);
      summarize();
    }
    if (!quietly) {
      toast(`Pong ${count}: ${round(ms)}${type === "ping" ? "" : ", measured by the server"}`);
    }
  } catch (error) {
    toast(`No pong: ${error.message}`);
    by("ping-repeat").checked = false;
  }
}

async function keepPinging() {
  if (by("ping-repeat").checked && connection.state === "connected") {
    await ping(true);
    timer = setTimeout(keepPinging, PAUSE);
  }
}

connection.onstate = (state) => {
  by("ping-state").textContent = describe(connection);
  by("ping-state").dataset.state = state;
  by("ping-connect").textContent = state === "offline" ? "Connect" : "Disconnect";
  by("ping-send").disabled = by("ping-repeat").disabled = state !== "connected";
  if (state === "offline") {
    by("ping-repeat").checked = false;
  }
};

connection.onmessage = ({ type, text }) => {
  if (type === "error") {
    toast(`The server says: ${text}`);
  }
};

by("ping-connect").addEventListener("click", () => {
  if (connection.state !== "offline") {
    return connection.close();
  }
  forget();
  connection.open(chosenAddress());
});
by("ping-send").addEventListener("click", () => ping(false));
by("ping-repeat").addEventListener("change", () => { clearTimeout(timer); keepPinging(); });
document.querySelectorAll("input[name=kind]").forEach((radio) => radio.addEventListener("change", forget));
summarize();
