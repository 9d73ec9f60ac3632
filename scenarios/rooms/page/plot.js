// A small plot of round trips over the numbers of their pings.

const HEIGHT = 190;
const element = document.getElementById("plot");
let plot, numbers = [], times = [];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function axis(size, values) {
  const grid = { stroke: colour("--line"), width: 1 };
  return { stroke: colour("--quiet"), font: "12px system-ui, sans-serif", size, values, grid, ticks: grid };
}

function draw() {
  plot?.destroy();
  plot = new uPlot({
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [{ ...axis(28), incrs: [1, 2, 5, 10, 20, 50] }, axis(62, (_, marks) => marks.map((mark) => `${mark} ms`))],
    series: [{}, { stroke: colour("--accent"), width: 2, points: { show: true, size: 5, fill: colour("--accent") } }],
  }, [numbers, times], element);
}

export function show(newNumbers, newTimes) {
  [numbers, times] = [newNumbers, newTimes];
  plot?.setData([numbers, times]);
}

// It has no width while its view is hidden, and its colours are drawn, not styled.
new ResizeObserver(() => {
  if (element.clientWidth > 0 && element.clientWidth !== plot?.width) {
    draw();
  }
}).observe(element);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot && draw());
