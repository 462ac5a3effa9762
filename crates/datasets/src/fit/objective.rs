//! What a θ is worth: how much is lost at tokens shared by it, against uniform ones.

use arrcoc_decide::{
    Bounds, Channel, MonotoneMap, Policy, Proportional, ScoreMaps, Setting, Terms, Total, decide, uniform,
};
use arrcoc_stats::{Grid, PERSPECTIVAL, PROPOSITIONAL};

use super::FitError;
use super::sample::{Sample, UNIT};
use super::theta::{Theta, way_of};
use crate::tuning::Family;

/// Averages of tokens a patch at which loss is measured, within the default bounds of
/// 64 to 400: near the bottom, in the middle, and where most patches have plenty.
const AVERAGES: [f64; 3] = [100.0, 150.0, 250.0];

/// Loss per pixel that is added to every loss: one thousandth of similarity is not
/// seen. Without it the few pictures whose loss comes near 0, where patches have hardly
/// more pixels than tokens, have logarithms so large that they decide alone.
const UNSEEN: u64 = (UNIT / 1000.0) as u64;

/// Pictures with calibrated channels, and what uniform tokens lose on them.
pub(super) struct Objective<'a> {
    pictures: Vec<Picture<'a>>,
    terms: Vec<Terms>,
    threads: usize,
}

struct Picture<'a> {
    sample: &'a Sample,
    /// With θ of 0; every candidate puts in its own.
    channels: Vec<Channel>,
    /// Loss at uniform tokens, for each of [`AVERAGES`].
    uniform: Vec<u64>,
}

impl<'a> Objective<'a> {
    pub(super) fn new(samples: &'a [Sample], maps: &[MonotoneMap], threads: usize) -> Result<Self, FitError> {
        let patches = Grid::default().patches();
        let terms = |average| Terms::new(&Policy::new(Bounds::default(), Total::Average(average)), patches);
        let terms: Vec<Terms> = AVERAGES.into_iter().map(terms).collect::<Result<_, _>>()?;
        let demands = terms.iter().map(|terms| terms.demand(terms.lo())).collect::<Result<Vec<_>, _>>()?;
        let even: Vec<Vec<u32>> = demands.iter().map(uniform).collect();
        let picture = |sample: &'a Sample| Picture {
            sample,
            channels: calibrated(sample, maps),
            uniform: even.iter().map(|tokens| sample.loss(tokens)).collect(),
        };
        Ok(Self { pictures: samples.iter().map(picture).collect(), terms, threads })
    }

    /// The mean over pictures of [`Self::of_each`]: below 0 where θ loses less than
    /// uniform tokens do.
    pub(super) fn value(&self, theta: &Theta) -> Result<f64, FitError> {
        Ok(mean(self.of_each(theta)?.into_iter().map(|(_, value)| value)))
    }

    /// The same over the pictures of one family.
    pub(super) fn of_family(&self, theta: &Theta, family: Family) -> Result<f64, FitError> {
        let of_each = self.of_each(theta)?.into_iter();
        Ok(mean(of_each.filter(|(other, _)| *other == family).map(|(_, value)| value)))
    }

    /// For each picture the logarithm of its loss relative to that at uniform tokens,
    /// averaged over [`AVERAGES`].
    fn of_each(&self, theta: &Theta) -> Result<Vec<(Family, f64)>, FitError> {
        let of = |picture: &Picture<'a>| Ok((picture.sample.family, self.of_picture(picture, theta)?));
        in_parallel(&self.pictures, self.threads, of).into_iter().collect()
    }

    fn of_picture(&self, picture: &Picture<'a>, theta: &Theta) -> Result<f64, FitError> {
        let mut channels = picture.channels.clone();
        for (channel, theta) in channels.iter_mut().zip(theta.weights()) {
            channel.theta = theta;
        }
        let setting = Setting::default();
        let mut logs = Vec::with_capacity(self.terms.len());
        for (terms, &even) in self.terms.iter().zip(&picture.uniform) {
            let maps = ScoreMaps::from_channels(&channels, terms.patches())?;
            let outcome = decide(&maps, terms, &setting, &Proportional);
            let lost = picture.sample.loss(outcome.allocation.tokens());
            let unseen = picture.sample.pixels * UNSEEN;
            logs.push(libm::log((lost + unseen) as f64 / (even + unseen) as f64));
        }
        Ok(mean(logs.into_iter()))
    }
}

fn calibrated(sample: &Sample, maps: &[MonotoneMap]) -> Vec<Channel> {
    let names = PROPOSITIONAL.into_iter().chain(PERSPECTIVAL);
    let channels = sample.channels.iter().zip(maps).zip(names).enumerate();
    channels
        .map(|(place, ((raw, map), name))| Channel {
            plugin: "ways".into(),
            name: name.into(),
            way: way_of(place),
            theta: 0.0,
            values: raw.iter().map(|&value| map.apply(value)).collect(),
        })
        .collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0u32);
    for value in values {
        sum += value;
        count += 1;
    }
    sum / f64::from(count.max(1))
}

/// `work` done on every item, the results in the order of the items: which thread did
/// what does not show.
pub(super) fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, work(item)));
        }
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mut done = worker();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by_key(|&(index, _)| index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_threads() {
        let items: Vec<u32> = (0..100).collect();
        for threads in [0, 1, 3, 200] {
            assert_eq!(
                in_parallel(&items, threads, |item| item * 2),
                (0..200).step_by(2).collect::<Vec<_>>()
            );
        }
        assert!(in_parallel(&[] as &[u32], 2, |item| *item).is_empty());
    }
}
