// How the page looks: pictures for people, and what can be checked without eyes.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { Client, endAll, launch, Server, Window } from "./support.mjs";

const folder = process.env.ROOMS_PICTURES;
const sizes = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  laptop: { viewport: { width: 1280, height: 800 } },
};
let browser, server;

before(async () => {
  mkdirSync(folder, { recursive: true });
  server = await Server.start("--rate", "1000");
  browser = await launch();
});
after(endAll);

async function pingPong(device) {
  const window = await Window.open(browser, server, "ping-pong", device);
  await window.button("Connect").click();
  await window.see("connected");
  await window.page.getByLabel("keep pinging").check();
  await window.page.waitForFunction(() => Number(document.getElementById("stat-count").textContent) >= 8);
  await window.page.getByLabel("keep pinging").uncheck();
  await window.button("Ping").click();
  await window.page.locator(".toast").waitFor();
  return window;
}

async function chat(device, room) {
  const window = await Window.open(browser, server, "chat", device);
  await window.join(room, "Ada Lovelace");
  const others = [];
  for (const name of ["Grace", "אסתר", "A_name_of_thirty-two_bytes_length"]) {
    const other = await Client.connect(server);
    await other.join(room, name.slice(0, 32));
    others.push(other);
  }
  const [grace, esther, long] = others;
  grace.send({ type: "message", text: "Is anybody here?" });
  await window.hear("Is anybody here?");
  await window.say("I am. The page runs in three windows.");
  esther.send({ type: "message", text: "שלום!" });
  long.send({ type: "message", text: `Long words must break: ${"abcdefghij".repeat(12)}` });
  grace.send({ type: "message", text: "<b>not bold</b>" });
  await window.hear("<b>not bold</b>");
  window.others = others;
  return window;
}

// WCAG 2.1, success criterion 1.4.3: 4.5 to 1 for text.
const contrasts = () => {
  const style = getComputedStyle(document.documentElement);
  const luminance = (name) => {
    const hex = style.getPropertyValue(`--${name}`).trim();
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const pairs = [["text", "page"], ["text", "card"], ["text", "own"], ["quiet", "page"], ["quiet", "card"], ["quiet", "own"],
                 ["accent", "page"], ["on-accent", "accent"], ["good", "page"], ["wait", "page"], ["bad", "page"]];
  return pairs.map(([a, b]) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return { pair: `${a} on ${b}`, ratio: (light + 0.05) / (dark + 0.05) };
  });
};

for (const [size, device] of Object.entries(sizes)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${size}, ${colorScheme}`, async () => {
      for (const [view, play] of [["ping-pong", pingPong], ["chat", chat]]) {
        const window = await play({ ...device, colorScheme, reducedMotion: "reduce" }, `${size} ${colorScheme}`);
        await window.page.screenshot({ path: `${folder}/${view}-${size}-${colorScheme}.png` });
        const { wide, narrow } = await window.page.evaluate(() =>
          ({ wide: document.documentElement.scrollWidth, narrow: document.documentElement.clientWidth }));
        assert.equal(wide, narrow, `${view} is wider than the window`);
        for (const { pair, ratio } of await window.page.evaluate(contrasts)) {
          assert.ok(ratio >= 4.5, `${pair}: contrast ${ratio.toFixed(2)}`);
        }
        assert.deepEqual(window.complaints, []);
        await Promise.all([window, ...(window.others ?? [])].map((one) => one.close()));
      }
    });
  }
}
