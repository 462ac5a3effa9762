//! Where the plugins come to lie.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::tree::{Run, Tree};

/// A command, its worker, a kit and three plugins, without dependencies, and a bad library apart.
fn tree(name: &str) -> Tree {
    let mut tree = Tree::new(name)
        .library("crates/arrcoc", "arrcoc", "")
        .write("crates/arrcoc/src/main.rs", "fn main() {}\n")
        .library("crates/host", "arrcoc-host", "[[bin]]\nname = \"arrcoc-worker\"\npath = \"src/worker.rs\"")
        .write("crates/host/src/worker.rs", "fn main() {}\n")
        .library("crates/conformance", "arrcoc-conformance", "")
        .write("crates/conformance/src/main.rs", "fn main() {}\n");
    for plugin in ["one", "two"] {
        tree = add_plugin(tree, plugin);
    }
    let example =
        "[lib]\ncrate-type = [\"cdylib\"]\n[[example]]\nname = \"worse\"\ncrate-type = [\"cdylib\"]";
    tree.library("plugins/bad", "arrcoc-bad", example)
        .write("plugins/bad/src/lib.rs", &source("first"))
        .write("plugins/bad/examples/worse.rs", &source("worse"))
}

fn add_plugin(tree: Tree, plugin: &str) -> Tree {
    let folder = format!("plugins/{plugin}");
    tree.library(&folder, &format!("arrcoc-{plugin}"), "[lib]\ncrate-type = [\"cdylib\"]")
        .write(&format!("{folder}/src/lib.rs"), &source("first"))
}

fn source(text: &str) -> String {
    format!(
        "#[unsafe(no_mangle)]\npub extern \"C\" fn text() -> *const u8 {{\n    c\"{text}\".as_ptr().cast()\n}}\n"
    )
}

/// The list of what lies in `plugins/`.
const LIST: &str = "shipped.b3";

fn library(name: &str) -> String {
    format!("{}arrcoc_{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

fn example(name: &str) -> String {
    format!("{}{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn changed(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

fn holds(path: &Path, text: &str) -> bool {
    fs::read(path).unwrap().windows(text.len()).any(|window| window == text.as_bytes())
}

#[track_caller]
fn silent(run: &Run) {
    assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
}

fn release(tree: &Tree) -> PathBuf {
    tree.root.join("target/release")
}

#[test]
fn plugins_lie_beside_the_command_and_the_bad_ones_apart() {
    let tree = tree("build-layout");
    silent(&tree.xtask(&["build", "--quiet"]));
    let release = release(&tree);
    assert!(release.join(format!("arrcoc{}", std::env::consts::EXE_SUFFIX)).is_file());
    assert_eq!(names(&release.join("plugins")), [library("one"), library("two"), LIST.to_owned()]);
    assert!(release.join(format!("arrcoc-worker{}", std::env::consts::EXE_SUFFIX)).is_file());
    assert_eq!(names(&release.join("fixtures")), [library("bad"), example("worse")]);

    // Nothing is touched where nothing changed.
    let [one, two] = ["one", "two"].map(|name| release.join("plugins").join(library(name)));
    let before = [changed(&one), changed(&two)];
    silent(&tree.xtask(&["build", "--quiet"]));
    assert_eq!([changed(&one), changed(&two)], before);

    // One changed plugin is replaced, and it alone.
    let tree = tree.write("plugins/one/src/lib.rs", &source("second"));
    silent(&tree.xtask(&["build", "--quiet"]));
    assert!(holds(&one, "second") && holds(&two, "first"));
    assert_eq!(changed(&two), before[1]);

    // Libraries of no plugin go, and what an interrupted run left; other files stay.
    for name in [&*library("old"), &format!("{}.new", library("one")), "notes.txt"] {
        fs::write(release.join("plugins").join(name), "").unwrap();
    }
    fs::remove_dir_all(tree.root.join("plugins/two")).unwrap();
    let run = tree.xtask(&["build"]);
    assert_eq!(names(&release.join("plugins")), [library("one"), "notes.txt".to_owned(), LIST.to_owned()]);
    assert_eq!(run.stdout.lines().count(), 6, "three commands, a plugin and two fixtures: {}", run.stdout);
    let list = fs::read_to_string(release.join("plugins").join(LIST)).unwrap();
    assert!(list.lines().count() == 1 && list.ends_with(&format!("  {}\n", library("one"))), "{list}");
}

#[test]
fn plugins_alone_leave_the_command_alone() {
    let tree = tree("build-plugins");
    silent(&tree.xtask(&["build", "--plugins", "--quiet"]));
    assert!(!release(&tree).join(format!("arrcoc{}", std::env::consts::EXE_SUFFIX)).exists());
    assert_eq!(names(&release(&tree).join("plugins")), [library("one"), library("two"), LIST.to_owned()]);
}

#[test]
fn many_at_once_do_no_harm() {
    let tree = tree("build-many");
    silent(&tree.xtask(&["build", "--quiet"]));
    let plugins = release(&tree).join("plugins");
    for name in ["one", "two"] {
        fs::write(plugins.join(library(name)), "not a library").unwrap();
    }
    let runs: Vec<_> = (0..4).map(|_| tree.command(&["build", "--quiet"]).spawn().unwrap()).collect();
    for mut run in runs {
        assert!(run.wait().unwrap().success());
    }
    assert_eq!(names(&plugins), [library("one"), library("two"), LIST.to_owned()]);
    assert!(holds(&plugins.join(library("one")), "first"));
}

#[cfg(unix)]
#[test]
fn others_may_not_write_whatever_was_there() {
    use std::os::unix::fs::PermissionsExt as _;
    let tree = tree("build-modes");
    let plugins = release(&tree).join("plugins");
    fs::create_dir_all(&plugins).unwrap();
    fs::set_permissions(&plugins, fs::Permissions::from_mode(0o777)).unwrap();
    silent(&tree.xtask(&["build", "--quiet"]));
    for path in [&plugins, &plugins.join(library("one")), &release(&tree).join("fixtures")] {
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o755, "{}", path.display());
    }
}

#[test]
fn a_plugin_that_makes_no_library_is_named() {
    let tree = tree("build-no-library").library("plugins/two", "arrcoc-two", "");
    let run = tree.xtask(&["build", "--quiet"]);
    assert_eq!(run.status, 1);
    assert_eq!(
        run.stderr,
        "error: `arrcoc-two` makes no shared library\n\
         hint: `plugins/two/Cargo.toml` needs `[lib] crate-type = [\"cdylib\"]`\n"
    );
}

#[test]
fn a_build_that_fails_leaves_what_was_there() {
    let tree = tree("build-fails");
    silent(&tree.xtask(&["build", "--quiet"]));
    let tree = tree.write("plugins/one/src/lib.rs", "no rust");
    let run = tree.xtask(&["build", "--quiet"]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.ends_with("error: `cargo build` failed: its messages are above\n"), "{}", run.stderr);
    assert!(holds(&release(&tree).join("plugins").join(library("one")), "first"));
}
