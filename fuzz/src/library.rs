//! Files that say that they are plugins: the manifest alone, and the manifest
//! inside a shared library, both as read before any code of the file runs.

use std::path::Path;

use arrcoc_abi::manifest::{Facts, KIND_ALLOCATORS, KIND_DEVICE, KIND_SCORERS, Manifest, valid_id};
use arrcoc_host::vet::read_manifest;

use crate::is_a_line;

/// The bytes of a manifest's section.
pub(crate) fn manifest(bytes: &[u8]) {
    match Facts::parse(bytes) {
        Ok(facts) => {
            hold(&facts);
            let again = Facts::parse(&written(&facts));
            assert_eq!(again, Ok(facts), "what was read and written is read as something else");
        }
        Err(reason) => is_a_line(&reason),
    }
}

/// A whole library file.
pub(crate) fn library(bytes: &[u8]) {
    match read_manifest(Path::new("library.so"), bytes) {
        Ok(facts) => hold(&facts),
        Err(refusal) => {
            is_a_line(&refusal.reason);
            is_a_line(&refusal.hint);
        }
    }
}

/// What lists and records rely on.
fn hold(facts: &Facts) {
    assert!(valid_id(&facts.id), "`{}` is no id", facts.id);
    for text in [&facts.version, &facts.licence, &facts.vendor, &facts.build] {
        assert!(text.len() <= 128 && !text.contains(char::is_control), "{text:?} is not plain text");
    }
}

/// The manifest that says the same.
fn written(facts: &Facts) -> Vec<u8> {
    let kinds =
        [(facts.scorers, KIND_SCORERS), (facts.allocators, KIND_ALLOCATORS), (facts.device, KIND_DEVICE)];
    let kinds = kinds.into_iter().map(|(has, bit)| u32::from(has) * bit).sum();
    let texts = [&facts.id, &facts.version, &facts.licence, &facts.vendor, &facts.build];
    let [id, version, licence, vendor, build] = texts.map(String::as_str);
    let manifest = Manifest::new(id, version, licence, vendor, build, kinds);
    let (major, minor) = facts.abi;
    let numbers = [manifest.size, major.to_le_bytes(), minor.to_le_bytes(), manifest.kinds];
    [
        &manifest.magic[..],
        numbers.as_flattened(),
        &manifest.id,
        &manifest.version,
        &manifest.licence,
        &manifest.vendor,
        &manifest.build,
        &manifest.reserved,
    ]
    .concat()
}
