//! Plugins that misbehave, plugins that are listed, plugins that are inspected.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use arrcoc::{Decision, Mode};
use support::{Desk, fixture, plugins, stable};

fn decide(desk: &Desk, args: &[&str]) -> Decision {
    let fixture = fixture();
    let mut all = vec!["allocate", "page.png", "--json", "-", "--plugin", fixture.to_str().unwrap()];
    all.extend(args);
    let out = desk.run(&all).well();
    Decision::from_json(out.trim()).unwrap()
}

/// What every decision must be, whatever happened on the way.
fn assert_admitted(d: &Decision, total: u64) {
    assert_eq!(d.applied, total);
    let tokens = d.flat_tokens();
    assert_eq!(tokens.iter().map(|&t| u64::from(t)).sum::<u64>(), total);
    assert!(tokens.iter().all(|t| (64..=400).contains(t)));
}

/// An allocator that breaks a promise is replaced, and the record has the true reason.
#[test]
fn a_broken_allocator_ends_in_an_admitted_allocation() {
    let desk = Desk::new();
    let usual = decide(&desk, &["--allocator", "proportional"]);
    for (id, reason) in [
        ("bad-sum", "sum"),
        ("bad-bounds", "patch 0"),
        ("bad-length", "the proposal has 575 patches, not 576"),
        ("bad-fault", "OutOfMemory in allocate: no memory for the table"),
        ("bad-panic", "Panicked in allocate: panicked: index out of bounds"),
    ] {
        let d = decide(&desk, &["--allocator", id]);
        assert_admitted(&d, 86400);
        assert_eq!(d.reasons.len(), 1, "{id}: {:?}", d.reasons);
        let why = d.reasons.last().unwrap();
        assert!(why.contains(id) && why.contains(reason), "{id}: {why}");
        assert_eq!(d.tokens, usual.tokens, "`proportional` shares instead of `{id}`");

        let fixture = fixture();
        let strict =
            ["allocate", "page.png", "--plugin", fixture.to_str().unwrap(), "--allocator", id, "--strict"];
        let ran = desk.run(&strict);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stdout.contains("86400 tokens") && ran.stderr.starts_with("strict: "), "{ran:?}");
    }
}

/// A scorer that fails costs what it would have said, and nothing else.
#[test]
fn a_broken_scorer_is_left_out_with_its_true_reason() {
    let desk = Desk::new();
    let with = |scorer| {
        decide(&desk, &["--scorer", "propositional", "--scorer", "perspectival", "--scorer", scorer])
    };
    let usual = decide(&desk, &["--scorer", "propositional", "--scorer", "perspectival"]);
    for (id, reason) in [
        ("bad-nan", "output `badness` is not a finite number at element 3"),
        ("bad-unwritten", "1 of 576 elements were not written"),
        ("bad-scale", "channel `badness` is 1.5 at patch 0, outside the 0 to 1 it declares"),
        ("bad-scorer-fault", "DeviceLost in prepare: the device went away"),
        ("bad-scorer-panic", "Panicked in prepare: panicked: lost count of the patches, all 576 of them"),
    ] {
        let d = with(id);
        assert_admitted(&d, 86400);
        assert_eq!(d.mode, Mode::Content);
        assert!(d.reasons.iter().any(|r| r.contains(id) && r.contains(reason)), "{id}: {:?}", d.reasons);
        assert_eq!(d.tokens, usual.tokens, "{id}");
        let alone = decide(&desk, &["--scorer", id]);
        assert_admitted(&alone, 86400);
        assert_eq!(alone.mode, Mode::Uniform);
        assert!(alone.flat_tokens().iter().all(|&t| t == 150), "{id}");
    }
}

/// Without any plugin the allocation is uniform, and says why.
#[test]
fn without_plugins_the_allocation_is_uniform() {
    let desk = Desk::new();
    // A copy of the command with nothing beside it.
    std::fs::create_dir(desk.path("bin")).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_arrcoc"), desk.path("bin/arrcoc")).unwrap();
    let run = |args: &[&str]| {
        let mut command = std::process::Command::new(desk.path("bin/arrcoc"));
        command.args(args).current_dir(desk.path("")).env_remove("ARRCOC_PLUGIN_PATH");
        support::Ran::of(&command.output().unwrap())
    };
    let out = run(&["allocate", "page.png", "--json", "-"]).well();
    let d = Decision::from_json(out.trim()).unwrap();
    assert_admitted(&d, 86400);
    assert_eq!(d.mode, Mode::Uniform);
    assert!(d.reasons.iter().any(|r| r.contains("`propositional` did not run")), "{:?}", d.reasons);
    let ran = run(&["allocate", "page.png", "--strict"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(run(&["plugins", "list"]).well().starts_with("no plugins found"));

    // With scorers and without an allocator, weight alone shares, and that is said.
    let [cpu, ways] = ["arrcoc_cpu", "arrcoc_ways"].map(|name| support::library(&plugins(), name));
    // There is no list of what came with the command either, so that it must be said that these are trusted.
    let files = ["--plugin", cpu.to_str().unwrap(), "--plugin", ways.to_str().unwrap()];
    let args = [&files[..], &["--isolation", "inproc"]].concat();
    let out = run(&[&["allocate", "page.png", "--json", "-"], &args[..]].concat()).well();
    let d = Decision::from_json(out.trim()).unwrap();
    assert_eq!(d.reasons, ["unknown allocator `rate-distortion`; `proportional` shared instead"]);
    assert_eq!(d.allocator.id, "proportional");
    assert_eq!(d.tokens, decide(&desk, &["--allocator", "proportional"]).tokens);
}

/// Two files with the same id: the one that was named first is used, both are listed.
#[test]
fn everything_that_was_found_is_listed() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("dir")).unwrap();
    std::fs::copy(fixture(), desk.path("dir/bad.so")).unwrap();
    std::fs::copy(fixture(), desk.path("dir/twin.so")).unwrap();
    desk.write("dir/notes.so", b"not a library\n");
    desk.write("dir/README.md", b"not looked at\n");
    let out = desk.run(&["plugins", "list", "--plugin-dir", "dir"]).well();
    let (devices, others) = without_devices(&out);
    insta::assert_snapshot!(stable(&others, &desk));
    // What drives a device is there or not, with the reason.
    assert_eq!(devices.len(), 2, "{devices:?}");
    for lines in devices {
        let usable = lines[0].starts_with("usable ") && lines.len() == 3;
        let unavailable = lines[0].starts_with("unavailable ") && lines.len() == 4;
        assert!(usable || unavailable, "{lines:?}");
        assert_eq!(lines[1].trim(), "in a process of its own");
    }

    let json = desk.run(&["plugins", "list", "--json"]).well();
    let listed: serde_json::Value = serde_json::from_str(&json).unwrap();
    let ids: Vec<&str> =
        listed["plugins"].as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["allocators", "baselines", "clip", "cpu", "cuda", "glance", "ocr", "ways", "wgpu"]);
}

/// The lines of a list about libraries that drive devices, and all the others.
fn without_devices(list: &str) -> (Vec<Vec<&str>>, String) {
    let (mut devices, mut others, mut inside) = (Vec::<Vec<&str>>::new(), String::new(), false);
    for line in list.lines() {
        if !line.starts_with(' ') {
            inside = line.contains("arrcoc_wgpu") || line.contains("arrcoc_cuda");
            devices.extend(inside.then(Vec::new));
        }
        match devices.last_mut().filter(|_| inside) {
            Some(lines) => lines.push(line),
            None => others += &format!("{line}\n"),
        }
    }
    (devices, others)
}

#[test]
fn inspecting_a_plugin_shows_what_it_offers() {
    let desk = Desk::new();
    let mut sheets = String::new();
    for name in [
        "arrcoc_cpu",
        "arrcoc_ways",
        "arrcoc_allocators",
        "arrcoc_baselines",
        "arrcoc_glance",
        "arrcoc_ocr",
        "arrcoc_clip",
    ] {
        let file = support::library(&plugins(), name);
        sheets += &desk.run(&["plugins", "inspect", file.to_str().unwrap()]).well();
        sheets += "\n";
    }
    insta::with_settings!({filters => vec![("blake3   [0-9a-f]{64}", "blake3   HASH"), ("build    .*", "build    BUILD")]}, {
        insta::assert_snapshot!(stable(&sheets, &desk));
    });
}

/// A library without any working-directory search: a plugin lying there is not picked up.
#[test]
fn the_working_directory_is_not_searched() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("plugins")).unwrap();
    std::fs::copy(fixture(), desk.path("plugins/bad.so")).unwrap();
    std::fs::copy(fixture(), desk.path("bad.so")).unwrap();
    let out = desk.run(&["plugins", "list"]).well();
    assert!(!out.contains("bad.so") && !out.contains("bad-sum"), "{out}");
}

/// What was vetted is what is loaded, or nothing is: a file that is changed, exchanged or taken away in between is
/// refused.
#[test]
#[cfg(unix)]
fn a_file_that_changes_after_vetting_is_not_loaded() {
    let desk = Desk::new();
    // Bytes behind the end make other hashes of the same library, so that it is not loaded yet.
    let mut bytes = std::fs::read(fixture()).unwrap();
    let mut vetted = || {
        bytes.push(0);
        let path = desk.write("plugin.so", &bytes);
        let other = desk.write("other.so", &bytes);
        (arrcoc_host::vet::vet(&path).unwrap(), path, other)
    };
    let refused = |vetted: &arrcoc_host::vet::Vetted, reason: &str| {
        let Err(refusal) = arrcoc_host::load::load(vetted) else { panic!("it was loaded") };
        // The number of a file that was taken away may be given to the next.
        let changed = "it was changed after it was vetted";
        assert!(
            [changed, &format!("{reason} after it was vetted")].contains(&refusal.reason.as_str()),
            "{refusal}"
        );
    };
    let (unchanged, ..) = vetted();
    assert!(arrcoc_host::load::load(&unchanged).is_ok());
    let (changed, path, _) = vetted();
    std::fs::write(&path, b"something else entirely").unwrap();
    refused(&changed, "it was changed");
    let (cut, path, _) = vetted();
    std::fs::File::options().write(true).open(&path).unwrap().set_len(4096).unwrap();
    refused(&cut, "it was changed");
    // The very same bytes in another file.
    let (swapped, path, other) = vetted();
    std::fs::rename(&other, &path).unwrap();
    refused(&swapped, "another file was put in its place");
    let (gone, path, _) = vetted();
    std::fs::remove_file(&path).unwrap();
    refused(&gone, "it was taken away");
    let (linked, path, other) = vetted();
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(&other, &path).unwrap();
    refused(&linked, "another file was put in its place");
}

/// Nobody waits for a pipe that nobody writes to, nor takes a device for a library.
#[test]
#[cfg(unix)]
fn what_is_no_regular_file_is_refused() {
    let desk = Desk::new();
    assert!(std::process::Command::new("mkfifo").arg(desk.path("pipe.so")).status().unwrap().success());
    for path in [desk.path("pipe.so").to_str().unwrap(), "/dev/null"] {
        let said = desk.run(&["allocate", "page.png", "--plugin", path]).refused();
        assert!(said.contains("it is not a regular file"), "{said}");
    }
}

/// A relative entry of the variable would be the working directory by another name.
#[test]
fn relative_folders_in_the_variable_are_not_searched() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("here")).unwrap();
    std::fs::copy(fixture(), support::library(&desk.path("here"), "arrcoc_bad")).unwrap();
    let list = |variable: &std::path::Path| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_arrcoc"));
        command.args(["plugins", "list"]).current_dir(desk.path("")).env("ARRCOC_PLUGIN_PATH", variable);
        support::Ran::of(&command.output().unwrap()).well()
    };
    assert!(!list("here".as_ref()).contains("bad-sum"));
    assert!(list(&desk.path("here")).contains("bad-sum"));
}

/// What the group can write is loaded with a warning; what belongs to somebody
/// else is not loaded.
#[test]
#[cfg(unix)]
fn group_and_owner_are_looked_at() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    std::fs::create_dir(desk.path("dir")).unwrap();
    let plugin = support::library(&desk.path("dir"), "arrcoc_bad");
    std::fs::copy(fixture(), &plugin).unwrap();
    std::fs::set_permissions(&plugin, std::fs::Permissions::from_mode(0o664)).unwrap();
    let list = desk.run(&["plugins", "list", "--plugin-dir", "dir"]).well();
    assert!(list.contains("warning: it can be written by its group"), "{list}");
    if std::os::unix::fs::chown(&plugin, Some(12345), None).is_err() {
        println!("skipped: only root can give a file away");
        return;
    }
    let text = desk.run(&["allocate", "page.png", "--plugin", plugin.to_str().unwrap()]).refused();
    assert!(text.contains("belongs to another user (uid 12345)"), "{text}");
}
