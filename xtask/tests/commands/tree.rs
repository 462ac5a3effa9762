//! A small workspace in a temporary folder, and the program run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A workspace that goes when it is dropped.
pub(crate) struct Tree {
    pub(crate) root: PathBuf,
}

/// How a run of the program ended.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Tree {
    /// An empty workspace. The name must be the test's own.
    pub(crate) fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let tree = Self { root };
        tree.write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\", \"plugins/*\"]\n")
    }

    /// A workspace whose edges are all allowed.
    pub(crate) fn good(name: &str) -> Self {
        Self::new(name)
            .library("crates/abi", "arrcoc-abi", "abi_stable = \"0.11\"")
            .library("crates/stats", "arrcoc-stats", "libm = \"0.2\"")
            .library("crates/decide", "arrcoc-decide", "libm = \"0.2\"")
            .library("crates/sdk", "arrcoc-sdk", "abi_stable = \"0.11\"\narrcoc-abi = { path = \"../abi\" }")
            .library("crates/host", "arrcoc-host", "arrcoc-sdk = { path = \"../sdk\" }")
            .library("plugins/cpu", "arrcoc-cpu", "arrcoc-sdk = { path = \"../../crates/sdk\" }")
    }

    /// Adds a library without unsafe code, or puts another in its place.
    pub(crate) fn library(self, folder: &str, name: &str, dependencies: &str) -> Self {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\nlicense = \"MIT\"\n\
             [dependencies]\n{dependencies}\n"
        );
        self.write(&format!("{folder}/Cargo.toml"), &manifest)
            .write(&format!("{folder}/src/lib.rs"), "//! Why.\n#![forbid(unsafe_code)]\n")
    }

    pub(crate) fn write(self, path: &str, text: &str) -> Self {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Runs `xtask WORDS… --manifest-path` of this workspace.
    pub(crate) fn xtask(&self, words: &[&str]) -> Run {
        let mut command = self.command(words);
        Run::of(command.output().unwrap())
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(words).arg("--manifest-path").arg(self.root.join("Cargo.toml"));
        command.env("CARGO_TARGET_DIR", self.root.join("target"));
        // The outer build's choices are not the small workspace's.
        for name in ["CARGO_BUILD_TARGET", "CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"] {
            command.env_remove(name);
        }
        command
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            status: output.status.code().expect("ended by itself"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The indented lines, which are the findings.
    pub(crate) fn findings(&self) -> Vec<&str> {
        self.stdout.lines().filter_map(|line| line.strip_prefix("  ")).collect()
    }

    /// Fails the test unless the run ended with this status and these findings.
    #[track_caller]
    pub(crate) fn expect(&self, status: i32, findings: &[&str]) {
        assert_eq!(self.findings(), findings, "{}{}", self.stdout, self.stderr);
        assert_eq!(self.status, status, "{}{}", self.stdout, self.stderr);
    }
}
