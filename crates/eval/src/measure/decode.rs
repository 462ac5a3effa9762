//! How many codes of a page are read at a budget.
//!
//! Every method turns a page into what a reader sees at that budget, and the
//! same reader reads all of them. Beside the rate stand the curve over budgets
//! (its mean over the logarithm of the budget, and its worst drop) and, for
//! methods that decide, where the tokens went: the *lift* is the share of the
//! surplus that lies on patches with a code, over the share of such patches. A
//! lift of 1 is what chance gives.

use std::collections::BTreeMap;

use arrcoc::Error;
use arrcoc_picture::{Image, downsample};

use super::Bench;
use crate::{
    finding::{Finding, Key, Test, by_page, means},
    method::Runs,
    pages::{self, Item},
    reader::{read, seen},
    row::Row,
    statistics::{bootstrap, interval_of_mean, sign_flip_p, weighted_mean},
    suite::Suite,
};

/// Share of codes that were read; texts that were read and are not there, a page;
/// surplus on codes against chance; mean of `read` over log₂ of the average; the
/// largest fall of `read` from one average to the next smaller one.
pub(super) const METRICS: &[&str] = &["read", "misread", "lift", "area", "worst-drop"];

pub(super) fn cells(suite: &Suite, quick: bool) -> u64 {
    let methods = suite.methods.iter();
    let each = methods.map(|m| if let Runs::Original = m.runs { 1 } else { suite.averages.len() as u64 });
    u64::from(suite.pages(quick)) * each.sum::<u64>()
}

pub(super) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    pages::each(suite.pages(bench.quick), |index| {
        let item = Item::draw(&suite.dataset, index)?;
        let mut rows = Vec::new();
        for method in &suite.methods {
            if let Runs::Original = method.runs {
                let row = Row { method: method.name.clone(), ..item.row(&suite.name, "decode") };
                judge(item.image(), &item, row, &mut rows);
                bench.progress.tick();
                continue;
            }
            for &average in &suite.averages {
                let row = Row {
                    method: method.name.clone(),
                    average: Some(average),
                    ..item.row(&suite.name, "decode")
                };
                match &method.runs {
                    Runs::Original => {}
                    Runs::Downsample => {
                        let total = suite.total(average);
                        let row = Row { applied: Some(total), ..row };
                        judge(&downsample(item.image(), total), &item, row, &mut rows);
                    }
                    Runs::Engine(decider) => {
                        let answer = item.answer(suite.grid)?;
                        let policy = suite.policy(average);
                        let request = decider.request(&item.photo, suite.grid, policy, &answer)?;
                        let decision = decider.engine().allocate(&request)?;
                        let tokens = decision.flat_tokens();
                        let row = Row {
                            applied: Some(decision.applied),
                            reason: decision.reasons.join("; "),
                            decision: decision.id.clone(),
                            ..row
                        };
                        if let Some(lift) = lift(&tokens, suite.bounds.min(), &answer) {
                            rows.push(Row { metric: "lift", value: lift, ..row.clone() });
                        }
                        judge(&seen(item.image(), &decision)?, &item, row, &mut rows);
                    }
                }
                bench.progress.tick();
            }
        }
        Ok(rows)
    })
}

fn judge(image: &Image, item: &Item, row: Row, rows: &mut Vec<Row>) {
    let reading = read(image, item.texts());
    let codes = item.texts().len();
    let rate = reading.right as f64 / codes.max(1) as f64;
    rows.push(Row { metric: "read", value: rate, weight: codes as f64, ..row.clone() });
    rows.push(Row { metric: "misread", value: reading.wrong as f64, ..row });
}

/// None where there is no surplus, or where every patch has a code or none has.
fn lift(tokens: &[u32], least: u32, answer: &[u8]) -> Option<f64> {
    let surplus = |t: u32| u64::from(t.saturating_sub(least));
    let all: u64 = tokens.iter().map(|&t| surplus(t)).sum();
    let on: u64 = tokens.iter().zip(answer).filter(|(_, a)| **a != 0).map(|(&t, _)| surplus(t)).sum();
    let patches = answer.iter().filter(|a| **a != 0).count();
    if all == 0 || patches == 0 || patches == answer.len() {
        return None;
    }
    Some((on as f64 / all as f64) / (patches as f64 / answer.len() as f64))
}

/// Value and weight, page by page.
type Pages = Vec<(f64, f64)>;

pub(super) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    let mut findings = means(&suite.name, rows, "read", "pages");
    findings.extend(means(&suite.name, rows, "misread", "pages"));
    findings.extend(means(&suite.name, rows, "lift", "pages"));
    let read = by_page(rows, "read");
    differences(suite, &read, &mut findings);
    curves(suite, &read, &mut findings);
    findings
}

fn differences(suite: &Suite, read: &BTreeMap<Key, Pages>, findings: &mut Vec<Finding>) {
    for ((method, average, condition), pages) in read {
        for against in suite.against.iter().filter(|against| *against != method) {
            let key = (against.clone(), *average, condition.clone());
            let Some(others) = read.get(&key).filter(|_| average.is_some()) else { continue };
            let paired = pages.iter().zip(others).map(|(a, b)| (a.0 - b.0, a.1));
            let difference: Pages = paired.collect();
            findings.push(Finding {
                suite: suite.name.clone(),
                metric: "read",
                method: method.clone(),
                against: Some(against.clone()),
                average: average.map(f64::from_bits),
                condition: condition.clone(),
                estimate: weighted_mean(&difference),
                interval: interval_of_mean(&difference),
                n: difference.len(),
                of: "pages",
                test: Some(Test {
                    p: sign_flip_p(&difference.iter().map(|d| d.0 * d.1).collect::<Vec<_>>()),
                    holm: None,
                }),
            });
        }
    }
}

/// The rates of a method at every average, smallest first.
struct Curve<'a> {
    averages: &'a [f64],
    /// One for each average.
    rates: Vec<&'a Pages>,
}

impl<'a> Curve<'a> {
    fn of(suite: &'a Suite, method: &str, read: &'a BTreeMap<Key, Pages>) -> Option<Curve<'a>> {
        let at = |average: &f64| read.get(&(method.to_owned(), Some(average.to_bits()), None));
        let rates: Vec<&Pages> = suite.averages.iter().map(at).collect::<Option<_>>()?;
        (rates.len() > 1).then_some(Curve { averages: &suite.averages, rates })
    }

    /// The rate at each average over some pages.
    fn over(&self, pages: &[usize]) -> Vec<f64> {
        let mean = |rates: &&Pages| weighted_mean(&pages.iter().map(|&i| rates[i]).collect::<Vec<_>>());
        self.rates.iter().map(mean).collect()
    }

    /// The mean over log₂ of the average, by trapezes.
    fn area(&self, pages: &[usize]) -> f64 {
        let rates = self.over(pages);
        let at: Vec<f64> = self.averages.iter().map(|&a| libm::log2(a)).collect();
        let pairs = at.windows(2).zip(rates.windows(2));
        let area: f64 = pairs.map(|(x, y)| (x[1] - x[0]) * (y[0] + y[1]) / 2.0).sum();
        area / (at[at.len() - 1] - at[0])
    }

    fn worst_drop(&self, pages: &[usize]) -> f64 {
        self.over(pages).windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
    }

    fn pages(&self) -> usize {
        self.rates[0].len()
    }

    /// What a page adds to the area, but for a factor that all pages share.
    fn shares(&self) -> Vec<f64> {
        (0..self.pages()).map(|page| self.area(&[page]) * self.rates[0][page].1).collect()
    }
}

fn curves(suite: &Suite, read: &BTreeMap<Key, Pages>, findings: &mut Vec<Finding>) {
    for method in &suite.methods {
        let Some(curve) = Curve::of(suite, &method.name, read) else { continue };
        let all: Vec<usize> = (0..curve.pages()).collect();
        let finding = |metric: &'static str, statistic: &dyn Fn(&[usize]) -> f64| Finding {
            suite: suite.name.clone(),
            metric,
            method: method.name.clone(),
            against: None,
            average: None,
            condition: None,
            estimate: statistic(&all),
            interval: bootstrap(all.len(), statistic),
            n: all.len(),
            of: "pages",
            test: None,
        };
        findings.push(finding("area", &|pages| curve.area(pages)));
        findings.push(finding("worst-drop", &|pages| curve.worst_drop(pages)));
        for against in suite.against.iter().filter(|against| **against != method.name) {
            let Some(other) = Curve::of(suite, against, read) else { continue };
            let shares = curve.shares().into_iter().zip(other.shares()).map(|(a, b)| a - b);
            let p = sign_flip_p(&shares.collect::<Vec<_>>());
            findings.push(Finding {
                against: Some(against.clone()),
                test: Some(Test { p, holm: None }),
                ..finding("area", &|pages| curve.area(pages) - other.area(pages))
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lift_is_one_for_chance_and_none_where_it_says_nothing() {
        assert_eq!(lift(&[2, 2, 2, 2], 1, &[1, 0, 0, 0]), Some(1.0));
        assert_eq!(lift(&[5, 1, 1, 1], 1, &[1, 0, 0, 0]), Some(4.0));
        assert_eq!(lift(&[1, 1], 1, &[1, 0]), None);
        assert_eq!(lift(&[2, 2], 1, &[1, 1]), None);
    }

    #[test]
    fn the_area_is_the_mean_over_the_logarithm_of_the_budget() {
        let pages = [vec![(0.0, 1.0)], vec![(0.5, 1.0)], vec![(1.0, 1.0)]];
        let curve = Curve { averages: &[64.0, 128.0, 512.0], rates: pages.iter().collect() };
        // One octave at 0.25 and two at 0.75.
        assert!((curve.area(&[0]) - (0.25 + 2.0 * 0.75) / 3.0).abs() < 1e-12);
        assert_eq!(curve.worst_drop(&[0]), 0.5);
    }
}
