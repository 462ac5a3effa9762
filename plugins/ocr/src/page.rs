//! All lines of an image: finding, then reading, one after the other.

use arrcoc_sdk::Fault;
use arrcoc_stats::Pixels;

use crate::{
    detect::{self, Detail},
    line::Line,
    model::Models,
    recognise::{self, Manner},
    threads::{Hands, Leave},
};

/// Reads pages. Needs no `&mut`: threads may read side by side.
pub(crate) struct Reader {
    pub(crate) models: Models,
    pub(crate) detail: Detail,
    pub(crate) manner: Manner,
    /// Lines of less confidence are left out.
    pub(crate) confidence: f32,
    hands: Hands,
}

impl Reader {
    pub(crate) fn new(models: Models, confidence: f32) -> Reader {
        let (detail, manner, hands) = (Detail::default(), Manner::default(), Hands::default());
        Reader { models, detail, manner, confidence, hands }
    }

    /// The lines of an image, from top to bottom.
    ///
    /// # Errors
    /// When the host wants the call to stop, or a model fails.
    pub(crate) fn read(&self, pixels: &Pixels<'_>, leave: &Leave<'_>) -> Result<Vec<Line>, Fault> {
        let frames = detect::lines(&self.models.detector, pixels, self.detail, &self.hands, leave)?;
        let lines = self.hands.share(leave, frames.len(), |i, hand| {
            recognise::line(&self.models, pixels, frames[i], self.manner, hand, leave.check)
        })?;
        Ok(lines.into_iter().flatten().filter(|line| line.confidence >= self.confidence).collect())
    }
}
