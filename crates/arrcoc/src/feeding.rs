//! Gives a scorer the bands of an image that is too large for memory.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use arrcoc_host::{
    Attributes, Fault, Feed, Grant, PreparedState, Request as Call, Scorer, TensorBuf, TensorView,
};
use arrcoc_sdk::{abi::DType, describe::FEED, tensor::Rows};
use arrcoc_stats::Band;

use crate::{
    engine::{Timings, micros},
    photo::Banded,
    scoring::{Observation, Ready, Silent},
};

/// Whether a scorer gets pixels only in bands: it cannot do without them, and says that it takes them so.
pub(crate) fn is_fed(info: &arrcoc_host::ScorerInfo) -> bool {
    info.knows(FEED) && info.requires.iter().any(|name| name == "pixels")
}

/// What a scorer makes of an image, or why it makes nothing.
type Made = Result<(Vec<TensorBuf>, PreparedState), Fault>;

impl Observation<'_> {
    /// Has a scorer do what does not depend on the question, band by band while the image is read. Where the scorer
    /// fails, or the file is damaged, the rest of the image passes it by.
    pub(crate) fn feed(
        &mut self,
        banded: &Banded,
        scorer: &Arc<Scorer>,
        promised: &BTreeSet<&str>,
        deadline: Option<Instant>,
        timings: &mut Timings,
    ) -> Result<Ready, Silent> {
        let id = &scorer.info().id;
        self.lacks(scorer.info(), promised, &["pixels"])?;
        let grant = self.grant(deadline);
        let others = self.tensors_for_prepare(scorer.info());
        let (grid, started) = (self.grid(), Instant::now());
        let mut feed =
            Feed::begin(scorer, grid, &grant).map_err(|fault| Silent::of_call(id, &fault, &grant))?;
        let (mut made, mut spent): (Option<Made>, Duration) = (None, Duration::ZERO);
        let passed = banded.pass(&mut |band| {
            if made.is_none() {
                let began = Instant::now();
                made = give(&mut feed, band, &others, grid, &grant).transpose();
                spent += began.elapsed();
            }
        });
        timings.insert(format!("prepare {id}"), micros(spent));
        timings.insert("read".into(), micros(started.elapsed().saturating_sub(spent)));
        passed.map_err(|e| Silent::failed(id, &Fault::invalid(e.message)))?;
        let made = made.unwrap_or_else(|| Err(Fault::internal("the image ended before its last band")));
        let (outputs, prepared) = made.map_err(|fault| Silent::of_call(id, &fault, &grant))?;
        self.keep(scorer, outputs, prepared, &grant)
    }
}

/// Gives one band, and the tensors that do not come in bands.
fn give(
    feed: &mut Feed,
    band: &Band<'_>,
    others: &[TensorView<'_>],
    grid: [u32; 2],
    grant: &Grant,
) -> Result<Option<(Vec<TensorBuf>, PreparedState)>, Fault> {
    let held = band.held();
    let shape = [held.height().into(), held.width().into(), 3];
    let mut tensors = vec![TensorView::new("pixels", DType::U8, &shape, held.data())?];
    tensors.extend(others);
    let rows = band.rows();
    let attrs = Attributes {
        grid: Some(grid),
        band: Some(Rows { height: band.height(), rows: [rows.start, rows.end] }),
        ..Attributes::default()
    };
    feed.give(&Call::new(&tensors, &attrs), grant)
}
