//! What sets the engine up: calibrations and config files.

use arrcoc::{Config, calibration::Calibration};

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
