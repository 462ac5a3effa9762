//! A version of the library `swap`: 1.0.0.

#[path = "support/versions.rs"]
mod versions;

use arrcoc_sdk::prelude::*;

versions::version!("1.0.0", 0.25, |patches| Box::new(0..patches));
