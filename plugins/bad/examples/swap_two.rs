//! A version of the library `swap`: 2.0.0.

#[path = "support/versions.rs"]
mod versions;

use arrcoc_sdk::prelude::*;

versions::version!("2.0.0", 0.75, |patches| Box::new((0..patches).rev()));
