//! What pictures show, whichever generator draws them: colours of things, surfaces,
//! writing, and a still for where a page or a window holds a photograph.
//!
//! Everything takes its random numbers from the caller's stream in a fixed order. To
//! draw one number more here moves every picture that comes after it, and with it the
//! committed reference.

pub(crate) mod palette;
mod script;
mod still;
mod surface;

pub(crate) use script::{Pen, Script};
pub(crate) use still::still;
pub(crate) use surface::Surface;
