//! What the files of the archive need of the system on which they are unpacked.
//!
//! The archive promises to run on a bare system with a C library that is not
//! too old. A dependency that links one library more, or a build on a newer
//! system, would break the promise without anybody noticing on the machine that
//! built it: so what each file asks the loader for is read from the file.

use std::fs;
use std::path::Path;

use object::Endianness;
use object::elf::{DT_NEEDED, FileHeader64};
use object::read::elf::{Dyn as _, FileHeader as _};

use crate::failure::Failure;

/// The oldest GNU C library with which the archive runs; Debian 12 has 2.36.
pub(super) const GLIBC: (u32, u32) = (2, 35);

/// What every Debian has: its essential packages need them. The loader has a name for each kind of machine.
const LIBRARIES: [&str; 4] = ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux"];

/// What a file asks the loader for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Needs {
    libraries: Vec<String>,
    /// Versions of symbols, each with its library.
    versions: Vec<(String, String)>,
}

/// Fails where a file needs more than is promised. What is no ELF file needs nothing.
pub(super) fn check(name: &str, path: &Path) -> Result<(), Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path, error))?;
    if !bytes.starts_with(b"\x7fELF") {
        return Ok(());
    }
    let needs =
        read(&bytes).map_err(|error| Failure::new(format!("cannot read `{name}` as ELF: {error}")))?;
    match beyond(&needs, GLIBC) {
        None => Ok(()),
        Some(what) => Err(Failure::new(format!("`{name}` needs {what}")).hint(
            "the archive is for a bare system: build it on Debian 12, and link no library that is not in every one",
        )),
    }
}

/// What is needed and not promised.
fn beyond(needs: &Needs, glibc: (u32, u32)) -> Option<String> {
    let strange = needs.libraries.iter().find(|name| !LIBRARIES.iter().any(|known| name.starts_with(known)));
    if let Some(name) = strange {
        return Some(format!("`{name}`, which a bare system does not have"));
    }
    let newer =
        needs.versions.iter().find(|(_, version)| number(version).is_some_and(|number| number > glibc));
    newer.map(|(library, version)| {
        format!("`{version}` of `{library}`, and the archive promises {}.{}", glibc.0, glibc.1)
    })
}

/// `GLIBC_2.35` → (2, 35).
fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix("GLIBC_")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn read(bytes: &[u8]) -> object::Result<Needs> {
    let header = FileHeader64::<Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut needs = Needs::default();
    if let Some((entries, link)) = sections.dynamic(endian, bytes)? {
        let strings = sections.strings(endian, bytes, link)?;
        for entry in entries.iter().filter(|entry| entry.tag(endian) == DT_NEEDED) {
            needs.libraries.push(text(entry.string(endian, strings)?));
        }
    }
    if let Some((mut files, link)) = sections.gnu_verneed(endian, bytes)? {
        let strings = sections.strings(endian, bytes, link)?;
        while let Some((file, mut versions)) = files.next()? {
            while let Some(version) = versions.next()? {
                needs
                    .versions
                    .push((text(file.file(endian, strings)?), text(version.name(endian, strings)?)));
            }
        }
    }
    Ok(needs)
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    fn needs(libraries: &[&str], versions: &[&str]) -> Needs {
        Needs {
            libraries: libraries.iter().map(|name| (*name).to_owned()).collect(),
            versions: versions
                .iter()
                .map(|version| ("libc.so.6".to_owned(), (*version).to_owned()))
                .collect(),
        }
    }

    /// This test's own executable asks for the C library, by versions.
    #[test]
    fn a_real_file_is_read() {
        let needs = read(&fs::read(std::env::current_exe().unwrap()).unwrap()).unwrap();
        assert!(needs.libraries.iter().any(|name| name == "libc.so.6"), "{needs:?}");
        let own = |(library, version): &(String, String)| library == "libc.so.6" && number(version).is_some();
        assert!(needs.versions.iter().any(own), "{needs:?}");
        assert!(read(b"\x7fELF and no more").is_err());
    }

    #[test]
    fn what_is_beyond_the_promise_is_named() {
        assert_eq!(
            beyond(
                &needs(&["libc.so.6", "ld-linux-x86-64.so.2"], &["GLIBC_2.2.5", "GLIBC_2.35", "GCC_3.0"]),
                (2, 35)
            ),
            None
        );
        assert_eq!(
            beyond(&needs(&["libstdc++.so.6"], &[]), (2, 35)).unwrap(),
            "`libstdc++.so.6`, which a bare system does not have"
        );
        assert_eq!(
            beyond(&needs(&["libc.so.6"], &["GLIBC_2.36"]), (2, 35)).unwrap(),
            "`GLIBC_2.36` of `libc.so.6`, and the archive promises 2.35"
        );
        // 2.4 is older than 2.35.
        assert_eq!(beyond(&needs(&[], &["GLIBC_2.4"]), (2, 35)), None);
    }
}
