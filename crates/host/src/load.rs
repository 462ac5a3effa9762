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

#[cfg(target_os = "linux")]
use crate::memory;
use crate::{refusal::Refusal, vet::Vetted};

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

fn one_line(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(300).collect()
}

fn describe(path: &Path, root: &RootRef) -> Result<Description, Refusal> {
    let refuse = |reason: String| Refusal::new(path, reason, "this is a mistake in the plugin");
    let json = foreign::describe(|attrs| root.describe()(attrs))
        .map_err(|fault| refuse(format!("it cannot describe itself: {}", fault.message)))?;
    let description: Description = serde_json::from_str(&json)
        .map_err(|e| refuse(format!("its description cannot be read: {}", one_line(&e.to_string()))))?;
    let ids = description.scorers.iter().map(|s| &s.id);
    let mut ids: Vec<&String> = ids.chain(description.allocators.iter().map(|a| &a.id)).collect();
    if let Some(id) = ids.iter().find(|id| !valid_id(id)) {
        return Err(refuse(format!("the id `{id}` is not made of lower-case letters, digits, `-` and `_`")));
    }
    ids.sort();
    if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(refuse(format!("it offers `{}` twice", twice[0])));
    }
    Ok(description)
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
