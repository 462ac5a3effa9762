// Suite by suite: what was asked, what was found, the figures and tables it
// rests on, and the gates.

const GATE = { holds: ["✓", "holds", "better"], fails: ["✕", "fails", "worse"], unknown: ["?", "unknown", "unclear"] };

function gates(list) {
  if (!list.length) return null;
  const count = (outcome) => list.filter((gate) => gate.outcome === outcome).length;
  const short = Object.keys(GATE).filter(count).map((outcome) => `${count(outcome)} ${{ holds: "hold", fails: "failed", unknown: "unknown" }[outcome]}`);
  return make("details", { class: "gates", open: count("fails") > 0 },
    make("summary", {}, `Gates: ${short.join(", ")}`),
    make("ul", { class: "plain" }, list.map(({ name, outcome, why, place }) => {
      const [sign, word, colour] = GATE[outcome];
      return make("li", {}, make("span", { class: colour }, make("span", { "aria-hidden": "true" }, `${sign} `), word), " ",
        make("b", {}, prose(name)), ": ", prose(why), " ", make("small", {}, place));
    })));
}

function suite(data, at) {
  const id = `suite-${at}`;
  return make("section", { id, class: "suite", "aria-labelledby": `${id}-title` },
    make("h2", { id: `${id}-title` }, data.name, make("small", {}, ` version ${data.version}`)),
    data.description && make("p", { class: "about" }, prose(data.description)),
    data.verdicts.length > 0 && make("ul", { class: "verdicts" }, data.verdicts.map((text) => make("li", {}, prose(text)))),
    make("div", { class: "figures" }, data.curves.map(curves), data.pareto.map(pareto)),
    data.tables.map(sortable),
    gates(data.gates));
}
