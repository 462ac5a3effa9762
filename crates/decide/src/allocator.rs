//! The rule that turns weights and a demand into a proposal, and the two rules that are always there.

use crate::{Demand, share_by_weight, uniform};

/// Proposes how to share a demand by weights. Plugins are adapted to this; the answer is not trusted but admitted.
pub trait Allocator {
    /// Its name, as shown in reasons.
    fn id(&self) -> &str;

    /// A proposal of one count per patch.
    ///
    /// `weights` has length N, finite and at least 0. It is called once for the decision, and again for the
    /// account with the weights of every combination of ways; equal input should give equal output.
    ///
    /// # Errors
    /// The true reason, in one line; the decision falls back on [`Proportional`] and records it.
    fn propose(&self, weights: &[f64], demand: &Demand) -> Result<Vec<u32>, String>;
}

/// The uniform allocation, whatever the weights.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uniform;

impl Allocator for Uniform {
    fn id(&self) -> &str {
        "uniform"
    }

    fn propose(&self, _weights: &[f64], demand: &Demand) -> Result<Vec<u32>, String> {
        Ok(uniform(demand))
    }
}

/// Sharing by weight: [`share_by_weight`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Proportional;

impl Allocator for Proportional {
    fn id(&self) -> &str {
        "proportional"
    }

    fn propose(&self, weights: &[f64], demand: &Demand) -> Result<Vec<u32>, String> {
        share_by_weight(weights, demand).map_err(|error| error.to_string())
    }
}
