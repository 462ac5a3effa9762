//! The bill of materials: what the archive is made of, for programs that ask.
//!
//! It is CycloneDX 1.6 as JSON, because one file of that form says all that is
//! known here: packages with their expression, their address in a registry and
//! their checksum; the files of the archive with hashes, BLAKE3 among them, by
//! which a decision names its plugins; weights and fonts as what they are; and
//! what hangs on what. SPDX 2.3 could say the same in more places, but for the
//! weights, which it has no word for.
//!
//! The same archive has the same bill: the time is that of the archive, and the
//! serial number, which is random elsewhere, is a hash of the rest.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::beside::Beside;
use super::linked::{Key, Linked, Packages};
use crate::failure::Failure;

/// A file of the archive.
pub(super) struct File {
    /// Its path in the archive.
    pub(super) path: String,
    pub(super) sha256: String,
    pub(super) blake3: String,
    /// The package that it is built from; none for what is no program.
    pub(super) package: Option<Key>,
}

/// What the bill is of.
pub(super) struct Subject<'a> {
    /// As the archive is called.
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    /// In seconds since 1970.
    pub(super) time: u64,
}

const LICENCE: &str = "MIT OR Apache-2.0";

pub(super) fn bill(
    subject: &Subject<'_>,
    files: &[File],
    packages: &Packages,
    beside: &[Beside],
) -> Result<String, Failure> {
    let mut components: Vec<Value> = files.iter().map(file).collect();
    components.extend(packages.iter().map(|(key, linked)| package(key, linked)));
    components.extend(beside.iter().map(part));
    let mut bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": timestamp(subject.time),
            "lifecycles": [{ "phase": "build" }],
            "tools": { "components": [{ "type": "application", "name": "xtask dist", "version": subject.version }] },
            "component": {
                "type": "application",
                "bom-ref": subject.name,
                "name": "arrcoc",
                "version": subject.version,
                "purl": format!("pkg:generic/arrcoc@{}", subject.version),
                "licenses": [{ "expression": LICENCE }],
            },
        },
        "components": components,
        "dependencies": dependencies(subject, files, packages, beside),
    });
    bill["serialNumber"] = serial(&bill.to_string()).into();
    serde_json::to_string_pretty(&bill)
        .map(|text| text + "\n")
        .map_err(|error| Failure::new(format!("cannot write the bill of materials: {error}")))
}

fn file(file: &File) -> Value {
    json!({
        "type": "file",
        "bom-ref": file_ref(&file.path),
        "name": file.path,
        "hashes": [
            { "alg": "SHA-256", "content": file.sha256 },
            { "alg": "BLAKE3", "content": file.blake3 },
        ],
    })
}

fn package(key: &Key, linked: &Linked) -> Value {
    let (name, version) = key;
    let mut component = json!({
        "type": "library",
        "bom-ref": package_ref(key),
        "name": name,
        "version": version,
        "purl": purl(key, linked),
        "scope": "required",
    });
    if let Some(description) = &linked.description {
        component["description"] = description.as_str().into();
    }
    if let Some(licence) = &linked.licence {
        component["licenses"] = json!([{ "expression": licence }]);
    }
    if let Some(checksum) = &linked.checksum {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    if !linked.authors.is_empty() {
        let authors: Vec<Value> = linked.authors.iter().map(|author| person(author)).collect();
        component["authors"] = authors.into();
    }
    if let Some(repository) = &linked.repository {
        component["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
    }
    component
}

/// `Name <address>`, as manifests have it. The address is left to them.
fn person(author: &str) -> Value {
    let name = author.split('<').next().unwrap_or_default().trim();
    json!({ "name": if name.is_empty() { author } else { name } })
}

fn part(part: &Beside) -> Value {
    let mut component = json!({
        "type": part.kind,
        "bom-ref": part_ref(part),
        "name": part.name,
        "description": part.what,
        "licenses": [{ "expression": part.licence }],
    });
    if let Some(version) = &part.version {
        component["version"] = version.as_str().into();
    }
    component
}

/// What of this workspace is published nowhere is in no registry.
fn purl((name, version): &Key, linked: &Linked) -> String {
    let kind = if linked.checksum.is_some() { "cargo" } else { "generic" };
    format!("pkg:{kind}/{name}@{}", version.replace('+', "%2B"))
}

fn file_ref(path: &str) -> String {
    format!("file:{path}")
}

fn package_ref((name, version): &Key) -> String {
    format!("package:{name}@{version}")
}

fn part_ref(part: &Beside) -> String {
    format!("part:{}", part.name.to_lowercase().replace(' ', "-"))
}

fn dependencies(subject: &Subject<'_>, files: &[File], packages: &Packages, beside: &[Beside]) -> Value {
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    edges.insert(subject.name.to_owned(), files.iter().map(|file| file_ref(&file.path)).collect());
    // What no package carries is in every program.
    let everywhere: Vec<String> = beside.iter().filter(|part| part.carrier.is_none()).map(part_ref).collect();
    for file in files {
        let needs = edges.entry(file_ref(&file.path)).or_default();
        if let Some(package) = &file.package {
            needs.insert(package_ref(package));
            needs.extend(everywhere.iter().cloned());
        }
    }
    for (key, linked) in packages {
        edges.insert(package_ref(key), linked.needs.iter().map(package_ref).collect());
    }
    for part in beside {
        if let Some(carrier) = &part.carrier {
            edges.entry(package_ref(carrier)).or_default().insert(part_ref(part));
        }
        edges.entry(part_ref(part)).or_default();
    }
    let edge = |(from, to): (String, BTreeSet<String>)| json!({ "ref": from, "dependsOn": to });
    edges.into_iter().map(edge).collect()
}

/// A number in the form of a UUID of version 8, which is for numbers that are made otherwise, from a hash.
fn serial(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex(&bytes);
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `2026-01-01T00:00:00Z`. Days are counted in years that begin in March, after Howard Hinnant's
/// `days_from_civil`, so that a leap day is the last of its year.
fn timestamp(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        (name.to_owned(), "1.0.0+x".to_owned())
    }

    fn example() -> String {
        let foreign = Linked {
            licence: Some("MIT".to_owned()),
            checksum: Some("ab".repeat(32)),
            authors: vec!["R. Ito <r@example.org>".to_owned()],
            repository: Some("https://example.org/b".to_owned()),
            ..Linked::default()
        };
        let ours = Linked {
            licence: Some(LICENCE.to_owned()),
            needs: BTreeSet::from([key("b")]),
            ..Linked::default()
        };
        let packages = Packages::from([(key("a"), ours), (key("b"), foreign)]);
        let part = |name, carrier| Beside {
            name,
            version: None,
            what: "what it is",
            kind: "library",
            licence: "MIT",
            carrier,
            words: None,
        };
        let file = |path: &str, package| File {
            path: path.to_owned(),
            sha256: "cd".repeat(32),
            blake3: "ef".repeat(32),
            package,
        };
        let files = [file("README.md", None), file("plugins/liba.so", Some(key("a")))];
        let beside = [part("Std Lib", None), part("C", Some(key("b")))];
        let subject = Subject { name: "arrcoc-0.1.0-here", version: "0.1.0", time: 1_767_225_600 };
        bill(&subject, &files, &packages, &beside).unwrap()
    }

    /// What the specification requires of a bill, and what makes it one piece: each reference is to something that is
    /// there, and everything is reached from the archive.
    #[test]
    fn a_bill_has_the_form_of_cyclonedx_and_hangs_together() {
        let text = example();
        let bill: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&bill["bomFormat"], &bill["specVersion"], &bill["version"]),
            (&json!("CycloneDX"), &json!("1.6"), &json!(1))
        );
        let kinds = ["application", "library", "file", "data", "machine-learning-model"];
        let mut references = BTreeSet::from([bill["metadata"]["component"]["bom-ref"].as_str().unwrap()]);
        for component in bill["components"].as_array().unwrap() {
            assert!(kinds.contains(&component["type"].as_str().unwrap()), "{component}");
            assert!(component["name"].is_string(), "{component}");
            assert!(references.insert(component["bom-ref"].as_str().unwrap()), "{component}");
            for hash in component["hashes"].as_array().into_iter().flatten() {
                let content = hash["content"].as_str().unwrap();
                assert!(["SHA-256", "BLAKE3"].contains(&hash["alg"].as_str().unwrap()));
                assert!(content.len() == 64 && content.chars().all(|c| c.is_ascii_hexdigit()), "{hash}");
            }
        }
        let mut reached = BTreeSet::new();
        let edges: BTreeMap<&str, Vec<&str>> = bill["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|edge| {
                let to = edge["dependsOn"].as_array().unwrap().iter().map(|to| to.as_str().unwrap());
                (edge["ref"].as_str().unwrap(), to.collect())
            })
            .collect();
        let mut open = vec!["arrcoc-0.1.0-here"];
        while let Some(reference) = open.pop() {
            if reached.insert(reference) {
                open.extend(&edges[reference]);
            }
        }
        assert_eq!(reached, references);
    }

    #[test]
    fn packages_name_their_registry_checksum_and_licence_and_ours_none() {
        let bill: Value = serde_json::from_str(&example()).unwrap();
        let find = |name: &str| {
            bill["components"].as_array().unwrap().iter().find(|component| component["name"] == name).unwrap()
        };
        assert_eq!(find("b")["purl"], "pkg:cargo/b@1.0.0%2Bx");
        assert_eq!(find("b")["hashes"][0]["content"], "ab".repeat(32));
        assert_eq!(find("b")["licenses"], json!([{ "expression": "MIT" }]));
        assert_eq!(find("b")["authors"], json!([{ "name": "R. Ito" }]));
        assert_eq!(find("a")["purl"], "pkg:generic/a@1.0.0%2Bx");
        assert_eq!(find("a")["hashes"], Value::Null);
        let edge = |from: &str| {
            let edges = bill["dependencies"].as_array().unwrap();
            edges.iter().find(|edge| edge["ref"] == from).unwrap()["dependsOn"].clone()
        };
        assert_eq!(edge("file:plugins/liba.so"), json!(["package:a@1.0.0+x", "part:std-lib"]));
        assert_eq!(edge("package:b@1.0.0+x"), json!(["part:c"]));
        assert_eq!(edge("file:README.md"), json!([]));
    }

    #[test]
    fn the_same_archive_has_the_same_bill() {
        assert_eq!(example(), example());
        let bill: Value = serde_json::from_str(&example()).unwrap();
        let number = bill["serialNumber"].as_str().unwrap().strip_prefix("urn:uuid:").unwrap();
        let parts: Vec<usize> = number.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_ne!(serial("a"), serial("b"));
    }

    #[test]
    fn times_are_written_as_dates() {
        for (seconds, date) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (1_767_225_600, "2026-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(timestamp(seconds), date);
        }
    }
}
