//! Sharing by weight from 576 to a million patches, and the whole decision at 576.
//!
//! `cargo bench -p arrcoc-decide` prints, on one core of a 2.3 GHz Xeon (family 6, model 207), for `share`:
//!
//! | weights | 576 patches | 1 000 000 patches |
//! |---|---|---|
//! | skewed, few patches hold most | 11 µs, 20 ns a patch | 35 ms, 35 ns a patch |
//! | saturated, many tied at 1 | 10 µs | 18 ms |
//! | all equal | 6 µs | 16 ms |
//! | zeros beside 1e308 | 8 µs | 19 ms |
//! | all subnormal | 320 µs | 790 ms |
//!
//! The bracket is what makes it so. With plain bisection on the bits down to neighbouring numbers, instead of
//! modelled thresholds and a listing of the last few keys, the same code took 5 times as long on skewed weights at
//! 576 patches, 31 times on saturated, 39 times on equal and 6 times on subnormal ones. Subnormal weights stay slow
//! since the processor is slow at them; normalised weights have them only beside much larger ones.
#![allow(clippy::expect_used, reason = "a fixture that cannot be made fails the run")]

use std::hint::black_box;

use arrcoc_decide::{
    Bounds, ConfidenceModel, Policy, Proportional, Reading, ScoreMaps, Setting, Terms, Total, decide,
    normalised, share, share_by_weight, uniform,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Numbers in `[0, 1)` from a fixed linear congruence, skewed so that a few patches hold most of the weight.
fn skewed(patches: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..patches).map(|_| next()).map(|u| u * u * u * u).collect()
}

fn sharing(c: &mut Criterion) {
    let mut group = c.benchmark_group("share");
    for patches in [576, 4_096, 65_536, 1_000_000] {
        let caps = vec![336; patches];
        let surplus = 86 * patches as u64;
        group.throughput(Throughput::Elements(patches as u64));
        let kinds = [
            ("skewed", normalised(&skewed(patches, 1))),
            ("saturated", skewed(patches, 2).into_iter().map(|w| (w * 4.0).min(1.0)).collect()),
            ("equal", vec![0.25; patches]),
            ("zeros beside 1e308", (0..patches).map(|i| if i % 7 == 0 { 1e308 } else { 0.0 }).collect()),
            ("subnormal", skewed(patches, 3).into_iter().map(|w| w * 1e-310).collect()),
        ];
        for (kind, weights) in kinds {
            group.bench_function(BenchmarkId::new(kind, patches), |b| {
                b.iter(|| share(black_box(&weights), black_box(&caps), surplus));
            });
        }
        group.bench_function(BenchmarkId::new("normalised", patches), |b| {
            let weights = skewed(patches, 1);
            b.iter(|| normalised(black_box(&weights)));
        });
        let policy = Policy::new(Bounds::default(), Total::Average(150.0));
        let demand =
            Terms::new(&policy, patches).and_then(|terms| terms.demand(terms.lo())).expect("feasible");
        group
            .bench_function(BenchmarkId::new("uniform", patches), |b| b.iter(|| uniform(black_box(&demand))));
    }
    group.finish();
}

/// The model of confidence that is committed.
fn model() -> ConfidenceModel {
    let text = include_str!("../../arrcoc/calibration/confidence.json");
    let file: serde_json::Value = serde_json::from_str(text).expect("committed");
    serde_json::from_value(file["confidence"].clone()).expect("a model")
}

fn decision(c: &mut Criterion) {
    let patches = 576;
    let mut group = c.benchmark_group("decide");
    group.throughput(Throughput::Elements(patches as u64));
    let [p, s, q] = [1, 2, 3].map(|seed| Some(skewed(patches, seed)));
    let maps = ScoreMaps { p, s, q, theta_p: 1.0, theta_s: 1.0, patches };
    for levels in ["any", "squares"] {
        let levels_of = levels.parse().expect("levels");
        let policy = Policy { levels: levels_of, ..Policy::new(Bounds::default(), Total::Average(150.0)) };
        let terms = Terms::new(&policy, patches).expect("feasible");
        let demand = terms.demand(terms.lo()).expect("the total");
        group.bench_function(BenchmarkId::new("whole", levels), |b| {
            b.iter(|| decide(black_box(&maps), &terms, &Setting::default(), &Proportional));
        });
        let model = model();
        let reading = Some(Reading { model: &model, pixels: 3136.0 });
        group.bench_function(BenchmarkId::new("whole, with confidence", levels), |b| {
            let setting = Setting { reading, ..Setting::default() };
            b.iter(|| decide(black_box(&maps), &terms, &setting, &Proportional));
        });
        let weights = skewed(patches, 1);
        group.bench_function(BenchmarkId::new("share_by_weight", levels), |b| {
            b.iter(|| share_by_weight(black_box(&weights), &demand));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30).warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = sharing, decision
}
criterion_main!(benches);
