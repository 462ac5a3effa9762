//! Runs a scorer or an allocator inside a test, through the wire: the adapters,
//! the checks and the panic guard are those of a loaded library.

use arrcoc_abi::Phase;
use arrcoc_decide::Demand;
use arrcoc_stats::{Band, EDGE_THRESHOLD, Grid, Pixels, Tiling, scan_threads};
use serde_json::{Map, Value};

use crate::{
    allocator::Allocator,
    buffer::TensorBuf,
    describe::FEED,
    export::{self, AllocatorEntry, ScorerEntry},
    fault::Fault,
    foreign::{self, Grant, Request, writable},
    scorer::Scorer,
    tensor::{Attributes, Rows, TensorView},
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

        outputs.append(&mut self.scored(&scorer, state, &tensors, &grant)?);
        outputs.iter().try_for_each(TensorBuf::check_written)?;
        Ok(outputs)
    }

    /// Runs a scorer over the scene as [`run`](Scene::run) does, with the picture in bands of `rows` rows.
    ///
    /// # Errors
    /// The scorer's fault; `Internal` when it left elements unwritten.
    pub fn run_in_bands<S: Scorer>(
        &self,
        rows: u32,
        params: &[(&str, Value)],
    ) -> Result<Vec<TensorBuf>, Fault> {
        let grant = Grant::threads(1);
        let scorer = made::<S>(&object(params), &grant)?;
        let grid = Some([self.grid.rows, self.grid.cols]);
        let attrs = Attributes { grid, ..Attributes::default() };
        let mut outputs = fresh(&scorer.plan(Phase::PREPARE, &Request::new(&[], &attrs), &grant)?)?;
        let [height, width, _] = *self.tensors[0].shape() else {
            return Err(Fault::internal("the scene has no picture"));
        };
        let (height, stride) = (height as u32, width as usize * 3);
        let (mut state, mut from) = (0, 0);
        while from < height {
            let to = from.saturating_add(rows.max(1)).min(height);
            let around = Band::around(&(from..to), height);
            let bytes =
                &self.tensors[0].as_bytes()[around.start as usize * stride..around.end as usize * stride];
            let shape = [u64::from(around.end - around.start), width, 3];
            let pixels = TensorView::new("pixels", arrcoc_abi::DType::U8, &shape, bytes)?;
            let others = self.tensors[1..].iter().map(TensorBuf::view).collect::<Result<Vec<_>, _>>()?;
            let tensors = [&[pixels], &others[..]].concat();
            let attrs = Attributes { band: Some(Rows { height, rows: [from, to] }), ..attrs.clone() };
            let last = if to == height { &mut outputs[..] } else { &mut [] };
            let request = Request::new(&tensors, &attrs);
            (state, _) = scorer.extend(FEED, state, &request, &mut writable(last)?, &grant)?;
            from = to;
        }
        let tensors = self.tensors.iter().map(TensorBuf::view).collect::<Result<Vec<_>, _>>()?;
        outputs.append(&mut self.scored(&scorer, state, &tensors, &grant)?);
        outputs.iter().try_for_each(TensorBuf::check_written)?;
        Ok(outputs)
    }

    /// Has a prepared state score, and releases it.
    fn scored(
        &self,
        scorer: &foreign::ForeignScorer,
        state: u64,
        tensors: &[TensorView<'_>],
        grant: &Grant,
    ) -> Result<Vec<TensorBuf>, Fault> {
        let grid = Some([self.grid.rows, self.grid.cols]);
        let attrs = Attributes { grid, queries: self.queries.clone(), ..Attributes::default() };
        let request = Request::new(tensors, &attrs);
        let mut scored = fresh(&scorer.plan(Phase::SCORE, &request, grant)?)?;
        scorer.score(state, &request, &mut writable(&mut scored)?, grant)?;
        scorer.release(state);
        Ok(scored)
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

    /// Counts the rows that it was fed, and fails at the row that it is told to fear.
    struct Counter {
        fear: i64,
    }

    impl Scorer for Counter {
        type Prepared = ();

        fn info() -> ScorerInfo {
            ScorerInfo::new("counter", "a test")
                .param(Param::integer("fear", -1..=1000, -1, ""))
                .requires("pixels")
                .channel("rows", Way::Perspectival, "")
                .feeds()
        }

        fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
            Ok(Counter { fear: params.integer("fear")? })
        }

        fn encoder(&self) -> Option<String> {
            Some("rows".into())
        }

        fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, _: &Call<'_>) -> Result<(), Fault> {
            output.slice::<f32>("rows")?.fill(input.pixels()?.height() as f32);
            Ok(())
        }

        fn feed(&self, _: &Inputs<'_>, _: &Call<'_>) -> Result<Fed<()>, Fault> {
            Ok(Box::new((0, self.fear)))
        }
    }

    impl Feed<()> for (u32, i64) {
        fn take(&mut self, band: &Band<'_>, _: &Inputs<'_>, _: &Call<'_>) -> Result<(), Fault> {
            if band.rows().any(|row| i64::from(row) == self.1) {
                return Err(Fault::new(FaultCode::DEVICE_LOST, "that row"));
            }
            self.0 += band.rows().end - band.rows().start;
            Ok(())
        }

        fn finish(
            self: Box<Self>,
            _: &Inputs<'_>,
            output: &mut Outputs<'_>,
            _: &Call<'_>,
        ) -> Result<(), Fault> {
            output.slice::<f32>("rows")?.fill(self.0 as f32);
            Ok(())
        }
    }

    #[test]
    fn what_comes_in_bands_is_what_comes_at_once() {
        let scene = Scene::stripes(Grid::new(3, 2).unwrap()).unwrap();
        let at_once = scene.run::<Counter>(&[]).unwrap();
        for rows in [1, 7, 47, 48, 1000] {
            let by_bands = scene.run_in_bands::<Counter>(rows, &[]).unwrap();
            assert_eq!(by_bands[0].as_bytes(), at_once[0].as_bytes(), "{rows}");
        }
        let fault = scene.run_in_bands::<Talker>(7, &[]).unwrap_err();
        assert_eq!(fault.code, FaultCode::UNSUPPORTED);
    }

    #[test]
    fn bands_come_in_order_and_an_image_keeps_its_state() {
        let grant = Grant::threads(1);
        let rgb = [9; 3 * 8 * 12];
        let feed = |scorer: &foreign::ForeignScorer, state, from: u32, to: u32, height, grid: u32| {
            let around = Band::around(&(from..to), height);
            let shape = [u64::from(around.end.saturating_sub(around.start)), 8, 3];
            let bytes = &rgb[..24 * shape[0] as usize];
            let pixels = [TensorView::new("pixels", DType::U8, &shape, bytes).unwrap()];
            let band = Some(Rows { height, rows: [from, to] });
            let attrs = Attributes { grid: Some([grid, 2]), band, ..Attributes::default() };
            let mut outputs = [TensorBuf::unwritten(&OutputSpec::f32("rows", &[4]), LIMIT).unwrap()];
            let last = if to == height { &mut outputs[..] } else { &mut [] };
            let request = Request::new(&pixels, &attrs);
            scorer.extend(FEED, state, &request, &mut writable(last).unwrap(), &grant)
        };
        let scorer = made::<Counter>("{}", &grant).unwrap();
        let refused = |state, from, to, height, grid| {
            let fault = feed(&scorer, state, from, to, height, grid).unwrap_err();
            assert_eq!((fault.code, fault.stage), (FaultCode::INVALID_INPUT, arrcoc_abi::Stage::EXTEND));
            fault.message
        };
        assert_eq!(refused(0, 4, 8, 12, 2), "the first band begins at row 4, not 0");
        assert_eq!(refused(77, 0, 8, 12, 2), "no image comes in bands under the state 77");
        let (state, said) = feed(&scorer, 0, 0, 5, 12, 2).unwrap();
        assert_eq!(said.encoder, None);
        assert_eq!(
            refused(state, 0, 5, 12, 2),
            "the band begins at row 0, and the next one that is due at row 5"
        );
        assert!(refused(state, 6, 7, 12, 2).contains("at row 6"));
        assert!(refused(state, 5, 7, 11, 2).contains("8x11 pixels with a grid of 2x2, those before of 8x12"));
        assert!(refused(state, 5, 7, 12, 3).contains("a grid of 3x2"));
        assert!(refused(state, 5, 13, 12, 2).contains("not a band of an image of 12 rows"));
        // What was refused has changed nothing; the prepared state comes with the last band.
        let attrs = Attributes { grid: Some([2, 2]), ..Attributes::default() };
        let early = scorer.score(state, &Request::new(&[], &attrs), &mut [], &grant).unwrap_err();
        assert!(early.message.contains("no prepared state"), "{early}");
        assert_eq!(feed(&scorer, state, 5, 11, 12, 2).unwrap().0, state);
        let (last, said) = feed(&scorer, state, 11, 12, 12, 2).unwrap();
        assert_eq!((last, said.encoder.as_deref()), (state, Some("rows")));
        scorer.score(state, &Request::new(&[], &attrs), &mut [], &grant).unwrap();
        assert!(refused(state, 11, 12, 12, 2).contains("no image comes in bands"));
        scorer.release(state);
        // What a fault has left is no state, and one that is given back neither.
        let scorer = made::<Counter>("{\"fear\": 6}", &grant).unwrap();
        let (state, _) = feed(&scorer, 0, 0, 5, 12, 2).unwrap();
        assert_eq!(feed(&scorer, state, 5, 11, 12, 2).unwrap_err().code, FaultCode::DEVICE_LOST);
        assert_eq!(feed(&scorer, state, 5, 6, 12, 2).unwrap_err().code, FaultCode::INVALID_INPUT);
        let (state, _) = feed(&scorer, 0, 0, 5, 12, 2).unwrap();
        scorer.release(state);
        assert_eq!(feed(&scorer, state, 5, 6, 12, 2).unwrap_err().code, FaultCode::INVALID_INPUT);
    }

    #[test]
    fn forgotten_outputs_are_found() {
        let scene = Scene::stripes(Grid::new(2, 2).unwrap()).unwrap();
        assert!(scene.run::<Talker>(&[]).is_ok());
        let fault = scene.run::<Talker>(&[("forgetful", true.into())]).unwrap_err();
        assert!(fault.message.contains("4 of 4 elements were not written"), "{fault}");
    }
}
