//! What a person reads of the fit: every candidate, on what was fitted and on what
//! was not.

use std::fmt::Write;

use arrcoc_stats::{PERSPECTIVAL, PROPOSITIONAL};

use super::FitError;
use super::objective::Objective;
use super::theta::{EDGE_DENSITY, Theta};
use crate::tuning::Family;

/// The candidates that are compared, each with its name.
pub(super) fn candidates(chosen: Theta, free: Theta) -> Vec<(String, Theta)> {
    let mut candidates = vec![
        ("chosen".to_owned(), chosen),
        ("without a floor".to_owned(), free),
        ("equal".to_owned(), Theta::equal()),
    ];
    let names = PROPOSITIONAL.into_iter().chain(PERSPECTIVAL);
    candidates
        .extend(names.enumerate().map(|(channel, name)| (format!("{name} alone"), Theta::only(channel))));
    candidates
}

/// A table of the mean log ratio of each candidate, over all pictures and, for the
/// chosen one and edge density, over those of each family. Lower is better.
pub(super) fn table(
    candidates: &[(String, Theta)],
    seen: &Objective<'_>,
    held_out: &Objective<'_>,
) -> Result<String, FitError> {
    let mut text = String::from("mean log of the loss (1 - SSIM) / uniform's loss; lower is better\n\n");
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{:<28} {:>8} {:>9}", "theta", "fitted", "held out");
    for (name, theta) in candidates {
        let (seen, held_out) = (seen.value(theta)?, held_out.value(theta)?);
        let _ = writeln!(text, "{name:<28} {seen:>8.4} {held_out:>9.4}");
    }
    let Some((_, chosen)) = candidates.first() else { return Ok(text) };
    let edges = Theta::only(EDGE_DENSITY);
    let _ = writeln!(text, "\n{:<28} {:>8} {:>9} {:>12}", "held out, by family", "chosen", "edges", "");
    for family in Family::ALL {
        let (chosen, edges) = (held_out.of_family(chosen, family)?, held_out.of_family(&edges, family)?);
        let _ = writeln!(text, "{:<28} {chosen:>8.4} {edges:>9.4}", family.name());
    }
    let _ = writeln!(text, "\n{:<28} {:>8} {:>9}", "theta of", "chosen", "no floor");
    for (channel, name) in PROPOSITIONAL.into_iter().chain(PERSPECTIVAL).enumerate() {
        let _ = write!(text, "{name:<28}");
        for (_, theta) in candidates.iter().take(2) {
            let _ = write!(text, " {:>8.3} ", theta.weights()[channel]);
        }
        text.push('\n');
    }
    Ok(text)
}
