//! Maps the vetted bytes of a plugin and checks everything that crosses the
//! boundary.
//!
//! On Linux the bytes are copied into a sealed memory file and that is what the
//! dynamic linker maps: a file that is swapped or rewritten after it was hashed
//! changes nothing. On other systems the path is loaded.
//!
//! Libraries are never unloaded (their code may be anywhere, in thread locals
//! too), and the same bytes are loaded once in a process.

#[cfg(target_os = "linux")]
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::{
    collections::HashMap,
    path::Path,
    sync::{Mutex, OnceLock, PoisonError},
};

use abi_stable::library::{AbiHeaderRef, LibraryError, ROOT_MODULE_LOADER_NAME_WITH_NUL};
use arrcoc_abi::{RootRef, manifest::valid_id};
use arrcoc_sdk::{describe::Description, foreign};
use serde_json::Value;

#[cfg(target_os = "linux")]
use crate::memory;
use crate::{plain::one_line, refusal::Refusal, vet::Vetted};

/// A library in this process.
#[derive(Clone)]
pub struct Loaded {
    /// Its functions.
    pub root: RootRef,
    /// What it offers.
    pub description: Description,
}

/// Loads a vetted file and asks what it offers.
///
/// # Errors
/// The reason why it cannot be used, with the mend.
pub fn load(vetted: &Vetted) -> Result<Loaded, Refusal> {
    static LOADED: OnceLock<Mutex<HashMap<String, Loaded>>> = OnceLock::new();
    let mut loaded = LOADED.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(library) = loaded.get(&vetted.identity.blake3) {
        return Ok(library.clone());
    }
    vetted.check_unchanged()?;
    let library = loaded_from(map(vetted), &vetted.path)?;
    loaded.insert(vetted.identity.blake3.clone(), library.clone());
    Ok(library)
}

/// Loads a library from memory that holds exactly the bytes that were vetted.
#[cfg(target_os = "linux")]
pub(crate) fn load_image(image: OwnedFd, path: &Path) -> Result<Loaded, Refusal> {
    loaded_from(map_image(image), path)
}

fn loaded_from(library: Result<libloading::Library, String>, path: &Path) -> Result<Loaded, Refusal> {
    let root = root_module(library, path)?;
    let description = describe(path, &root)?;
    Ok(Loaded { root, description })
}

const REBUILD: &str = "build the plugin again with the sdk of this version";

fn root_module(library: Result<libloading::Library, String>, path: &Path) -> Result<RootRef, Refusal> {
    let library = library.map_err(|e| {
        let text = one_line(&e);
        Refusal::new(
            path,
            format!("the system cannot load it: {text}"),
            "install what it needs, or build it again",
        )
    })?;
    // SAFETY: the symbol, where it exists, is the header that `abi_stable` or the
    // export macro put there; its first bytes are checked by `upgrade`.
    let header = unsafe { library.get::<AbiHeaderRef>(ROOT_MODULE_LOADER_NAME_WITH_NUL.as_bytes()) }
        .map(|symbol| *symbol)
        .map_err(|_| Refusal::new(path, "it exports no root module", REBUILD))?;
    std::mem::forget(library);
    let refuse = |e: LibraryError| Refusal::new(path, layout_reason(&e), REBUILD).with_detail(e.to_string());
    header.upgrade().map_err(refuse)?.init_root_module::<RootRef>().map_err(refuse)
}

/// The line that matters out of an error that prints tens of kilobytes.
fn layout_reason(error: &LibraryError) -> String {
    match error {
        LibraryError::AbiInstability(_) => {
            "its types are laid out differently from this host's, though the ABI numbers agree".into()
        }
        LibraryError::InvalidAbiHeader(header) => {
            format!("it was built with another abi_stable ({}.{})", header.abi_major, header.abi_minor)
        }
        LibraryError::IncompatibleVersionNumber { expected_version, actual_version, .. } => {
            format!("it carries the interface {actual_version}, this host has {expected_version}")
        }
        LibraryError::RootModule { .. } => "it failed while it was being initialised".into(),
        other => one_line(&other.to_string()),
    }
}

fn describe(path: &Path, root: &RootRef) -> Result<Description, Refusal> {
    let refuse = |reason: String| Refusal::new(path, reason, "this is a mistake in the plugin");
    let json = foreign::describe(|attrs| root.describe()(attrs))
        .map_err(|fault| refuse(format!("it cannot describe itself: {}", fault.message)))?;
    let description: Description = serde_json::from_str(&json)
        .map_err(|e| refuse(format!("its description cannot be read: {}", one_line(&e.to_string()))))?;
    check(&description).map_err(refuse)?;
    Ok(description)
}

/// The most bytes of a text in a description.
const MOST_TEXT: usize = 4096;

/// What everybody relies on who reads a description, whoever wrote it: every id is one and there once, and every text
/// can be shown.
pub(crate) fn check(description: &Description) -> Result<(), String> {
    let ids = description.scorers.iter().map(|s| &s.id);
    let mut ids: Vec<&String> = ids.chain(description.allocators.iter().map(|a| &a.id)).collect();
    if let Some(id) = ids.iter().find(|id| !valid_id(id)) {
        let id = one_line(id);
        return Err(format!("the id `{id}` is not made of lower-case letters, digits, `-` and `_`"));
    }
    ids.sort();
    if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("it offers `{}` twice", twice[0]));
    }
    let texts = serde_json::to_value(description).map_err(|e| one_line(&e.to_string()))?;
    match unprintable(&texts) {
        Some(text) => {
            let text = one_line(text);
            Err(format!("its description has control characters or more than {MOST_TEXT} bytes: `{text}`"))
        }
        None => Ok(()),
    }
}

/// The first text that is very long, or has a control character in it, which a terminal would obey.
fn unprintable(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => (text.len() > MOST_TEXT || text.contains(char::is_control)).then_some(text),
        Value::Array(values) => values.iter().find_map(unprintable),
        Value::Object(fields) => fields.values().find_map(unprintable),
        _ => None,
    }
}

#[cfg(target_os = "linux")]
fn map(vetted: &Vetted) -> Result<libloading::Library, String> {
    let image = memory::sealed(&vetted.identity.id, &[&vetted.bytes]);
    map_image(image.map_err(|e| format!("no sealed copy of it can be made: {e}"))?)
}

#[cfg(target_os = "linux")]
fn map_image(image: OwnedFd) -> Result<libloading::Library, String> {
    let library = open(format!("/proc/self/fd/{}", image.as_raw_fd()).as_ref());
    // The linker knows a library by the path it was opened with. The descriptor
    // stays open for the life of the process, so that its number, and with it
    // the path, never comes to mean another library.
    std::mem::forget(image);
    library
}

#[cfg(not(target_os = "linux"))]
fn map(vetted: &Vetted) -> Result<libloading::Library, String> {
    open(&vetted.path)
}

#[cfg(unix)]
fn open(path: &std::path::Path) -> Result<libloading::Library, String> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // SAFETY: this runs the library's static constructors: code of a file that
    // was vetted and that the user chose to have in the search path.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map(Into::into).map_err(|e| e.to_string())
}

#[cfg(not(unix))]
fn open(path: &std::path::Path) -> Result<libloading::Library, String> {
    // SAFETY: as on unix.
    unsafe { libloading::Library::new(path) }.map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use arrcoc_sdk::describe::{AllocatorInfo, ScorerInfo};

    use super::*;

    #[test]
    fn a_description_that_cannot_be_shown_is_refused() {
        let of = |id: &str, doc: &str| Description {
            scorers: vec![ScorerInfo::new(id, doc)],
            allocators: vec![AllocatorInfo::new("fair", "by weight")],
        };
        assert_eq!(check(&of("plain", "what it sees")), Ok(()));
        let refused = |description| check(&description).unwrap_err();
        assert!(refused(of("a b\u{1b}", "")).starts_with("the id `a b` is not made of"));
        assert_eq!(refused(of("fair", "")), "it offers `fair` twice");
        assert!(refused(of("plain", "a\u{1b}[2Jb")).ends_with(": `a [2Jb`"));
        assert!(refused(of("plain", &"a".repeat(5000))).contains("more than 4096 bytes"));
    }
}
