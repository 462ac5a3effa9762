// Why a patch got what it got: an exact account in sixths of a token, drawn as
// a waterfall, with the score behind each part and the verdict in words.

const WAYS = {
  __proto__: null,
  propositional: "what is there", perspectival: "what stands out", participatory: "what is asked for",
};
const VERDICTS = {
  __proto__: null,
  confident: "the ways of scoring agree",
  background: "every score is low",
  distractor: "it stands out, but the question does not ask for it",
  surprise: "much is there that neither stands out nor is asked for",
  uncertain: "the ways of scoring disagree",
};

/** Parts of a patch's tokens: the even share first, what the allocator did last. */
function parts(view, patch) {
  return [
    { name: "even share", sixths: view.uniform_sixths[patch], score: null },
    ...view.ways.map(({ name, sixths, score }) => ({
      name: WAYS[name] ?? name, term: WAYS[name] ? name : null, sixths: sixths[patch], score: score ? score[patch] : undefined,
    })),
    { name: "the allocator’s own", sixths: view.allocator_sixths[patch], score: null },
  ];
}

function account(item, view, patch) {
  if (patch === null) return [make("p", { class: "quiet" }, "Click a patch, or focus the picture and use the arrow keys.")];
  const place = `Row ${Math.floor(patch / item.cols) + 1}, column ${(patch % item.cols) + 1}`;
  const holds = item.answer_patches.includes(patch);
  const head = make("h4", {}, place, holds && make("span", { class: "holds" }, " holds an answer"));
  if (!known(view.tokens[patch])) return [head, make("p", { class: "quiet" }, "This method has no patches: the whole image is made smaller.")];
  const tokens = make("p", { class: "count" }, make("b", {}, plain(view.tokens[patch])), view.tokens[patch] === 1 ? " token" : " tokens");
  const list = parts(view, patch);
  if (!known(list[0].sixths)) return [head, tokens, make("p", { class: "quiet" }, "There is no account: no decision was made.")];
  return [head, tokens, waterfall(list), verdict(view.verdicts[patch])].filter(Boolean);
}

function verdict(word) {
  if (!word) return null;
  return make("p", { class: "verdict" }, make("b", {}, cut(word, 200)), VERDICTS[word] && `: ${VERDICTS[word]}.`);
}

/** Each part begins where the last one ended; the last row is what they come to. */
function waterfall(list) {
  let end = 0;
  const steps = list.map((part) => {
    const from = end;
    end += part.sixths ?? 0;
    return { ...part, from, to: end };
  });
  const all = [0, ...steps.flatMap(({ from, to }) => [from, to])];
  const [least, most] = [Math.min(...all), Math.max(...all, 1)];
  const at = (sixths) => (100 * (sixths - least)) / (most - least);
  const piece = (from, to, kind) => make("span", { class: "fall", "aria-hidden": "true" },
    make("i", { class: "zero", style: { left: `${at(0)}%` } }),
    make("i", { class: kind, style: { left: `${at(Math.min(from, to))}%`, width: `${at(Math.max(from, to)) - at(Math.min(from, to))}%` } }));
  const score = (value) => (value === null ? "" : known(value) ? value.toFixed(2) : "absent");
  return make("table", { class: "account" },
    make("caption", { class: "unseen" }, "Where the tokens come from"),
    make("thead", {}, make("tr", {}, ["part", "score", "", "tokens"].map((name, i) => make("th", { scope: "col", class: i % 2 ? "numeric" : null }, name)))),
    make("tbody", {},
      steps.map(({ name, term, sixths, score: value, from, to }, i) => make("tr", { "data-part": term ?? name },
        make("th", { scope: "row", title: term }, cut(name, 60)),
        make("td", { class: "numeric" }, score(value)),
        make("td", {}, piece(from, to, i === 0 ? "even" : sixths < 0 ? "less" : "more")),
        make("td", { class: "numeric" }, known(sixths) ? mixed(sixths, i > 0) : "–"))),
      make("tr", { class: "sum" },
        make("th", { scope: "row" }, "together"), make("td"), make("td", {}, piece(0, end, "even")),
        make("td", { class: "numeric" }, mixed(end)))));
}

/** What holds for the whole decision: what it rests on, how the pulls stood, why it retreated. */
function decision(view) {
  const tensions = Object.entries(view.tensions).map(([name, value]) => {
    const [low, high] = name.includes("_") ? name.split("_") : [name, ""];
    return make("div", { class: "tension", role: "img", "aria-label": `${low} to ${high}: ${plain(value)}`, title: plain(value) },
      make("span", {}, cut(low, 24)),
      make("span", { class: "pull" }, known(value) && make("i", { style: { left: `${Math.max(0, Math.min(100, (100 * (value - 0.1)) / 0.8))}%` } })),
      make("span", {}, cut(high, 24)));
  });
  const facts = [
    view.mode && ["rests on", { __proto__: null, coupled: "question and content", content: "content alone", uniform: "nothing: uniform" }[view.mode] ?? view.mode],
    known(view.coupling) && ["coupling with the question", view.coupling.toFixed(2)],
    ["tokens handed out", plain(view.applied)],
  ].filter(Boolean);
  return [
    make("dl", {}, facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)))),
    tensions.length > 0 && make("div", { class: "tensions" }, tensions),
    view.reasons.length > 0 && make("ul", { class: "plain reasons" }, view.reasons.map((text) => make("li", {}, "Retreated: ", prose(text)))),
    view.summary && make("details", { class: "words" }, make("summary", {}, "Why, in words"), make("pre", { tabindex: "0" }, view.summary)),
  ].filter(Boolean);
}
