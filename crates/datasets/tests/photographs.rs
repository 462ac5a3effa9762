//! A check of the committed reference on real photographs, which took no part in
//! the fit.
//!
//! The photographs lie beside the project, not in it: without them the test says so
//! and passes. `cargo test --release -p arrcoc-datasets --test photographs --
//! --nocapture` prints the numbers.

#![allow(clippy::expect_used, reason = "helpers of a test")]

use std::path::{Path, PathBuf};

use arrcoc_datasets::Calibration;
use arrcoc_decide::{Bounds, Mode, Policy, Proportional, ScoreMaps, Setting, Terms, Total, decide};
use arrcoc_picture::{Image, Limits, Sampling, distortion, read, render, ssim};
use arrcoc_stats::{EDGE_THRESHOLD, Grid, Tiling, scan_threads};

const COMMITTED: &str = include_str!("../../arrcoc/calibration/reference.json");

/// The channels that a calibration with only this weight listens to.
const EDGES: &str = "edge_density";

fn photographs() -> Vec<(String, Image)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/images");
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    let is_image = |path: &PathBuf| path.extension().is_some_and(|end| end == "png" || end == "jpg");
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_image).collect();
    paths.sort();
    let name = |path: &PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), read(path, &Limits::default()).expect("readable").0)).collect()
}

/// Tokens by content at an average of `average` a patch.
fn tokens(image: &Image, tiling: &Tiling, calibration: &Calibration, average: f64) -> Vec<u32> {
    let stats = scan_threads(&image.pixels(), tiling, EDGE_THRESHOLD, 2);
    let patches = tiling.grid().patches();
    let maps = ScoreMaps::from_channels(&calibration.channels(&stats), patches).expect("calibrated");
    let policy = Policy::new(Bounds::default(), Total::Average(average));
    let terms = Terms::new(&policy, patches).expect("feasible");
    let outcome = decide(&maps, &terms, &Setting::default(), &Proportional);
    assert_eq!((outcome.mode, outcome.retreats.len()), (Mode::Content, 0));
    outcome.allocation.tokens().to_vec()
}

/// Structural similarity and the total distortion.
fn quality(image: &Image, tiling: &Tiling, tokens: &[u32]) -> (f64, f64) {
    let lost: u64 = (0..).zip(tokens).map(|(patch, &k)| distortion(image, tiling, patch, k)).sum();
    (ssim(image, &render(image, tiling, tokens, Sampling::Grid)), lost as f64)
}

#[test]
fn content_keeps_more_of_real_photographs_than_uniform_tokens() {
    let fitted: Calibration = serde_json::from_str(COMMITTED).expect("a calibration");
    let mut edges = fitted.clone();
    for (name, theta) in &mut edges.theta {
        *theta = if name == EDGES { 1.0 } else { 0.0 };
    }
    let photographs = photographs();
    if photographs.is_empty() {
        println!("skipped: there is no `../shared/data/images` beside the project");
        return;
    }
    println!("mean structural similarity; in brackets distortion relative to 150 tokens each");
    println!(
        "{:<18} {:>7} {:>7} {:>16} {:>7} {:>16} {:>16}",
        "", "64", "uni144", "uni150", "400", "theta150", "edges150"
    );
    let mut sums = [0.0; 4];
    for (name, image) in &photographs {
        let tiling = Tiling::new(Grid::default(), image.width(), image.height()).expect("large enough");
        let patches = tiling.grid().patches();
        let of =
            |calibration, average| quality(image, &tiling, &tokens(image, &tiling, calibration, average));
        let even = |k| quality(image, &tiling, &vec![k; patches]);
        let (least, middle, most) = (of(&fitted, 64.0), of(&fitted, 150.0), of(&fitted, 400.0));
        let (below, same, edges) = (even(144), even(150), of(&edges, 150.0));
        let ratio = |lost: f64| lost / same.1;
        println!(
            "{name:<18} {:>7.4} {:>7.4} {:>7.4} ({:>5.3}) {:>7.4} {:>7.4} ({:>5.3}) {:>7.4} ({:>5.3})",
            least.0,
            below.0,
            same.0,
            ratio(same.1),
            most.0,
            middle.0,
            ratio(middle.1),
            edges.0,
            ratio(edges.1)
        );
        assert!(least.0 < middle.0 && middle.0 <= most.0, "{name} does not rise with the budget");
        for (sum, value) in sums.iter_mut().zip([below.0, same.0, middle.0, edges.0]) {
            *sum += value / photographs.len() as f64;
        }
    }
    let [below, same, middle, edges] = sums;
    println!(
        "mean: uniform 144 {below:.4}, uniform 150 {same:.4}, theta 150 {middle:.4}, edges 150 {edges:.4}"
    );
    assert!(middle > below, "content at 150 a patch is no better than 144 for each");
}
