//! One total over several images, shared by the same rule.
//!
//! To the rule the patches of all images are those of one: their score maps are put together, and tensions, weights
//! and tokens follow as for a single image. They lie among each other and not end to end ([`Together::pool`]), since the last
//! of tied tokens goes by index, and no image shall come first. What the patches of an image get together is the image's total; its own
//! decision shares that within it. Calibrated scores are what makes this fair: a probability means the same in every
//! image, so that the image that holds the answer is the one that gets its tokens. An image may have a least and a most of its own.

use crate::pipeline::{Shared, share_out};
use crate::policy_error::Asked;
use crate::{
    Allocator, Demand, Infeasible, PolicyError, ScoreMaps, Setting, Tensions, Terms, Total, uniform,
};

/// Images that share one total: each has a least and a most, and every patch its minimum and maximum, all proved
/// feasible together.
#[derive(Clone, Debug)]
pub struct Together {
    /// Of the patches of all images, in the order of `pool`.
    demand: Demand,
    /// The image of each patch, and which of its patches it is.
    pool: Vec<(usize, usize)>,
    /// The least and the most of each image.
    own: Vec<(u64, u64)>,
}

/// What each image gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Totals {
    /// Tokens of each image; they sum to the total, or with levels come as near below as all patches together can.
    pub totals: Vec<u64>,
    /// Tokens of each image if all patches were given the same, as far as bounds allow.
    pub even: Vec<u64>,
    /// The tensions of all patches as one image.
    pub tensions: Tensions,
    /// How strongly the question separates the patches of all images, in `[0, 1]`.
    pub coupling: f64,
    /// The reason of every retreat, one line each.
    pub retreats: Vec<String>,
}

impl Together {
    /// Puts images together under one total. What each may get is what its terms allow: [`Terms::lo`] to
    /// [`Terms::hi`], so [`Terms::open`] leaves it free.
    ///
    /// # Errors
    /// No images, images with different levels, a total that is a range or no number, and a total outside what all images
    /// together allow.
    pub fn new(images: &[Terms], total: Total) -> Result<Together, PolicyError> {
        let pool = pool(images);
        let ends = |end: fn(&Demand) -> &[u32]| {
            pool.iter().map(|&(image, patch)| end(images[image].lowest())[patch]).collect::<Vec<u32>>()
        };
        let (min, max) = (ends(Demand::min), ends(Demand::max));
        let Some(first) = images.first() else { return Err(PolicyError::NoImages) };
        let levels = first.lowest().levels().clone();
        if images.iter().any(|terms| *terms.lowest().levels() != levels) {
            return Err(PolicyError::UnequalLevels);
        }
        let tokens = match total {
            Total::Exact(tokens) => tokens,
            Total::Average(average) if average.is_finite() && average > 0.0 => {
                // The cast saturates, and what it saturates to is above what any policy allows.
                (average * min.len() as f64).round() as u64
            }
            Total::Average(average) => return Err(PolicyError::Average { average }),
            Total::Range { lo, hi } => return Err(PolicyError::RangeTogether { lo, hi }),
        };
        let own: Vec<(u64, u64)> = images.iter().map(|terms| (terms.lo(), terms.hi())).collect();
        let sum = |end: fn(&(u64, u64)) -> u64| own.iter().map(end).sum::<u64>();
        let infeasible = Infeasible {
            asked: Asked { tokens, total },
            patches: min.len(),
            bounds: None,
            overrides: 0,
            least: sum(|own| own.0),
            most: sum(|own| own.1),
        };
        if tokens < infeasible.least {
            return Err(PolicyError::BelowLeast(infeasible));
        }
        if tokens > infeasible.most {
            return Err(PolicyError::AboveMost(infeasible));
        }
        Ok(Together { demand: Demand::new(min, max, levels, tokens)?, pool, own })
    }

    /// The number of patches of all images.
    #[must_use]
    pub fn patches(&self) -> usize {
        self.demand.patches()
    }

    /// The total that is shared.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.demand.total()
    }

    /// Rows of numbers, one for each patch of each image, in the order in which patches are shared to: as often as it
    /// goes, a patch of each image. `None` unless every image has one row of `width` numbers for each of its patches.
    #[must_use]
    pub fn pool<T: Copy>(&self, images: &[&[T]], width: usize) -> Option<Vec<T>> {
        let mut patches = vec![0; self.own.len()];
        self.pool.iter().for_each(|&(image, _)| patches[image] += 1);
        let fit =
            images.len() == patches.len() && images.iter().zip(&patches).all(|(i, n)| i.len() == n * width);
        let row = |&(image, patch): &(usize, usize)| &images[image][patch * width..][..width];
        fit.then(|| self.pool.iter().flat_map(row).copied().collect())
    }

    /// Shares the total among the images.
    ///
    /// `maps` are of all patches, from channels that were [put together](Self::pool). Retreats are those of
    /// [`decide`](crate::decide).
    #[must_use]
    pub fn share(&self, maps: &ScoreMaps, setting: &Setting<'_>, allocator: &dyn Allocator) -> Totals {
        let mut demand = self.demand.clone();
        let mut fixed = vec![false; self.own.len()];
        let even = self.sums(&uniform(&self.demand));
        loop {
            let Shared { tokens, tensions, coupling, retreats } =
                share_out(maps, &demand, setting, allocator);
            let totals = self.sums(&tokens);
            let beyond = |(&total, &(lo, hi)): (&u64, &(u64, u64))| {
                (lo.saturating_sub(total), total.saturating_sub(hi))
            };
            let beyond: Vec<(u64, u64)> = totals.iter().zip(&self.own).map(beyond).collect();
            let lacking: u64 =
                beyond.iter().zip(&fixed).filter(|(_, fixed)| !**fixed).map(|(b, _)| b.0).sum();
            let excess: u64 = beyond.iter().zip(&fixed).filter(|(_, fixed)| !**fixed).map(|(b, _)| b.1).sum();
            if lacking + excess == 0 {
                return Totals { totals, even, tensions, coupling, retreats };
            }
            // The side that is further out is put at its ends: what is left for the others then stays feasible.
            for image in 0..self.own.len() {
                let (below, above) = beyond[image];
                let end = match () {
                    () if fixed[image] => continue,
                    () if excess >= lacking && above > 0 => self.own[image].1,
                    () if excess < lacking && below > 0 => self.own[image].0,
                    () => continue,
                };
                fixed[image] = true;
                demand = self.fix(&demand, image, end);
            }
        }
    }

    /// The demand with one image's patches fixed, so that they have `total` together.
    fn fix(&self, demand: &Demand, image: usize, total: u64) -> Demand {
        let of_it: Vec<usize> = (0..self.pool.len()).filter(|&at| self.pool[at].0 == image).collect();
        let (mut min, mut max) = (demand.min().to_vec(), demand.max().to_vec());
        let ends = |ends: &[u32]| of_it.iter().map(|&at| ends[at]).collect::<Vec<u32>>();
        let own = Demand::new(ends(&min), ends(&max), demand.levels().clone(), total);
        // Its terms were proved for totals from the least to the most.
        let Ok(own) = own else { return demand.clone() };
        for (&at, tokens) in of_it.iter().zip(uniform(&own)) {
            (min[at], max[at]) = (tokens, tokens);
        }
        Demand::new(min, max, demand.levels().clone(), demand.total()).unwrap_or_else(|_| demand.clone())
    }

    fn sums(&self, tokens: &[u32]) -> Vec<u64> {
        let mut sums = vec![0; self.own.len()];
        self.pool.iter().zip(tokens).for_each(|(&(image, _), &tokens)| sums[image] += u64::from(tokens));
        sums
    }
}

/// The patches of images among each other: each where it stands on the way through its own image.
fn pool(images: &[Terms]) -> Vec<(usize, usize)> {
    let of = |(image, terms): (usize, &Terms)| (0..terms.patches()).map(move |patch| (image, patch));
    let mut pool: Vec<(usize, usize)> = images.iter().enumerate().flat_map(of).collect();
    // `(patch + ½)/N`, compared without rounding.
    let place = |&(image, patch): &(usize, usize)| (2 * patch as u64 + 1, images[image].patches() as u64);
    pool.sort_by(|a, b| {
        let ((at_a, of_a), (at_b, of_b)) = (place(a), place(b));
        (at_a * of_b).cmp(&(at_b * of_a)).then(a.cmp(b))
    });
    pool
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Bounds, Levels, Policy, Proportional};

    fn terms(bounds: (u32, u32), patches: usize, own: Option<(u64, u64)>) -> Terms {
        let policy = Policy::new(Bounds::new(bounds.0, bounds.1).expect("in order"), Total::Exact(0));
        match own {
            Some((lo, hi)) => Terms::new(&Policy { total: Total::Range { lo, hi }, ..policy }, patches),
            None => Terms::open(&policy, patches),
        }
        .expect("feasible")
    }

    fn maps(q: Vec<f64>) -> ScoreMaps {
        let patches = q.len();
        ScoreMaps { p: Some(vec![0.5; patches]), q: Some(q), theta_p: 1.0, patches, ..ScoreMaps::default() }
    }

    #[test]
    fn the_image_that_holds_the_answer_gets_the_tokens() {
        let images = [(); 4].map(|()| terms((1, 9), 16, None));
        let together = Together::new(&images, Total::Average(3.0)).expect("feasible");
        // The third image has two patches that are asked for.
        let none = [0.02; 16];
        let mut third = none;
        third[4..6].fill(0.9);
        let q = together.pool(&[&none, &none, &third, &none], 1).expect("one for each patch");
        let shared = together.share(&maps(q), &Setting::default(), &Proportional);
        assert_eq!(shared.totals.iter().sum::<u64>(), 192);
        assert_eq!(shared.even, [48; 4]);
        assert!(shared.totals[2] > 55, "{shared:?}");
        assert!(shared.totals.iter().enumerate().all(|(i, t)| i == 2 || (43..=46).contains(t)), "{shared:?}");
    }

    #[test]
    fn without_scores_all_patches_are_alike() {
        let images = [terms((0, 10), 30, None), terms((0, 10), 10, None)];
        let together = Together::new(&images, Total::Exact(120)).expect("feasible");
        let nothing = ScoreMaps { patches: 40, ..ScoreMaps::default() };
        let shared = together.share(&nothing, &Setting::default(), &Proportional);
        assert_eq!((shared.totals, shared.retreats.len()), (vec![90, 30], 1));
    }

    #[test]
    fn what_cannot_be_together_is_refused() {
        let images = [terms((1, 4), 10, None), terms((1, 4), 10, Some((12, 20)))];
        let refused =
            |images: &[Terms], total| Together::new(images, total).expect_err("refused").to_string();
        assert!(
            refused(&images, Total::Exact(21)).contains("total 21 is below the least"),
            "{}",
            refused(&images, Total::Exact(21))
        );
        assert!(refused(&images, Total::Exact(61)).contains("total 61 is above the most"));
        assert!(refused(&images, Total::Range { lo: 30, hi: 40 }).contains("range"));
        assert!(refused(&images, Total::Average(f64::NAN)).contains("NaN"));
        assert_eq!(refused(&[], Total::Exact(1)), "there are no images to share among");
        let squares = Policy {
            levels: Levels::Squares,
            ..Policy::new(Bounds::new(1, 4).expect("in order"), Total::Exact(0))
        };
        let other = Terms::open(&squares, 10).expect("feasible");
        assert!(refused(&[images[0].clone(), other], Total::Exact(50)).contains("levels"));
    }

    proptest! {
        #[test]
        fn totals_are_exact_and_inside_what_each_image_allows(
            sizes in prop::collection::vec((1usize..40, 0u32..8, 0u32..20), 1..7),
            ends in prop::collection::vec((0.0f64..1.0, 0.0f64..1.0, any::<bool>()), 7),
            at in 0.0f64..=1.0,
            autonomy in 0.0f64..=1.0,
            scores in prop::collection::vec(0.0f64..=1.0, 240),
        ) {
            let images: Vec<Terms> = sizes.iter().zip(&ends).map(|(&(patches, min, room), &(a, b, is_free))| {
                let (least, most) = (patches as u64 * u64::from(min), patches as u64 * u64::from(min + room));
                let between = |share: f64| least + ((most - least) as f64 * share) as u64;
                let own = (between(a.min(b)), between(a.max(b)));
                terms((min, min + room), patches, (!is_free).then_some(own))
            }).collect();
            let (least, most) = images.iter().fold((0, 0), |(l, m), t| (l + t.lo(), m + t.hi()));
            let total = least + ((most - least) as f64 * at) as u64;
            let together = Together::new(&images, Total::Exact(total)).expect("between the ends");
            let scores = scores.into_iter().take(together.patches()).collect();
            let setting = Setting { autonomy, ..Setting::default() };
            let shared = together.share(&maps(scores), &setting, &Proportional);
            prop_assert_eq!(shared.totals.iter().sum::<u64>(), total);
            for (got, terms) in shared.totals.iter().zip(&images) {
                prop_assert!((terms.lo()..=terms.hi()).contains(got), "{} of {}..{}", got, terms.lo(), terms.hi());
            }
        }
    }
}
