// The picture of an item: as it is, under its tokens, as a reader sees it, or
// both with a divider between; the answer outlined, the picked patch framed.

/**
 * Tokens as colour, t from 0 to 1: from near white through green to deep blue, in
 * equal steps of lightness (Oklab, Ottosson 2020), so that it reads the same without
 * colour and with any colour vision.
 */
function ramp(t) {
  const lightness = 0.98 - 0.58 * t;
  const chroma = 0.02 + 0.11 * Math.sin((Math.PI / 2) * t ** 0.8);
  const hue = ((110 + 150 * t) * Math.PI) / 180;
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((c) => {
    const v = Math.max(0, Math.min(1, c));
    return Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
  });
}

/** One pixel for each patch; the browser makes it large. */
function heat({ rows, cols }, { tokens, min, max }) {
  const canvas = make("canvas", { class: "heat", width: cols, height: rows, "aria-hidden": "true" });
  const paper = canvas.getContext("2d");
  if (!paper || !rows || !cols) return canvas;
  const image = paper.createImageData(cols, rows);
  tokens.slice(0, rows * cols).forEach((count, at) => {
    const t = max > min ? Math.max(0, Math.min(1, (count - min) / (max - min))) : 0.5;
    image.data.set([...ramp(t), 255], 4 * at);
  });
  paper.putImageData(image, 0, 0);
  return canvas;
}

/** The outline of a set of patches: every side that has no neighbour in the set. */
function outline(patches, cols) {
  const inside = new Set(patches);
  return patches.map((patch) => {
    const [row, col] = [Math.floor(patch / cols), patch % cols];
    return [
      inside.has(patch - cols) ? "" : `M${col} ${row}h1`,
      inside.has(patch + cols) ? "" : `M${col} ${row + 1}h1`,
      col > 0 && inside.has(patch - 1) ? "" : `M${col} ${row}v1`,
      col < cols - 1 && inside.has(patch + 1) ? "" : `M${col + 1} ${row}v1`,
    ].join("");
  }).join("");
}

function legend({ min, max, average }) {
  const steps = Array.from({ length: 24 }, (_, at) => `rgb(${ramp(at / 23).join(" ")})`);
  const at = max > min ? (100 * (average - min)) / (max - min) : 50;
  return make("div", { class: "scale" }, plain(min),
    make("span", { class: "ramp", style: { background: `linear-gradient(to right, ${steps.join(", ")})` } },
      make("i", { title: `average ${plain(average)}`, style: { left: `${Math.max(0, Math.min(100, at))}%` } })),
    `${plain(max)} tokens`);
}

/** The picture with everything on it. `state.split` is where the divider stands, 0 to 100. */
function stage(item, view, state, pick, divide) {
  const { rows, cols } = item;
  const box = `0 0 ${cols} ${rows}`;
  const marks = draw("svg", { class: "marks", viewBox: box, preserveAspectRatio: "none", "aria-hidden": "true" });
  const surface = make("div", {
    class: `stage ${state.look}`, tabindex: "0", role: "application", "aria-roledescription": "grid of patches",
    "aria-label": `${cut(item.name, 80)}, ${rows} rows and ${cols} columns of patches. The arrow keys pick a patch.`,
    style: { "aspect-ratio": `${item.width || 1} / ${item.height || 1}`, "--wide": String((item.width || 1) / (item.height || 1)) },
  },
    state.look !== "rendered" && picture(item.image, { class: "base", alt: "" }),
    (state.look === "rendered" || state.look === "divided") && (view.rendered
      ? picture(view.rendered, { class: "rendered", alt: "" })
      : make("p", { class: "nothing" }, "no rendered image")),
    state.look === "tokens" && view.tokens.length > 0 && heat(item, view),
    marks,
    state.look === "divided" && make("span", { class: "divider", "aria-hidden": "true" }));
  surface.append(make("span", { class: "corner" }, { image: "the image", tokens: "tokens", rendered: "as it is read", divided: "image | as it is read" }[state.look]));

  const patchAt = (event) => {
    const area = surface.getBoundingClientRect();
    const [col, row] = [Math.floor(((event.clientX - area.left) / area.width) * cols), Math.floor(((event.clientY - area.top) / area.height) * rows)];
    return Math.max(0, Math.min(rows - 1, row)) * cols + Math.max(0, Math.min(cols - 1, col));
  };
  let dragged = false;
  const drag = (event) => {
    const area = surface.getBoundingClientRect();
    divide(Math.max(0, Math.min(100, (100 * (event.clientX - area.left)) / area.width)));
  };
  surface.addEventListener("pointerdown", (event) => {
    dragged = event.target.classList.contains("divider");
    if (dragged) surface.setPointerCapture(event.pointerId);
  });
  surface.addEventListener("pointermove", (event) => { if (dragged && event.buttons) drag(event); });
  surface.addEventListener("click", (event) => {
    if (!dragged && rows && cols) pick(patchAt(event));
    dragged = false;
  });
  surface.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !rows || !cols) return;
    const from = state.patch ?? 0;
    const [row, col] = [Math.floor(from / cols), from % cols];
    const to = {
      ArrowLeft: [row, col - 1], ArrowRight: [row, col + 1], ArrowUp: [row - 1, col], ArrowDown: [row + 1, col],
      Home: [row, 0], End: [row, cols - 1],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    pick(Math.max(0, Math.min(rows - 1, to[0])) * cols + Math.max(0, Math.min(cols - 1, to[1])));
  });
  const show = () => {
    const { patch } = state;
    const frame = patch === null ? "" : outline([patch], cols);
    marks.replaceChildren(...[["answer halo", outline(item.answer_patches, cols)], ["answer", outline(item.answer_patches, cols)], ["picked halo", frame], ["picked", frame]]
      .filter(([, d]) => d).map(([name, d]) => draw("path", { class: name, d })));
    surface.style.setProperty("--split", `${state.split}%`);
  };
  show();
  return { surface, show };
}
