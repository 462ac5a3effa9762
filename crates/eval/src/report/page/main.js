// The page, from top to bottom.

const page = JSON.parse(document.getElementById("data").textContent);

const READING = [
  ["Interval", "95 %, by bootstrap over pages. Comparisons are paired by page; p is by sign flips, corrected together (Holm) over the comparisons that a suite named before it ran. All others are exploratory and prove nothing."],
  ["No difference shown", "is not “the same”. The line says which true difference would have been found, four times in five; a smaller one may be there."],
  ["References", "uniform gives every patch the same; edge-density goes by edges alone; downsample makes the whole page smaller, without patches; oracle is told where the answer is."],
  ["Account", "Each way of scoring is credited with its exact Shapley share, in sixths of a token. With the even share and what the allocator did of its own the parts sum to the tokens, without a rest."],
  ["The data", "report.md has the same in text, results.parquet every number that was observed, run.json all that is needed to run it again."],
];

function notes({ not_measured, machine, command }) {
  return [
    make("section", { id: "not-measured", "aria-labelledby": "not-measured-title" },
      make("h2", { id: "not-measured-title" }, "Not measured"),
      not_measured.length ? make("ul", { class: "plain" }, not_measured.map((text) => make("li", {}, prose(text)))) : make("p", { class: "quiet" }, "Nothing was left out.")),
    make("section", { id: "reading", "aria-labelledby": "reading-title" },
      make("h2", { id: "reading-title" }, "How to read this"),
      make("dl", {}, READING.map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, text))))),
    make("section", { id: "run", "aria-labelledby": "run-title" },
      make("h2", { id: "run-title" }, "The run"),
      make("dl", {},
        command && make("div", {}, make("dt", {}, "Command"), make("dd", {}, make("code", {}, command))),
        machine.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))))),
  ];
}

function contents({ suites }, hasExplorer) {
  const links = [
    ...suites.map(({ name }, at) => [`#suite-${at}`, cut(name, 40)]),
    ...(hasExplorer ? [["#explorer", "patch by patch"]] : []),
    ["#not-measured", "not measured"], ["#reading", "how to read this"], ["#run", "the run"],
  ];
  return make("nav", { "aria-label": "Sections" }, make("ul", {}, links.map(([to, text]) => make("li", {}, make("a", { href: to }, text)))));
}

const patches = explorer(page.explorer);
document.getElementById("content").append(
  ...[opening(page), contents(page, Boolean(patches)), ...page.suites.map(suite), patches].filter(Boolean));
document.getElementById("foot").append(...notes(page));

// What the address points to was not there when the browser looked for it.
const target = location.hash.includes("=") ? patches : document.getElementById(location.hash.slice(1));
if (location.hash) target?.scrollIntoView({ behavior: "instant" });

// On paper everything is open.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => { for (const details of opened) details.open = false; });
