//! What the author of an ARR-COC plugin uses.
//!
//! A plugin is a shared library with any number of scorers and allocators.
//! Write a type for each, implement [`Scorer`] or [`Allocator`], and name them
//! once in [`export_plugin!`]; the macro writes the manifest, wraps every entry
//! so that a panic becomes a fault instead of the end of the host, checks what
//! the host hands over, and keeps prepared states.
//!
//! ```
//! use arrcoc_sdk::prelude::*;
//!
//! /// Scores a patch by its mean brightness.
//! struct Bright { dark: bool }
//!
//! impl Scorer for Bright {
//!     type Prepared = ();
//!
//!     fn info() -> ScorerInfo {
//!         ScorerInfo::new("bright", "mean brightness of the patch")
//!             .param(Param::boolean("dark", false, "prefer dark patches"))
//!             .requires("patch_stats")
//!             .channel("brightness", Way::Perspectival, "mean of the three colours, 0 to 1")
//!     }
//!
//!     fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
//!         Ok(Bright { dark: params.boolean("dark")? })
//!     }
//!
//!     fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, _call: &Call<'_>) -> Result<(), Fault> {
//!         let stats = input.patch_stats()?;
//!         let brightness = output.slice::<f32>("brightness")?;
//!         for (i, value) in brightness.iter_mut().enumerate() {
//!             let patch = stats.patch(i);
//!             let sum: i64 = patch.sum_rgb().iter().sum();
//!             let mean = sum as f64 / (3 * 255 * patch.count()) as f64;
//!             *value = if self.dark { 1.0 - mean } else { mean } as f32;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! arrcoc_sdk::export_plugin! {
//!     id: "bright",
//!     vendor: "you",
//!     scorers: [Bright],
//!     allocators: [],
//! }
//! # fn main() {}
//! ```
//!
//! What the sdk does not do: it does not vet or load libraries (the host does),
//! and it does not choose what a score means. A channel says whether its values
//! are already on the scale of 0 to 1 ([`describe::Scale`]).
//!
//! | module | holds |
//! |---|---|
//! | [`scorer`], [`allocator`] | the traits to implement |
//! | [`describe`] | what a plugin says about itself, as JSON |
//! | [`params`] | parameters, checked against what was declared |
//! | [`tensor`] | typed views of named tensors |
//! | [`backend`] | what plugins that count patch statistics have in common |
//! | [`buffer`] | tensors that own their memory |
//! | [`shelf`] | a place beside a tensor for what the host makes of it |
//! | `feeding` | the order in which the bands of an image come |
//! | [`call`] | deadline, cancel flag, threads, log |
//! | [`fault`] | what a failed call says |
//! | [`testing`] | runs a scorer or allocator inside a test, through the wire |
//! | [`foreign`] | the calling side of the wire: safe calls into an exported scorer or allocator |
//! | [`export`] | the macro and the adapters behind it |

pub mod allocator;
pub mod backend;
pub mod buffer;
pub mod call;
pub mod describe;
pub mod export;
pub mod fault;
mod feeding;
pub mod foreign;
pub mod params;
pub mod scorer;
pub mod shelf;
pub mod tensor;
pub mod testing;

pub use allocator::{Allocator, Ask};
pub use arrcoc_abi as abi;
pub use arrcoc_decide as decide;
pub use arrcoc_stats as stats;
pub use call::Call;
pub use describe::{AllocatorInfo, Description, Param, Scale, ScorerInfo};
pub use fault::Fault;
pub use params::Params;
pub use scorer::{Fed, Feed, Prepared, Scorer};
pub use tensor::{Inputs, OutputSpec, Outputs, TensorView};

/// Everything that the source of a plugin usually names.
pub mod prelude {
    pub use crate::{
        abi::{DType, FaultCode, Phase},
        allocator::{Allocator, Ask},
        call::Call,
        decide::{Way, fill_in_order, share_by_weight},
        describe::{AllocatorInfo, Determinism, Param, Scale, ScorerInfo},
        fault::Fault,
        params::Params,
        scorer::{Fed, Feed, Prepared, Scorer},
        stats::Band,
        tensor::{Inputs, OutputSpec, Outputs},
    };
}
