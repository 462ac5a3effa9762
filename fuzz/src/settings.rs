//! What sets the engine up: calibrations, config files and lock files.

use std::path::Path;

use arrcoc::{Config, calibration::Calibration};
use arrcoc_host::Lock;

use crate::{is_a_line, scratch};

/// A calibration.
pub(crate) fn calibration(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Calibration::over_reference(text.to_owned()) {
        Ok(calibration) => assert_eq!(calibration.text(), Some(text)),
        Err(error) => is_a_line(&error.message),
    }
}

/// A config file.
pub(crate) fn config(bytes: &[u8]) {
    match scratch::file(bytes, Config::read) {
        Ok(config) => assert!((0.0..=1.0).contains(&config.autonomy), "an autonomy of {}", config.autonomy),
        Err(error) => is_a_line(&error.message),
    }
}

/// A lock file. What is read is the same once it was written and read again.
pub(crate) fn lock(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let path = Path::new("my.lock");
    match Lock::parse(text, path) {
        Ok(lock) => {
            let again = Lock::parse(&lock.to_text(), path);
            assert_eq!(again.ok().as_ref(), Some(&lock), "it is read again as another");
        }
        Err(error) => is_a_line(&error.to_string()),
    }
}
