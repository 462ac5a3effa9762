// The first screen: does the system beat the others, where, by how much, how
// certain is it; what does it cost; what failed.

const SIGN = { better: "▲", worse: "▼", unclear: "○" };
const SAID = { better: "better", worse: "worse", unclear: "no difference shown" };

/** Answers by the method they are against, in the order given. */
function against(answers) {
  const groups = new Map();
  for (const answer of answers) {
    if (!groups.has(answer.against)) groups.set(answer.against, []);
    groups.get(answer.against).push(answer);
  }
  return groups;
}

const tally = (answers) => {
  const count = { better: 0, unclear: 0, worse: 0 };
  for (const { outcome } of answers) count[outcome]++;
  return count;
};

/** What to say of one method: the named comparisons count, others only where there are none. */
function stand(answers) {
  const named = answers.filter((answer) => answer.primary);
  const counts = named.length ? named : answers;
  const { better, worse } = tally(counts);
  const all = counts.length;
  if (better === all) return "beats";
  if (worse === all) return "behind";
  if (better && worse) return "mixed";
  if (better) return "partly";
  return worse ? "partly behind" : "equal";
}

const STANDS = [
  ["beats", "beats ", ""],
  ["partly", "beats ", " in part"],
  ["mixed", "is better than ", " in places and worse in others"],
  ["equal", "shows no difference from ", ""],
  ["partly behind", "is behind ", " in part"],
  ["behind", "is behind ", ""],
];

/** "The system beats A and B; it is behind C in part." */
function lede(answers) {
  const groups = against(answers);
  if (!groups.size) return ["Nothing was compared with the system in this run."];
  const clauses = STANDS.flatMap(([key, before, after]) => {
    const names = [...groups].filter(([, list]) => stand(list) === key).map(([name]) => name);
    if (!names.length) return [];
    const shown = names.slice(0, 6).map((name) => make("strong", { title: name }, cut(name, 40)));
    if (names.length > 6) shown.push(`${names.length - 6} more`);
    return [[before, listed(shown), after]];
  });
  return ["The system ", clauses.map((clause, at) => [at ? "; it " : "", clause]), "."];
}

const listed = (parts) => parts.map((part, at) => [at === 0 ? "" : at === parts.length - 1 ? " and " : ", ", part]);

/** One scale for each unit, so that bars can be compared by eye. */
function scales(answers) {
  const all = new Map();
  for (const { unit, estimate, low, high } of answers) {
    const ends = [0, estimate, low, high].filter(known);
    const [least, most] = all.get(unit) ?? [0, 0];
    all.set(unit, [Math.min(least, ...ends), Math.max(most, ...ends)]);
  }
  for (const [unit, [least, most]] of all) {
    const room = (most - least || 1) * 0.05;
    all.set(unit, [least - room, most + room]);
  }
  return all;
}

function bar({ estimate, low, high, outcome }, [least, most]) {
  const at = (value) => `${(100 * (value - least)) / (most - least)}%`;
  const span = known(low) && known(high);
  return make("span", { class: "bar", "aria-hidden": "true" },
    make("i", { class: "zero", style: { left: at(0) } }),
    span && make("i", { class: `span ${outcome}`, style: { left: at(low), width: `${(100 * (high - low)) / (most - least)}%` } }),
    known(estimate) && make("i", { class: `dot ${outcome}`, style: { left: at(estimate) } }));
}

function certainty({ p, n, of, outcome, power, unit, primary, low }) {
  const pages = counted(n, of);
  if (!known(low)) return [`too few ${of} to tell · ${pages}`];
  const test = primary ? (known(p) ? pText(p) : "") : "exploratory";
  const would = outcome === "unclear" && known(power) ? `${plain(power)} ${unit} would be found` : "";
  return [[test, pages].filter(Boolean).join(" · "), would && make("span", { class: "would" }, would)];
}

function row(answer, first, span) {
  return make("li", { class: `answer${first ? " first" : ""}`, "data-outcome": answer.outcome },
    make("span", { class: "against", title: answer.against }, first ? cut(answer.against, 60) : make("span", { class: "unseen" }, answer.against)),
    make("span", { class: "at" },
      make("span", {}, answer.at.replace(/^./, (c) => c.toUpperCase())),
      make("small", {}, `${answer.metric}, ${answer.dataset}`)),
    bar(answer, span),
    make("span", { class: `outcome ${answer.outcome}` },
      make("span", { class: "sign", "aria-hidden": "true" }, SIGN[answer.outcome]),
      make("span", { class: "unseen" }, `${SAID[answer.outcome]}: `),
      make("b", {}, signed(answer.estimate)), " ",
      make("small", {}, interval(answer.low, answer.high, tenths)),
      make("span", { class: "unseen" }, ` ${answer.unit}`)),
    make("span", { class: "certainty" }, certainty(answer)));
}

/** Every group shows what was named first; whatever is worse is never folded away. */
function folded(answers, most) {
  const open = answers.filter((a, at) => a.outcome === "worse" || answers.slice(0, at).filter((b) => b.outcome !== "worse").length < most);
  return [open, answers.filter((a) => !open.includes(a))];
}

function comparisons(answers) {
  const groups = against(answers);
  const spans = scales(answers);
  // As many rows as leave room for what it costs and what failed.
  const room = matchMedia("(min-width: 46rem)").matches ? 14 : 8;
  const most = Math.max(room === 14 ? 2 : 1, Math.floor(room / Math.max(1, groups.size)));
  const units = [...spans.keys()];
  const scale = units.length === 1 ? spans.get(units[0]) : null;
  const list = [...groups].map(([, group]) => {
    const sorted = [...group.filter((a) => a.primary), ...group.filter((a) => !a.primary)];
    const [open, more] = folded(sorted, most);
    return make("li", { class: "group" },
      make("ul", {}, open.map((answer, at) => row(answer, at === 0, spans.get(answer.unit)))),
      more.length > 0 && make("details", {},
        make("summary", {}, `${more.length} more against `, make("b", {}, cut(group[0].against, 40)), `: ${inWords(tally(more))}`),
        make("ul", {}, more.map((answer) => row(answer, false, spans.get(answer.unit))))));
  });
  return make("section", { id: "answers", "aria-labelledby": "answers-title" },
    make("h2", { id: "answers-title" }, "Against the others"),
    make("p", { class: "key" },
      `Difference in ${units.join(", ") || "points"} with its 95 % interval; right of the line is in the system’s favour. `,
      Object.entries(SIGN).map(([outcome, sign]) => [make("span", { class: `nobreak ${outcome}` }, `${sign} ${SAID[outcome]}`), " "])),
    scale && axis(scale),
    make("ul", { class: "answers" }, list));
}

const inWords = (count) => Object.entries(count).filter(([, n]) => n).map(([outcome, n]) => `${n} ${SAID[outcome]}`).join(", ");

function axis([least, most]) {
  const marks = ticks(least, most, 4);
  return make("div", { class: "axis", "aria-hidden": "true" }, make("div", {},
    marks.map((mark) => make("span", { style: { left: `${(100 * (mark - least)) / (most - least)}%` } }, mark === 0 ? "0" : signed(mark).replace(/\.0$/, "")))));
}

const costs = (list) => make("section", { id: "costs", "aria-labelledby": "costs-title" },
  make("h2", { id: "costs-title" }, "What it costs"),
  list.length
    ? make("ul", { class: "plain" }, list.map(({ text }) => make("li", {}, prose(text))))
    : make("p", { class: "quiet" }, "No cost was measured in this run."));

const failures = (list) => make("section", { id: "failed", "aria-labelledby": "failed-title", class: list.length ? "bad" : "" },
  make("h2", { id: "failed-title" }, "What failed"),
  list.length
    ? make("ul", { class: "plain" }, list.map(({ what, why, place }) => make("li", {},
        make("span", { class: "worse", "aria-hidden": "true" }, "✕ "), make("b", {}, prose(what)), ": ", prose(why),
        place && [" ", make("small", {}, place)])))
    : make("p", {}, make("span", { class: "better", "aria-hidden": "true" }, "✓ "), "Nothing failed."));

function gatesInShort({ suites, holds }) {
  const gates = suites.flatMap((suite) => suite.gates);
  const bad = gates.filter((gate) => gate.outcome === "fails").length;
  const unknown = gates.filter((gate) => gate.outcome === "unknown").length;
  if (!gates.length && holds) return make("span", {}, "no gate was asked for");
  const words = holds
    ? `✓ ${gates.length - unknown} of ${gates.length} gates hold`
    : bad ? `✕ ${bad} of ${gates.length} gates failed` : "✕ not every gate holds";
  return make("span", { class: holds ? "better" : "worse" }, words, unknown > 0 && `, ${unknown} unknown`);
}

/** The header and the first screen. */
function opening(page) {
  const dot = () => make("span", { "aria-hidden": "true" }, " · ");
  const facts = [
    page.quick ? make("strong", { class: "quick" }, "quick run: for gates, not for claims") : page.length && `${page.length} run`,
    page.created, duration(page.seconds), page.version && `arrcoc ${page.version}`, gatesInShort(page),
  ].filter(Boolean);
  const label = () => (theme.dark() ? "Light" : "Dark");
  const toggle = make("button", { type: "button", id: "theme", title: "Light or dark", onclick: () => {
    theme.toggle();
    toggle.textContent = label();
  } }, label());
  document.getElementById("head").append(
    make("div", { class: "facts" }, make("p", {}, facts.map((fact, at) => [at > 0 && dot(), fact])), toggle),
    make("h1", {}, page.title || "Evaluation"),
    make("p", { class: "lede" }, lede(page.answers)));
  return make("div", { class: "opening" },
    page.answers.length > 0 && comparisons(page.answers),
    make("div", { class: "beside" }, failures(page.failed), costs(page.costs)));
}
