//! Runs a scorer or an allocator inside a test, through the wire: the adapters,
//! the checks and the panic guard are those of a loaded library.

use arrcoc_abi::Phase;
use arrcoc_decide::Demand;
use arrcoc_stats::{EDGE_THRESHOLD, Grid, Pixels, Tiling, scan_threads};
use serde_json::{Map, Value};

use crate::{
    allocator::Allocator,
    buffer::TensorBuf,
    export::{self, AllocatorEntry, ScorerEntry},
    fault::Fault,
    foreign::{self, Grant, Request, writable},
    scorer::Scorer,
    tensor::Attributes,
};

/// Most bytes of one output in a test.
const LIMIT: usize = 1 << 30;

/// An image cut into patches, with statistics and questions, for a scorer to look at.
pub struct Scene {
    grid: Grid,
    tensors: Vec<TensorBuf>,
    queries: Vec<String>,
}

impl Scene {
    /// A scene of an image, RGB8, row by row.
    ///
    /// # Errors
    /// When the sizes do not fit together.
    pub fn new(grid: Grid, width: u32, height: u32, rgb: &[u8]) -> Result<Scene, Fault> {
        let pixels = Pixels::new(width, height, rgb).map_err(|e| Fault::invalid(e.to_string()))?;
        let tiling = Tiling::new(grid, width, height).map_err(|e| Fault::invalid(e.to_string()))?;
        let stats = scan_threads(&pixels, &tiling, EDGE_THRESHOLD, 1);
        let shape = [grid.patches() as u64, arrcoc_stats::FIELDS as u64];
        Ok(Scene {
            grid,
            tensors: vec![
                TensorBuf::new("pixels", &[height.into(), width.into(), 3], rgb)?,
                TensorBuf::new("patch_stats", &shape, stats.as_slice())?,
            ],
            queries: Vec::new(),
        })
    }

    /// A scene whose patches differ: flat on the left, ever finer stripes to the right.
    ///
    /// # Errors
    /// None for a valid grid.
    pub fn stripes(grid: Grid) -> Result<Scene, Fault> {
        let (width, height) = (grid.cols * 16, grid.rows * 16);
        let mut rgb = Vec::with_capacity((width * height * 3) as usize);
        for y in 0..height {
            for x in 0..width {
                let column = x / 16;
                let on = column > 0 && (x * column / 8 + y / 8) % 2 == 1;
                rgb.extend(if on { [220, 200, 90] } else { [30, 40, 60] });
            }
        }
        Scene::new(grid, width, height, &rgb)
    }

    /// Adds a tensor.
    #[must_use]
    pub fn tensor(mut self, tensor: TensorBuf) -> Scene {
        self.tensors.push(tensor);
        self
    }

    /// Adds a question.
    #[must_use]
    pub fn query(mut self, text: &str) -> Scene {
        self.queries.push(text.into());
        self
    }

    /// Runs a scorer over the scene, `prepare` and `score`, and returns every
    /// output it planned, written in full.
    ///
    /// # Errors
    /// The scorer's fault; `Internal` when it left elements unwritten.
    pub fn run<S: Scorer>(&self, params: &[(&str, Value)]) -> Result<Vec<TensorBuf>, Fault> {
        let grant = Grant::threads(1);
        let scorer = made::<S>(&object(params), &grant)?;
        let tensors = self.tensors.iter().map(TensorBuf::view).collect::<Result<Vec<_>, _>>()?;
        let grid = Some([self.grid.rows, self.grid.cols]);

        let attrs = Attributes { grid, ..Attributes::default() };
        let request = Request::new(&tensors, &attrs);
        let mut outputs = fresh(&scorer.plan(Phase::PREPARE, &request, &grant)?)?;
        let (state, _) = scorer.prepare(&request, &mut writable(&mut outputs)?, &grant)?;

        let attrs = Attributes { grid, queries: self.queries.clone(), ..Attributes::default() };
        let request = Request::new(&tensors, &attrs);
        let mut scored = fresh(&scorer.plan(Phase::SCORE, &request, &grant)?)?;
        scorer.score(state, &request, &mut writable(&mut scored)?, &grant)?;
        scorer.release(state);

        outputs.append(&mut scored);
        outputs.iter().try_for_each(TensorBuf::check_written)?;
        Ok(outputs)
    }
}

/// A scorer, made by the function that its library would export.
fn made<S: Scorer>(params: &str, grant: &Grant) -> Result<foreign::ForeignScorer, Fault> {
    let entries = [ScorerEntry::of::<S>()];
    let make = |id: abi_stable::std_types::RStr<'_>, attrs: abi_stable::std_types::RStr<'_>, call: &_| {
        export::make_scorer(&entries, id, attrs, call)
    };
    foreign::make_scorer(make, &S::info().id, params, grant)
}

fn fresh(plan: &[crate::tensor::OutputSpec]) -> Result<Vec<TensorBuf>, Fault> {
    plan.iter().map(|spec| TensorBuf::unwritten(spec, LIMIT)).collect()
}

fn object(params: &[(&str, Value)]) -> String {
    let map: Map<String, Value> = params.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    Value::from(map).to_string()
}

/// Asks an allocator for a proposal and admits it.
///
/// # Errors
/// The allocator's fault, or `Internal` with the reason why the proposal was refused.
pub fn run_allocator<A: Allocator>(
    params: &[(&str, Value)],
    weights: &[f64],
    demand: &Demand,
    grid: Grid,
    tensors: &[&TensorBuf],
) -> Result<Vec<u32>, Fault> {
    let entries = [AllocatorEntry::of::<A>()];
    let grant = Grant::threads(1);
    let make = |id: abi_stable::std_types::RStr<'_>, attrs: abi_stable::std_types::RStr<'_>, call: &_| {
        export::make_allocator(&entries, id, attrs, call)
    };
    let allocator = foreign::make_allocator(make, &A::info().id, &object(params), &grant)?;
    let tensors = tensors.iter().map(|t| t.view()).collect::<Result<Vec<_>, _>>()?;
    let grid = [grid.rows, grid.cols];
    let proposal = foreign::propose(weights, demand, grid, &tensors, |request, outputs| {
        allocator.allocate(request, outputs, &grant)
    })?;
    let admitted = arrcoc_decide::admit(proposal, demand);
    Ok(admitted.map_err(|refusal| Fault::internal(refusal.to_string()))?.tokens().to_vec())
}

#[cfg(test)]
mod tests {
    use arrcoc_abi::Level;

    use super::*;
    use crate::prelude::*;

    /// Says something, and forgets what it was asked to write when told to.
    struct Talker {
        forgetful: bool,
    }

    impl Scorer for Talker {
        type Prepared = ();

        fn info() -> ScorerInfo {
            ScorerInfo::new("talker", "a test").param(Param::boolean("forgetful", false, "")).channel(
                "talk",
                Way::Perspectival,
                "",
            )
        }

        fn make(params: &Params, call: &Call<'_>) -> Result<Self, Fault> {
            call.log(Level::INFO, "made");
            Ok(Talker { forgetful: params.boolean("forgetful")? })
        }

        fn prepare(&self, _: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<(), Fault> {
            // From another thread too: the contract allows it.
            std::thread::scope(|scope| {
                scope.spawn(|| call.log(Level::WARN, "the image is dull"));
            });
            call.check()?;
            if !self.forgetful {
                output.slice::<f32>("talk")?.fill(0.5);
            }
            Ok(())
        }
    }

    #[test]
    fn log_messages_reach_the_host_from_any_thread() {
        let grant = Grant::threads(1);
        let scorer = made::<Talker>("{}", &grant).unwrap();
        assert_eq!(grant.take_log(), [(Level::INFO, "made".to_owned())]);

        let attrs = Attributes { grid: Some([2, 2]), ..Attributes::default() };
        let request = Request::new(&[], &attrs);
        let mut outputs = fresh(&scorer.plan(Phase::PREPARE, &request, &grant).unwrap()).unwrap();
        let (state, _) = scorer.prepare(&request, &mut writable(&mut outputs).unwrap(), &grant).unwrap();
        assert_eq!(grant.take_log(), [(Level::WARN, "the image is dull".to_owned())]);
        scorer.release(state);
        let gone = scorer.score(state, &request, &mut [], &grant).unwrap_err();
        assert!(gone.message.contains("no prepared state"), "{gone}");
        let verb = scorer.extend("dance", 0, &request, &mut [], &grant).unwrap_err();
        assert_eq!((verb.code, verb.message.as_str()), (FaultCode::UNSUPPORTED, "there is no verb `dance`"));
    }

    #[test]
    fn a_call_that_was_cancelled_or_is_late_stops() {
        let scorer = made::<Talker>("{}", &Grant::threads(1)).unwrap();
        let attrs = Attributes { grid: Some([2, 2]), ..Attributes::default() };
        let request = Request::new(&[], &attrs);
        let run = |grant: Grant| {
            let mut outputs = fresh(&scorer.plan(Phase::PREPARE, &request, &grant).unwrap()).unwrap();
            scorer.prepare(&request, &mut writable(&mut outputs).unwrap(), &grant).unwrap_err().code
        };
        let cancelled = Grant::threads(1);
        cancelled.cancel.store(1, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(run(cancelled), FaultCode::CANCELLED);
        let late = Grant::threads(1).until(Some(std::time::Instant::now()));
        assert_eq!(run(late), FaultCode::DEADLINE_EXCEEDED);
    }

    #[test]
    fn forgotten_outputs_are_found() {
        let scene = Scene::stripes(Grid::new(2, 2).unwrap()).unwrap();
        assert!(scene.run::<Talker>(&[]).is_ok());
        let fault = scene.run::<Talker>(&[("forgetful", true.into())]).unwrap_err();
        assert!(fault.message.contains("4 of 4 elements were not written"), "{fault}");
    }
}
