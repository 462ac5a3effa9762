//! The order in which the bands of an image come.
//!
//! A scorer that takes bands adds up what it sees, so a band that is missing, or
//! comes twice, would be a wrong answer that nobody notices. Here each band is held
//! against the one before it, so that no scorer has to.

use arrcoc_stats::{Band, Grid};

use crate::{
    call::Call,
    fault::Fault,
    scorer::{Fed, Scorer},
    tensor::{Inputs, Outputs},
};

/// An image of which some bands have come.
pub(crate) struct Feeding<P> {
    feed: Fed<P>,
    grid: Grid,
    width: u32,
    height: u32,
    /// The row with which the next band begins.
    next: u32,
}

/// What a band leads to.
pub(crate) enum Step<P> {
    /// There are more to come.
    More(Feeding<P>),
    /// It was the last.
    Done(P),
}

impl<P> Feeding<P> {
    /// Begins with the band of this input, which is not taken yet.
    pub(crate) fn begin<S>(scorer: &S, input: &Inputs<'_>, call: &Call<'_>) -> Result<Feeding<P>, Fault>
    where
        S: Scorer<Prepared = P>,
    {
        let (band, grid) = (input.band()?, input.grid()?);
        if band.rows().start != 0 {
            return Err(Fault::invalid(format!("the first band begins at row {}, not 0", band.rows().start)));
        }
        let feed = scorer.feed(input, call)?;
        Ok(Feeding { feed, grid, width: band.width(), height: band.height(), next: 0 })
    }

    /// The band of this input.
    ///
    /// # Errors
    /// `InvalidInput`, when it is not the next one of the same image and grid.
    pub(crate) fn expect<'a>(&self, input: &Inputs<'a>) -> Result<Band<'a>, Fault> {
        let (band, grid) = (input.band()?, input.grid()?);
        if (band.width(), band.height(), grid) != (self.width, self.height, self.grid) {
            return Err(Fault::invalid(format!(
                "the band is of an image of {}x{} pixels with a grid of {grid}, those before of {}x{} with {}",
                band.width(),
                band.height(),
                self.width,
                self.height,
                self.grid
            )));
        }
        if band.rows().start != self.next {
            return Err(Fault::invalid(format!(
                "the band begins at row {}, and the next one that is due at row {}",
                band.rows().start,
                self.next
            )));
        }
        Ok(band)
    }

    /// Takes the band that was expected, and writes the outputs when it is the last.
    ///
    /// # Errors
    /// The scorer's.
    pub(crate) fn take(
        mut self,
        band: &Band<'_>,
        input: &Inputs<'_>,
        output: &mut Outputs<'_>,
        call: &Call<'_>,
    ) -> Result<Step<P>, Fault> {
        self.feed.take(band, input, call)?;
        self.next = band.rows().end;
        if self.next < self.height {
            return Ok(Step::More(self));
        }
        self.feed.finish(input, output, call).map(Step::Done)
    }
}
