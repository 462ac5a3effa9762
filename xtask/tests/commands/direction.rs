//! Each rule about edges, broken once.

use crate::tree::Tree;

const DIRECTION: &[&str] = &["lint", "direction"];

#[test]
fn allowed_edges_pass() {
    let run = Tree::good("direction-good").xtask(DIRECTION);
    run.expect(0, &[]);
    assert!(run.stdout.starts_with("ok      direction"), "{}", run.stdout);
}

#[test]
fn a_plugin_may_not_depend_on_the_host() {
    let tree = Tree::good("direction-plugin").library(
        "plugins/cpu",
        "arrcoc-cpu",
        "arrcoc-host = { path = \"../../crates/host\" }",
    );
    tree.xtask(DIRECTION).expect(
        1,
        &["plugins/cpu/Cargo.toml: `arrcoc-cpu` may not depend on `arrcoc-host`; \
           a plugin may depend on `arrcoc-sdk`, `arrcoc-stats`"],
    );
}

#[test]
fn a_plugin_may_test_itself_with_the_host_but_not_with_the_facade() {
    let tree = Tree::good("direction-plugin-tests").library("crates/arrcoc", "arrcoc", "").library(
        "plugins/cpu",
        "arrcoc-cpu",
        "[dev-dependencies]\narrcoc-host = { path = \"../../crates/host\" }\n\
             arrcoc = { path = \"../../crates/arrcoc\" }",
    );
    tree.xtask(DIRECTION).expect(
        1,
        &["plugins/cpu/Cargo.toml: `arrcoc-cpu` may not depend on `arrcoc` in its tests; \
           a plugin may depend on `arrcoc-sdk`, `arrcoc-stats`"],
    );
}

#[test]
fn decide_may_not_depend_on_stats_even_in_tests() {
    for (name, table, tests) in [
        ("direction-decide", "[dependencies.arrcoc-stats]", ""),
        ("direction-decide-tests", "[dev-dependencies.arrcoc-stats]", " in its tests"),
        ("direction-decide-build", "[build-dependencies.arrcoc-stats]", ""),
    ] {
        let tree = Tree::good(name).library(
            "crates/decide",
            "arrcoc-decide",
            &format!("{table}\npath = \"../stats\""),
        );
        tree.xtask(DIRECTION).expect(
            1,
            &[&format!(
                "crates/decide/Cargo.toml: `arrcoc-decide` may not depend on `arrcoc-stats`{tests}; \
                 arrcoc-decide may depend on none of ours"
            )],
        );
    }
}

#[test]
fn only_some_crates_may_name_some_dependencies() {
    let tree = Tree::good("direction-named")
        .library("crates/stats", "arrcoc-stats", "stable = { package = \"abi_stable\", version = \"0.11\" }")
        .library("crates/decide", "arrcoc-decide", "polars-core = \"0.55\"")
        .library("plugins/cpu", "arrcoc-cpu", "[dev-dependencies]\nimage = \"0.25\"");
    tree.xtask(DIRECTION).expect(
        1,
        &[
            "crates/decide/Cargo.toml: `arrcoc-decide` may not name `polars-core`; \
             only `arrcoc-eval` may name `polars`",
            "crates/stats/Cargo.toml: `arrcoc-stats` may not name `abi_stable`; \
             only `arrcoc-abi`, `arrcoc-host`, `arrcoc-sdk` may name `abi_stable`",
            "plugins/cpu/Cargo.toml: `arrcoc-cpu` may not name `image`; \
             only `arrcoc-picture` may name `image`",
        ],
    );
}

#[test]
fn the_wire_contract_depends_on_abi_stable_alone() {
    let tree = Tree::good("direction-abi").library(
        "crates/abi",
        "arrcoc-abi",
        "abi_stable = \"0.11\"\nserde = \"1\"\n[dev-dependencies]\nproptest = \"1\"",
    );
    tree.xtask(DIRECTION).expect(
        1,
        &["crates/abi/Cargo.toml: `arrcoc-abi` may not depend on `serde`; it depends on `abi_stable` alone"],
    );
}

#[test]
fn nothing_but_the_evaluation_may_depend_on_the_facade() {
    let facade = "arrcoc = { path = \"../arrcoc\" }";
    let tree = Tree::good("direction-facade")
        .library("crates/arrcoc", "arrcoc", "arrcoc-host = { path = \"../host\" }")
        .library("crates/eval", "arrcoc-eval", &format!("{facade}\npolars = \"0.55\""))
        .library("crates/ledger", "arrcoc-ledger", facade);
    tree.xtask(DIRECTION).expect(
        1,
        &["crates/ledger/Cargo.toml: `arrcoc-ledger` may not depend on `arrcoc`; \
           arrcoc-ledger may depend on `arrcoc-decide`"],
    );
}

#[test]
fn of_ours_the_development_commands_use_the_table_of_assets_alone() {
    let tree = Tree::good("direction-xtask").library("crates/assets", "arrcoc-assets", "").library(
        "crates/xtask",
        "xtask",
        "arrcoc-assets = { path = \"../assets\" }\narrcoc-stats = { path = \"../stats\" }",
    );
    tree.xtask(DIRECTION).expect(
        1,
        &["crates/xtask/Cargo.toml: `xtask` may not depend on `arrcoc-stats`; \
           xtask may depend on `arrcoc-assets`"],
    );
}

#[test]
fn a_crate_that_nobody_placed_is_a_finding() {
    let tree = Tree::good("direction-unknown").library("crates/novel", "arrcoc-novel", "");
    tree.xtask(DIRECTION).expect(
        1,
        &["crates/novel/Cargo.toml: `arrcoc-novel` is not in the table of allowed edges; \
           add it to xtask/src/lint/direction.rs"],
    );
}

#[test]
fn unsafe_code_is_forbidden_where_it_has_no_business() {
    let bare = "//! Why.\n";
    let denied = "//! Why.\n#![deny(unsafe_code)]\n";
    let tree = Tree::good("direction-unsafe")
        .library("plugins/ways", "arrcoc-ways", "")
        .library("plugins/wgpu", "arrcoc-wgpu", "")
        .write("crates/sdk/src/lib.rs", bare)
        .write("crates/stats/src/lib.rs", bare)
        .write("crates/decide/src/lib.rs", denied)
        .write("crates/decide/src/main.rs", bare)
        .write("plugins/cpu/src/lib.rs", denied)
        .write("plugins/ways/src/lib.rs", "//! `#![forbid(unsafe_code)]` in a sentence is none.\n")
        .write("plugins/wgpu/src/lib.rs", bare);
    let lacks = "lacks `#![forbid(unsafe_code)]`";
    tree.xtask(DIRECTION).expect(
        1,
        &[
            &format!("crates/decide/src/lib.rs: the root file of `arrcoc-decide` {lacks}"),
            &format!("crates/decide/src/main.rs: the root file of `arrcoc-decide` {lacks}"),
            &format!("crates/stats/src/lib.rs: the root file of `arrcoc-stats` {lacks}"),
            &format!(
                "plugins/ways/src/lib.rs: the root file of `arrcoc-ways` {lacks} or `#![deny(unsafe_code)]`"
            ),
        ],
    );
}
