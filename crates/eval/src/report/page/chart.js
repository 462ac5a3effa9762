// What every chart has: a look for each method that stays the same over the
// whole page, axes, a legend that shows and hides, a box that says the values
// under the pointer or the arrow keys, and the same values as a table.

const KIND = { system: "the system", reference: "reference", baseline: "baseline", oracle: "is told the answer" };
/** In legends: what it is about first. */
const RANK = ["system", "reference", "oracle", "baseline"];
const DASHES = { system: [""], reference: ["7 4", "2 3", "9 3 2 3"], baseline: [""], oracle: ["0.5 5"] };
const SHAPES = { system: ["circle"], reference: ["square", "diamond", "down"], baseline: ["circle", "square", "up", "diamond", "down", "cross"], oracle: ["star"] };
const COLOURS = { system: 1, reference: 3, baseline: 6, oracle: 1 };

const looks = new Map();

/** Colour, dash and marker of a method: two of them tell any two methods apart. */
function look(method, kind) {
  const key = `${kind} ${method}`;
  if (!looks.has(key)) {
    const nth = [...looks.keys()].filter((other) => other.startsWith(`${kind} `)).length;
    const pick = (list) => list[nth % list.length];
    looks.set(key, {
      kind, colour: `var(--${kind}-${nth % COLOURS[kind]})`, dash: pick(DASHES[kind]), shape: pick(SHAPES[kind]),
      width: { system: 2.75, reference: 1.75, baseline: 1.25, oracle: 2.25 }[kind],
    });
  }
  return looks.get(key);
}

const OUTLINES = {
  circle: (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`,
  square: (r) => `M${-r} ${-r}H${r}V${r}H${-r}Z`,
  diamond: (r) => `M0 ${-1.4 * r}L${1.4 * r} 0L0 ${1.4 * r}L${-1.4 * r} 0Z`,
  up: (r) => `M0 ${-1.3 * r}L${1.3 * r} ${r}H${-1.3 * r}Z`,
  down: (r) => `M0 ${1.3 * r}L${1.3 * r} ${-r}H${-1.3 * r}Z`,
  cross: (r) => `M${-r} ${-r}L${r} ${r}M${-r} ${r}L${r} ${-r}`,
  star: (r) => `M0 ${-1.5 * r}V${1.5 * r}M${-1.3 * r} ${-0.75 * r}L${1.3 * r} ${0.75 * r}M${-1.3 * r} ${0.75 * r}L${1.3 * r} ${-0.75 * r}`,
};

const marker = (style, x, y, r) => draw("path", { class: "marker", d: OUTLINES[style.shape](r), transform: `translate(${x} ${y})`, style: { "--c": style.colour } });

const swatch = (style) => draw("svg", { class: "swatch", width: 26, height: 12, "aria-hidden": "true" },
  draw("path", { class: "line", d: "M1 6H25", "stroke-dasharray": style.dash, "stroke-width": style.width, style: { "--c": style.colour } }),
  marker(style, 13, 6, 3));

/** From values to pixels. */
function scale([low, high], [from, to], log) {
  const place = log ? Math.log : (v) => v;
  const [a, b] = [place(low), place(high)];
  return (value) => (a === b ? (from + to) / 2 : from + ((place(value) - a) / (b - a)) * (to - from));
}

/** The range of y: with room, and with 0 where it is near. */
function extent(values, percentages, more = []) {
  const all = [...values, ...more].filter(known);
  if (!all.length) return [0, 1];
  let [low, high] = [Math.min(...all), Math.max(...all)];
  if (low > 0 && low < 0.6 * high) low = 0;
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  [low, high] = [low === 0 ? 0 : low - room, high + room];
  return percentages ? [Math.max(low, Math.min(0, ...all)), Math.min(high, Math.max(1, ...all))] : [low, high];
}

/** Marks on x: where something was measured if that fits, else round numbers. */
function marksOn(xs, place, [low, high], log) {
  const apart = (list) => list.every((x, at) => at === 0 || place(x) - place(list[at - 1]) >= 30);
  if (xs.length <= 9 && apart(xs)) return xs;
  if (!log) return ticks(low, high, 6);
  const decades = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const m of [1, 2, 5]) decades.push(m * 10 ** power);
  }
  const inside = decades.map((v) => Number(v.toPrecision(3))).filter((v) => v >= low && v <= high);
  if (apart(inside) && inside.length > 2) return inside;
  const even = ticks(low, high, 5);
  return apart(even) && even.length > 1 ? even : [low, high];
}

/** Frame, grid, marks and names of the axes. */
function axes({ width, height, margin, x, y, xMarks, yMarks, xName, yName, percentages }) {
  const { left, right, top, bottom } = margin;
  return draw("g", { class: "axes" },
    yMarks.map((mark) => [
      draw("line", { class: mark === 0 ? "base" : "grid", x1: left, x2: width - right, y1: y(mark), y2: y(mark) }),
      draw("text", { x: left - 8, y: y(mark), dy: "0.32em", "text-anchor": "end" }, percentages ? `${plain(100 * mark)}` : plain(mark)),
    ]),
    xMarks.map((mark) => [
      draw("line", { class: "tick", x1: x(mark), x2: x(mark), y1: height - bottom, y2: height - bottom + 5 }),
      draw("text", { x: x(mark), y: height - bottom + 18, "text-anchor": "middle" }, plain(mark)),
    ]),
    draw("line", { class: "frame", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }),
    draw("text", { class: "name", x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, cut(xName, Math.floor(width / 8))),
    draw("text", { class: "name", x: 2, y: 12 }, cut(percentages ? `${yName}, %` : yName, Math.floor(width / 8))));
}

/** Heights of labels, moved apart so that none covers another. */
function apart(wanted, gap, low, high) {
  const order = wanted.map((y, at) => [y, at]).sort((a, b) => a[0] - b[0]);
  const ys = order.map(([y]) => Math.max(low, y));
  for (let i = 1; i < ys.length; i++) ys[i] = Math.max(ys[i], ys[i - 1] + gap);
  for (let i = ys.length - 1, most = high; i >= 0; i--, most -= gap) ys[i] = Math.min(ys[i], most);
  const placed = [];
  order.forEach(([, at], i) => { placed[at] = ys[i]; });
  return placed;
}

/**
 * A figure. `paint(width, shown)` gives {svg, stops}: a drawing, and the places that the
 * pointer and the arrow keys go to, each {x, y, lines, mark}.
 */
function chart({ title, methods, paint, values, note }) {
  const hidden = new Set();
  const tip = make("div", { class: "tip", role: "status", hidden: true });
  const plot = make("div", { class: "plot", tabindex: "0", role: "group", "aria-label": `${title}. The arrow keys go through the values; they are also in the table below.` });
  let stops = [];
  let at = -1;
  let over = null;
  const shown = ({ method }) => !hidden.has(method);

  function show(next) {
    if (next === at) return;
    at = next;
    over?.replaceChildren();
    const stop = stops[at];
    tip.hidden = !stop;
    if (!stop) return;
    over.append(...stop.mark());
    tip.replaceChildren(...stop.lines());
    const room = plot.clientWidth - tip.offsetWidth;
    const left = stop.x + 14 + tip.offsetWidth < plot.clientWidth ? stop.x + 14 : stop.x - 14 - tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(room, left))}px`;
    tip.style.top = `${Math.max(0, Math.min(plot.clientHeight - tip.offsetHeight, stop.y - tip.offsetHeight / 2))}px`;
  }
  const again = fitted(plot, (width) => {
    at = -1;
    tip.hidden = true;
    const drawn = paint(width, shown);
    over = draw("g", { class: "over" });
    drawn.svg.append(over);
    stops = drawn.stops;
    plot.replaceChildren(drawn.svg, tip);
  });
  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const far = (stop) => Math.hypot(stop.x - x, stop.level ? 0 : stop.y - y);
    const nearest = stops.reduce((best, stop, i) => (best < 0 || far(stop) < far(stops[best]) ? i : best), -1);
    show(nearest >= 0 && far(stops[nearest]) < 60 ? nearest : -1);
  });
  plot.addEventListener("pointerleave", () => show(-1));
  plot.addEventListener("blur", () => show(-1));
  plot.addEventListener("keydown", (event) => {
    const to = { ArrowRight: at + 1, ArrowLeft: at < 0 ? stops.length - 1 : at - 1, Home: 0, End: stops.length - 1, Escape: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(event.key === "Escape" ? -1 : Math.max(0, Math.min(stops.length - 1, to)));
  });
  const legend = make("div", { class: "legend", role: "group", "aria-label": "Methods shown" }, [...methods].sort((a, b) => RANK.indexOf(a.kind) - RANK.indexOf(b.kind)).map(({ method, kind }) => {
    const button = make("button", { type: "button", "aria-pressed": "true", title: `${method} (${KIND[kind]})`, onclick: () => {
      if (!hidden.delete(method)) hidden.add(method);
      button.setAttribute("aria-pressed", String(!hidden.has(method)));
      again();
    } }, swatch(look(method, kind)), cut(method, 32));
    return button;
  }));
  return make("figure", { class: "chart" },
    make("figcaption", {}, title), legend, plot,
    note && make("p", { class: "key" }, note),
    make("details", { class: "values" }, make("summary", {}, "Values as a table"), sortable(values)));
}

/** A line of the box under the pointer. */
const reading = ({ method, kind }, value, low, high, n, form) => make("div", { class: kind },
  swatch(look(method, kind)), make("span", { class: "method" }, cut(method, 24)),
  make("b", {}, form(value)), make("small", {}, `${interval(low, high, form)} n ${plain(n)}`));
