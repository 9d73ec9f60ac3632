// The developer console of the scenario websocketd, before a program that echoes.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { endAll, launch, Server, Window } from "./support.mjs";

const folder = process.env.ROOMS_PICTURES;
const program = `echo "Welcome to process $$"
while read -r line; do
  case $line in
    bytes) printf 'caf\\351\\n' ;;
    quit) echo "Good bye"; exit ;;
    *) echo "You said: $line" ;;
  esac
done`;
const sizes = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  laptop: { viewport: { width: 1280, height: 800 } },
};
let browser, server;

before(async () => {
  mkdirSync(folder, { recursive: true });
  server = await Server.start("--devconsole", "--", "sh", "-c", program);
  browser = await launch();
});
after(endAll);

const entry = (window, kind, text) => window.log.locator(`.${kind}`).getByText(text).last().waitFor();

async function say(window, text) {
  await window.page.getByLabel("Message, a line").fill(text);
  await window.page.keyboard.press("Enter");
}

async function connect(device) {
  const window = await Window.open(browser, server, "", device);
  await window.button("Connect").click();
  await entry(window, "in", "Welcome to process");
  return window;
}

function tidy(window) {
  assert.deepEqual(window.complaints, []);
  assert.deepEqual(window.foreign, []);
  return window.close();
}

test("a person connects, talks to the program, and leaves", async () => {
  const window = await connect();
  await say(window, "Hello <b>there</b>");
  await entry(window, "out", "Hello <b>there</b>");
  await entry(window, "in", "You said: Hello <b>there</b>");
  await say(window, "");
  await entry(window, "in", /^You said: $/);
  await say(window, "bytes");
  await entry(window, "in", "4 bytes: 63 61 66 e9");
  await window.page.getByText("4 in, 3 out").waitFor();
  assert.match(await window.log.locator("time").first().textContent(), /^\d\d:\d\d:\d\d\.\d{3}$/);
  await window.button("Disconnect").click();
  await entry(window, "note", "closed (1000");
  assert.ok(await window.page.getByLabel("Message, a line").isDisabled());
  await window.button("Clear").click();
  await window.page.getByText("0 in, 0 out").waitFor();
  await tidy(window);
});

test("the program ends the conversation, and a new one is another process", async () => {
  const window = await connect();
  const process = () => window.log.locator(".in").getByText("Welcome to process").last().textContent();
  const first = await process();
  await say(window, "quit");
  await entry(window, "in", "Good bye");
  await entry(window, "note", "closed (1000: the program has ended)");
  await window.button("Clear").click();
  await window.button("Connect").click();
  await entry(window, "in", "Welcome to process");
  assert.notEqual(await process(), first);
  await tidy(window);
});

test("an address that nobody answers at, and one that is none", async () => {
  const window = await Window.open(browser, server, "");
  await window.page.getByLabel("Address").fill("ws://127.0.0.1:1/");
  await window.button("Connect").click();
  await entry(window, "bad", "no connection, or it broke (1006)");
  await window.page.getByLabel("Address").fill("mailto:nobody");
  await window.button("Connect").click();
  await entry(window, "bad", /URL/);
  await window.button("Connect").waitFor();
  await window.close();
});

for (const [size, device] of Object.entries(sizes)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${size}, ${colorScheme}`, async () => {
      const window = await connect({ ...device, colorScheme });
      await say(window, `Long words must break: ${"abcdefghij".repeat(12)}`);
      await say(window, "שלום");
      await entry(window, "in", "You said: שלום");
      await window.page.screenshot({ path: `${folder}/console-${size}-${colorScheme}.png` });
      const { wide, narrow } = await window.page.evaluate(() =>
        ({ wide: document.documentElement.scrollWidth, narrow: document.documentElement.clientWidth }));
      assert.equal(wide, narrow, "the page is wider than the window");
      await tidy(window);
    });
  }
}
