// Lines with bands: what each method reaches at each budget.

function curves({ title, x_name, y_name, percent: percentages, log_x, series, ceiling }) {
  const form = percentages ? percent : plain;
  const lines = series.map((line) => ({ ...line, points: line.points.filter(({ x, y }) => known(x) && known(y) && (!log_x || x > 0)) }));
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const ys = lines.flatMap(({ points }) => points.flatMap(({ y, low, high }) => [y, low, high]));

  function paint(width, shown) {
    const visible = lines.filter(shown).filter(({ points }) => points.length);
    const named = width >= 520;
    const longest = Math.max(0, ...visible.map(({ method }) => cut(method, 16).length));
    const margin = { left: 44, right: named ? 22 + longest * 7 : 14, top: 26, bottom: 44 };
    const height = width < 520 ? 300 : 360;
    const across = xs.length ? [xs[0], xs.at(-1)] : [0, 1];
    const x = scale(across, [margin.left + 10, width - margin.right - 6], log_x);
    const range = extent(ys, percentages, [ceiling]);
    const y = scale(range, [height - margin.bottom, margin.top]);
    const path = (points) => points.map((p, at) => `${at ? "L" : "M"}${x(p.x).toFixed(1)} ${y(p.y).toFixed(1)}`).join("");
    const back = [...visible].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
    const svg = draw("svg", { width, height, "aria-hidden": "true" },
      axes({ width, height, margin, x, y, xMarks: marksOn(xs, x, across, log_x), yMarks: ticks(...range, 5), xName: x_name, yName: y_name, percentages }),
      known(ceiling) && [
        draw("line", { class: "ceiling", x1: margin.left, x2: width - margin.right, y1: y(ceiling), y2: y(ceiling) }),
        draw("text", { class: "ceiling", x: margin.left + 4, y: y(ceiling) + 14 }, `ceiling ${form(ceiling)}`),
      ],
      back.map((line) => band(line, x, y)),
      back.map((line) => {
        const style = look(line.method, line.kind);
        return draw("g", { class: line.kind, style: { "--c": style.colour } },
          draw("path", { class: "line", d: path(line.points), "stroke-dasharray": style.dash, "stroke-width": style.width }),
          line.points.map((p) => marker(style, x(p.x), y(p.y), line.kind === "system" ? 3.6 : 3)));
      }),
      named && names(visible, x, y, margin, width, height));
    const stops = xs.map((value) => {
      const here = visible.flatMap((line) => line.points.filter((p) => p.x === value).map((p) => [line, p])).sort((a, b) => b[1].y - a[1].y);
      return {
        x: x(value), y: height / 2, level: true,
        lines: () => [make("div", { class: "x" }, `${plain(value)} ${cut(x_name, 40)}`), ...here.map(([line, p]) => reading(line, p.y, p.low, p.high, p.n, form))],
        mark: () => [
          draw("line", { class: "guide", x1: x(value), x2: x(value), y1: margin.top, y2: height - margin.bottom }),
          ...here.map(([line, p]) => marker(look(line.method, line.kind), x(value), y(p.y), 5)),
        ],
      };
    });
    return { svg, stops };
  }
  return chart({ title, methods: lines, paint, values: {
    title: `${title}: values`,
    columns: [["method", false], [x_name, true], [y_name, true], ["95 % interval", false], ["n", true]].map(([name, numeric]) => ({ name, numeric })),
    rows: lines.flatMap(({ method, points }) => points.map(({ x, y, low, high, n }) => [
      { text: method }, { text: plain(x), sort: x }, { text: form(y), sort: y },
      { text: interval(low, high, form) || "–", sort: low }, { text: plain(n), sort: n }])),
  } });
}

/** What is drawn first lies below. */
const ORDER = ["baseline", "oracle", "reference", "system"];

function band({ method, kind, points }, x, y) {
  const sure = points.filter(({ low, high }) => known(low) && known(high));
  if (sure.length < 2) return null;
  const edge = (list, key) => list.map((p) => `${x(p.x).toFixed(1)} ${y(p[key]).toFixed(1)}`).join("L");
  const d = `M${edge(sure, "high")}L${edge([...sure].reverse(), "low")}Z`;
  return draw("path", { class: `band ${kind}`, d, style: { "--c": look(method, kind).colour } });
}

/** Names at the ends of lines. */
function names(lines, x, y, margin, width, height) {
  const ends = lines.map(({ points }) => points.at(-1));
  const placed = apart(ends.map((p) => y(p.y)), 15, margin.top, height - margin.bottom);
  return lines.map(({ method, kind }, at) => {
    const { colour } = look(method, kind);
    const from = x(ends[at].x);
    return draw("g", { class: `label ${kind}`, style: { "--c": colour } },
      draw("path", { class: "lead", d: `M${from + 6} ${y(ends[at].y)}L${width - margin.right + 6} ${placed[at]}` }),
      draw("text", { x: width - margin.right + 9, y: placed[at], dy: "0.32em" }, cut(method, 16), draw("title", {}, method)));
  });
}
