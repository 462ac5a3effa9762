//! The max–min order against NumPy, one thread each.
//!
//! `cargo bench -p arrcoc-baselines` times ours with criterion. Where a Python with
//! numpy is found (`ARRCOC_PYTHON`, else `python3`) it then times
//! `benches/diversity.py` and ours in turns, A B A B, on the same features, and
//! prints the ratios of the medians and how many of the patches both keep. That is
//! not always all of them: ours rounds features to 15 bits, and the choice between
//! two patches that are equally far decides about those that follow.
//!
//! Two kinds of features: `random` directions, the hardest, since nothing is like
//! anything and little can be left out; and `grouped`, in which patches belong to 24
//! groups and share a direction, as features of an encoder do. Two NumPy programs:
//! `products` finds the first patch by the table of all cosines, and each of the
//! others by one matrix–vector product; `table` reads rows of that table instead.
//!
//! On a busy two-core 2.3 GHz Xeon (family 6, model 207) with NumPy 2.4.6 it printed,
//! as times of ours:
//!
//! | | by products | by table | the same patches |
//! |---|---|---|---|
//! | 576×1024 keep 64, random | 4.5 | 1.8 | 63 of 64 |
//! | 576×1024 keep 64, grouped | 9.4 | 3.5 | 64 of 64 |
//! | 4096×1024 keep 1024, random | 8.1 | 2.0 | 1002 of 1024 |
//! | 4096×1024 keep 1024, grouped | 22.1 | 5.8 | 1023 of 1024 |

#![allow(clippy::expect_used, reason = "a fixture that cannot be made fails the run")]

use std::{
    hint::black_box,
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

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

/// NumPy in a process of its own: answers each line with a time and the order.
struct NumPy {
    process: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl NumPy {
    fn start(features: &[f32], patches: usize, keep: usize) -> Option<NumPy> {
        let python = std::env::var("ARRCOC_PYTHON").unwrap_or_else(|_| "python3".into());
        let has_numpy = Command::new(&python).args(["-c", "import numpy"]).stderr(Stdio::null()).status();
        if !has_numpy.is_ok_and(|status| status.success()) {
            println!("no comparison: `{python}` has no numpy; name one that has in ARRCOC_PYTHON");
            return None;
        }
        let mut process = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/diversity.py"))
            .args([patches.to_string(), WIDTH.to_string(), keep.to_string()])
            .envs(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"].map(|name| (name, "1")))
            .env_remove("OPENBLAS_CORETYPE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let bytes: Vec<u8> = features.iter().flat_map(|value| value.to_le_bytes()).collect();
        process.stdin.as_mut()?.write_all(&bytes).ok()?;
        let answers = BufReader::new(process.stdout.take()?);
        Some(NumPy { process, answers })
    }

    fn run(&mut self, program: &str) -> Option<(Duration, Vec<usize>)> {
        writeln!(self.process.stdin.as_mut()?, "{program}").ok()?;
        let mut line = String::new();
        self.answers.read_line(&mut line).ok()?;
        let (seconds, order) = line.trim().split_once(' ')?;
        let order = order.split(',').map(|patch| patch.parse().ok()).collect::<Option<_>>()?;
        Some((Duration::from_secs_f64(seconds.parse().ok()?), order))
    }
}

impl Drop for NumPy {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn compare(features: &[f32], patches: usize, keep: usize, kind: &str) -> Option<()> {
    let mut numpy = NumPy::start(features, patches, keep)?;
    let programs = ["products", "table"];
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    let mut same = 0;
    // The first of each warms up.
    for round in 0..10 {
        let started = Instant::now();
        let order = black_box(ours(black_box(features), patches, keep));
        let mut taken = vec![started.elapsed()];
        for program in programs {
            let (time, theirs) = numpy.run(program)?;
            taken.push(time);
            same = order.iter().filter(|patch| theirs.contains(patch)).count();
        }
        if round > 0 {
            times.iter_mut().zip(taken).for_each(|(times, time)| times.push(time));
        }
    }
    let [ours, products, table] = times.map(median);
    let ratio = |theirs: Duration| theirs.as_secs_f64() / ours.as_secs_f64();
    println!(
        "{patches}x{WIDTH} keep {keep}, {kind}: ours {ours:.2?}; NumPy by products {products:.2?}, {:.1} times ours; \
         by table {table:.2?}, {:.1} times ours; {same} of {keep} patches are the same",
        ratio(products),
        ratio(table),
    );
    Some(())
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let mut compared = Vec::new();
    for (patches, keep) in SIZES {
        for kind in ["random", "grouped"] {
            let features = features(patches, kind);
            let name = BenchmarkId::new(kind, format!("{patches}x{WIDTH} keep {keep}"));
            criterion.benchmark_group("max-min-diversity").bench_function(name, |b| {
                b.iter(|| ours(black_box(&features), patches, keep));
            });
            compared.push((features, patches, keep, kind));
        }
    }
    criterion.final_summary();
    for (features, patches, keep, kind) in &compared {
        if compare(features, *patches, *keep, kind).is_none() {
            return;
        }
    }
}
