//! What a person reads of a fit: whether the map may steer tokens, how good it is, and its reliability curve.

use std::fmt::{self, Write as _};

use arrcoc_decide::fit::{Bin, LEAST_SKILL, SCORED};

use super::{Fit, Fits};

/// Signs of a bar of the curve.
const BAR: usize = 40;

impl fmt::Display for Fits {
    /// The report, a paragraph and a table for each map. All scores are those of pages held out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fit) in self.fits.iter().enumerate() {
            if place > 0 {
                f.write_char('\n')?;
            }
            self.one(f, fit)?;
        }
        if self.left_out > 0 {
            writeln!(f, "\n{} questions say nothing about a place and were left out", self.left_out)?;
        }
        Ok(())
    }
}

impl Fits {
    fn one(&self, f: &mut fmt::Formatter<'_>, fit: &Fit) -> fmt::Result {
        let fitted = &fit.fitted;
        let base = fitted.base_rate();
        writeln!(f, "{} of {}, encoder {}", fit.channel, fit.scorer, fit.encoder)?;
        match fitted.refusal() {
            None => writeln!(f, "  promoted    the probability {} with the channel", fitted.polarity)?,
            Some(reason) => writeln!(f, "  refused     {reason}")?,
        }
        writeln!(
            f,
            "  skill       {} over the base rate; the interval must be above {LEAST_SKILL}",
            fitted.skill
        )?;
        writeln!(f, "  brier       {:.5}; the base rate has {:.5}", fitted.brier, base * (1.0 - base))?;
        writeln!(f, "  ece         {:.4}; {}", fitted.ece, scored(fit))?;
        writeln!(
            f,
            "  n           {} pages, {} questions, {} patches of a grid of {}; {:.2} % hold what is asked for",
            fitted.pages,
            fitted.questions,
            fitted.patches,
            self.grid,
            100.0 * base
        )?;
        writeln!(f, "\n  probability   holds   patches   # holds, | probability")?;
        for bin in &fitted.curve {
            writeln!(
                f,
                "       {:.4}  {:.4}  {:>8}   {}",
                bin.probability,
                bin.holds,
                bin.patches,
                bar(bin).trim_end()
            )?;
        }
        Ok(())
    }
}

fn scored(fit: &Fit) -> String {
    match fit.fitted.ece_scored {
        None => format!("no patch is scored above {SCORED}"),
        Some(ece) => format!("{ece:.4} over the {} patches scored above {SCORED}", fit.fitted.scored),
    }
}

/// The share that holds as a bar, and the probability as a stroke on it.
fn bar(bin: &Bin) -> String {
    let at = |share: f64| (share * BAR as f64).round() as usize;
    let (holds, probability) = (at(bin.holds), at(bin.probability));
    (0..=BAR)
        .map(|place| match place {
            _ if place == probability => '|',
            _ if place < holds => '#',
            _ => ' ',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_both() {
        let bin = |probability, holds| bar(&Bin { patches: 1, probability, holds }).trim_end().to_owned();
        assert_eq!(bin(0.1, 0.1), "####|");
        assert_eq!(bin(0.05, 0.1), "##|#");
        assert_eq!(bin(0.1, 0.05), "##  |");
        assert_eq!(bin(0.0, 0.0), "|");
        assert_eq!(bin(1.0, 1.0).len(), BAR + 1);
    }
}
