//! The max–min order, one thread, without the wire.
//!
//! `cargo bench -p arrcoc-baselines` times it with criterion; `cargo xtask bench --peers` times the plugin beside NumPy.
//!
//! Two kinds of features: `random` directions, the hardest, since nothing is like
//! anything and little can be left out; and `grouped`, in which patches belong to 24
//! groups and share a direction, as features of an encoder do.

#![allow(clippy::expect_used, reason = "a fixture that cannot be made fails the run")]

use std::{hint::black_box, time::Duration};

use arrcoc_baselines::{cosines::UnitRows, farthest_first::farthest_first};
use criterion::{BenchmarkId, Criterion};

const WIDTH: usize = 1024;
const SIZES: [(usize, usize); 2] = [(576, 64), (4096, 1024)];

/// N × [`WIDTH`] features.
fn features(patches: usize, kind: &str) -> Vec<f32> {
    let mut state = 1u64;
    let mut normal = || {
        // A sum of twelve is near enough to normal.
        let mut sum = -6.0;
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sum += (state >> 40) as f32 / 16_777_216.0;
        }
        sum
    };
    let mut values: Vec<f32> = (0..patches * WIDTH).map(|_| normal()).collect();
    if kind == "grouped" {
        let common: Vec<f32> = (0..25 * WIDTH).map(|_| normal()).collect();
        for (patch, row) in values.chunks_exact_mut(WIDTH).enumerate() {
            // Runs of seven patches, as things in an image have width.
            let group = &common[(1 + patch / 7 % 24) * WIDTH..][..WIDTH];
            for (i, value) in row.iter_mut().enumerate() {
                *value = 0.6 * *value + group[i] + common[i];
            }
        }
    }
    values
}

/// The first `keep` patches in order.
fn ours(features: &[f32], patches: usize, keep: usize) -> Vec<usize> {
    let rows = UnitRows::new(features, patches).expect("finite features");
    let mut left = keep;
    let enough = |_| {
        left -= 1;
        left == 0
    };
    farthest_first(&rows, enough, || Ok::<(), ()>(())).expect("the check passes")
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for (patches, keep) in SIZES {
        for kind in ["random", "grouped"] {
            let features = features(patches, kind);
            let name = BenchmarkId::new(kind, format!("{patches}x{WIDTH} keep {keep}"));
            criterion.benchmark_group("max-min-diversity").bench_function(name, |b| {
                b.iter(|| ours(black_box(&features), patches, keep));
            });
        }
    }
    criterion.final_summary();
}
