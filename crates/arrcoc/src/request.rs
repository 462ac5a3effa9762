//! What one decision is about: an image, a question, a policy, a patch grid,
//! and tensors that the caller brings.

use arrcoc_decide::{Bounds, Policy, Terms, Total};
use arrcoc_stats::Grid;

use crate::{
    decision::{Authority, BatchRecord},
    error::Error,
    photo::Photo,
    tensors::Tensors,
};

/// What one decision is about.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// The image.
    pub photo: Photo,
    /// The question; empty for none.
    pub query: String,
    /// Bounds, total, levels, sampling, overrides.
    pub policy: Policy,
    /// Who stands for the overrides, for the record.
    pub authority: Option<Authority>,
    /// Of what the total is a part, for the record.
    pub(crate) batch: Option<BatchRecord>,
    /// Rows and columns of patches.
    pub grid: Grid,
    /// Tensors that the caller brings.
    pub tensors: Tensors,
}

impl Request {
    /// A request with the defaults: no question, 24×24 patches, 64 to 400
    /// tokens a patch, 150 on average.
    #[must_use]
    pub fn new(photo: Photo) -> Request {
        Request {
            photo,
            query: String::new(),
            policy: Policy::new(Bounds::default(), Total::Average(DEFAULT_AVERAGE)),
            authority: None,
            batch: None,
            grid: Grid::default(),
            tensors: Tensors::default(),
        }
    }

    /// The same request with a question.
    #[must_use]
    pub fn query(mut self, text: &str) -> Request {
        self.query = text.into();
        self
    }

    /// The same request with a total.
    #[must_use]
    pub fn total(mut self, total: Total) -> Request {
        self.policy.total = total;
        self
    }

    /// The same request with a policy.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Request {
        self.policy = policy;
        self
    }

    /// The same request with somebody who stands for its overrides, or nobody.
    #[must_use]
    pub fn authority(mut self, authority: impl Into<Option<Authority>>) -> Request {
        self.authority = authority.into();
        self
    }

    /// The same request with another patch grid.
    #[must_use]
    pub fn grid(mut self, grid: Grid) -> Request {
        self.grid = grid;
        self
    }

    /// The same request with tensors.
    #[must_use]
    pub fn tensors(mut self, tensors: Tensors) -> Request {
        self.tensors = tensors;
        self
    }

    /// The policy, proved feasible on the grid.
    ///
    /// # Errors
    /// When no allocation can satisfy it.
    pub fn terms(&self) -> Result<Terms, Error> {
        terms(&self.policy, self.grid)
    }
}

/// Tokens a patch gets on average when nothing is said.
pub const DEFAULT_AVERAGE: f64 = 150.0;

/// A policy on a grid, proved feasible.
///
/// # Errors
/// When no allocation can satisfy it.
pub fn terms(policy: &Policy, grid: Grid) -> Result<Terms, Error> {
    Ok(Terms::new(policy, grid.patches())?)
}
