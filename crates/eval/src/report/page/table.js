// Tables that sort: click a heading, or press Enter on it. Once up, once down,
// then as they came. A wide table scrolls in its own box.

const NEXT = { none: "first", first: "second", second: "none" };

/** Cells in order; what has no number stays last in a numeric column, whichever way. */
function compare(a, b, numeric, sign) {
  const [left, right] = [a?.sort, b?.sort];
  if (known(left) && known(right)) return sign * (left - right);
  if (numeric || known(left) || known(right)) return known(right) - known(left);
  return sign * String(a?.text ?? "").localeCompare(String(b?.text ?? ""), "en", { numeric: true });
}

function sortable({ title, columns, rows }) {
  let by = -1;
  let state = "none";
  const body = make("tbody");
  const heads = columns.map(({ name, numeric }, at) => make("th", { scope: "col", "aria-sort": "none", class: numeric ? "numeric" : null },
    make("button", { type: "button", onclick: () => sort(at) }, name, make("span", { class: "arrow", "aria-hidden": "true" }))));
  function sort(at) {
    state = by === at ? NEXT[state] : "first";
    by = at;
    paint();
  }
  function paint() {
    const numeric = columns[by]?.numeric;
    // Numbers begin with the largest, names with A.
    const down = numeric === (state === "first");
    heads.forEach((head, at) => {
      const sorted = at === by && state !== "none";
      head.setAttribute("aria-sort", sorted ? (down ? "descending" : "ascending") : "none");
      head.querySelector(".arrow").textContent = sorted ? (down ? " ↓" : " ↑") : "";
    });
    const order = state === "none" ? rows : rows.toSorted((a, b) => compare(a[by], b[by], numeric, down ? -1 : 1));
    body.replaceChildren(...order.map((row) => make("tr", {}, row.map((cell, at) =>
      make(at === 0 ? "th" : "td", { scope: at === 0 ? "row" : null, class: columns[at]?.numeric ? "numeric" : null }, cell.text)))));
  }
  paint();
  return make("div", { class: "table", tabindex: "0", role: "region", "aria-label": title },
    make("table", {}, make("caption", {}, title, make("small", {}, ` ${counted(rows.length, "rows")}`)), make("thead", {}, make("tr", {}, heads)), body));
}
