//! The plugins, built and laid out: for every test that needs real ones.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The folder that holds `plugins/` and `fixtures/`, of the target folder that this executable was built into. Builds
/// them the first time.
pub fn assembled_for(executable: &str) -> &'static Path {
    static DONE: OnceLock<PathBuf> = OnceLock::new();
    DONE.get_or_init(|| {
        let status = Command::new(env!("CARGO"))
            .args([
                "run",
                "--quiet",
                "--release",
                "--package",
                "xtask",
                "--",
                "build",
                "--plugins",
                "--quiet",
            ])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo runs");
        assert!(status.success(), "`cargo xtask build` failed");
        let target = Path::new(executable).parent().unwrap().parent().unwrap();
        target.join("release")
    })
}
