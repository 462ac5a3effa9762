//! Calls a scorer and checks what comes back: only declared outputs, channels
//! of the right shape, every element written, every number finite.

use std::{collections::HashSet, sync::Arc};

use arrcoc_sdk::{
    abi::{DType, FaultCode, Phase, Stage},
    backend::{Measured, SECONDS},
    buffer::TensorBuf,
    describe::{MEASURE, ScorerInfo},
    fault::Fault,
    foreign::{Grant, Request, writable},
    params::Params,
    tensor::{OutputSpec, Said},
};

use crate::{breaker::Breaker, instance::ScorerInstance, plain::one_line, vet::Identity};

/// Most bytes of the outputs of a call, all together: room for per-patch features of large images, and an end to plans
/// that would fill memory.
const MOST_OUTPUT: usize = 4 << 30;

/// A scorer that can be called.
pub struct Scorer {
    instance: Box<dyn ScorerInstance>,
    info: ScorerInfo,
    identity: Arc<Identity>,
    params: Params,
    pub(crate) breaker: Arc<Breaker>,
}

impl Scorer {
    pub(crate) fn new(
        instance: Box<dyn ScorerInstance>,
        info: ScorerInfo,
        identity: Arc<Identity>,
        params: Params,
        breaker: Arc<Breaker>,
    ) -> Scorer {
        Scorer { instance, info, identity, params, breaker }
    }

    /// What it says about itself.
    #[must_use]
    pub fn info(&self) -> &ScorerInfo {
        &self.info
    }

    /// The plugin it came from.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What answers its calls, unchecked.
    #[must_use]
    pub fn instance(&self) -> &dyn ScorerInstance {
        &*self.instance
    }

    /// Its parameters.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Does what does not depend on the question. Returns the outputs and the
    /// state, which is given back to the plugin when it is dropped.
    ///
    /// # Errors
    /// The plugin's fault, or `Internal` when what it returned breaks the contract.
    pub fn prepare(
        self: &Arc<Self>,
        request: &Request<'_>,
        grant: &Grant,
    ) -> Result<(Vec<TensorBuf>, PreparedState), Fault> {
        self.breaker.call(Stage::PREPARE, || {
            let mut outputs = self.plan(Phase::PREPARE, request, grant)?;
            let (state, said) = self.instance.prepare(request, &mut writable(&mut outputs)?, grant)?;
            let prepared = PreparedState::new(self, state, said);
            check(&outputs, Stage::PREPARE)?;
            Ok((outputs, prepared))
        })
    }

    /// What a backend takes for an image, where it [knows](ScorerInfo::knows) the verb `measure`.
    ///
    /// # Errors
    /// The plugin's fault; `Internal` when what it says are no times.
    pub fn measure(&self, request: &Request<'_>, grant: &Grant) -> Result<Measured, Fault> {
        self.breaker.call(Stage::EXTEND, || {
            let spec = OutputSpec::new(SECONDS, DType::F64, &[3]);
            let mut outputs = [TensorBuf::unwritten(&spec, MOST_OUTPUT)?];
            self.instance.extend(MEASURE, 0, request, &mut writable(&mut outputs)?, grant)?;
            check(&outputs, Stage::EXTEND)?;
            let seconds: &[f64] = outputs[0].view()?.as_slice()?;
            match *seconds {
                [work, upload, copy] if work > 0.0 && upload >= 0.0 && copy > 0.0 => {
                    Ok(Measured::from_array([work, upload, copy]))
                }
                _ => Err(Fault::internal(format!("it measured {seconds:?} seconds")).at(Stage::EXTEND)),
            }
        })
    }

    pub(crate) fn plan(
        &self,
        phase: Phase,
        request: &Request<'_>,
        grant: &Grant,
    ) -> Result<Vec<TensorBuf>, Fault> {
        let specs = self.instance.plan(phase, request, grant)?;
        let fresh = || -> Result<Vec<TensorBuf>, Fault> {
            self.check_plan(&specs, phase, request).map_err(Fault::internal)?;
            unwritten(&specs)
        };
        // The reason has names in it that the plugin made up.
        fresh().map_err(|fault| {
            Fault::new(fault.code, one_line(&fault.message)).helped_by(fault.retry).at(Stage::PLAN)
        })
    }

    fn check_plan(&self, specs: &[OutputSpec], phase: Phase, request: &Request<'_>) -> Result<(), String> {
        let patches = request.attrs.grid.map_or(0, |[rows, cols]| u64::from(rows) * u64::from(cols));
        let queries = request.attrs.queries.len() as u64;
        let mut seen = HashSet::new();
        for spec in specs {
            if !seen.insert(&spec.name) {
                return Err(format!("it planned the output `{}` twice", spec.name));
            }
            let Some(declared) = self.info.provides.iter().find(|p| p.name == spec.name) else {
                return Err(format!("it planned the output `{}`, which it does not declare", spec.name));
            };
            if declared.channel.is_none() {
                continue;
            }
            let expected = match phase {
                Phase::PREPARE => vec![patches],
                _ => vec![queries, patches],
            };
            if spec.shape != expected || spec.dtype != "f32" {
                return Err(format!(
                    "it planned the channel `{}` as {} {:?}, not f32 {expected:?}",
                    spec.name, spec.dtype, spec.shape
                ));
            }
        }
        Ok(())
    }
}

/// The outputs of a plan, none of which is made where all of them would be too much.
fn unwritten(specs: &[OutputSpec]) -> Result<Vec<TensorBuf>, Fault> {
    let mut all = 0_usize;
    for spec in specs {
        all = all.saturating_add(spec.size()?.1);
    }
    if all > MOST_OUTPUT {
        let message = format!("it planned outputs of {all} bytes, more than the {MOST_OUTPUT} of one call");
        return Err(Fault::new(FaultCode::OUT_OF_MEMORY, message));
    }
    specs.iter().map(|spec| TensorBuf::unwritten(spec, MOST_OUTPUT)).collect()
}

/// A scorer's state after `prepare`.
pub struct PreparedState {
    scorer: Arc<Scorer>,
    state: u64,
    said: Said,
}

impl PreparedState {
    pub(crate) fn new(scorer: &Arc<Scorer>, state: u64, said: Said) -> PreparedState {
        PreparedState { scorer: Arc::clone(scorer), state, said }
    }

    /// The scorer it belongs to.
    #[must_use]
    pub fn scorer(&self) -> &Scorer {
        &self.scorer
    }

    /// Its number, for calls to the instance.
    #[must_use]
    pub fn state(&self) -> u64 {
        self.state
    }

    /// What its numbers come from, as the plugin named it: calibration is keyed by it.
    #[must_use]
    pub fn encoder(&self) -> Option<&str> {
        self.said.encoder.as_deref()
    }

    /// The device that it ran on, as the plugin named it.
    #[must_use]
    pub fn device(&self) -> Option<&str> {
        self.said.device.as_deref()
    }

    /// Answers the questions of the request.
    ///
    /// # Errors
    /// The plugin's fault, or `Internal` when what it returned breaks the contract.
    pub fn score(&self, request: &Request<'_>, grant: &Grant) -> Result<Vec<TensorBuf>, Fault> {
        self.scorer.breaker.call(Stage::SCORE, || {
            let mut outputs = self.scorer.plan(Phase::SCORE, request, grant)?;
            self.scorer.instance.score(self.state, request, &mut writable(&mut outputs)?, grant)?;
            check(&outputs, Stage::SCORE)?;
            Ok(outputs)
        })
    }
}

impl Drop for PreparedState {
    fn drop(&mut self) {
        self.scorer.instance.release(self.state);
    }
}

pub(crate) fn check(outputs: &[TensorBuf], stage: Stage) -> Result<(), Fault> {
    for output in outputs {
        output.check_written().map_err(|f| f.at(stage))?;
        if let Some(at) = output.first_not_finite() {
            let message = format!("output `{}` is not a finite number at element {at}", output.name());
            return Err(Fault::internal(message).at(stage));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_that_would_fill_memory_are_not_made() {
        let spec = |name: &str, elements: u64| OutputSpec::f32(name, &[elements]);
        assert_eq!(unwritten(&[spec("a", 3), spec("b", 0)]).unwrap().len(), 2);
        // Each by itself might be made, both of them would be 6 GiB; and numbers that no machine can add.
        for plan in [[spec("a", 3 << 28), spec("b", 3 << 28)], [spec("a", 1 << 61), spec("b", 1 << 61)]] {
            let fault = unwritten(&plan).unwrap_err();
            assert_eq!(fault.code, FaultCode::OUT_OF_MEMORY);
            assert!(fault.message.starts_with("it planned outputs of "), "{}", fault.message);
        }
        assert!(unwritten(&[spec("a", u64::MAX)]).unwrap_err().message.contains("impossible shape"));
    }
}
