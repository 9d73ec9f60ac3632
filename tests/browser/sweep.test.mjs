// The page that `moonwire sweep --html` writes: drawn, without any network, in light, in dark and on paper.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WrittenPages } from "./support.mjs";

const pictures = process.env.ROOMS_PICTURES;
const pages = new WrittenPages("--html");

function sweep(name, ...flags) {
  return pages.write(name, "pmu/udp", "--set", "runs=10", "--virtual-time", "--seed", "1", ...flags);
}

async function open(url, options) {
  const opened = await pages.open(url, options);
  await opened.page.locator("canvas").first().waitFor();
  return opened;
}

// Whether the canvas has pixels of this colour of the style.
const drawnIn = (canvas, name) => {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const wanted = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 255 && wanted.every((value, j) => data[i + j] === value)) {
      return hex;
    }
  }
  return `not ${hex}`;
};

for (const [colorScheme, line] of [["light", "#3a4fd0"], ["dark", "#9aa8ff"]]) {
  test(`${colorScheme}: a chart a figure, a series a family`, async () => {
    const url = sweep(colorScheme, "--param", "loss=0:0.8:0.2", "--param", "family=ipv4,both", "--repeat", "4");
    const { page, wrong } = await open(url, { viewport: { width: 900, height: 700 }, colorScheme });
    assert.equal(await page.locator("canvas").count(), await page.locator("h2").count());
    const canvas = page.locator("canvas").first();
    assert.equal(await canvas.evaluate(drawnIn, "series-1"), line);
    assert.match(await canvas.evaluate(drawnIn, "series-2"), /^#/);
    assert.match(await page.locator(".u-legend").first().textContent(), /family=ipv4.*family=both/);
    await page.screenshot({ path: `${pictures}/sweep-${colorScheme}.png` });
    await page.locator("summary").first().click();
    assert.equal(await page.locator(".table").first().locator("tr").count(), 11);

    await page.setViewportSize({ width: 420, height: 700 });
    await page.waitForFunction(() => document.querySelector("canvas").getBoundingClientRect().width < 420);
    const { wide, narrow } = await page.evaluate(() =>
      ({ wide: document.documentElement.scrollWidth, narrow: document.documentElement.clientWidth }));
    assert.equal(wide, narrow, "the page is wider than the window");

    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    assert.equal(await canvas.evaluate(drawnIn, "series-1"), "#3a4fd0", "paper is light");
    assert.equal(await page.locator("details:not([open])").count(), 0);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    assert.equal(await canvas.evaluate(drawnIn, "series-1"), line);
    assert.equal(await page.locator("details[open]").count(), 1);
    await page.pdf({ path: `${pictures}/sweep-${colorScheme}.pdf` });
    assert.deepEqual(wrong, []);
    await page.context().close();
  });
}

test("words, a single point and a downward range are drawn, too", async () => {
  for (const [name, ...flags] of [["words", "--param", "family=ipv4,ipv6,both", "--repeat", "2"],
                                  ["one", "--param", "loss=0.3", "--repeat", "1"],
                                  ["downward", "--param", "loss=0.6:0:-0.2", "--repeat", "2"]]) {
    const { page, wrong } = await open(sweep(name, ...flags), { colorScheme: "light" });
    assert.equal(await page.locator("canvas").first().evaluate(drawnIn, "series-1"), "#3a4fd0", name);
    assert.deepEqual(wrong, [], name);
    await page.screenshot({ path: `${pictures}/sweep-${name}.png` });
    await page.context().close();
  }
});
