//! The photographs that some tests look at. They are not part of the source tree, so a
//! test that finds none says so and passes.

use std::path::Path;

use arrcoc_picture::{Image, Limits, read};

/// Names and decoded photographs, in the order of their names.
pub(crate) fn photographs() -> Vec<(String, Image)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/images");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: there are no photographs in {}", folder.display());
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "png" || extension == "jpg"));
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), read(path, &Limits::default()).unwrap().0)).collect()
}
