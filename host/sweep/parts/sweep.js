// A chart a figure: the means over the first swept parameter, with their confidence intervals.
const { x } = data;

// Room at the sides, and one value in the middle.
function rangeOfX() {
  const low = Math.min(...x.values), high = Math.max(...x.values);
  const room = high > low ? (high - low) * 0.03 : 0.5;
  return [low - room, high + room];
}

function rangeOf(chart) {
  const all = chart.series.flatMap(({ mean, low, high }) => [...mean, ...low, ...high]).filter((y) => y != null);
  const low = Math.min(...all), high = Math.max(...all);
  return uPlot.rangeNum(low < high ? low : low - 1, low < high ? high : high + 1, 0.1, true);
}

// uPlot wants x to rise; the person may have swept from high to low.
const order = x.values.map((_, i) => i).sort((a, b) => x.values[a] - x.values[b]);
const sorted = (values) => order.map((i) => values[i]);
const xs = sorted(x.values);
const isWords = x.words.length > 0;  // and nothing lies between two words
const words = isWords ? { splits: () => x.values, values: () => x.words } : {};
const points = isWords ? { paths: () => null } : {};

function draw(element, chart) {
  const lines = chart.series.map(({ label, mean, low, high }) =>
    ({ label, mean: sorted(mean), low: sorted(low), high: sorted(high) }));
  const shown = (_, value) => (value == null ? "–" : String(Number(value.toPrecision(5))));
  charts.add(element, [xs, ...lines.map(({ mean }) => mean)], (look) => ({
    scales: { x: { time: false, range: rangeOfX }, y: { range: () => rangeOf(chart) } },
    axes: [look.axis(x.label, words), look.axis(chart.unit, { size: 70 })],
    series: [
      { label: x.label, value: (_, value) => (isWords ? x.words[value] ?? "–" : shown(_, value)) },
      ...lines.map(({ label }, i) => look.series(i, label, { value: shown, ...points })),
    ],
    hooks: {
      drawSeries: [(plot, i) => {
        if (i > 0 && plot.series[i].show) {
          look.band(plot, i - 1, xs, lines[i - 1].low, lines[i - 1].high, !isWords);
        }
      }],
    },
  }));
}

document.querySelectorAll(".chart").forEach((element, i) => draw(element, data.charts[i]));
