// What the browser tests share: the server under test, the browser, and a person's window.
//
// The command that starts the server is the test's arguments. From the environment: ROOMS_PACKAGES, the folder that the
// npm packages were installed in; ROOMS_BROWSER, the browser.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { after, before } from "node:test";
import { pathToFileURL } from "node:url";

const packages = process.env.ROOMS_PACKAGES;
const { chromium } = createRequire(`${packages}/`)("playwright-core");
export const WebSocket = createRequire(`${packages}/reference/`)("ws");

const slow = process.env.MOONWIRE_TEST_SLOW ? 10 : 1;
export const PATIENCE = 10_000 * slow;

export function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${PATIENCE} ms`)), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const started = [];  // functions that end what has been started

// After the last test of a file: also what a failed test has left behind.
export async function endAll() {
  await Promise.all(started.splice(0).map((end) => end()));
}

export class Server {
  #process;
  #flags;

  static async start(...flags) {
    const server = new Server();
    server.#flags = flags;
    started.push(() => server.stop());
    await server.#run(0);
    return server;
  }

  get url() { return `http://127.0.0.1:${this.port}/`; }
  get address() { return `ws://127.0.0.1:${this.port}/ws`; }

  // Gone as a machine is that loses its power: nobody is told.
  async stop() {
    if (this.#process?.kill("SIGKILL")) {
      await within(new Promise((resolve) => this.#process.once("exit", resolve)), "the server's end");
    }
  }

  // Again, where it was before.
  startAgain() {
    return this.#run(this.port);
  }

  async #run(port) {
    const [program, ...args] = process.argv.slice(2);
    this.#process = spawn(program, [...args, "--port", port, ...this.#flags], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    const ready = new Promise((resolve, reject) => {
      createInterface({ input: this.#process.stderr }).on("line", (line) => {
        said += `${line}\n`;
        const [, found] = /ready on .*:(\d+)/.exec(line) ?? [];
        if (found) {
          resolve(Number(found));
        }
      });
      this.#process.once("error", reject);
      this.#process.once("exit", (status) => reject(new Error(`the server ended with ${status}: ${said}`)));
    });
    this.port = await within(ready, "the server's start");
  }
}

export async function launch() {
  const browser = await chromium.launch({
    executablePath: process.env.ROOMS_BROWSER,
    timeout: 3 * PATIENCE,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync"],
  });
  started.push(() => browser.close());
  return browser;
}

// The pages that a command writes to files when it is given this flag, as long as the tests of one file run. From the
// environment: ROOMS_PICTURES, the folder for their pictures.
export class WrittenPages {
  #browser;
  #flag;

  constructor(flag) {
    this.#flag = flag;
    this.folder = mkdtempSync(`${tmpdir()}/moonwire-page-`);
    before(async () => {
      mkdirSync(process.env.ROOMS_PICTURES, { recursive: true });
      this.#browser = await launch();
    });
    after(async () => {
      await endAll();
      rmSync(this.folder, { recursive: true });
    });
  }

  // Has the command under test write one, and returns its URL.
  write(name, ...more) {
    const [program, ...args] = process.argv.slice(2);
    const file = `${this.folder}/${name}.html`;
    execFileSync(program, [...args, ...more, this.#flag, file], { stdio: ["ignore", "ignore", "pipe"] });
    return pathToFileURL(file).href;
  }

  // In a window of its own. `wrong` is what the browser complains of, and what the page asks for beside itself.
  async open(url, options) {
    const page = await (await this.#browser.newContext(options)).newPage();
    page.setDefaultTimeout(PATIENCE);
    const wrong = [];
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("console", (line) => line.type() === "error" && wrong.push(line.text()));
    page.on("request", (request) => request.url() !== url && wrong.push(request.url()));
    await page.goto(url);
    return { page, wrong };
  }
}

// A window on the page, whose steps are a person's: what it clicks and reads is found by role and label.
export class Window {
  complaints = [];  // what went wrong in it, as the browser's console shows
  foreign = [];     // what it asked of anybody but the server

  // Each has a context of its own: a window behind others in the same one would be drawn once a second only.
  static async open(browser, server, view, options = {}) {
    const window = new Window();
    const context = await browser.newContext(options);
    const page = window.page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on("pageerror", (error) => window.complaints.push(error.message));
    page.on("console", (line) => line.type() === "error" && window.complaints.push(line.text()));
    page.on("request", (request) => request.url().startsWith(server.url) || window.foreign.push(request.url()));
    await page.goto(`${server.url}#${view}`);
    return window;
  }

  close() {
    return this.page.context().close();
  }

  get log() { return this.page.getByRole("log", { name: "Messages" }); }
  get state() { return this.page.locator(".state:visible"); }
  button(name) { return this.page.getByRole("button", { name, exact: true }); }

  async join(room, name) {
    await this.enter(room, name);
    await this.button("Leave").waitFor();
    await this.see("joined");
  }

  async enter(room, name) {
    await this.page.getByLabel("Room").fill(room);
    await this.page.getByLabel("Name").fill(name);
    await this.button("Join").click();
  }

  async say(text) {
    await this.page.getByLabel("Message", { exact: true }).fill(text);
    await this.button("Send").click();
  }

  // Waits until the connection is in this state.
  see(state) {
    return this.page.locator(`.state[data-state=${state}]:visible`).waitFor();
  }

  // Waits until a message with this text is there.
  hear(text) {
    return this.log.locator(".said").getByText(text, { exact: true }).waitFor();
  }

  notice(text) {
    return this.log.locator(".notice").getByText(text).last().waitFor();
  }

  // All messages, as [name, text].
  messages() {
    return this.log.locator(".message").evaluateAll((items) => items.map((item) =>
      [item.querySelector(".person").textContent, item.querySelector(".said").textContent]));
  }

  // Waits until as many are in the room.
  async count(number) {
    await this.page.locator("#member-count").getByText(String(number), { exact: true }).waitFor();
  }

  // Their names, when there are as many as expected.
  async members(number) {
    await this.count(number);
    return this.page.locator("#members bdi").allTextContents();
  }
}

// A client without a browser: what it hears waits until it is asked for.
export class Client {
  #heard = [];
  #waiting = [];

  static async connect(server, options = {}) {
    const client = new Client();
    const socket = client.socket = new WebSocket(server.address, options);
    started.push(() => socket.terminate());
    client.closed = new Promise((resolve) => socket.once("close", (code) => resolve(code)));
    socket.on("message", (data) => client.#take(JSON.parse(data)));
    const open = new Promise((resolve, reject) => { socket.once("open", resolve); socket.once("error", reject); });
    await within(open, "the connection");
    socket.on("error", () => {});
    client.welcome = await client.next();
    return client;
  }

  #take(message) {
    const waiting = this.#waiting.shift();
    waiting ? waiting(message) : this.#heard.push(message);
  }

  next() {
    return this.#heard.length > 0 ? Promise.resolve(this.#heard.shift())
                                  : within(new Promise((resolve) => this.#waiting.push(resolve)), "a message");
  }

  async until(type) {
    for (;;) {
      const message = await this.next();
      if (message.type === type) {
        return message;
      }
    }
  }

  send(message) {
    this.socket.send(typeof message === "string" || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  ask(message) {
    this.send(message);
    return this.next();
  }

  async join(room, name, more = {}) {
    this.send({ type: "room-connect", room, name, ...more });
    return this.until("room-connected");
  }

  close() {
    this.socket.close();
    return within(this.closed, "the close");
  }
}
