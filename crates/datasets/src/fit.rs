//! Fits the reference: a map for each channel, and the weights θ of the channels.
//!
//! A map takes a channel to the share of reference patches below it, so that channels
//! of different scales can be added. θ is then chosen so that pictures rendered at
//! tokens shared by content lose as little structural similarity as possible, relative
//! to uniform tokens at the same total. Everything a decision does between channels and
//! tokens, the tensions included, is part of what is measured, since θ is used nowhere
//! else.
//!
//! Similarity is a proxy: it does not know what a reader needs. It is used because it
//! needs no reader and no question, and because the weights of content must serve before
//! any question is asked. Squared error was tried first and lost: it took the deviation
//! of a patch, which slow shading has too, for detail. Pure edge density, the strongest
//! simple rule, is among the candidates, so the result is not worse than it on what it
//! was fitted on; on other seeds the report says.
//!
//! | file | holds |
//! |---|---|
//! | `sample` | a tuning picture with its channels and its table of losses |
//! | `objective` | what a θ is worth |
//! | `theta` | weights that sum to 1 |
//! | `search` | the coordinate search |
//! | `report` | the table of candidates |

mod objective;
mod report;
mod sample;
mod search;
mod theta;

use std::collections::BTreeMap;

use arrcoc_decide::{MapError, MonotoneMap, PolicyError};
use arrcoc_stats::{GridError, PERSPECTIVAL, PROPOSITIONAL, PixelsError};

use crate::calibration::{Calibration, SCHEMA};
use crate::seeds::Seed;
use crate::tuning::Family;

use objective::Objective;
use sample::{Sample, samples};
use search::search;
use theta::{CHANNELS, Theta};

/// What the result calls itself. It changes with every change of the numbers.
const VERSION: &str = "reference-2";

/// The command that makes the file.
const MADE_BY: &str = "cargo xtask calibrate-reference";

/// Pictures of each family: for the maps and θ, and as many tuning seeds again that
/// the fit does not see. Photographs count three times, as what most pictures
/// are.
const PICTURES: [(Family, u32); 5] = [
    (Family::Photograph, 36),
    (Family::Document, 12),
    (Family::Scene, 12),
    (Family::Chart, 12),
    (Family::Sky, 12),
];

/// Index of the first tuning seed that is held out.
const HELD_OUT: u32 = 1000;

/// What each way keeps of θ at the least. This is a decision and not a result: the
/// objective sees similarity alone, and what stands out is worth tokens for other
/// reasons than that. The report prints what it costs.
const FLOOR: f64 = 0.1;

/// A fitted reference.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// What goes to the file.
    pub calibration: Calibration,
    /// What was measured, as a table for a person to read.
    pub report: String,
}

/// Why nothing was fitted. None of these occurs with the pictures of this crate.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub enum FitError {
    /// A picture has a wrong size.
    Pixels(#[from] PixelsError),
    /// A picture is smaller than the grid.
    Grid(#[from] GridError),
    /// A calibrated channel left its range.
    Map(#[from] MapError),
    /// The bounds allow no total that was asked for.
    Policy(#[from] PolicyError),
}

/// Draws the tuning pictures and fits maps and weights. Uses `threads` threads (at
/// least one); the result does not depend on their number.
///
/// # Errors
///
/// [`FitError`], when a picture cannot be used.
pub fn fit(threads: usize) -> Result<Fitted, FitError> {
    let seen = samples(&seeds(0), threads)?;
    let maps: Vec<MonotoneMap> = (0..CHANNELS).map(|channel| reference_map(&seen, channel)).collect();
    let held_out = samples(&seeds(HELD_OUT), threads)?;
    let seen = Objective::new(&seen, &maps, threads)?;
    let held_out = Objective::new(&held_out, &maps, threads)?;

    let starts = starts();
    let free = search(&starts, &seen, None)?;
    let kept = search(&[free, starts[0]], &seen, Some(FLOOR))?;
    let cost = held_out.value(&kept)? - held_out.value(&free)?;

    let mut report = report::table(&report::candidates(kept, free), &seen, &held_out)?;
    report.push_str(&format!("\nthe floor of {FLOOR} for each way costs {cost:+.4} on pictures held out\n"));
    Ok(Fitted { calibration: calibration(maps, kept), report })
}

/// Each family with its seeds, from index `first` on.
fn seeds(first: u32) -> Vec<(Family, Seed)> {
    let of = |(family, count)| (first..first + count).map(move |index| (family, Seed::tuning(index)));
    PICTURES.into_iter().flat_map(of).collect()
}

/// What counts as 0: a ten-thousandth of a channel's range. The chroma of a grey is
/// about 1e-16, and orientations of rounding errors are not 0 either.
const NOTHING: f64 = 1e-4;

/// The distribution function of a channel over the patches where it is above 0.
///
/// Channels are exactly 0 on flat areas, which is a third of a page. Counted in, they
/// would lift everything above 0 by a third: one edge pixel would be as much as the
/// difference between a few and very many. So 0 is taken to 0, and the map says where a
/// patch stands among those that have any of what the channel measures.
fn reference_map(samples: &[Sample], channel: usize) -> MonotoneMap {
    let of =
        |sample: &Sample| sample.channels[channel].iter().copied().filter(|&value| value > NOTHING).collect();
    MonotoneMap::reference(&mut samples.iter().flat_map::<Vec<f64>, _>(of).collect())
}

/// Where searches start: edge density first, so that nothing worse than it is found.
fn starts() -> [Theta; 3] {
    let busy = [theta::DEVIATION, theta::EDGE_DENSITY];
    let both = Theta::of(|channel| if busy.contains(&channel) { 1.0 } else { 0.0 });
    [Theta::only(theta::EDGE_DENSITY), Theta::equal(), both]
}

fn calibration(maps: Vec<MonotoneMap>, theta: Theta) -> Calibration {
    let names = PROPOSITIONAL.into_iter().chain(PERSPECTIVAL).map(str::to_owned);
    let family =
        |(family, count): (Family, u32)| (family.name().to_owned(), (Seed::tuning(0).number(), count));
    Calibration {
        schema: SCHEMA.into(),
        version: VERSION.into(),
        made_by: MADE_BY.into(),
        images: PICTURES.into_iter().map(family).collect(),
        channels: names.clone().zip(maps).collect(),
        theta: names.zip(theta.weights()).collect(),
        encoders: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_to_fit_and_pictures_held_out_are_disjoint() {
        let (seen, held_out) = (seeds(0), seeds(HELD_OUT));
        assert_eq!(seen.len(), held_out.len());
        assert!(seen.iter().all(|picture| !held_out.contains(picture)));
        assert!(PICTURES.iter().all(|&(_, count)| count >= 8));
    }
}
