// The chat view: several windows, in rooms, with a server that may go away.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, endAll, launch, Server, Window } from "./support.mjs";

let browser, server;

before(async () => {
  server = await Server.start("--rate", "1000");
  browser = await launch();
});
after(endAll);

const windows = (...names) => Promise.all(names.map(() => Window.open(browser, server, "chat")));

function undisturbed(...opened) {
  for (const window of opened) {
    assert.deepEqual(window.complaints, []);
    assert.deepEqual(window.foreign, []);
  }
  return Promise.all(opened.map((window) => window.close()));
}

test("messages reach exactly the windows in the room, in order", async () => {
  const [ann, bob, cat] = await windows("Ann", "Bob", "Cat");
  await ann.join("red", "Ann");
  await bob.join("red", "Bob");
  await cat.join("blue", "Cat");
  assert.deepEqual(await ann.members(2), ["Ann", "Bob"]);
  assert.deepEqual(await cat.members(1), ["Cat"]);
  const expected = [];
  for (let i = 0; i < 5; ++i) {
    await ann.say(`a${i}`);
    await bob.say(`b${i}`);
    await bob.hear(`b${i}`);
    expected.push(["Ann", `a${i}`], ["Bob", `b${i}`]);
  }
  await cat.say("alone");
  await cat.hear("alone");
  await ann.hear("b4");
  assert.deepEqual(await ann.messages(), expected);
  assert.deepEqual(await bob.messages(), expected);
  assert.deepEqual(await cat.messages(), [["Cat", "alone"]]);
  await undisturbed(ann, bob, cat);
});

test("what one person writes is never markup in another's window", async () => {
  const evil = `<script>document.title="hit"`;
  const text = `<img src="x" onerror="document.title='hit'"><b>bold</b>\nsecond line`;
  const [ann] = await windows("Ann");
  await ann.join(`<i>room</i>`, "Ann");
  const other = await Client.connect(server);
  await other.join("<i>room</i>", evil);
  other.send({ type: "message", text });
  await ann.hear(text);
  assert.deepEqual(await ann.messages(), [[evil, text]]);
  assert.deepEqual(await ann.members(2), ["Ann", evil]);
  assert.match(await ann.state.textContent(), /<i>room<\/i>/);
  await other.close();
  await ann.notice(`${evil} has left`);
  assert.equal(await ann.page.locator("main").locator("script, img, b, i").count(), 0);
  assert.doesNotMatch(await ann.page.title(), /hit/);
  await undisturbed(ann);
});

test("the page's own policy refuses markup, even from a mistake in it", async () => {
  const [window] = await windows("Ann");
  const refused = await window.page.evaluate(() => {
    try {
      document.getElementById("log").innerHTML = "<b>x</b>";
      return "taken";
    } catch (error) {
      return error.name;
    }
  });
  assert.equal(refused, "TypeError");
  await window.close();
});

test("a name that is taken, or too long, or blank", async () => {
  const [ann, other] = await windows("Ann", "other");
  await ann.join("names", "Ann");
  await other.enter("names", "Ann");
  await other.state.getByText('Not joined: the name "Ann" is taken').waitFor();
  await other.enter("names", "ö".repeat(17));  // 34 bytes
  assert.equal(await other.page.getByLabel("Name").evaluate((input) => input.validationMessage), "At most 32 bytes");
  await other.enter("names", "   ");
  assert.equal(await other.page.getByLabel("Name").evaluate((input) => input.validity.valueMissing), true);
  await other.join("names", "  Bob ");
  assert.deepEqual(await other.members(2), ["Ann", "Bob"]);
  await undisturbed(ann, other);
});

test("who comes later reads what was said before", async () => {
  const [ann, bob] = await windows("Ann", "Bob");
  await ann.join("history", "Ann");
  for (const text of ["one", "two", "three"]) {
    await ann.say(text);
    await ann.hear(text);
  }
  await bob.join("history", "Bob");
  assert.deepEqual(await bob.messages(), [["Ann", "one"], ["Ann", "two"], ["Ann", "three"]]);
  const time = await bob.log.locator("time").first().getAttribute("datetime");
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000, time);
  await undisturbed(ann, bob);
});

test("leaving, and joining again", async () => {
  const [ann, bob] = await windows("Ann", "Bob");
  await ann.join("leaving", "Ann");
  await bob.join("leaving", "Bob");
  await ann.say("before");
  await bob.hear("before");
  await bob.button("Leave").click();
  await bob.see("offline");
  await ann.notice("Bob has left");
  assert.deepEqual(await ann.members(1), ["Ann"]);
  assert.equal(await bob.page.getByLabel("Message", { exact: true }).isDisabled(), true);
  await ann.say("meanwhile");
  await ann.hear("meanwhile");
  await bob.join("leaving", "Bob");
  assert.deepEqual(await bob.messages(), [["Ann", "before"], ["Ann", "meanwhile"]]);
  await bob.close();  // a window that is closed leaves, too
  await ann.count(1);
  await undisturbed(ann);
});

test("a message that the server would not take stays with its author", async () => {
  const [ann] = await windows("Ann");
  await ann.join("long", "Ann");
  await ann.say("x".repeat(5000));
  await ann.notice("This is too long: the server takes 4096 bytes");
  assert.equal((await ann.page.getByLabel("Message", { exact: true }).inputValue()).length, 5000);
  await ann.say("short");
  await ann.hear("short");
  await undisturbed(ann);
});

test("by keyboard alone", async () => {
  const [ann] = await windows("Ann");
  const { keyboard } = ann.page;
  await ann.page.getByRole("tab", { name: "Chat" }).focus();
  await keyboard.press("ArrowLeft");
  await ann.page.getByRole("tabpanel", { name: "Ping-Pong" }).waitFor();
  await keyboard.press("ArrowLeft");  // round
  await ann.page.getByRole("tabpanel", { name: "Chat" }).waitFor();
  for (const [label, text] of [["Room", "keys"], ["Name", "Ann"]]) {
    for (let i = 0; i < 5 && !(await ann.page.getByLabel(label).evaluate((it) => it === document.activeElement)); ++i) {
      await keyboard.press("Tab");
    }
    await keyboard.type(text);
  }
  await keyboard.press("Enter");
  await ann.see("joined");
  await keyboard.type("first");  // the focus is in the message
  await keyboard.press("Shift+Enter");
  await keyboard.type("second");
  await keyboard.press("Enter");
  await ann.hear("first\nsecond");
  await undisturbed(ann);
});

test("the server goes away and comes back", async () => {
  const own = await Server.start();
  const ann = await Window.open(browser, own, "chat");
  const bob = await Window.open(browser, own, "chat");
  await ann.join("again", "Ann");
  await bob.join("again", "Bob");
  await ann.say("before");
  await bob.hear("before");
  await own.stop();
  await Promise.all([ann.see("waiting"), bob.see("waiting")]);
  assert.match(await ann.state.textContent(), /^Server gone .*trying again$/);
  await ann.page.getByText(/^in \d+ s$/).waitFor();
  assert.equal(await ann.page.getByLabel("Message", { exact: true }).isDisabled(), true);
  await bob.button("Try now").click();
  await own.startAgain();
  await Promise.all([ann.see("joined"), bob.see("joined")]);
  await Promise.all([ann.count(2), bob.count(2)]);
  await bob.say("after");
  await ann.hear("after");
  assert.deepEqual(await ann.messages(), [["Ann", "before"], ["Bob", "after"]]);
  await Promise.all([ann.close(), bob.close()]);
});

test("a person who scrolled up to read is not torn away", async () => {
  const [ann] = await windows("Ann");
  await ann.join("scroll", "Ann");
  const other = await Client.connect(server);
  await other.join("scroll", "Bob");
  for (let i = 0; i < 60; ++i) {
    other.send({ type: "message", text: `line ${i}` });
  }
  await ann.hear("line 59");
  const atEnd = () => ann.page.waitForFunction(() => {
    const list = document.getElementById("log");
    return list.scrollHeight - list.scrollTop - list.clientHeight < 2;
  });
  await atEnd();
  await ann.log.evaluate((list) => { list.scrollTop = 0; });
  other.send({ type: "message", text: "the newest" });
  await ann.button("↓ New messages").waitFor();
  assert.equal(await ann.log.evaluate((list) => list.scrollTop), 0);
  await ann.button("↓ New messages").click();
  await atEnd();
  await other.close();
  await undisturbed(ann);
});

test("two windows chat among 200 clients", async () => {
  const [ann, bob] = await windows("Ann", "Bob");
  await ann.join("crowd", "Ann");
  await bob.join("crowd", "Bob");
  const clients = await Promise.all(Array.from({ length: 200 }, () => Client.connect(server)));
  await Promise.all(clients.map((client, i) => client.join("crowd", `client ${i}`)));
  await ann.count(202);
  const crowd = clients.map(async (client, i) => {
    client.send({ type: "message", text: `from ${i}` });
    const heard = [];
    while (heard.at(-1) !== "Ann: b9") {
      const { name, text } = await client.until("message");
      heard.push(`${name}: ${text}`);
    }
    return heard;
  });
  for (let i = 0; i < 10; ++i) {
    await bob.say(`a${i}`);
    await ann.hear(`a${i}`);
    await ann.say(`b${i}`);
    await bob.hear(`b${i}`);
  }
  const expected = Array.from({ length: 10 }, (_, i) => [["Bob", `a${i}`], ["Ann", `b${i}`]]).flat();
  const among = (messages) => messages.filter(([name]) => name === "Ann" || name === "Bob");
  assert.deepEqual(among(await ann.messages()), expected);
  assert.deepEqual(among(await bob.messages()), expected);
  const [first, ...others] = await Promise.all(crowd);
  others.forEach((heard) => assert.deepEqual(heard, first));
  await Promise.all(clients.map((client) => client.close()));
  await ann.count(2);
  await undisturbed(ann, bob);
});
