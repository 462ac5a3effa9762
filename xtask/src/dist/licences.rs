//! The licences of everything that is linked, as one text.
//!
//! Permissive licences ask for one thing: that their words go along with a
//! copy. So every package is listed with the texts that it came with, each text
//! once. That is not taken on trust: a text is recognised by words of its own,
//! and the licences that were recognised must satisfy the package's expression.
//! Where a package came without them, it takes those of a package of the same
//! repository, or else the standard text of the licence, and the list says so;
//! what cannot be had at all stands under a heading of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use spdx::{Expression, LicenseReq};

use super::beside::{Beside, Words};
use super::linked::{Key, Linked, Packages};
use crate::failure::Failure;

/// Words by which a licence is recognised, of a text in lower case with single spaces.
const MARKS: &[(&str, &str)] = &[
    (
        "0BSD",
        "permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted. the software",
    ),
    ("Apache-2.0", "apache license version 2.0, january 2004"),
    ("BSD-2-Clause", "redistributions in binary form must reproduce the above copyright notice"),
    (
        "BSD-3-Clause",
        "may be used to endorse or promote products derived from this software without specific prior",
    ),
    ("BSL-1.0", "boost software license - version 1.0"),
    ("CC0-1.0", "cc0 1.0 universal"),
    (
        "ISC",
        "permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above",
    ),
    ("LLVM-exception", "llvm exceptions to the apache 2.0 license"),
    ("MIT", "the above copyright notice and this permission notice"),
    ("MIT-0", "mit no attribution"),
    ("MPL-2.0", "mozilla public license version 2.0"),
    ("OFL-1.1", "sil open font license version 1.1"),
    ("Ubuntu-font-1.0", "ubuntu font licence version 1.0"),
    ("Unicode-3.0", "unicode license v3"),
    ("Unlicense", "this is free and unencumbered software released into the public domain"),
    ("Zlib", "this notice may not be removed or altered from any source distribution"),
];

/// Which standard text is taken first where several would do: one that names no holder of a copyright.
const PREFERRED: [&str; 2] = ["Apache-2.0", "MIT"];

/// Parts of the names of files that hold licences, and names that do without.
const NAMES: [&str; 7] = ["license", "licence", "copying", "copyright", "notice", "patents", "authors"];
const FONT_LICENCES: [&str; 2] = ["ufl.txt", "ofl.txt"];

/// Folders of a package of which nothing is linked.
const APART: [&str; 6] = ["tests", "benches", "examples", "testing-tools", "test-data", "fuzz"];

/// What the file says, and what it could not say.
pub(super) struct Notice {
    pub(super) text: String,
    /// Packages, and other parts, for which no text is to be had.
    pub(super) without: Vec<String>,
}

/// A text, and where it comes from.
struct Source {
    label: String,
    text: String,
}

/// What is known of one package.
struct Entry<'a> {
    key: &'a Key,
    linked: &'a Linked,
    sources: Vec<Source>,
    /// Of the licences of its expression, what no text was found for.
    missing: Option<String>,
}

pub(super) fn notice(packages: &Packages, beside: &[Beside], name: &str) -> Result<Notice, Failure> {
    let foreign = packages.iter().filter(|(_, linked)| linked.checksum.is_some());
    let mut own: BTreeMap<&Key, Vec<Source>> = BTreeMap::new();
    for (key, linked) in foreign.clone() {
        own.insert(key, own_texts(linked)?);
    }
    let entries: Vec<Entry<'_>> =
        foreign.map(|(key, linked)| complete(key, linked, packages, &own)).collect();
    Ok(write(&entries, beside, name))
}

/// The texts that a package came with, in order of their paths.
fn own_texts(linked: &Linked) -> Result<Vec<Source>, Failure> {
    let mut paths = BTreeSet::new();
    walk(&linked.folder, "", &mut paths)?;
    paths.extend(linked.licence_file.clone().filter(|file| linked.folder.join(file).is_file()));
    let mut sources = Vec::new();
    for path in paths {
        let file = linked.folder.join(&path);
        let bytes = fs::read(&file).map_err(|error| Failure::file("read", &file, error))?;
        sources.push(Source { label: path, text: tidy(&String::from_utf8_lossy(&bytes)) });
    }
    Ok(sources)
}

fn walk(folder: &Path, inside: &str, paths: &mut BTreeSet<String>) -> Result<(), Failure> {
    let failed = |error| Failure::file("list", folder, error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() && !APART.contains(&name.as_str()) && !name.starts_with('.') {
            walk(&entry.path(), &path, paths)?;
        } else if kind.is_file() && holds_licence(&name) {
            paths.insert(path);
        }
    }
    Ok(())
}

/// Whether a file holds a licence, by its name.
fn holds_licence(name: &str) -> bool {
    let name = name.to_lowercase();
    let text = match name.rsplit_once('.') {
        Some((_, ending)) => !["rs", "toml", "json", "html", "py", "sh", "yml", "c", "h"].contains(&ending),
        None => true,
    };
    text && (NAMES.iter().any(|part| name.contains(part)) || FONT_LICENCES.contains(&name.as_str()))
}

/// Lines without what nobody sees: ends of another system, blanks at the end.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// The licences that texts are of.
fn recognised<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    for text in texts {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let flat = words.join(" ").replace("license, version", "license version").replace('*', "");
        found.extend(MARKS.iter().filter(|(_, mark)| flat.contains(mark)).map(|(name, _)| *name));
    }
    found
}

fn satisfied(expression: &Expression, have: &BTreeSet<&str>) -> bool {
    expression.evaluate(|wanted| {
        let licence = wanted.license.id().is_some_and(|id| have.contains(id.name));
        licence && (wanted.addition.is_none() || have.contains("LLVM-exception"))
    })
}

/// A package's texts, and what is taken from elsewhere where they do not suffice.
fn complete<'a>(
    key: &'a Key,
    linked: &'a Linked,
    packages: &Packages,
    own: &BTreeMap<&Key, Vec<Source>>,
) -> Entry<'a> {
    let copied = |sources: &[Source], from: &str| -> Vec<Source> {
        let label = |source: &Source| format!("{}{from}", source.label);
        sources.iter().map(|source| Source { label: label(source), text: source.text.clone() }).collect()
    };
    let mut sources = copied(&own[key], "");
    let stated = linked.licence.as_deref().unwrap_or_default();
    let Ok(expression) = Expression::parse(stated) else {
        let missing = sources.is_empty().then(|| "it states no licence and has no text of one".to_owned());
        return Entry { key, linked, sources, missing };
    };
    let texts = |sources: &[Source]| recognised(sources.iter().map(|source| source.text.as_str()));
    let have = |sources: &[Source]| satisfied(&expression, &texts(sources));
    if !have(&sources)
        && let Some(sibling) = sibling(key, linked, packages, own)
    {
        let from = format!(", of `{}` {} from the same repository", sibling.0, sibling.1);
        sources.extend(copied(&own[sibling], &from));
    }
    if !have(&sources) {
        let already = texts(&sources);
        sources.extend(standard(&expression, &already, &linked.authors));
    }
    let missing = (!have(&sources)).then(|| format!("no text satisfies `{stated}`"));
    Entry { key, linked, sources, missing }
}

/// A package of the same repository and licence that has texts.
fn sibling<'a>(
    key: &Key,
    linked: &Linked,
    packages: &'a Packages,
    own: &BTreeMap<&Key, Vec<Source>>,
) -> Option<&'a Key> {
    let repository = home(linked)?;
    let mut others = packages.iter().filter(|(other, others)| {
        *other != key && home(others).as_ref() == Some(&repository) && others.licence == linked.licence
    });
    others.find(|(other, _)| own.get(other).is_some_and(|texts| !texts.is_empty())).map(|(other, _)| other)
}

/// A repository's address without what differs between packages of it.
fn home(linked: &Linked) -> Option<String> {
    let address = linked.repository.as_deref()?.to_lowercase();
    let address = address.split_once("/tree/").map_or(address.as_str(), |(address, _)| address);
    Some(address.trim_end_matches('/').trim_end_matches(".git").to_owned())
}

/// Standard texts with which an expression is satisfied; none where that cannot be.
fn standard(expression: &Expression, already: &BTreeSet<&str>, authors: &[String]) -> Vec<Source> {
    let mut wanted: Vec<&LicenseReq> = expression.requirements().map(|wanted| &wanted.req).collect();
    let name = |wanted: &LicenseReq| wanted.license.id().map_or("", |id| id.name);
    wanted.sort_by_key(|wanted| {
        PREFERRED.iter().position(|known| *known == name(wanted)).unwrap_or(PREFERRED.len())
    });
    let (mut have, mut sources) = (already.clone(), Vec::new());
    for wanted in wanted {
        if satisfied(expression, &have) {
            break;
        }
        let Some(id) = wanted.license.id().filter(|id| wanted.addition.is_none() && have.insert(id.name))
        else {
            continue;
        };
        let holders = if authors.is_empty() {
            "whoever contributed to the package".to_owned()
        } else {
            authors.join(", ")
        };
        let label = format!(
            "the standard text of {}; the package has none, and names as its authors: {holders}",
            id.name
        );
        sources.push(Source { label, text: tidy(id.text()) });
    }
    sources
}

/// Texts by number, each once.
#[derive(Default)]
struct Texts<'a> {
    numbers: BTreeMap<&'a str, usize>,
    all: Vec<&'a str>,
}

impl<'a> Texts<'a> {
    fn number(&mut self, text: &'a str) -> usize {
        *self.numbers.entry(text).or_insert_with(|| {
            self.all.push(text);
            self.all.len()
        })
    }
}

fn write(entries: &[Entry<'_>], beside: &[Beside], name: &str) -> Notice {
    let mut texts = Texts::default();
    let mut without = Vec::new();
    let mut out = format!(
        "Licences of what is linked into the files of {name}\n\n\
         ARR-COC itself may be used under LICENSE-MIT or LICENSE-APACHE. This file is about everything else: {} packages\n\
         of Rust, then what is no package. Numbers in brackets are those of the texts at the end.\n\n\
         == Packages ==\n",
        entries.len()
    );
    for entry in entries {
        let (name, version) = entry.key;
        let licence = entry.linked.licence.as_deref().unwrap_or("see the text");
        out += &format!("\n{name} {version}\n  licence  {licence}\n");
        if let Some(repository) = &entry.linked.repository {
            out += &format!("  from     {repository}\n");
        }
        for source in &entry.sources {
            out += &format!("  [{}] {}\n", texts.number(&source.text), source.label);
        }
        if let Some(why) = &entry.missing {
            without.push(format!("{name} {version}: {why}"));
        }
    }
    out += "\n== What is no package ==\n";
    for part in beside {
        let version = part.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        out += &format!("\n{}{version}: {}\n  licence  {}\n", part.name, part.what, part.licence);
        match &part.words {
            Some(Words::Text(text)) => out += &format!("  [{}]\n", texts.number(text)),
            Some(Words::File(_)) => out += &format!("  in the file {}\n", super::STANDARD_LIBRARY),
            Some(Words::Missing(why)) => without.push(format!("{}{version}: {why}", part.name)),
            None => {}
        }
    }
    out += "\n== Without a text ==\n\n";
    out += &if without.is_empty() { "none\n".to_owned() } else { without.join("\n") + "\n" };
    out += "\n== Texts ==\n";
    for (number, text) in texts.all.iter().enumerate() {
        out += &format!("\n[{}] {}\n\n{text}\n", number + 1, "-".repeat(100));
    }
    Notice { text: out, without }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZLIB: &str = "This notice may not be removed or altered\n  from any source distribution.";
    const MIT: &str = "The above copyright notice and this permission notice shall be included";

    /// Name, expression, repository, files.
    type Made<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, &'a str)]);

    /// Packages in a folder.
    fn packages(place: &Path, all: &[Made<'_>]) -> Packages {
        let mut packages = Packages::new();
        for (name, licence, repository, files) in all {
            let folder = place.join(name);
            fs::create_dir_all(folder.join("tests")).unwrap();
            fs::write(folder.join("tests/LICENSE"), "of a test").unwrap();
            fs::write(folder.join("license.rs"), "fn main() {}").unwrap();
            for (file, text) in *files {
                fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
                fs::write(folder.join(file), text).unwrap();
            }
            let linked = Linked {
                licence: Some((*licence).to_owned()),
                repository: Some((*repository).to_owned()),
                authors: vec!["R. Ito".to_owned()],
                checksum: Some("00".to_owned()),
                folder,
                ..Linked::default()
            };
            packages.insert(((*name).to_owned(), "1.0.0".to_owned()), linked);
        }
        packages
    }

    fn noticed(name: &str, all: &[Made<'_>]) -> Notice {
        let place = std::env::temp_dir().join(format!("arrcoc-xtask-{name}-{}", std::process::id()));
        let notice = notice(&packages(&place, all), &[], "x").unwrap();
        fs::remove_dir_all(&place).unwrap();
        notice
    }

    #[test]
    fn each_text_stands_once_and_packages_name_it() {
        let notice = noticed(
            "licences",
            &[
                ("a", "MIT", "https://x/a", &[("LICENSE", MIT)]),
                (
                    "b",
                    "MIT OR Zlib",
                    "https://x/b",
                    &[
                        (
                            "LICENSE-MIT",
                            "The above copyright notice and this permission\r\nnotice shall be included \r\n",
                        ),
                        ("src/LICENSE-ZLIB", ZLIB),
                    ],
                ),
                ("c", "MIT", "https://x/c", &[("LICENSE", MIT)]),
            ],
        );
        assert!(notice.without.is_empty(), "{:?}", notice.without);
        assert_eq!(notice.text.matches("  [1] LICENSE\n").count(), 2, "{}", notice.text);
        assert_eq!(notice.text.matches(MIT).count(), 1);
        assert!(notice.text.contains("\nb 1.0.0\n  licence  MIT OR Zlib\n  from     https://x/b\n  [2] LICENSE-MIT\n  [3] src/LICENSE-ZLIB\n"), "{}", notice.text);
        assert!(!notice.text.contains("of a test") && !notice.text.contains("fn main"));
    }

    #[test]
    fn a_package_without_a_text_takes_that_of_its_repository_or_the_standard_one() {
        let notice = noticed(
            "standard",
            &[
                ("core", "MIT", "https://x/Both.git", &[("LICENSE", MIT)]),
                ("nn", "MIT", "https://x/both/tree/main/nn", &[]),
                ("alone", "Zlib", "https://x/alone", &[]),
                ("either", "MIT OR Apache-2.0", "https://x/either", &[]),
            ],
        );
        assert!(notice.without.is_empty(), "{:?}", notice.without);
        let text = &notice.text;
        assert!(text.contains("LICENSE, of `core` 1.0.0 from the same repository\n"), "{text}");
        assert!(
            text.contains(
                "the standard text of Zlib; the package has none, and names as its authors: R. Ito"
            ),
            "{text}"
        );
        assert!(text.contains("the standard text of Apache-2.0; the package has none"), "{text}");
    }

    /// A file that is called a licence and holds another one does not count for the licence that is stated.
    #[test]
    fn what_has_no_text_is_named() {
        let notice = noticed(
            "without",
            &[
                ("odd", "LicenseRef-odd", "https://x/odd", &[("LICENSE", MIT)]),
                ("half", "MIT AND Apache-2.0 WITH LLVM-exception", "https://x/half", &[("LICENSE", MIT)]),
            ],
        );
        assert_eq!(
            notice.without,
            [
                "half 1.0.0: no text satisfies `MIT AND Apache-2.0 WITH LLVM-exception`",
                "odd 1.0.0: no text satisfies `LicenseRef-odd`"
            ]
        );
        let listed = notice.text.split_once("== Without a text ==").unwrap().1;
        assert!(listed.starts_with("\n\nhalf 1.0.0: no text satisfies"), "{listed}");
    }

    /// The standard texts are recognised as what they are: the marks are words of them.
    #[test]
    fn every_mark_is_in_the_standard_text() {
        for (name, _) in MARKS.iter().filter(|(name, _)| *name != "LLVM-exception") {
            let text = spdx::license_id(name).unwrap().text();
            assert!(recognised([text].into_iter()).contains(name), "{name}");
        }
    }
}
