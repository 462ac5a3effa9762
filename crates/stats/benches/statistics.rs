//! How long patch statistics take, against copying the image.
//!
//! ```text
//! cargo bench -p arrcoc-stats
//! ```
//!
//! On two cores of an Intel Xeon with AVX-512, grid 24×24:
//!
//! | what | 1344² | 4096² |
//! |---|---|---|
//! | copy | 0.40 ms | 4.4 ms |
//! | reference | 295 × copy | not measured |
//! | scan, what every x86-64 has | 13.7 × copy | 11.5 × copy |
//! | scan, AVX2 | 8.2 × copy | 7.0 × copy |
//! | scan, AVX-512 | 6.9 × copy | 6.3 × copy |
//! | scan, two threads | 1.5 × faster than one | 1.85 × faster than one |
//! | all nine channels, which do not depend on the size of the image | 0.87 ms | 0.86 ms |
//!
//! With AVX-512 about a third of the scan's time goes into gradients and their products, a third into the histogram, a
//! quarter into luma with the loads, and the rest into the sums of colours.

#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Duration;

use arrcoc_stats::{
    EDGE_THRESHOLD, FIELDS, Grid, Pixels, Tiling, Vectors, perspectival, propositional, reference,
    scan_threads, scan_with,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Smooth shading with texture and noise, so that histograms are neither flat nor
/// single spikes. The noise is SplitMix64.
fn image(side: u32) -> Vec<u8> {
    let mut state = 7u64;
    let mut noise = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as u32
    };
    let mut data = Vec::with_capacity(3 * (side * side) as usize);
    for y in 0..side {
        for x in 0..side {
            let base = (x * 160 / side + y * 60 / side) + if (x / 23 + y / 31) % 3 == 0 { 25 } else { 0 };
            let n = noise();
            data.extend([0, 8, 16].map(|shift| (base + (n >> shift & 7)) as u8));
        }
    }
    data
}

fn statistics(criterion: &mut Criterion) {
    for side in [1344u32, 4096] {
        let data = image(side);
        let pixels = Pixels::new(side, side, &data).unwrap();
        let tiling = Tiling::new(Grid::default(), side, side).unwrap();
        let mut group = criterion.benchmark_group("statistics");
        group.throughput(Throughput::Bytes(data.len() as u64));
        group
            .sample_size(20)
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(3));

        let mut copy = data.clone();
        group.bench_function(BenchmarkId::new("copy", side), |bencher| {
            bencher.iter(|| {
                copy.copy_from_slice(black_box(&data));
                black_box(&mut copy);
            });
        });
        if side < 4096 {
            group.bench_function(BenchmarkId::new("reference", side), |bencher| {
                bencher.iter(|| reference(black_box(&pixels), &tiling, EDGE_THRESHOLD));
            });
        }
        for vectors in Vectors::here() {
            let mut table = vec![0; tiling.grid().patches() * FIELDS];
            group.bench_function(BenchmarkId::new(format!("scan_{vectors:?}"), side), |bencher| {
                bencher.iter(|| {
                    scan_with(vectors, black_box(&pixels), &tiling, EDGE_THRESHOLD, 0..side, &mut table);
                });
            });
        }
        for threads in [1, 2] {
            group.bench_function(BenchmarkId::new(format!("scan_threads_{threads}"), side), |bencher| {
                bencher.iter(|| scan_threads(black_box(&pixels), &tiling, EDGE_THRESHOLD, threads));
            });
        }
        group.finish();

        let stats = scan_threads(&pixels, &tiling, EDGE_THRESHOLD, 1);
        let mut group = criterion.benchmark_group("derivation");
        group.bench_function(BenchmarkId::new("propositional", side), |bencher| {
            bencher.iter(|| propositional(black_box(&stats)));
        });
        group.bench_function(BenchmarkId::new("perspectival", side), |bencher| {
            bencher.iter(|| perspectival(black_box(&stats)));
        });
        group.finish();
    }
}

criterion_group!(benches, statistics);
criterion_main!(benches);
