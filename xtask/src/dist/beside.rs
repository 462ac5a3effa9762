//! What is in the files of the archive and is no package.
//!
//! Packages bring more along than their own code: a database in C, fonts,
//! trained weights. And the compiler brings the standard library. Nothing lists
//! these, so they are told here one by one, each only where its package is
//! linked. A package that no longer holds what was known of it is a failure:
//! somebody has to look.

use std::fs;
use std::path::{Path, PathBuf};

use super::linked::{Key, Linked, Packages};
use crate::failure::Failure;
use crate::workspace::first_line_of;

/// Something in a file of the archive that is no package of its own.
#[derive(Debug)]
pub(super) struct Beside {
    pub(super) name: &'static str,
    pub(super) version: Option<String>,
    pub(super) what: &'static str,
    /// As CycloneDX calls what it is.
    pub(super) kind: &'static str,
    /// An SPDX expression.
    pub(super) licence: &'static str,
    /// The package that brings it; none for what every file has.
    pub(super) carrier: Option<Key>,
    /// What it may be used by: its own words; none where the workspace's own licences hold.
    pub(super) words: Option<Words>,
}

/// Where the words of a licence are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// In a text.
    Text(String),
    /// In a file that is shipped as it is.
    File(PathBuf),
    /// Nowhere on this machine, for this reason.
    Missing(String),
}

/// What came along with the packages. A carrier whose form has changed is a failure: somebody must look.
pub(super) fn beside(packages: &Packages) -> Result<Vec<Beside>, Failure> {
    let mut all = vec![standard_library()?];
    if let Some((key, sqlite)) = named(packages, "libsqlite3-sys") {
        let header = read(&sqlite.folder.join("sqlite3/sqlite3.h"))?;
        let version = header.lines().find_map(|line| {
            line.strip_prefix("#define SQLITE_VERSION ")?.trim().strip_prefix('"')?.strip_suffix('"')
        });
        let blessing = header.split_once("/*\n").and_then(|(_, rest)| rest.split_once("\n****"));
        let (Some(version), Some((blessing, _))) = (version, blessing) else {
            return Err(Failure::new(
                "`libsqlite3-sys` has another SQLite than is known: no version, or no blessing",
            ));
        };
        all.push(Beside {
            name: "SQLite",
            version: Some(version.to_owned()),
            what: "the database in which ledgers are kept, compiled from its sources in C",
            kind: "library",
            licence: "blessing",
            carrier: Some(key.clone()),
            words: Some(Words::Text(
                blessing.lines().map(|line| line.trim_start_matches("**")).collect::<Vec<_>>().join("\n"),
            )),
        });
    }
    if let Some((key, fonts)) = named(packages, "epaint_default_fonts") {
        let font = |name, what, licence, file: &str| {
            let text = read(&fonts.folder.join("fonts").join(file))?;
            Ok(Beside {
                name,
                version: None,
                what,
                kind: "data",
                licence,
                carrier: Some(key.clone()),
                words: Some(Words::Text(text)),
            })
        };
        all.push(font(
            "Hack",
            "the font of numbers in overlays",
            "MIT AND Bitstream-Vera",
            "Hack-Regular.txt",
        )?);
        all.push(font("Ubuntu Light", "the font of labels in overlays", "Ubuntu-font-1.0", "UFL.txt")?);
    }
    if let Some((key, _)) = named(packages, "arrcoc-glance") {
        all.push(Beside {
            name: "glance.safetensors",
            version: Some(key.1.clone()),
            what: "the weights of the scorer glance, trained for this project",
            kind: "machine-learning-model",
            licence: "MIT OR Apache-2.0",
            carrier: Some(key.clone()),
            words: None,
        });
    }
    Ok(all)
}

/// The standard library is in every file, with what it is made of. The compiler brings a page about it.
fn standard_library() -> Result<Beside, Failure> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version =
        first_line_of(&rustc, &["--version"]).and_then(|line| Some(line.split(' ').nth(1)?.to_owned()));
    let root = first_line_of(&rustc, &["--print", "sysroot"])
        .ok_or_else(|| Failure::new("`rustc --print sysroot` names no folder"))?;
    let page = Path::new(&root).join("share/doc/rust/COPYRIGHT-library.html");
    let words = if page.is_file() {
        Words::File(page)
    } else {
        Words::Missing("this compiler came without `COPYRIGHT-library.html`".to_owned())
    };
    Ok(Beside {
        name: "The Rust Standard Library",
        version,
        what: "in every executable and library, with the packages that it is made of",
        kind: "library",
        licence: "MIT OR Apache-2.0",
        carrier: None,
        words: Some(words),
    })
}

fn named<'a>(packages: &'a Packages, name: &str) -> Option<(&'a Key, &'a Linked)> {
    packages.iter().find(|((own, _), _)| own == name)
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::file("read", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of one package with these files.
    fn told(name: &str, package: &str, files: &[(&str, &str)]) -> Result<Vec<Beside>, Failure> {
        let folder = std::env::temp_dir().join(format!("arrcoc-xtask-{name}-{}", std::process::id()));
        for (file, text) in files {
            fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
            fs::write(folder.join(file), text).unwrap();
        }
        let linked = Linked { folder: folder.clone(), ..Linked::default() };
        let packages = Packages::from([((package.to_owned(), "1.0.0".to_owned()), linked)]);
        let told = beside(&packages);
        fs::remove_dir_all(&folder).unwrap();
        told
    }

    #[test]
    fn a_database_is_told_with_its_version_and_its_blessing() {
        let header = "/*\n** 2001-09-15\n**\n**    May you do good.\n**\n*******\n** This header\n*/\n\
                      #define SQLITE_VERSION        \"3.1.2\"\n";
        let told = told("sqlite", "libsqlite3-sys", &[("sqlite3/sqlite3.h", header)]).unwrap();
        let sqlite = told.iter().find(|part| part.name == "SQLite").unwrap();
        assert_eq!(sqlite.version.as_deref(), Some("3.1.2"));
        assert_eq!(sqlite.words, Some(Words::Text(" 2001-09-15\n\n    May you do good.\n".to_owned())));
    }

    #[test]
    fn a_package_that_holds_something_else_than_was_known_is_a_failure() {
        let error =
            told("sqlite-other", "libsqlite3-sys", &[("sqlite3/sqlite3.h", "/* ours */\n")]).unwrap_err();
        assert!(error.to_string().starts_with("`libsqlite3-sys` has another SQLite"), "{error}");
        let error = told("fonts", "epaint_default_fonts", &[("fonts/UFL.txt", "x")]).unwrap_err().to_string();
        assert!(error.contains("Hack-Regular.txt"), "{error}");
    }

    /// The compiler of this build brings the page, or it is said to be missing.
    #[test]
    fn the_standard_library_is_in_everything() {
        let told = told("nothing", "other", &[("x", "x")]).unwrap();
        let [library] = told.as_slice() else { panic!("{told:?}") };
        assert!(library.version.is_some() && library.carrier.is_none());
        assert!(matches!(&library.words, Some(Words::File(_) | Words::Missing(_))), "{library:?}");
    }
}
