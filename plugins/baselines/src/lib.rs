//! Simple rules, for comparison. A claim that leaves `edge-density` out is not
//! a claim.
//!
//! Set rules put the patches in an order: everyone gets the least, then the
//! most in that order, and the remainder goes to the next one. Scored rules
//! share the surplus by weight.

#![deny(unsafe_code)]

mod edge_density;
mod orders;

use edge_density::EdgeDensity;
use orders::{Centre, Random, Stride, TopK};

arrcoc_sdk::export_plugin! {
    id: "baselines",
    vendor: "The ARR-COC developers",
    scorers: [],
    allocators: [Random, Stride, Centre, EdgeDensity, TopK],
}
