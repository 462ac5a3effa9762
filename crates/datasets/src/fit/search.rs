//! Coordinate search over weights: simple, without derivatives, and the same every
//! time.
//!
//! Tokens are whole and sample grids have whole sides, so the objective is a staircase:
//! gradients say nothing. One weight at a time is moved up or down by a step, the others
//! in proportion; what is better is kept; when no move is better the step is halved.

use super::FitError;
use super::objective::Objective;
use super::theta::{CHANNELS, Theta};

/// Steps, from coarse to fine.
const STEPS: [f64; 4] = [0.3, 0.12, 0.05, 0.02];

/// The least gain that counts, as a mean log ratio: a fiftieth of a percent. Less is
/// the grain of the staircase, and would be fitted for nothing.
const GAIN: f64 = 2e-4;

/// The best weights found from any of `starts`, in thousandths; the starts themselves
/// are candidates. With `floor` each way keeps at least that much.
pub(super) fn search(
    starts: &[Theta],
    objective: &Objective<'_>,
    floor: Option<f64>,
) -> Result<Theta, FitError> {
    best(starts, floor, |theta| objective.value(theta))
}

fn best<E>(
    starts: &[Theta],
    floor: Option<f64>,
    value: impl Fn(&Theta) -> Result<f64, E>,
) -> Result<Theta, E> {
    let allowed = |theta: Theta| floor.map_or(theta, |floor| theta.with_floor(floor));
    let mut found: Option<(f64, Theta)> = None;
    for &start in starts {
        let start = allowed(start).rounded();
        let descended = allowed(descend(start, &allowed, &value)?).rounded();
        for theta in [start, descended] {
            let value = value(&theta)?;
            if found.is_none_or(|(least, _)| value < least) {
                found = Some((value, theta));
            }
        }
    }
    Ok(found.map_or(Theta::equal(), |(_, theta)| theta))
}

fn descend<E>(
    start: Theta,
    allowed: &impl Fn(Theta) -> Theta,
    value: &impl Fn(&Theta) -> Result<f64, E>,
) -> Result<Theta, E> {
    let (mut theta, mut least) = (start, value(&start)?);
    for step in STEPS {
        loop {
            let before = least;
            for channel in 0..CHANNELS {
                for step in [step, -step] {
                    let Some(moved) = theta.moved(channel, step).map(allowed) else { continue };
                    let value = value(&moved)?;
                    if value < least - GAIN {
                        (theta, least) = (moved, value);
                        break;
                    }
                }
            }
            if least == before {
                break;
            }
        }
    }
    Ok(theta)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrcoc_decide::Way;

    /// The distance of weights from those that are wanted.
    fn away(theta: &Theta, wanted: &Theta) -> f64 {
        theta.weights().iter().zip(wanted.weights()).map(|(a, b)| (a - b) * (a - b)).sum()
    }

    #[test]
    fn a_valley_is_found_from_anywhere() {
        let wanted = Theta::of(|channel| [3.0, 0.0, 5.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0][channel]);
        let value = |theta: &Theta| Ok::<f64, ()>(away(theta, &wanted));
        for start in [Theta::only(1), Theta::only(8), Theta::equal()] {
            let found = best(&[start], None, value).unwrap();
            assert!(away(&found, &wanted) < 2e-3, "{found:?}");
        }
    }

    #[test]
    fn a_floor_is_kept_and_a_good_start_is_not_lost() {
        let value = |theta: &Theta| Ok::<f64, ()>(away(theta, &Theta::only(0)));
        let found = best(&[Theta::equal()], Some(0.1), value).unwrap();
        assert!(found.share(Way::Perspectival) >= 0.099 && found.weights()[0] > 0.8, "{found:?}");
        assert_eq!(best(&[Theta::equal(), Theta::only(0)], None, value), Ok(Theta::only(0)));
    }
}
