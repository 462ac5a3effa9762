//! Carries the sources of the plugin sdk inside the command, so that
//! `arrcoc plugins new` can write them into a new folder: nothing needs to be
//! published for somebody to build a plugin.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

/// What a plugin is built from, in the order of their dependencies.
const CARRIED: [&str; 4] = ["abi", "decide", "stats", "sdk"];

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let crates = here.join("..");
    let root = crates.join("..");
    let mut list = String::from("pub(super) const CARRIED: &[(&str, &str)] = &[\n");
    for name in CARRIED {
        let folder = crates.join(name);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files = vec![folder.join("Cargo.toml")];
        sources(&folder.join("src"), &mut files)?;
        for file in files {
            let relative = file.strip_prefix(&crates).map_err(io::Error::other)?;
            let relative = relative.to_string_lossy().replace('\\', "/");
            list.push_str(&format!("    ({relative:?}, include_str!({:?})),\n", file.canonicalize()?));
        }
    }
    list.push_str("];\n");
    for (name, file) in [("WORKSPACE", "Cargo.toml"), ("LOCK", "Cargo.lock")] {
        let path = root.join(file);
        println!("cargo::rerun-if-changed={}", path.display());
        list.push_str(&format!(
            "pub(super) const {name}: &str = include_str!({:?});\n",
            path.canonicalize()?
        ));
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("carried.rs"), list)
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    Ok(())
}
