// Price against worth. A point is on the frontier if no other is both cheaper
// and better; whoever is told the answer is not asked.

/** The frontier from cheap to dear. */
function frontier(points) {
  const order = points.filter(({ kind }) => kind !== "oracle").sort((a, b) => a.x - b.x || b.y - a.y);
  let best = -Infinity;
  return order.filter(({ y }) => y > best && ((best = y), true));
}

function pareto({ title, x_name, y_name, percent: percentages, x_log, points }) {
  const form = percentages ? percent : plain;
  const good = points.filter(({ x, y }) => known(x) && known(y) && (!x_log || x > 0));
  const methods = [...new Map(good.map((point) => [point.method, point])).values()];
  const xs = [...new Set(good.map(({ x }) => x))].sort((a, b) => a - b);
  const ys = good.flatMap(({ y, low, high }) => [y, low, high]);

  function paint(width, shown) {
    const visible = good.filter(shown);
    const margin = { left: 44, right: 18, top: 26, bottom: 44 };
    const height = width < 520 ? 300 : 360;
    let across = xs.length ? [xs[0], xs.at(-1)] : [0, 1];
    // Room at both sides, so that no point sits on the frame.
    const room = x_log ? (across[1] / across[0]) ** 0.05 || 1 : (across[1] - across[0]) * 0.05 || 1;
    across = x_log ? [across[0] / room, across[1] * room] : [across[0] - room, across[1] + room];
    const x = scale(across, [margin.left + 6, width - margin.right], x_log);
    const range = extent(ys, percentages);
    const y = scale(range, [height - margin.bottom, margin.top]);
    const edge = frontier(visible);
    const steps = edge.map((p, at) => (at ? `H${x(p.x).toFixed(1)}V${y(p.y).toFixed(1)}` : `M${x(p.x).toFixed(1)} ${y(p.y).toFixed(1)}`)).join("");
    const spots = [...visible].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
    const svg = draw("svg", { width, height, "aria-hidden": "true" },
      axes({ width, height, margin, x, y, xMarks: marksOn(xs, x, across, x_log), yMarks: ticks(...range, 5), xName: x_name, yName: y_name, percentages }),
      edge.length > 0 && draw("path", { class: "frontier", d: `${steps}H${width - margin.right}` }),
      spots.map((p) => {
        const style = look(p.method, p.kind);
        return draw("g", { class: p.kind, style: { "--c": style.colour } },
          known(p.low) && known(p.high) && draw("path", { class: "error", d: `M${x(p.x)} ${y(p.low)}V${y(p.high)}` }),
          marker(style, x(p.x), y(p.y), edge.includes(p) ? 5 : 3.5));
      }),
      tags(edge, visible, x, y, margin, width));
    const stops = [...visible].sort((a, b) => a.x - b.x || a.y - b.y).map((p) => ({
      x: x(p.x), y: y(p.y),
      lines: () => [
        make("div", { class: "x" }, `${plain(p.x)} ${cut(x_name, 40)}${p.label ? ` · ${cut(p.label, 30)}` : ""}`),
        reading(p, p.y, p.low, p.high, p.n, form),
        edge.includes(p) && make("div", { class: "quiet" }, "nothing here is both cheaper and better"),
      ].filter(Boolean),
      mark: () => [draw("circle", { class: "ring", cx: x(p.x), cy: y(p.y), r: 9 })],
    }));
    return { svg, stops };
  }
  return chart({ title, methods, paint, note: "The line is the frontier: nothing is both cheaper and better. Left is cheaper.", values: {
    title: `${title}: values`,
    columns: [["method", false], ["point", false], [x_name, true], [y_name, true], ["95 % interval", false], ["n", true]].map(([name, numeric]) => ({ name, numeric })),
    rows: points.map(({ method, label, x, y, low, high, n }) => [
      { text: method }, { text: label }, { text: plain(x), sort: x }, { text: form(y), sort: y },
      { text: interval(low, high, form) || "–", sort: low }, { text: plain(n), sort: n }]),
  } });
}

/** Names on the frontier: each once, at its best point, and only where nothing is covered. */
function tags(edge, all, x, y, margin, width) {
  const taken = all.map((p) => ({ left: x(p.x) - 5, right: x(p.x) + 5, top: y(p.y) - 5, bottom: y(p.y) + 5 }));
  const done = new Set();
  return [...edge].reverse().flatMap((p) => {
    if (done.has(p.method)) return [];
    const text = cut(p.method, 18);
    const long = text.length * 6.8;
    const spots = [[x(p.x) - 9 - long, y(p.y) - 6], [x(p.x) - 9 - long, y(p.y) + 14], [x(p.x) + 9, y(p.y) + 14], [x(p.x) + 9, y(p.y) - 6]];
    const free = spots.find(([left, base]) => left > margin.left && left + long < width && base > 12 &&
      !taken.some((t) => left < t.right && left + long > t.left && base - 12 < t.bottom && base + 3 > t.top));
    if (!free) return [];
    done.add(p.method);
    taken.push({ left: free[0], right: free[0] + long, top: free[1] - 12, bottom: free[1] + 3 });
    return [draw("text", { class: `tag ${p.kind}`, x: free[0], y: free[1], style: { "--c": look(p.method, p.kind).colour } }, text)];
  });
}
