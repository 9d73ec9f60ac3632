// The ping-pong view: toast, round trip and plot, by both kinds of ping.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { endAll, launch, Server, Window, within } from "./support.mjs";

let browser, server;

before(async () => {
  server = await Server.start("--rate", "1000");
  browser = await launch();
});
after(endAll);

async function connected() {
  const window = await Window.open(browser, server, "ping-pong");
  await window.button("Connect").click();
  await window.see("connected");
  return window;
}

const stat = (window, id) => window.page.locator(`#stat-${id}`).textContent();
const inked = (window) => window.page.locator("#plot canvas").evaluate((canvas) => {
  const accent = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
  const wanted = [1, 3, 5].map((i) => parseInt(accent.slice(i, i + 2), 16));
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    count += wanted.every((value, k) => Math.abs(data[i + k] - value) < 8) && data[i + 3] > 200;
  }
  return count;
});

for (const [kind, says] of [[/^The browser/, /^Pong 1: \d+\.\d ms$/],
                            [/^The server/, /^Pong 1: \d+\.\d{3} ms, measured by the server$/]]) {
  test(`a ping's pong is a toast with its round trip: ${kind.source}`, async () => {
    const window = await connected();
    await window.page.getByRole("radio", { name: kind }).check();
    await window.button("Ping").click();
    const toast = window.page.getByRole("status", { name: "Latest pong" }).getByText(says);
    await toast.waitFor();
    const [, ms] = /(\d+\.\d+) ms/.exec(await toast.textContent());
    assert.ok(Number(ms) >= 0 && Number(ms) < 1000, ms);
    assert.equal(await stat(window, "count"), "1");
    assert.equal(await stat(window, "last"), `${ms} ms`);
    assert.deepEqual(window.complaints, []);
    assert.deepEqual(window.foreign, []);
    await window.close();
  });
}

test("a toast goes away by itself", async () => {
  const window = await connected();
  await window.page.clock.install();
  await window.button("Ping").click();
  const toast = window.page.getByText(/^Pong 1/);
  await toast.waitFor();
  await window.page.clock.runFor(4000);
  await toast.waitFor({ state: "detached" });
  await window.close();
});

test("the plot shows the last hundred round trips", async () => {
  const window = await connected();
  assert.equal(await inked(window), 0);
  // The pauses between them take no time.
  await window.page.clock.install();
  await window.page.getByLabel("keep pinging").check();
  for (let i = 1; i <= 110; ++i) {
    await within((async () => { while (Number(await stat(window, "count")) < i) { } })(), `pong ${i}`);
    await window.page.clock.runFor(250);
  }
  await window.page.getByLabel("keep pinging").uncheck();
  assert.ok(Number(await stat(window, "count")) >= 110);
  assert.ok(await inked(window) > 100);
  for (const id of ["last", "min", "median", "max"]) {
    assert.match(await stat(window, id), /^\d+\.\d+ ms$/);
  }
  assert.equal(await window.page.locator(".toast").count(), 0);  // no flood of them
  await window.close();
});

test("the addresses that are offered, and one of one's own", async () => {
  const window = await Window.open(browser, server, "ping-pong");
  const choice = window.page.getByRole("combobox", { name: "Server", exact: true });
  const address = window.page.getByLabel("Address", { exact: true });
  assert.equal(await address.inputValue(), server.address);
  await choice.selectOption("moonwire");
  assert.equal(await address.inputValue(), "ws://127.0.0.1:3051/ws");
  await choice.selectOption("reference (npm ws)");
  assert.equal(await address.inputValue(), "ws://127.0.0.1:3052/ws");
  await choice.selectOption("another address");
  await address.fill("nonsense://x");
  await window.button("Connect").click();
  await window.state.getByText(/Not connected: this is no address of a WebSocket server/).waitFor();
  await address.fill(server.address);
  await window.button("Connect").click();
  await window.see("connected");
  await window.button("Disconnect").click();
  await window.see("offline");
  await window.close();
});

test("a server that goes away is shown", async () => {
  const own = await Server.start();
  const window = await Window.open(browser, own, "ping-pong");
  await window.button("Connect").click();
  await window.see("connected");
  await own.stop();
  await window.state.getByText(/^Not connected: the connection ended/).waitFor();
  await window.button("Connect").click();
  await window.state.getByText("Not connected: nobody answers there").waitFor();
  assert.equal(await window.button("Ping").isDisabled(), true);
  await window.close();
});
