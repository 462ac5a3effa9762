//! Gives a scorer an image in bands of rows, and checks what comes back, as
//! [`crate::scorer`] does for an image that is there at once.

use std::sync::Arc;

use arrcoc_sdk::{
    abi::{Phase, Stage},
    buffer::TensorBuf,
    describe::FEED,
    fault::Fault,
    foreign::{Grant, Request, writable},
    tensor::Attributes,
};

use crate::scorer::{PreparedState, Scorer, check};

/// An image on its way into a scorer. What the scorer keeps of it is given back when this is dropped.
pub struct Feed {
    scorer: Arc<Scorer>,
    /// 0 before the first band and after the last.
    state: u64,
    outputs: Vec<TensorBuf>,
}

impl Feed {
    /// Begins an image, for this grid: plans the outputs. The first band comes after that.
    ///
    /// # Errors
    /// The plugin's fault, or `Internal` when its plan breaks the contract.
    pub fn begin(scorer: &Arc<Scorer>, grid: [u32; 2], grant: &Grant) -> Result<Feed, Fault> {
        let attrs = Attributes { grid: Some(grid), ..Attributes::default() };
        let plan = || scorer.plan(Phase::PREPARE, &Request::new(&[], &attrs), grant);
        let outputs = scorer.breaker.call(Stage::PLAN, plan)?;
        Ok(Feed { scorer: Arc::clone(scorer), state: 0, outputs })
    }

    /// The scorer.
    #[must_use]
    pub fn scorer(&self) -> &Scorer {
        &self.scorer
    }

    /// Gives the next band, which the request's attribute `band` names. With the last one come the outputs and the
    /// state, as from [`Scorer::prepare`].
    ///
    /// # Errors
    /// The plugin's fault, or `Internal` when what it returned breaks the contract. Then no more bands can be given.
    pub fn give(
        &mut self,
        request: &Request<'_>,
        grant: &Grant,
    ) -> Result<Option<(Vec<TensorBuf>, PreparedState)>, Fault> {
        let scorer = Arc::clone(&self.scorer);
        scorer.breaker.call(Stage::EXTEND, || {
            let is_last = request.attrs.band.is_some_and(|band| band.rows[1] == band.height);
            let mut outputs = if is_last { std::mem::take(&mut self.outputs) } else { Vec::new() };
            let views = &mut writable(&mut outputs)?;
            let (state, said) = self.scorer.instance().extend(FEED, self.state, request, views, grant)?;
            if !is_last {
                self.state = state;
                return Ok(None);
            }
            self.state = 0;
            let prepared = PreparedState::new(&self.scorer, state, said);
            check(&outputs, Stage::EXTEND)?;
            Ok(Some((outputs, prepared)))
        })
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if self.state != 0 {
            self.scorer.instance().release(self.state);
        }
    }
}
