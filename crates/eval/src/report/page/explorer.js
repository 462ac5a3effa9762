// The explorer: pick an item, a method at a budget and perhaps a second one,
// and ask patch by patch. What is picked is in the address, so that it can be
// linked to.

const LOOKS = { image: "Image", tokens: "Tokens", rendered: "As it is read", divided: "Divider" };

/** What the address asks for; anything that does not exist is left out. */
function asked(hash, items) {
  const given = new URLSearchParams(hash.slice(1));
  const number = (name, below) => {
    const text = given.get(name);
    return text !== null && /^\d{1,6}$/.test(text) && Number(text) < below ? Number(text) : null;
  };
  const item = number("item", items.length) ?? 0;
  const { views, rows, cols, answer_patches } = items[item];
  const first = answer_patches.find((patch) => patch < rows * cols) ?? null;
  return {
    item,
    view: number("view", views.length) ?? 0,
    second: number("with", views.length),
    look: Object.hasOwn(LOOKS, given.get("look") ?? "") ? given.get("look") : "tokens",
    patch: number("patch", rows * cols) ?? first,
    split: 50,
  };
}

const address = ({ item, view, second, look: how, patch }) => {
  const wanted = new URLSearchParams({ item, view });
  if (second !== null) wanted.set("with", second);
  wanted.set("look", how);
  if (patch !== null) wanted.set("patch", patch);
  return `#${wanted}`;
};

/** A choice of views, by method. */
function choice(id, label, views, none, change) {
  const groups = new Map();
  views.forEach(({ method, average }, at) => {
    if (!groups.has(method)) groups.set(method, []);
    groups.get(method).push(make("option", { value: at }, `${cut(method, 40)}, ${plain(average)} a patch`));
  });
  const select = make("select", { id, onchange: () => change(select.value === "" ? null : Number(select.value)) },
    none && make("option", { value: "" }, none),
    [...groups].map(([method, options]) => (options.length > 1 ? make("optgroup", { label: cut(method, 40) }, options) : options)));
  return [make("label", { for: id }, label), select];
}

function explorer(items) {
  if (!items.length) return null;
  let state = asked(location.hash, items);
  let stages = [];
  let accounts = [];
  const controls = make("form", { class: "controls", onsubmit: (event) => event.preventDefault() });
  const about = make("div", { class: "item" });
  const panels = make("div", { class: "panels" });

  function remember() {
    try { history.replaceState(null, "", address(state)); } catch { location.hash = address(state); }
  }
  function pick(patch) {
    state.patch = patch;
    showPatch();
    remember();
  }
  function divide(split) {
    state.split = split;
    for (const { show } of stages) show();
    for (const range of panels.querySelectorAll(".divide")) range.value = split;
  }
  function change(part) {
    state = { ...state, ...part };
    paint();
    remember();
  }
  function showPatch() {
    for (const { show } of stages) show();
    for (const [box, view] of accounts) box.replaceChildren(...account(items[state.item], view, state.patch));
  }
  function panel(view, name) {
    const item = items[state.item];
    const drawn = stage(item, view, state, pick, divide);
    const box = make("div", { class: "why", role: "status" });
    stages.push(drawn);
    accounts.push([box, view]);
    return make("article", { class: "panel", "data-panel": name, "aria-label": `${cut(view.method, 80)}, ${plain(view.average)} tokens a patch` },
      make("div", { class: "seen" },
        make("h3", { title: view.method }, cut(view.method, 60), make("small", {}, ` ${plain(view.average)} tokens a patch`)),
        drawn.surface,
        state.look === "divided" && make("input", { type: "range", class: "divide", min: 0, max: 100, step: 1, value: state.split, "aria-label": "Divider",
          oninput: (event) => divide(Number(event.target.value)) }),
        state.look === "tokens" && view.tokens.length > 0 && legend(view)),
      make("div", { class: "said" }, box, decision(view)));
  }
  function paint() {
    const item = items[state.item];
    const { views } = item;
    const focused = document.activeElement?.id;
    stages = [];
    accounts = [];
    const which = make("select", { id: "item", onchange: () => {
      // The same methods on another item, as far as it has them.
      const next = items[Number(which.value)];
      const same = (at) => {
        const found = at === null ? -1 : next.views.findIndex((v) => v.method === views[at]?.method && v.average === views[at]?.average);
        return found < 0 ? null : found;
      };
      change({ item: Number(which.value), view: same(state.view) ?? 0, second: same(state.second), patch: asked(`#item=${which.value}`, items).patch });
    } }, items.map(({ name, dataset }, at) => make("option", { value: at }, `${cut(dataset, 24)}: ${cut(name, 60)}`)));
    controls.replaceChildren(
      make("p", {}, make("label", { for: "item" }, "Item"), which),
      make("p", {}, choice("view", "Method", views, null, (at) => change({ view: at ?? 0 }))),
      make("p", {}, choice("with", "Beside it", views, "nothing", (at) => change({ second: at }))),
      make("fieldset", { class: "looks" }, make("legend", {}, "Show"), Object.entries(LOOKS).map(([key, label]) => make("label", {},
        make("input", { type: "radio", name: "look", id: `look-${key}`, value: key, checked: key === state.look, onchange: () => change({ look: key }) }), make("span", {}, label)))));
    which.value = state.item;
    controls.querySelector("#view").value = state.view;
    controls.querySelector("#with").value = state.second ?? "";
    const wide = [item.width, item.height].every(known) ? `${item.width}\u2009×\u2009${item.height} pixels, ` : "";
    about.replaceChildren(...[
      item.question ? make("p", { class: "question" }, "“", item.question, "”", item.answers.length > 0 && [" ", make("span", { class: "quiet" }, "Answer: "), item.answers.map((text, at) => [at > 0 && ", ", make("b", {}, text)])])
        : item.answers.length > 0 && make("p", { class: "question" }, make("span", { class: "quiet" }, "Holds: "), item.answers.map((text, at) => [at > 0 && ", ", make("b", {}, text)])),
      make("p", { class: "quiet" }, `${wide}${item.rows}\u2009×\u2009${item.cols} patches`, item.answer_patches.length > 0 && ["; ", make("span", { class: "outlined" }, "outlined"), " patches hold an answer"]),
    ].filter(Boolean));
    const first = views[state.view];
    const second = state.second === null ? null : views[state.second];
    panels.className = `panels ${second ? "two" : "one"}`;
    panels.replaceChildren(...first ? [panel(first, "first"), second && panel(second, "second")].filter(Boolean) : [make("p", { class: "quiet" }, "No method made anything of this item.")]);
    showPatch();
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
  addEventListener("hashchange", () => {
    if (!location.hash.includes("=")) return;
    state = asked(location.hash, items);
    paint();
  });
  paint();
  return make("section", { id: "explorer", "aria-labelledby": "explorer-title" },
    make("h2", { id: "explorer-title" }, "Patch by patch"),
    make("p", { class: "about" }, "What each method made of a page, and why a patch got its tokens. The address keeps what you pick."),
    controls, about, panels);
}
