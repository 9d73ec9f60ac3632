// Charts as wide as their elements, in the colours of style.css. They are drawn, so they are drawn again when the width
// changes, when the reader goes from light to dark, and for paper.
const charts = (() => {
  const root = document.documentElement;
  const drawn = new Map();  // by element: { options, values, plot, width }

  const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  const seriesColour = (index) => colour(`series-${index % 8 + 1}`);

  const look = {
    colour,
    // An axis; `more` is uPlot's.
    axis: (label, more = {}) => {
      const grid = { stroke: colour("line"), width: 1 };
      return { label, stroke: colour("text"), font: "12px system-ui, sans-serif", labelFont: "13px system-ui, sans-serif",
               grid, ticks: grid, ...more };
    },
    // The index-th series, from 0. More than eight have dashes, too.
    series: (index, label, more = {}) => {
      const stroke = seriesColour(index);
      return { label, stroke, width: 2, dash: index < 8 ? [] : [6, 3 * Math.floor(index / 8)],
               points: { show: true, size: 6, stroke, fill: stroke }, ...more };
    },
    // Whiskers from `low` to `high` (lists over the same x; null: nothing there), and what lies between two of them
    // filled, unless there is nothing between. To be called by a hook `drawSeries`.
    band: (plot, index, xs, low, high, fill = true) => {
      const { ctx } = plot, there = (i) => low[i] != null && high[i] != null;
      const at = (i, ys) => [plot.valToPos(xs[i], "x", true), plot.valToPos(ys[i], "y", true)];
      const path = (points) => {
        ctx.beginPath();
        points.forEach(([x, y]) => ctx.lineTo(x, y));
      };
      ctx.save();
      ctx.fillStyle = ctx.strokeStyle = seriesColour(index);
      for (let i = 0; i < xs.length; i++) {
        if (fill && there(i) && there(i + 1)) {
          ctx.globalAlpha = 0.2;
          path([at(i, low), at(i + 1, low), at(i + 1, high), at(i, high)]);
          ctx.fill();
        }
        if (there(i)) {
          ctx.globalAlpha = 0.7;
          path([at(i, low), at(i, high)]);
          ctx.stroke();
        }
      }
      ctx.restore();
    },
  };

  function draw(element) {
    const chart = drawn.get(element);
    chart.plot?.destroy();
    chart.width = element.clientWidth;
    chart.plot = new uPlot({ width: chart.width, height: 288, ...chart.options(look) }, chart.values, element);
  }

  const drawAll = () => drawn.forEach((_, element) => draw(element));
  const watcher = new ResizeObserver((entries) => entries.forEach(({ target }) => {
    if (target.clientWidth > 0 && target.clientWidth !== drawn.get(target).width) {
      draw(target);
    }
  }));

  // Paper is white, not as wide as most windows, and nobody can open what is closed on it.
  function paper(on) {
    root.classList.toggle("paper", on);
    document.querySelectorAll(on ? "details:not([open])" : "details.opened").forEach((details) => {
      details.open = on;
      details.classList.toggle("opened", on);
    });
    document.body.style.width = on ? "17cm" : "";
    drawAll();
  }
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);

  return {
    // Draws `values` (uPlot's data) into the element as uPlot's options say, which `options` makes of a `look`.
    add: (element, values, options) => {
      drawn.set(element, { values, options });
      watcher.observe(element);
    },
  };
})();
