//! `plugins new`, followed literally: a folder outside the workspace, its own
//! test, its own build, and the unchanged command that loads the result.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::{path::PathBuf, process::Command};

use arrcoc::Decision;
use support::{Desk, assembled, library};

/// Where they are built.
fn scaffolds() -> PathBuf {
    assembled().parent().unwrap().join("scaffolds")
}

fn cargo(desk: &Desk, folder: &str, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(args)
        .current_dir(desk.path(folder))
        // What new plugins depend on is compiled once for all of them.
        .env("CARGO_TARGET_DIR", scaffolds())
        .output()
        .unwrap();
    let all =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{folder}: cargo {args:?}\n{all}");
    all
}

#[test]
fn a_new_plugin_builds_passes_its_test_and_loads() {
    let desk = Desk::new();
    for (name, kind) in [("dark-corners", "scorer"), ("sharpen", "allocator")] {
        let out = desk.run(&["plugins", "new", name, "--kind", kind]).well();
        assert!(out.contains("cargo test"), "{out}");
        let tested = cargo(&desk, name, &["test", "--release", "--quiet"]);
        assert!(tested.contains("test result: ok."), "{tested}");
        cargo(&desk, name, &["build", "--release", "--quiet"]);
        let file = library(&scaffolds().join("release"), &name.replace('-', "_"));
        assert!(file.exists());

        let sheet = desk.run(&["plugins", "inspect", file.to_str().unwrap()]).well();
        assert!(sheet.contains(&format!("{kind} {name}: ")), "{sheet}");

        // By file, and by name from a config file.
        let by_file = [
            "allocate",
            "page.png",
            "--json",
            "-",
            "--plugin",
            file.to_str().unwrap(),
            &format!("--{kind}"),
            name,
        ];
        let by_file = Decision::from_json(desk.run(&by_file).well().trim()).unwrap();
        let setting = if kind == "scorer" {
            format!("scorers = [\"{name}\"]")
        } else {
            format!("allocator = \"{name}\"")
        };
        desk.write("config.toml", format!("plugins = [{file:?}]\n{setting}\n").as_bytes());
        let by_name = ["allocate", "page.png", "--json", "-", "--config", "config.toml"];
        let by_name = Decision::from_json(desk.run(&by_name).well().trim()).unwrap();
        for d in [&by_file, &by_name] {
            assert!(d.reasons.is_empty(), "{:?}", d.reasons);
            assert!(d.plugins.iter().any(|p| p.part == name), "{:?}", d.plugins);
            assert_eq!(d.applied, 86400);
        }
        assert_eq!(by_file.id, by_name.id);
        let again = desk.run(&["plugins", "new", name, "--kind", kind]).refused();
        assert!(again.contains("it exists already"), "{again}");
        let own = [
            "--package",
            name,
            "--package",
            "arrcoc-sdk",
            "--package",
            "arrcoc-abi",
            "--package",
            "arrcoc-stats",
            "--package",
            "arrcoc-decide",
        ];
        cargo(&desk, name, &[&["clean", "--release", "--quiet"], &own[..]].concat());
    }
}
