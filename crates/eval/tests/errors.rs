//! What is wrong with a request or a suite file is told in one line, with its
//! place and a hint, and before anything is measured.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use support::{Desk, SMALL, assembled};

/// The small suite with one part replaced.
fn broken(from: &str, to: &str) -> String {
    assert_eq!(SMALL.matches(from).count(), 1, "`{from}` is there once");
    refusal(&SMALL.replace(from, to))
}

/// Without the expression, which would be all of the test.
fn snapshot(name: &str, errors: &[String]) {
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(name, errors.join("\n"));
    });
}

fn refusal(text: &str) -> String {
    let desk = Desk::new();
    desk.write("suite.yaml", text);
    let refused = desk.run(&["--suite", "suite.yaml"]).refused();
    assert!(desk.names("reports").is_empty(), "nothing was written");
    desk.stable(&refused)
}

#[test]
fn keys_and_types() {
    snapshot(
        "keys_and_types",
        &[
            broken("averages: [100, 225]", "avreages: [100, 225]"),
            broken("version: 1\n", "version: one\n"),
            broken("pages: 2", "pages: two"),
            broken("pages: 2", "pages: -2"),
            broken("times: 2", "tiems: 2"),
            broken("size: 1344x1344", "size: 1344"),
            broken("size: 1344x1344", "size: wide"),
            broken("bounds: 64..400", "bounds: 400..64"),
            broken("grids: [2x3, 24x24]", "grids: [2x3, 24by24]"),
            broken("kind: codes", "kind: cods"),
            broken("decode: {}", "decod: {}"),
            broken("decode: {}", "decode: {on: codes}"),
            broken("version: 1\n", ""),
            broken("schema: arrcoc.suite/1", "schema: arrcoc.suite/9"),
            broken("suite: small", "suite: Very Small"),
            broken("at-least: 0.1", "atleast: 0.1"),
            broken("averages: [100, 225]", "averages: [100, 225"),
            refusal(""),
            refusal("a: &a [*a]\n"),
            refusal(&bomb()),
        ],
    );
}

/// A few lines that unfold to more values than any memory holds.
fn bomb() -> String {
    let mut text = String::from("suite: &a [x, x, x, x, x, x, x, x, x]\n");
    for (name, of) in ["b", "c", "d", "e", "f", "g", "h", "i", "j"].iter().zip("abcdefghi".chars()) {
        let nine = vec![format!("*{of}"); 9].join(", ");
        text += &format!("{name}: &{name} [{nine}]\n");
    }
    text
}

#[test]
fn names_and_numbers() {
    let primaries = "  - {metric: decode, method: system, against: uniform, average: 225}\n".repeat(13);
    snapshot(
        "names_and_numbers",
        &[
            broken("[original, uniform, downsample, system, oracle]", "[original, unifrom, system]"),
            broken("system, oracle]", "system, {name: mine, allocator: proportionl}]"),
            broken("system, oracle]", "system, {name: mine, scorers: [propositional, perspectivl]}]"),
            broken("system, oracle]", "system, uniform]"),
            broken("system, oracle]", "system, {name: shared, batch: 1}]"),
            broken("system, oracle]", "system, {name: told, allocator: oracle, batch: 4}]"),
            broken("[original, uniform, downsample, system, oracle]", "[]"),
            broken("pages: 2", "pages: 0"),
            broken("pages: 2,", "pages: 2, full: 20000,"),
            broken(", size: 1344x1344", ""),
            broken("decode: {}", "decode: {on: [cods]}"),
            broken("families: [blur]", "families: [blurr]"),
            broken("families: [blur]", "families: []"),
            broken("[blur], average: 225", "[blur], average: 226"),
            broken("batch: {threads: 2}", "batch: {threads: 1}"),
            broken("sizes: [336x336]", "sizes: [100x100]"),
            broken("batches: [1, 2]", "batches: [0]"),
            broken("sweep: [224x224]", "sweep: [8x8]"),
            broken("system, oracle]", "system, {name: r, allocator: random, params: {random: {sed: 1}}}]"),
            broken("system, oracle]", "system, {name: r, allocator: random, params: {random: {seed: x}}}]"),
            broken("system, oracle]", "system, {name: r, allocator: random, params: {randm: {seed: 1}}}]"),
            broken("system, oracle]", "system, {name: r, backend: cup}]"),
            broken("size: 1344x1344", "size: 100x1344"),
            broken("averages: [100, 225]", "averages: [50, 225]"),
            broken("averages: [100, 225]", "averages: [100, 500]"),
            broken("averages: [100, 225]", "averages: []"),
            broken("averages: [100, 225]", "averages: [100, .nan]"),
            broken("averages: [150]", "averages: [20]"),
            broken("faults: {average: 150", "faults: {average: 15"),
            broken("bad-sum, bad-nan", "bad-sum, bad-man"),
            broken("batch: {threads: 2}", "ranges: {from: 66, to: 200}"),
            broken("batch: {threads: 2}", "ranges: {from: 6, to: 200}"),
            broken("batch: {threads: 2}", "ranges: {from: 200, to: 66}"),
            broken("batch: {threads: 2}", "unknowns: {average: 100}"),
            broken("batch: {threads: 2}", "unknowns: {average: 10}"),
            broken("times: 2", "times: 1"),
            broken("[[1, 0]]", "[[0, 0]]"),
            broken("counts: [1, 2]", "counts: [1]"),
            broken("samples: 8", "samples: 2"),
            broken("against: [uniform]\n", "against: [edge-density]\n"),
            broken("metric: fault-named", "metric: fault-nmaed"),
            broken("metric: decode-area, method: oracle", "metric: decode-area, method: oracel"),
            broken("against: uniform, average: 225", "against: uniform, average: 224"),
            broken("metric: decode, method: original, at-least: 0.9", "metric: decode, method: original"),
            broken("  - {metric: decode, method: system, against: uniform, average: 225}\n", &primaries),
        ],
    );
}

#[test]
fn requests() {
    let desk = Desk::new();
    desk.write("small.yaml", SMALL);
    desk.write("again.yaml", SMALL);
    desk.write("mine/letter.txt", "dear reader");
    desk.write("not-a-plugin.so", "not a library");
    desk.write("latin.yaml", "");
    std::fs::write(desk.path("latin.yaml"), b"suite: caf\xe9\n").unwrap();
    let small = ["--suite", "small.yaml"];
    let refused = |args: &[&str]| {
        let args: Vec<&str> = small.iter().chain(args).copied().collect();
        desk.stable(&desk.run(&args).refused())
    };
    snapshot(
        "requests",
        &[
            desk.run(&["--suite", "acuracy"]).refused(),
            desk.run(&["--suite", "missing.yaml"]).refused(),
            desk.run(&["--suite", "latin.yaml"]).refused(),
            refused(&["--suite", "again.yaml"]),
            refused(&["--out", "mine"]),
            refused(&["--baseline", "mine"]),
            refused(&["--quick", "--full"]),
            desk.run(&["compare", "mine", "nowhere"]).refused(),
            desk.run(&["compare", "mine"]).refused(),
            refused(&["--plugin", "not-a-plugin.so"]),
            refused(&["--plugin", "nowhere.so"]),
            refused(&["--task", "decod"]),
            refused(&["--scorer", "propositionl"]),
            refused(&["--allocator", "edge-densty"]),
            refused(&["--scorer", "features"]),
            refused(&["--quik"]),
        ],
    );
    assert_eq!(desk.read("mine/letter.txt"), "dear reader");
    assert!(assembled().exists());
}
