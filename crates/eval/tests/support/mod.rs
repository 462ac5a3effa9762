//! What the tests of the evaluation share: the real binary, the real plugins,
//! a folder of their own, and small suites.

#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(unreachable_pub, reason = "shared by test files, which export nothing")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, OnceLock},
};

use tempfile::TempDir;

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The folder that holds `plugins/` and `fixtures/`. Builds them the first time.
pub fn assembled() -> &'static Path {
    static DONE: OnceLock<PathBuf> = OnceLock::new();
    DONE.get_or_init(|| {
        xtask(&["build", "--plugins", "--quiet"]);
        let target = Path::new(env!("CARGO_BIN_EXE_arrcoc-eval")).parent().unwrap().parent().unwrap();
        target.join("release")
    })
}

pub fn xtask(args: &[&str]) {
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--release", "--package", "xtask", "--"])
        .args(args)
        .current_dir(root())
        .status()
        .expect("cargo runs");
    assert!(status.success(), "`cargo xtask {args:?}` failed");
}

/// A suite that measures a little of everything: one page, two budgets.
pub const SMALL: &str = include_str!("../suites/small.yaml");

/// A folder from which the evaluation is run.
pub struct Desk {
    folder: TempDir,
}

impl Desk {
    pub fn new() -> Desk {
        Desk { folder: TempDir::new().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = self.path(folder).read_dir() else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The folders of runs below `reports`, begun ones too; what is kept for the next run is none.
    pub fn runs(&self) -> Vec<String> {
        self.names("reports").into_iter().filter(|name| name != ".cache").collect()
    }

    /// The evaluation with these arguments, not yet started.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_arrcoc-eval"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        if args.first() == Some(&"compare") {
            return command;
        }
        command
            .arg("--plugins")
            .arg(assembled().join("plugins"))
            .arg("--fixtures")
            .arg(assembled().join("fixtures"))
            .arg("--suites")
            .arg(root().join("suites"))
            .arg("--reports")
            .arg(self.path("reports"));
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        let output = self.command(args).output().unwrap();
        Ran {
            code: output.status.code().expect("it was not killed"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Text without this folder's name.
    pub fn stable(&self, text: &str) -> String {
        text.replace(&self.folder.path().display().to_string(), "DIR")
            .replace(&assembled().display().to_string(), "TARGET")
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Asserts a refused request: exit 2, nothing on stdout, one line and a hint.
    pub fn refused(self) -> String {
        assert_eq!(self.code, 2, "{self:?}");
        assert!(self.stdout.is_empty(), "{self:?}");
        let lines: Vec<&str> = self.stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{self:?}");
        assert!(lines[0].starts_with("error: ") && lines[1].starts_with("hint: "), "{self:?}");
        self.stderr
    }
}

/// A plugin as `plugins new` makes it, built by cargo from a folder of its own; with another source where one is given.
/// What it depends on is compiled once for all such plugins.
pub fn scaffolded(desk: &Desk, name: &str, kind: &str, source: Option<&str>) -> PathBuf {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock();
    let target = assembled().parent().unwrap().join("scaffolds");
    let command = assembled().join(format!("arrcoc{}", std::env::consts::EXE_SUFFIX));
    let folder = desk.path("");
    let new = Command::new(command)
        .args(["plugins", "new", name, "--kind", kind])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(new.status.success(), "{new:?}");
    if let Some(source) = source {
        desk.write(&format!("{name}/src/lib.rs"), source);
    }
    let cargo = |args: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(args).args(["--release", "--quiet"]).current_dir(folder.join(name));
        let done = cargo.env("CARGO_TARGET_DIR", &target).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    cargo(&["build"]);
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    let file = format!("{DLL_PREFIX}{}{DLL_SUFFIX}", name.replace('-', "_"));
    let library = folder.join(&file);
    std::fs::copy(target.join("release").join(file), &library).unwrap();
    // The next one has other folders, so that this one's own crates would only lie there.
    cargo(&[
        "clean",
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
    ]);
    library
}
