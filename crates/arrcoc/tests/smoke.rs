//! The archive's own test, on the real commands and plugins: it passes where all is well, and names what is wrong
//! where something is. Each damage is undone again, so that one copy of the files serves all of them.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A folder as the archive has it.
struct Unpacked(TempDir);

impl Unpacked {
    /// `None` where the kit was not built: it is no part of this package.
    fn new() -> Option<Unpacked> {
        let built = support::assembled();
        let (kit, worker) = (built.join("arrcoc-conformance"), built.join("arrcoc-worker"));
        if !kit.is_file() || !worker.is_file() {
            println!("skipped: no arrcoc-conformance or arrcoc-worker; `cargo xtask build` builds them");
            return None;
        }
        let unpacked = Unpacked(TempDir::new().unwrap());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        unpacked.bring(Path::new(env!("CARGO_BIN_EXE_arrcoc")), "arrcoc");
        unpacked.bring(&kit, "arrcoc-conformance");
        unpacked.bring(&worker, "arrcoc-worker");
        unpacked.bring(&root.join("examples/form.jpg"), "examples/form.jpg");
        unpacked.bring(&root.join("xtask/src/dist/smoke-test.sh"), "smoke-test.sh");
        for entry in fs::read_dir(support::plugins()).unwrap() {
            let path = entry.unwrap().path();
            unpacked.bring(&path, &format!("plugins/{}", path.file_name().unwrap().to_str().unwrap()));
        }
        unpacked.sum();
        Some(unpacked)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn bring(&self, from: &Path, name: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::copy(from, self.path(name)).unwrap();
    }

    /// Writes the sums of the files as they are now.
    fn sum(&self) {
        let script = "rm -f SHA256SUMS; sha256sum arrcoc* smoke-test.sh */* > sums; mv sums SHA256SUMS";
        assert!(
            Command::new("sh").args(["-c", script]).current_dir(self.0.path()).status().unwrap().success()
        );
    }

    /// Runs the test: what it said, of which the last line is what came of it.
    fn test(&self) -> Result<String, String> {
        let mut command = Command::new("sh");
        let output = command.arg(self.path("smoke-test.sh")).stdin(Stdio::null()).output().unwrap();
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        match output.status.code() {
            Some(0) => Ok(out),
            Some(1) => {
                assert_eq!(out, "", "{err}");
                Err(err)
            }
            other => panic!("{other:?}: {out}{err}"),
        }
    }

    /// What it says when these files have been changed, by a function of their bytes, and whether the sums were made
    /// anew. `None` removes a file.
    fn damaged(&self, name: &str, sums: bool, change: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) -> String {
        let path = self.path(name);
        let (bytes, mode) = (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().permissions());
        match change(bytes.clone()) {
            Some(changed) => fs::write(&path, changed).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        if sums {
            self.sum();
        }
        let said = self.test();
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, mode).unwrap();
        if sums {
            self.sum();
        }
        let said = said.expect_err(name);
        assert_eq!(said.lines().count(), 1, "{said}");
        said.trim_end().strip_prefix("smoke test: ").unwrap_or_else(|| panic!("{said}")).to_owned()
    }
}

fn flipped(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    Some(bytes)
}

#[test]
fn the_archives_own_test_passes_and_names_the_first_thing_that_is_wrong() {
    let Some(unpacked) = Unpacked::new() else { return };
    let said = unpacked.test().unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        said,
        format!(
            "smoke test: arrcoc {version} works here: 43210 of 43210 tokens given, kept, explained and replayed\n"
        )
    );

    // Against the sums: what is gone, and what is another.
    let ways = "plugins/libarrcoc_ways.so";
    assert_eq!(unpacked.damaged(ways, false, |_| None), format!("{ways} is missing"));
    assert_eq!(unpacked.damaged(ways, false, flipped), format!("{ways} is not as it was packed"));
    assert_eq!(unpacked.damaged("SHA256SUMS", false, |_| None), "SHA256SUMS is missing");

    // Whoever makes the sums anew is found out by what the commands say.
    assert_eq!(unpacked.damaged(ways, true, |_| None), "the plugin libarrcoc_ways.so is not found");
    // Bytes after the end of a library change nothing but its hash.
    let longer = |bytes: Vec<u8>| Some([bytes, vec![0]].concat());
    assert_eq!(
        unpacked.damaged(ways, true, longer),
        "the plugin libarrcoc_ways.so is not the one that came with this command"
    );
    let said = unpacked.damaged(ways, true, |bytes| Some(bytes[..4096].to_vec()));
    assert!(said.starts_with("the plugin libarrcoc_ways.so is refused:"), "{said}");
    let said = unpacked.damaged("arrcoc-worker", true, |_| None);
    assert!(said.starts_with("`arrcoc-worker --version` ended with 127: "), "{said}");
    let said = unpacked.damaged("examples/form.jpg", true, |_| Some(b"no picture".to_vec()));
    assert!(said.starts_with("`arrcoc allocate ") && said.contains("form.jpg"), "{said}");
}

/// A command that gives another number of tokens than was asked for, or forgets a patch, does not pass.
#[test]
fn tokens_that_do_not_sum_to_the_budget_are_found() {
    let Some(unpacked) = Unpacked::new() else { return };
    fs::rename(unpacked.path("arrcoc"), unpacked.path("arrcoc-real")).unwrap();
    let lying = |how: &str| {
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in *--table) \"$0-real\" \"$@\" | {how} ;; *) exec \"$0-real\" \"$@\" ;; esac\n"
        );
        fs::write(unpacked.path("arrcoc"), script).unwrap();
        fs::set_permissions(unpacked.path("arrcoc"), fs::Permissions::from_mode(0o755)).unwrap();
        unpacked.sum();
        unpacked.test()
    };
    let forgets = lying("tail -n +2").unwrap_err();
    assert_eq!(forgets, "smoke test: 575 patches were decided on, not 576\n");
    let adds = lying("awk '{ if (NR == 2) $3 += 1; print }'").unwrap_err();
    assert_eq!(adds, "smoke test: the tokens of all patches sum to 43211, not to 43210\n");
    let nonsense = lying("awk '{ if (NR == 2) $3 = \"many\"; print }'").unwrap_err();
    assert_eq!(nonsense, "smoke test: `arrcoc explain --table` says that a patch got `many`\n");
}
