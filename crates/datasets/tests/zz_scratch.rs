//! A check of the committed reference on real photographs, which took no part in
//! the fit.
//!
//! The photographs lie beside the project, not in it: without them the test says so
//! and passes. `cargo test --release -p arrcoc-datasets --test photographs --
//! --nocapture` prints the numbers.

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
fn variants() {
    let fitted: Calibration = serde_json::from_str(COMMITTED).expect("a calibration");
    let names = [
        "deviation",
        "edge_density",
        "entropy",
        "colour_contrast_near",
        "luma_contrast_near",
        "continuation",
    ];
    let sets: Vec<(&str, [f64; 6])> = vec![
        ("edges", [0., 1., 0., 0., 0., 0.]),
        ("dev", [1., 0., 0., 0., 0., 0.]),
        ("nofloor", [0.294, 0.706, 0., 0., 0., 0.]),
        ("kept", [0.245, 0.655, 0., 0., 0.052, 0.048]),
        ("half", [0.5, 0.5, 0., 0., 0., 0.]),
        ("d.25", [0.25, 0.75, 0., 0., 0., 0.]),
        ("edges+cc.1", [0., 0.9, 0., 0.1, 0., 0.]),
        ("edges+lc.1", [0., 0.9, 0., 0., 0.1, 0.]),
        ("edges+cont.1", [0., 0.9, 0., 0., 0., 0.1]),
        ("edges+S.1", [0., 0.9, 0., 0.034, 0.034, 0.032]),
        ("chosen", [0.45, 0.45, 0., 0.034, 0.034, 0.032]),
        ("edges+ent.2", [0., 0.8, 0.2, 0., 0., 0.]),
    ];
    for (n, t) in sets {
        let mut c = fitted.clone();
        for v in c.theta.values_mut() {
            *v = 0.0
        }
        for (k, v) in names.iter().zip(t) {
            c.theta.insert(k.to_string(), v);
        }
        let mut out = String::new();
        let mut ss = 0.0;
        let mut ll = 0.0;
        for (_, image) in &photographs() {
            let tiling = Tiling::new(Grid::default(), image.width(), image.height()).unwrap();
            let q = quality(image, &tiling, &tokens(image, &tiling, &c, 150.0));
            let u = quality(image, &tiling, &vec![150; 576]);
            out += &format!(" {:.3}({:.4})", q.1 / u.1, q.0);
            ss += q.0 / 5.0;
            let px = (image.width() * image.height()) as f64;
            ll += ((q.1 + px) / (u.1 + px)).ln() / 5.0;
        }
        println!("{n:<14}{out}  mean ssim {ss:.4} mean log {ll:.4}");
    }
}
