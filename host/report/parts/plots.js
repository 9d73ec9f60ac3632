// The plots: what the run has measured, and how it went over time.
const shownNumber = (_, value) => (value == null ? "–" : String(Number(value.toPrecision(4))));
const shortTime = (seconds) => {
  if (seconds === 0) {
    return "0 s";
  }
  const [size, unit] = [[1, "s"], [1e-3, "ms"], [1e-6, "µs"]].find(([one]) => seconds >= one * 0.9995) ?? [1e-9, "ns"];
  return `${Number((seconds / size).toPrecision(3))} ${unit}`;
};
const timeAxis = (plot, splits) => splits.map((value) => (value == null ? "" : shortTime(value)));
const found = (id) => document.getElementById(id);

data.latencies.forEach(({ bars, percentiles }, i) => {
  const histogram = found(`histogram-${i}`);
  if (!histogram) {
    return;
  }
  // A bar is a tenth of a power of ten wide, and what lies between two bars is none.
  const first = bars[0][0] - 1, places = Array.from({ length: bars.at(-1)[0] - first + 2 }, (_, k) => first + k);
  const counts = new Map(bars);
  charts.add(histogram, [places.map((place) => place + 0.5), places.map((place) => counts.get(place) ?? 0)], (look) => ({
    scales: { x: { time: false, range: (_, low, high) => [low - 0.5, high + 0.5] }, y: { range: (_, low, high) => [0, high * 1.1] } },
    axes: [look.axis("how long it took", { values: (_, splits) => splits.map((x) => shortTime(10 ** (x / 10))), incrs: [1, 2, 5, 10, 20] }),
           look.axis("times")],
    series: [{ label: "up to", value: (_, x) => (x == null ? "–" : shortTime(10 ** ((x + 0.5) / 10))) },
             { ...look.series(0, "times", { value: shownNumber }), points: { show: false },
               fill: look.colour("series-1") + "66", paths: uPlot.paths.bars({ size: [0.95, 100] }) }],
  }));
  charts.add(found(`percentiles-${i}`), [percentiles.map(([nines]) => nines), percentiles.map(([, value]) => value)], (look) => ({
    scales: { x: { time: false }, y: { range: (_, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
    axes: [look.axis("percentile", { incrs: [1], values: (_, splits) => splits.map((x) => `${Number((100 * (1 - 10 ** -x)).toFixed(Math.max(0, x - 1)))} %`) }),
           look.axis("at most", { size: 70, values: timeAxis })],
    series: [{ label: "percentile", value: (_, x) => (x == null ? "–" : `${Number((100 * (1 - 10 ** -x)).toFixed(4))} %`) },
             look.series(0, "at most", { value: (_, y) => (y == null ? "–" : shortTime(y)) })],
  }));
});

function overTime(id, times, lines, label, stepped) {
  const element = found(id);
  if (!element || times.length === 0) {
    return;
  }
  charts.add(element, [times, ...lines.map(({ values }) => values)], (look) => ({
    scales: { x: { time: false }, y: { range: (_, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
    axes: [look.axis("seconds"), look.axis(label, { size: 80 })],
    series: [{ label: "seconds", value: shownNumber },
             ...lines.map((line, i) => ({ ...look.series(i, line.label, { value: shownNumber }), points: { show: times.length < 3 },
                                          ...(stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}) }))],
  }));
}

if (data.throughput) {
  const { step, steps, series } = data.throughput;  // the last step has an end, too
  overTime("throughput", Array.from({ length: steps + 1 }, (_, i) => i * step),
           series.map(({ label, rates }) => ({ label, values: [...rates, rates.at(-1)] })), "bytes a second", true);
}
if (data.sockets) {
  overTime("sockets", data.sockets.times, data.sockets.series.map(({ label, counts }) => ({ label, values: counts })), "sockets", true);
}
