//! A Python environment of its own, with packages that are pinned.
//!
//! What runs PyTorch, OpenCV or NumPy beside our own programs runs there and never in the Python of the person who asks:
//! the versions are those of a file in the tree, and nothing else is touched. An environment is made once; it is made anew
//! when the file changes, when an installation was interrupted, or when its Python has gone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::assemble;
use crate::failure::{Failure, say};
use crate::workspace::first_line_of;

/// The interpreter of the environment in `folder`, with the packages of a requirements file.
pub(crate) fn environment(folder: &Path, requirements: &Path) -> Result<PathBuf, Failure> {
    let above = folder.parent().unwrap_or(folder);
    fs::create_dir_all(above).map_err(|error| Failure::file("make", above, error))?;
    let _lock = assemble::lock(&folder.with_extension("lock"))?;
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let wanted = fs::read(requirements).map_err(|error| Failure::file("read", requirements, error))?;
    // Copied when everything was installed: an interruption leaves no such file.
    let installed = folder.join("requirements.txt");
    let there = fs::read(&installed).is_ok_and(|have| have == wanted);
    if there && first_line_of(&python.to_string_lossy(), &["--version"]).is_some() {
        return Ok(python);
    }
    say!("installing Python packages into `{}`", folder.display());
    let make = if cfg!(windows) { "python" } else { "python3" };
    finish(Command::new(make).args(["-m", "venv", "--clear"]).arg(folder))?;
    finish(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"])
            .args(["--retries", "2", "--timeout", "20", "--requirement"])
            .arg(requirements),
    )?;
    fs::write(&installed, wanted).map_err(|error| Failure::file("write", &installed, error))?;
    Ok(python)
}

/// Runs a program to its end. What it said is passed on, and a line of it is the reason.
fn finish(command: &mut Command) -> Result<(), Failure> {
    let name = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output().map_err(|error| {
        Failure::new(format!("cannot run `{name}`: {error}")).hint("it needs Python 3 with the module venv")
    })?;
    if output.status.success() {
        return Ok(());
    }
    // venv complains on standard output.
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    eprint!("{said}");
    Err(Failure::new(format!("`{name}` failed: {}", reason(&said))))
}

/// The line that says most: pip's first error, or the last line.
fn reason(said: &str) -> &str {
    let error = said.lines().find_map(|line| line.strip_prefix("ERROR: "));
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    error.or(last).unwrap_or("it did not say why")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_first_error_of_pip() {
        for (said, expected) in [
            (
                "WARNING: slow\nERROR: Could not find a version that satisfies numpy==2.4.6\nERROR: No matching \
                 distribution found for numpy==2.4.6\n",
                "Could not find a version that satisfies numpy==2.4.6",
            ),
            (
                "The virtual environment was not created.\n\nensurepip is not available\n\n",
                "ensurepip is not available",
            ),
            ("", "it did not say why"),
        ] {
            assert_eq!(reason(said), expected);
        }
    }

    #[test]
    #[cfg(unix)]
    fn what_was_installed_is_not_installed_again_and_a_python_that_has_gone_is_noticed() {
        let place = std::env::temp_dir().join(format!("arrcoc-xtask-environment-{}", std::process::id()));
        let folder = place.join("venv");
        fs::create_dir_all(folder.join("bin")).unwrap();
        let requirements = place.join("requirements.txt");
        fs::write(&requirements, "no-such-package==1.0\n--no-index\n").unwrap();
        fs::copy(&requirements, folder.join("requirements.txt")).unwrap();
        // Any program that ends well when asked for its version.
        std::os::unix::fs::symlink("/bin/true", folder.join("bin/python")).unwrap();
        assert_eq!(environment(&folder, &requirements).unwrap(), folder.join("bin/python"));
        fs::remove_file(folder.join("bin/python")).unwrap();
        assert!(environment(&folder, &requirements).is_err());
        fs::remove_dir_all(&place).unwrap();
    }
}
