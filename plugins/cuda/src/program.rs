//! The program, compiled where it runs.
//!
//! NVRTC compiles CUDA C to PTX in about a second, so that PTX is kept: in the user's
//! cache, under a name that is a hash of the source, the options and the compiler's
//! version. Whatever is wrong with the cache costs that second again and nothing else.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use arrcoc_sdk::Fault;
use cudarc::nvrtc::{CompileError, CompileOptions, compile_ptx_with_opts, sys};

use crate::driver::guarded;

/// The source of the kernel.
const SOURCE: &str = include_str!("patch_stats.cu");

/// The oldest devices that it runs on: warps add in hardware from Ampere on.
pub(crate) const OLDEST: (i32, i32) = (8, 0);

/// Where NVRTC is looked for beside the places of the system, and where PTX is kept.
pub(crate) struct Places {
    /// A folder with `libnvrtc.so.12`; may be empty or absent.
    pub(crate) nvrtc: PathBuf,
    /// A folder for PTX; `None` keeps nothing.
    pub(crate) cache: Option<PathBuf>,
}

/// PTX for devices of a compute capability.
pub(crate) fn ptx(capability: (i32, i32), places: &Places) -> Result<String, Fault> {
    if capability < OLDEST {
        return Err(Fault::unsupported(format!(
            "the device has compute capability {}.{}, less than {}.{}",
            capability.0, capability.1, OLDEST.0, OLDEST.1
        )));
    }
    find(&places.nvrtc)?;
    let arch = format!("compute_{}{}", capability.0, capability.1);
    let version = guarded(version).unwrap_or_else(Err).map_err(Fault::unsupported)?;
    let key = blake3::hash(format!("{SOURCE}\0{arch}\0{version}").as_bytes()).to_hex();
    let file = places.cache.as_ref().map(|cache| cache.join(format!("{arch}-{}.ptx", &key[..32])));
    if let Some(kept) = file.as_deref().and_then(read) {
        return Ok(kept);
    }
    let ptx = guarded(move || compile(&arch)).unwrap_or_else(Err).map_err(Fault::unsupported)?;
    if let Some(file) = &file {
        // A cache that cannot be written is no fault.
        let _ = keep(file, &ptx);
    }
    Ok(ptx)
}

/// Opens NVRTC from the folder, so that the binding finds it by its name; or sees that the system has it.
fn find(folder: &Path) -> Result<(), Fault> {
    // The compiler opens its builtins by name, beside itself.
    for name in ["libnvrtc-builtins.so.12.9", "libnvrtc.so.12"] {
        let file = folder.join(name);
        if !folder.as_os_str().is_empty() && file.is_file() {
            // SAFETY: a library that the user has named or the project has pinned; its constructors are NVIDIA's own.
            // It is never unloaded.
            if let Ok(library) = unsafe { libloading::Library::new(&file) } {
                std::mem::forget(library);
            }
        }
    }
    // SAFETY: it opens libraries by their system names.
    match guarded(|| unsafe { sys::is_culib_present() }) {
        Ok(true) => Ok(()),
        _ => Err(Fault::unsupported(
            "NVRTC (libnvrtc), which compiles the kernel, is neither on this system nor in the cache: \
             `cargo xtask fetch nvrtc`",
        )),
    }
}

fn version() -> Result<String, String> {
    let (mut major, mut minor) = (0, 0);
    // SAFETY: the function writes two integers.
    let result = unsafe { sys::nvrtcVersion(&raw mut major, &raw mut minor) };
    result.result().map_err(|e| format!("NVRTC does not say its version: {e:?}"))?;
    Ok(format!("{major}.{minor}"))
}

fn compile(arch: &str) -> Result<String, String> {
    let options = CompileOptions {
        options: vec![format!("--gpu-architecture={arch}"), "--std=c++17".into()],
        name: Some("patch_stats.cu".into()),
        ..CompileOptions::default()
    };
    let compiled = compile_ptx_with_opts(SOURCE, options).map_err(|e| {
        let said = match e {
            CompileError::CompileError { log, .. } => log.to_string_lossy().into_owned(),
            other => format!("{other:?}"),
        };
        format!(
            "NVRTC does not compile the kernel: {}",
            said.split_whitespace().collect::<Vec<_>>().join(" ")
        )
    })?;
    Ok(compiled.to_src())
}

/// A kept program, if it is whole: its first line is the hash of the rest.
fn read(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let (hash, ptx) = text.split_once('\n')?;
    let whole = hash.strip_prefix("// ")? == blake3::hash(ptx.as_bytes()).to_hex().as_str();
    whole.then(|| ptx.to_owned())
}

/// Keeps a program: written beside its place and renamed.
fn keep(file: &Path, ptx: &str) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let beside = file.with_extension(format!("{}.tmp", std::process::id()));
    let mut out = fs::File::create(&beside)?;
    let written = writeln!(out, "// {}", blake3::hash(ptx.as_bytes()).to_hex())
        .and_then(|()| out.write_all(ptx.as_bytes()));
    let placed = written.and_then(|()| fs::rename(&beside, file));
    if placed.is_err() {
        let _ = fs::remove_file(&beside);
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NVRTC of the cache, or of the system; `None` where there is none.
    fn places(cache: Option<&Path>) -> Option<Places> {
        let nvrtc = arrcoc_assets::resolve(&arrcoc_assets::NVRTC.folder()).unwrap_or_default();
        let places = Places { nvrtc, cache: cache.map(Path::to_owned) };
        find(&places.nvrtc).is_ok().then_some(places)
    }

    #[test]
    fn the_kernel_compiles_for_both_generations_and_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let Some(places) = places(Some(folder.path())) else {
            eprintln!("passed over: NVRTC is not there (`cargo xtask fetch nvrtc`)");
            return;
        };
        for (capability, target) in [((8, 0), ".target sm_80"), ((9, 0), ".target sm_90")] {
            let first = ptx(capability, &places).unwrap();
            assert!(first.contains(target) && first.contains(".entry patch_stats("), "{first}");
            assert!(first.contains("redux.sync.add"), "warps are to add in hardware: {first}");
            assert!(!first.contains(".local"), "the kernel spills: {first}");
            assert_eq!(ptx(capability, &places).unwrap(), first);
        }
        let kept: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(kept.len(), 2, "{kept:?}");
        // What is damaged is compiled again, and mended.
        for file in &kept {
            assert!(read(file).is_some());
            let half = fs::read(file).unwrap();
            fs::write(file, &half[..half.len() / 2]).unwrap();
            assert_eq!(read(file), None);
        }
        assert!(ptx((9, 0), &places).unwrap().contains(".target sm_90"));
        assert_eq!(kept.iter().filter(|file| read(file).is_some()).count(), 1);
    }

    #[test]
    fn a_device_that_is_too_old_is_told() {
        let nowhere = Places { nvrtc: PathBuf::new(), cache: None };
        let fault = ptx((7, 5), &nowhere).unwrap_err();
        assert_eq!(fault.message, "the device has compute capability 7.5, less than 8.0");
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_no_fault() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(keep(&file.path().join("x.ptx"), "ptx").is_err());
    }
}
