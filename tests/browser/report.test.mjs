// The page that `moonwire run --report` writes: without any network, in light, in dark, on paper and on a phone.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { PATIENCE, WrittenPages } from "./support.mjs";

const pictures = process.env.ROOMS_PICTURES;
const pages = new WrittenPages("--report");

// A scenario of one's own: what its role `a` does with a socket `sock` that talks to itself.
function own(name, body) {
  const file = `${pages.folder}/${name}.lua`;
  writeFileSync(file, `
local scenario, udp, report = require "moonwire.scenario", require "moonwire.udp", require "moonwire.report"
return scenario.define {
  summary = "</p><script>window.broken = 1</script>",
  params = { text = { "<img src=x onerror='window.broken = 2'>", "any text" } },
  roles = { a = function(p)
    local sock = assert(udp.bind { host = "127.0.0.1", port = 0 })
    local _, port = sock:local_address()
    ${body}
  end },
}`);
  return pages.write(name, file);
}

async function open(url, options = {}) {
  const opened = await pages.open(url, { viewport: { width: 1280, height: 900 }, ...options });
  await opened.page.locator("#shown").getByText("events").waitFor();
  await painted(opened.page);
  return opened;
}

const painted = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
const shown = async (page) => Number(/^\d+/.exec(await page.locator("#shown").textContent())[0]);

// How many pixels of the diagram have this colour of the style.
const pixels = (page, name) => page.locator("#events").evaluate((canvas, colour) => {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${colour}`).trim();
  const wanted = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    count += data[i + 3] > 200 && wanted.every((value, j) => Math.abs(data[i + j] - value) < 4) ? 1 : 0;
  }
  return count;
}, name);

// Moves the mouse over the diagram until what is shown of an event has this text.
async function point(page, part) {
  await page.locator("#scroll").evaluate((element) => element.scrollIntoView());
  const box = await page.locator("#events").boundingBox();
  for (let y = 12; y < box.height; y += 8) {
    await page.mouse.move(box.x + box.width / 2, box.y + y);
    const text = await page.locator("#tip").textContent();
    if (text.includes(part)) {
      return text;
    }
  }
  return `nowhere: ${part}`;
}

for (const colorScheme of ["light", "dark"]) {
  test(`${colorScheme}: the exchange of pmu/tcp is drawn, can be filtered, searched, pointed at and zoomed`, async () => {
    const url = pages.write(`tcp-${colorScheme}`, "pmu/tcp", "--port", "0", "--set", "command=CMD_short:0.01", "--seed", "1",
                    "--threshold", "messages received: value == 10");
    const { page, wrong } = await open(url, { colorScheme });
    assert.deepEqual((await page.locator("#heads span").allTextContents()).sort(), ["pdc", "pmu"]);
    assert.match(await page.locator("pre.command").textContent(), /^moonwire run pmu\/tcp --seed 1 --threshold 'messages/);
    assert.match(await page.locator("table").first().textContent(), /messages received.*value == 10.*✓ met/s);
    const all = await shown(page);
    assert.ok(all > 30, `${all} events`);
    assert.ok(await pixels(page, "series-4") > 500, "arrows of TCP");

    assert.match(await point(page, "CMD_short:0.01"), /sent|received/);
    await page.screenshot({ path: `${pictures}/report-${colorScheme}.png`, fullPage: true });

    await page.getByLabel("Find").fill("this is pmu data 7");
    assert.equal(await shown(page), 2, "sent and received");
    await page.locator("#events").focus();
    await page.keyboard.press("ArrowDown");
    assert.match(await page.locator("#detail").textContent(), /pmu: sent This is PMU data 7.*bytes 18/s);
    await page.keyboard.press("End");
    assert.match(await page.locator("#detail").textContent(), /pdc: received This is PMU data 7/);
    await page.getByLabel("Find").fill("");

    await page.getByLabel(/^tcp/).uncheck();
    await painted(page);
    const others = await shown(page);
    assert.ok(others < 5, `${others} events that are not TCP's`);
    assert.equal(await pixels(page, "series-4"), 0);
    await page.getByLabel(/^tcp/).check();
    assert.equal(await shown(page), all);

    const height = () => page.locator("#tall").evaluate((element) => element.offsetHeight);
    const before = await height();
    await page.getByRole("button", { name: "Larger" }).click();
    assert.ok(await height() > before * 1.2);
    await page.getByRole("button", { name: "All", exact: true }).click();
    assert.ok(await height() <= await page.locator("#scroll").evaluate((element) => element.clientHeight));

    await page.getByText("The events as a table").click();
    await page.locator("#list tbody tr").first().waitFor();
    assert.equal(await page.locator("#list tbody tr").count(), all);
    assert.ok(await page.locator("#sockets canvas").count() === 1);
    assert.deepEqual(wrong, []);
    await page.context().close();
  });
}

test("on a phone nothing is wider than the window, and paper is light", async () => {
  const url = pages.write("datetime", "datetime", "--port", "0", "--count", "5", "--set", "min_pause=0.01", "--set", "max_pause=0.02");
  const { page, wrong } = await open(url, { colorScheme: "dark", viewport: { width: 390, height: 800 } });
  const { wide, narrow } = await page.evaluate(() =>
    ({ wide: document.documentElement.scrollWidth, narrow: document.documentElement.clientWidth }));
  assert.equal(wide, narrow);
  assert.equal(await page.locator("#histogram-0 canvas").count(), 1);
  assert.equal(await page.locator("#percentiles-0 canvas").count(), 1);
  assert.equal(await page.locator("#throughput canvas").count(), 1);
  await page.screenshot({ path: `${pictures}/report-phone.png`, fullPage: true });
  await page.pdf({ path: `${pictures}/report.pdf` });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.ok(await page.locator("#events").evaluate((canvas) => canvas.width > 600), "sharp on paper");
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--page").trim()), "#ffffff");
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test("what peers and scripts have written stays text", async () => {
  const url = own("hostile", `
    sock:send("</script><script>window.broken = 3</script><img src=x onerror='window.broken = 4'>", "127.0.0.1", port)
    sock:receive()
    sock:send("\\0\\1\\2\\200\\255", "127.0.0.1", port)
    report.value("<script>window.broken = 5</script>", 1, "</td><b>")
    report.latency("<script>window.broken = 6</script>", 1)`);
  const { page, wrong } = await open(url);
  await page.getByText("The events as a table").click();
  await page.locator("#list tbody tr").first().waitFor();
  const table = await page.locator("#list").textContent();
  assert.match(table, /<\/script><script>window\.broken = 3<\/script><img src=x onerror='window\.broken = 4'>/);
  assert.match(table, /00 01 02 c8 ff/);
  assert.match(await page.locator("body").textContent(), /<script>window\.broken = 5<\/script>/);
  assert.match(await point(page, "broken = 3"), /<script>window\.broken = 3<\/script>/);
  assert.equal(await page.locator("img, td b, td script, p script").count(), 0);
  assert.equal(await page.evaluate(() => window.broken), undefined);
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test("thousands of events stay fluid", async () => {
  const url = own("many", `
    for i = 1, 3000 do
      sock:send("number " .. i, "127.0.0.1", port)
      sock:receive()
    end`);
  const { page, wrong } = await open(url);
  assert.ok(await shown(page) > 5000, await page.locator("#shown").textContent());
  const slowest = await page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const times = [];
    for (const id of ["out", "out", "out", "out", "out", "fit", "in", "in", "in", "in"]) {
      const start = performance.now();
      document.getElementById(id).click();
      await frame();
      await frame();
      times.push(performance.now() - start);
    }
    return Math.max(...times);
  });
  assert.ok(slowest < PATIENCE / 10, `a step of the zoom took ${slowest} ms`);
  await page.screenshot({ path: `${pictures}/report-many.png` });
  assert.deepEqual(wrong, []);
  await page.context().close();
});
