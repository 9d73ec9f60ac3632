// The sequence diagram: a row an event, a line a role. Only what is visible is drawn, so that many events cost no more
// than few; the canvas stays where it is, and the element around it is as tall as all rows.
if (events.length > 0) {
  const at = (id) => document.getElementById(id);
  const canvas = at("events"), scroll = at("scroll"), tall = at("tall"), tip = at("tip");
  const TIME = 92, SMALLEST = 1.5, LARGEST = 44;  // pixels
  const hidden = new Set();
  let shown = [], row = 24, selected = null, pointed = null, planned = false, paper = false;

  const laneWidth = () => (canvas.clientWidth - TIME) / people.length;
  const laneX = (name) => TIME + laneWidth() * (people.indexOf(name) + 0.5);

  // Arrivals at our own ends are drawn as dots: the arrow is that of the sending.
  function matches(event, wanted) {
    return !hidden.has(event.layer) && (wanted === "" ||
      `${event.from} ${event.kind} ${event.text} ${event.layer} ${event.local} ${event.remote} ${shownContent(event)}`
        .toLowerCase().includes(wanted));
  }

  function choose() {
    const wanted = at("find").value.trim().toLowerCase();
    shown = events.filter((event) => matches(event, wanted));
    if (!shown.includes(selected)) {
      selected = null;
    }
    at("shown").textContent = `${shown.length} of ${events.length} events`;
    resize();
    fillList();
  }

  function resize() {
    tall.style.height = `${Math.max(1, shown.length) * row + 16}px`;
    plan();
  }

  function plan() {
    if (!planned) {
      planned = true;
      requestAnimationFrame(draw);
    }
  }

  function head() {
    at("heads").replaceChildren(...people.map((name) => {
      const span = document.createElement("span");
      span.textContent = span.title = name;
      span.style.left = `${laneX(name)}px`;
      span.style.maxWidth = `${laneWidth() - 6}px`;
      return span;
    }));
  }

  function arrow(ctx, from, to, y, dashed) {
    const tipSize = Math.min(6, row / 2 + 1), way = Math.sign(to - from);
    ctx.setLineDash(dashed ? [4, 3] : []);
    ctx.beginPath();
    ctx.moveTo(from, y);
    ctx.lineTo(to, y);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.moveTo(to, y);
    ctx.lineTo(to - way * tipSize * 1.4, y - tipSize * 0.7);
    ctx.lineTo(to - way * tipSize * 1.4, y + tipSize * 0.7);
    ctx.fill();
  }

  function text(ctx, words, x, y, width, align) {
    ctx.textAlign = align;
    let line = words;
    if (ctx.measureText(line).width > width) {
      const fits = Math.max(1, Math.floor(line.length * width / ctx.measureText(line).width) - 1);
      line = `${line.slice(0, fits)}…`;
    }
    ctx.fillText(line, x, y);
  }

  function drawRow(ctx, event, y, colours) {
    const colour = colours[event.layer], x = laneX(event.from);
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.lineWidth = row < 6 ? 1 : 1.5;
    const middle = row >= 20 ? y + row * 0.72 : y + row / 2, letters = row >= 13;
    const isArrow = event.crosses && (event.sends || event.kind === "connecting" || !event.inside);
    if (isArrow) {
      const other = laneX(event.to);
      const [from, to] = event.receives ? [other, x] : [x, other];
      arrow(ctx, from, to, middle, event.kind === "connecting");
      if (letters) {
        ctx.fillStyle = colours.text;
        const space = Math.abs(other - x) - 12;
        if (row >= 20) {
          text(ctx, oneLine(event), (x + other) / 2, middle - 5, space, "center");
        }
      }
    } else {
      ctx.beginPath();
      ctx.arc(x, middle, Math.min(3.5, row / 2), 0, 7);
      event.receives ? ctx.stroke() : ctx.fill();
      if (letters) {
        ctx.fillStyle = colours.quiet;
        const left = people.indexOf(event.from) === people.length - 1 && people.length > 1;
        text(ctx, oneLine(event), left ? x - 9 : x + 9, middle + 4, laneWidth() * (people.length > 1 ? 0.9 : 0.45),
             left ? "right" : "left");
      }
    }
  }

  function draw() {
    planned = false;
    const width = tall.clientWidth, height = paper ? Math.min(shown.length * row + 16, 1600) : scroll.clientHeight;
    const ratio = paper ? 2 : devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.height = `${height}px`;
      head();
    }
    const style = getComputedStyle(document.documentElement);
    const colours = Object.fromEntries(layers.map((layer) => [layer, layerColour(layer)]));
    for (const name of ["text", "quiet", "line", "page"]) {
      colours[name] = style.getPropertyValue(`--${name}`).trim();
    }
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    ctx.font = "12px system-ui, sans-serif";
    ctx.strokeStyle = colours.line;
    ctx.lineWidth = 1;
    for (const name of people) {
      ctx.beginPath();
      ctx.moveTo(laneX(name), 0);
      ctx.lineTo(laneX(name), height);
      ctx.stroke();
    }
    const top = paper ? 0 : scroll.scrollTop, first = Math.max(0, Math.floor((top - 8) / row));
    const last = Math.min(shown.length, Math.ceil((top + height) / row));
    const everyTime = Math.max(1, Math.ceil(15 / row));
    for (let i = first; i < last; i++) {
      const event = shown[i], y = 8 + i * row - top;
      if (event === selected || event === pointed) {
        ctx.fillStyle = colours.line;
        ctx.globalAlpha = event === selected ? 0.7 : 0.4;
        ctx.fillRect(0, y, width, Math.max(row, 2));
        ctx.globalAlpha = 1;
      }
      if (i % everyTime === 0) {
        ctx.fillStyle = colours.quiet;
        text(ctx, shownTime(event.time), TIME - 10, (row >= 20 ? y + row * 0.72 : y + row / 2) + 4, TIME, "right");
      }
      drawRow(ctx, event, y, colours);
    }
  }

  const eventAt = (clientY) =>
    shown[Math.floor((clientY - canvas.getBoundingClientRect().top + scroll.scrollTop - 8) / row)] ?? null;

  function tell(event) {
    const title = document.createElement("h3"), lines = document.createElement("p");
    title.textContent = `${event.from}: ${oneLine(event)}`;
    lines.textContent = facts(event).map(([what, value]) => `${what} ${value}`).join(" · ");
    const parts = [title, lines];
    if (event.content) {
      const content = document.createElement("pre");
      content.textContent = shownContent(event);
      parts.push(content);
      if (event.content.length < event.size) {
        const more = document.createElement("p");
        more.className = "quiet";
        more.textContent = `the first ${event.content.length} of ${event.size} bytes`;
        parts.push(more);
      }
    }
    at("detail").replaceChildren(...parts);
  }

  function select(index) {
    if (shown.length === 0) {
      return;
    }
    const i = Math.max(0, Math.min(shown.length - 1, index));
    selected = shown[i];
    const y = 8 + i * row;
    if (y < scroll.scrollTop) {
      scroll.scrollTop = y - 8;
    } else if (y + row > scroll.scrollTop + scroll.clientHeight) {
      scroll.scrollTop = y + row - scroll.clientHeight + 8;
    }
    tell(selected);
    plan();
  }

  // What is in the middle stays there.
  function zoom(size) {
    const middle = scroll.scrollTop + scroll.clientHeight / 2, share = middle / row;
    row = Math.max(SMALLEST, Math.min(LARGEST, size));
    at("zoom").value = String(100 * Math.log(row / SMALLEST) / Math.log(LARGEST / SMALLEST));
    resize();
    scroll.scrollTop = share * row - scroll.clientHeight / 2;
  }

  function fillList() {
    const details = at("list"), place = details.querySelector(".table");
    if (!details.open) {
      return;
    }
    const most = 1000, table = document.createElement("table");
    const heading = table.createTHead().insertRow();
    for (const name of ["time", "role", "layer", "what", "from", "to", "bytes", "content"]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = name;
      heading.append(cell);
    }
    const rows = table.createTBody();
    for (const event of shown.slice(0, most)) {
      const cells = [shownTime(event.time), event.from, event.layer, `${event.kind} ${event.text}`,
                     event.receives ? event.remote : event.local, event.receives ? event.local : event.remote,
                     event.size || "", shownContent(event).slice(0, 200)];
      const line = rows.insertRow();
      for (const words of cells) {
        line.insertCell().textContent = words;
      }
    }
    if (shown.length > most) {
      table.createCaption().textContent = `the first ${most} of ${shown.length}: choose layers or find less`;
    }
    place.replaceChildren(table);
  }

  for (const layer of layers) {
    const label = document.createElement("label"), box = document.createElement("input");
    const swatch = document.createElement("span");
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", () => {
      box.checked ? hidden.delete(layer) : hidden.add(layer);
      choose();
    });
    swatch.className = "swatch";
    swatch.style.background = `var(--series-${LAYERS.indexOf(layer) % 8 + 1})`;
    label.append(box, swatch, `${layer} (${events.filter((event) => event.layer === layer).length})`);
    at("layers").append(label);
  }
  at("find").addEventListener("input", choose);
  at("zoom").addEventListener("input", (event) => zoom(SMALLEST * (LARGEST / SMALLEST) ** (event.target.value / 100)));
  at("in").addEventListener("click", () => zoom(row * 1.4));
  at("out").addEventListener("click", () => zoom(row / 1.4));
  at("fit").addEventListener("click", () => zoom((scroll.clientHeight - 24) / Math.max(1, shown.length)));
  at("list").addEventListener("toggle", fillList);
  scroll.addEventListener("scroll", plan);
  scroll.addEventListener("wheel", (event) => {
    if (event.ctrlKey) {
      event.preventDefault();
      zoom(row * (event.deltaY < 0 ? 1.15 : 1 / 1.15));
    }
  }, { passive: false });
  canvas.addEventListener("mousemove", (event) => {
    pointed = eventAt(event.clientY);
    tip.hidden = pointed === null;
    if (pointed) {
      tip.textContent = `${shownTime(pointed.time)}  ${pointed.from}, ${pointed.layer}: ${oneLine(pointed)}` +
        (pointed.content ? `\n${shownContent(pointed).slice(0, 300)}` : "");
      tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`;
      tip.style.top = `${Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8)}px`;
    }
    plan();
  });
  canvas.addEventListener("mouseleave", () => {
    pointed = null;
    tip.hidden = true;
    plan();
  });
  canvas.addEventListener("click", (event) => {
    const found = eventAt(event.clientY);
    if (found) {
      select(shown.indexOf(found));
    }
  });
  canvas.addEventListener("keydown", (event) => {
    const here = selected ? shown.indexOf(selected) : -1, page = Math.max(1, Math.floor(scroll.clientHeight / row) - 1);
    const next = { ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + page, PageUp: here - page, Home: 0,
                   End: shown.length - 1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      select(next);
    } else if (event.key === "+" || event.key === "-") {
      zoom(event.key === "+" ? row * 1.4 : row / 1.4);
    }
  });
  new ResizeObserver(plan).observe(scroll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", plan);
  // On paper: the first events, at a size that can be read.
  addEventListener("beforeprint", () => { paper = true; tall.style.height = "auto"; draw(); });
  addEventListener("afterprint", () => { paper = false; resize(); });
  choose();
}
