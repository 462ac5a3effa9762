//! A bar on a terminal, with the time that is left; nothing anywhere else.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How far a run is, in cells.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar for this many cells. Nothing is drawn where stderr is no terminal.
    pub(crate) fn new(cells: u64) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(cells), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{msg:24} {bar:30} {pos}/{len} cells, {eta} left") {
            bar.set_style(style);
        }
        Progress(bar)
    }

    /// Says what is being measured.
    pub(crate) fn say(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }

    /// Cells are done.
    pub(crate) fn ticks(&self, cells: u64) {
        self.0.inc(cells);
    }

    /// A cell is done.
    pub(crate) fn tick(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
