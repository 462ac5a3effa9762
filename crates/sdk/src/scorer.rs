//! The trait of a scorer: named tensors in, named tensors out.
//!
//! The work is split where the question comes in. [`Scorer::prepare`] gets what
//! does not depend on it and runs once for an image; [`Prepared::score`] gets M
//! questions. A result must not depend on what else is in a batch.

use arrcoc_abi::Phase;
use arrcoc_decide::Way;
use arrcoc_stats::Band;

use crate::{
    backend::Measured,
    call::Call,
    describe::{FEED, MEASURE, ScorerInfo},
    fault::Fault,
    params::Params,
    tensor::{Inputs, OutputSpec, Outputs},
};

/// A scorer. Every method may be called from any thread, and several at once.
pub trait Scorer: Sized + Send + Sync + 'static {
    /// What is kept between `prepare` and `score`; `()` when the question does not matter.
    type Prepared: Prepared;

    /// What it is. Cheap, and the same every time.
    fn info() -> ScorerInfo;

    /// Makes an instance.
    ///
    /// # Errors
    /// When the parameters do not fit together or something it needs is missing.
    fn make(params: &Params, call: &Call<'_>) -> Result<Self, Fault>;

    /// What its numbers come from, under a name that changes when their meaning does: a hash over the files of a
    /// model, or the name and version of a rule. Calibration is keyed by it: a participatory channel that is
    /// [`Raw`](crate::Scale::Raw) has weight only with a map for this very name. At most 128 bytes.
    fn encoder(&self) -> Option<String> {
        None
    }

    /// The device that it runs on, where it drives one: what a record of a decision says. At most 128 bytes.
    fn device(&self) -> Option<String> {
        None
    }

    /// Names every output of a phase with its type and shape.
    ///
    /// The default lays the channels of `info` out as f32: propositional and
    /// perspectival ones as `[N]` in `prepare`, participatory ones as `[M, N]` in
    /// `score`. Override it to give other tensors, or to leave out a channel
    /// whose optional input is absent.
    ///
    /// # Errors
    /// When the inputs do not have the shapes it needs.
    fn plan(&self, phase: Phase, input: &Inputs<'_>) -> Result<Vec<OutputSpec>, Fault> {
        let patches = input.grid()?.patches() as u64;
        let info = Self::info();
        let outputs = info.channels().filter_map(|(given, channel)| match (phase, channel.way) {
            (Phase::SCORE, Way::Participatory) => {
                Some(OutputSpec::f32(&given.name, &[input.queries().len() as u64, patches]))
            }
            (Phase::PREPARE, Way::Propositional | Way::Perspectival) => {
                Some(OutputSpec::f32(&given.name, &[patches]))
            }
            _ => None,
        });
        Ok(outputs.collect())
    }

    /// Does what does not depend on the question, and writes all of the outputs
    /// planned for it.
    ///
    /// # Errors
    /// Whatever keeps it from doing so.
    fn prepare(
        &self,
        input: &Inputs<'_>,
        output: &mut Outputs<'_>,
        call: &Call<'_>,
    ) -> Result<Self::Prepared, Fault>;

    /// Begins an image that comes in bands of rows, in the place of `prepare`. For a scorer that says that it
    /// [feeds](ScorerInfo::feeds); that its plan follows from the grid alone is then its duty.
    ///
    /// `input` is that of the first band, which is then the first that is [taken](Feed::take). That bands come from
    /// the top without gaps, of one image and for one grid, was checked.
    ///
    /// # Errors
    /// `Unsupported` unless it is overridden; when the image does not have the size it needs.
    fn feed(&self, input: &Inputs<'_>, call: &Call<'_>) -> Result<Fed<Self::Prepared>, Fault> {
        let _ = (input, call);
        Err(Fault::unsupported(format!("there is no verb `{FEED}`")))
    }

    /// Says what it takes for the image, apart from what a host adds. For a backend that says that it
    /// [measures](ScorerInfo::measures).
    ///
    /// # Errors
    /// `Unsupported` unless it is overridden; whatever keeps it from doing the work.
    fn measure(&self, input: &Inputs<'_>, call: &Call<'_>) -> Result<Measured, Fault> {
        let _ = (input, call);
        Err(Fault::unsupported(format!("there is no verb `{MEASURE}`")))
    }
}

/// An image on its way in, for a scorer with this state after `prepare`.
pub type Fed<P> = Box<dyn Feed<P>>;

/// An image on its way in, band by band.
pub trait Feed<P>: Send {
    /// Takes the next rows. `input` has the tensors that do not come in bands, too.
    ///
    /// # Errors
    /// Whatever keeps it from doing so; then no more bands come.
    fn take(&mut self, band: &Band<'_>, input: &Inputs<'_>, call: &Call<'_>) -> Result<(), Fault>;

    /// After the last band: writes all of the outputs planned for `prepare`, and gives the state that `prepare` would
    /// have given for the whole image.
    ///
    /// # Errors
    /// Whatever keeps it from doing so.
    fn finish(
        self: Box<Self>,
        input: &Inputs<'_>,
        output: &mut Outputs<'_>,
        call: &Call<'_>,
    ) -> Result<P, Fault>;
}

/// A scorer's state after `prepare`.
pub trait Prepared: Send + Sync + 'static {
    /// Answers the questions in `input`, and writes all of the outputs planned for it.
    ///
    /// # Errors
    /// Whatever keeps it from doing so.
    fn score(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<(), Fault>;
}

impl Prepared for () {
    fn score(&self, _: &Inputs<'_>, _: &mut Outputs<'_>, _: &Call<'_>) -> Result<(), Fault> {
        Ok(())
    }
}
