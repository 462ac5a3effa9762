//! The standard scorers, one for each way of knowing: what is there, what
//! stands out, what is asked for. They read patch statistics and features, never
//! pixels, so they are the same on every backend.

#![deny(unsafe_code)]

mod features;
mod perspectival;
mod propositional;

use features::Features;
use perspectival::Perspectival;
use propositional::Propositional;

arrcoc_sdk::export_plugin! {
    id: "ways",
    vendor: "The ARR-COC developers",
    scorers: [Propositional, Perspectival, Features],
    allocators: [],
}
