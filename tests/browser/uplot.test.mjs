// The files that the page brings are the package's.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const here = new URL("../../scenarios/rooms/page/uplot/", import.meta.url);
const published = `${process.env.ROOMS_PACKAGES}/node_modules/uplot`;

for (const [own, theirs] of [["uPlot.iife.min.js", "dist/uPlot.iife.min.js"], ["uPlot.min.css", "dist/uPlot.min.css"],
                             ["LICENSE", "LICENSE"]]) {
  test(own, () => assert.ok(readFileSync(new URL(own, here)).equals(readFileSync(`${published}/${theirs}`))));
}
