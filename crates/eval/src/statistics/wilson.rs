//! An interval of a rate, where every item is independent of the others.
//!
//! The textbook interval p ± z·√(p(1 − p)/n) says ±0 when nothing failed, and
//! holds the truth far less often than it says for rates near 0 or 1. Wilson's
//! asks instead which true rates would not be surprised by what was seen. It is
//! the one that Newcombe 1998, "Two-sided confidence intervals for the single
//! proportion: comparison of seven methods", recommends for its simplicity.
//!
//! Codes on one page are read or lost together: such a rate is clustered, its
//! interval here would be too narrow, and the bootstrap over pages is right.

use super::{Interval, normal::normal_quantile};

/// The 95 % score interval of `hits` of `items` (Wilson 1927, "Probable inference, the law of succession, and
/// statistical inference"), without correction for continuity, in 0 to 1. Its `error` is half its width over z, which
/// unlike √(p(1 − p)/n) is not 0 where every item went the same way.
///
/// None where there is no item, or more hits than items.
pub(crate) fn wilson(hits: u64, items: u64) -> Option<Interval> {
    if items == 0 || hits > items {
        return None;
    }
    let z = normal_quantile(0.975);
    let (n, p) = (items as f64, hits as f64 / items as f64);
    let shrunk = 1.0 + z * z / n;
    let centre = (p + z * z / (2.0 * n)) / shrunk;
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt() / shrunk;
    // The ends are exact where all items agree; rounding must not put the rate outside.
    let low = if hits == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if hits == items { 1.0 } else { (centre + half).min(1.0) };
    Some(Interval { low, high, error: half / z })
}

#[cfg(test)]
mod tests {
    use arrcoc_datasets::Random;

    use super::*;

    /// Newcombe 1998, table I, method 3.
    #[test]
    fn the_published_intervals() {
        for (hits, items, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let found = wilson(hits, items).unwrap();
            assert!((found.low - low).abs() < 5e-5 && (found.high - high).abs() < 5e-5, "{found:?}");
            let mirrored = wilson(items - hits, items).unwrap();
            assert!((mirrored.low + found.high - 1.0).abs() < 1e-12, "{mirrored:?}");
        }
    }

    #[test]
    fn nothing_and_too_much_have_no_interval() {
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(3, 2), None);
    }

    /// The chance that the interval holds the truth swings with n and p (Brown, Cai and DasGupta 2001); for these
    /// it is 0.92 to 0.98.
    #[test]
    fn it_holds_the_truth_about_as_often_as_it_says() {
        let mut random = Random::new(5);
        for (items, rate) in [(20, 0.1), (20, 0.5), (60, 0.03), (200, 0.9)] {
            let hit = |random: &mut Random| {
                let hits = (0..items).filter(|_| random.chance(rate)).count();
                wilson(hits as u64, items).unwrap().contains(f64::from(rate))
            };
            let held = (0..2000).filter(|_| hit(&mut random)).count();
            assert!((1820..=1980).contains(&held), "{held} of 2000 at {rate} of {items}");
        }
    }
}
