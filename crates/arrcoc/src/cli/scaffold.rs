//! `arrcoc plugins new`: the source of a plugin that builds, passes its own
//! test and loads. The sdk is written beside it, because nothing is published.

use std::{
    fs,
    path::{Path, PathBuf},
};

use arrcoc::Error;
use arrcoc_host::valid_id;

use super::{Done, args::Kind, say};

mod carried {
    include!(concat!(env!("OUT_DIR"), "/carried.rs"));
}

pub(crate) fn new(name: &str, kind: Kind, folder: Option<&Path>) -> Result<Done, Error> {
    let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase());
    if !valid_id(name) || !starts_well || ["arrcoc", "test", "std", "core"].contains(&name) {
        return Err(Error::new(
            format!("`{name}` cannot be the id of a plugin"),
            "use lower-case letters, digits, `-` and `_`, and begin with a letter",
        ));
    }
    let folder = folder.map_or_else(|| PathBuf::from(name), Path::to_owned);
    if folder.exists() {
        return Err(Error::new(
            format!("{}: it exists already", folder.display()),
            "choose another name, or name a folder with --folder",
        ));
    }
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, text))
            .map_err(|e| Error::file(&path, "write the file", &e))
    };
    let source = match kind {
        Kind::Scorer => include_str!("../../templates/scorer.rs"),
        Kind::Allocator => include_str!("../../templates/allocator.rs"),
    };
    write("src/lib.rs", &fill(source, name, kind))?;
    write("README.md", &fill(include_str!("../../templates/README.md"), name, kind))?;
    write(".gitignore", "/target\n")?;
    write("Cargo.toml", &manifest(name)?)?;
    write("Cargo.lock", carried::LOCK)?;
    for (path, text) in carried::CARRIED {
        let text = if path.ends_with("Cargo.toml") { without_tests(text)? } else { (*text).to_owned() };
        write(&format!("arrcoc/{path}"), &text)?;
    }
    say(&format!(
        "made {0}\n\ncd {0}\ncargo test\ncargo build --release\narrcoc plugins inspect target/release/{1}\n",
        folder.display(),
        library(name)
    ));
    Ok(Done::Well)
}

fn fill(text: &str, name: &str, kind: Kind) -> String {
    let (kind, option) = match kind {
        Kind::Scorer => ("scorer", "scorer"),
        Kind::Allocator => ("allocator", "allocator"),
    };
    text.replace("PLUGIN-ID", name)
        .replace("TypeName", &type_name(name))
        .replace("KIND", kind)
        .replace("OPTION", option)
        .replace("LIBRARY", &library(name))
}

fn library(name: &str) -> String {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    format!("{DLL_PREFIX}{}{DLL_SUFFIX}", name.replace('-', "_"))
}

/// `dark-corners` → `DarkCorners`.
fn type_name(name: &str) -> String {
    let capital = |part: &str| {
        let mut chars = part.chars();
        chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect::<String>()
    };
    name.split(['-', '_']).map(capital).collect()
}

/// The manifest of the new package, which is also the workspace of the carried
/// crates: what they inherit comes from this program's own workspace.
fn manifest(name: &str) -> Result<String, Error> {
    let own: toml::Table = carried::WORKSPACE.parse().map_err(broken)?;
    let table =
        |key: &str| own["workspace"].get(key).cloned().unwrap_or(toml::Value::Table(toml::Table::new()));
    let mut dependencies = table("dependencies");
    if let Some(dependencies) = dependencies.as_table_mut() {
        let used = |name: &str| {
            let key = format!("{name}.workspace");
            let with = format!("{name} = {{ workspace");
            carried::CARRIED.iter().any(|(_, text)| text.contains(&key) || text.contains(&with))
        };
        dependencies.retain(|name, _| used(name));
        for (name, value) in dependencies.iter_mut() {
            if let Some(short) = name.strip_prefix("arrcoc-") {
                *value = toml::Value::Table(toml::Table::from_iter([(
                    "path".to_owned(),
                    toml::Value::from(format!("arrcoc/{short}")),
                )]));
            }
        }
    }
    let mut workspace = toml::Table::new();
    workspace.insert("resolver".into(), own["workspace"].get("resolver").cloned().unwrap_or("3".into()));
    workspace.insert("members".into(), toml::Value::Array(vec!["arrcoc/*".into()]));
    for (key, value) in
        [("package", table("package")), ("dependencies", dependencies), ("lints", table("lints"))]
    {
        workspace.insert(key.into(), value);
    }
    let rest =
        toml::to_string(&toml::Table::from_iter([("workspace".to_owned(), toml::Value::Table(workspace))]))
            .map_err(broken)?;
    Ok(format!(
        r#"[package]
name = "{name}"
version = "0.1.0"
edition = "2024"
license = "MIT OR Apache-2.0"
publish = false

[lib]
crate-type = ["cdylib"]

[dependencies]
arrcoc-sdk = {{ path = "arrcoc/sdk" }}

[profile.release]
panic = "unwind" # a panic becomes a fault that the host reports

# The sdk beside this package, and what its crates inherit.
{rest}"#
    ))
}

/// A carried manifest without what only its own tests and benches need.
fn without_tests(text: &str) -> Result<String, Error> {
    let mut manifest: toml::Table = text.parse().map_err(broken)?;
    manifest.remove("dev-dependencies");
    manifest.remove("bench");
    toml::to_string(&manifest).map_err(broken)
}

fn broken(e: impl std::fmt::Display) -> Error {
    Error::new(format!("the carried sources are broken: {e}"), "report this")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_types() {
        assert_eq!(type_name("dark-corners_2"), "DarkCorners2");
    }

    #[test]
    fn every_inherited_dependency_is_in_the_manifest() {
        let manifest: toml::Table = manifest("x").unwrap().parse().unwrap();
        let declared = manifest["workspace"]["dependencies"].as_table().unwrap();
        for (path, text) in carried::CARRIED.iter().filter(|(path, _)| path.ends_with("Cargo.toml")) {
            let own: toml::Table = without_tests(text).unwrap().parse().unwrap();
            for (name, value) in own["dependencies"].as_table().unwrap() {
                let inherits = value.get("workspace").is_some();
                assert!(!inherits || declared.contains_key(name), "{path}: {name}");
            }
        }
    }
}
