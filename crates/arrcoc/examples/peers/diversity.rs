//! Max–min diversity (DivPrune's rule) beside NumPy, on features of 1024 numbers.
//!
//! Ours is the allocator of the real plugin file, called through the host in this process. Two kinds of features:
//! `random` directions, the hardest, since nothing is like anything and little can be left out; and `grouped`, in which
//! patches belong to 24 groups and share a direction, as features of an encoder do.
//!
//! Not always the same patches: ours rounds features to 15 bits, NumPy to those of float32, and the choice between two
//! patches that are equally far decides about those that follow. How many are the same is told, and it is a failure when
//! most are not, or when the nearest two of one choice are nearer than those of the other.

use std::{collections::HashMap, fs, hint::black_box, path::Path};

use arrcoc::{Catalogue, Isolation, IsolationLevel, Search};
use arrcoc_decide::{Allocator as _, Demand, Levels};
use arrcoc_host::TensorBuf;
use arrcoc_stats::{EDGE_THRESHOLD, FIELDS, Grid, Pixels, Tiling, scan_threads};
use serde_json::json;

use crate::{
    python::Peers,
    statistics::image,
    table::{Goal, Row},
    turns::{Clock, Sides, timed},
};

const WIDTH: usize = 1024;
/// The side of the grid, and how many patches are kept.
const SIZES: [(u32, usize); 2] = [(24, 64), (64, 1024)];
/// The ways that `peers.py` has, and what the table calls them.
const WAYS: [(&str, &str); 2] =
    [("products", "NumPy, a product for each choice"), ("table", "NumPy, by the table of all cosines")];
const GOAL: Goal = Goal::Faster(5.0);
/// Most by which the nearest two of one choice may be nearer than those of the other, as a cosine.
const NEARER: f64 = 0.01;

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

/// The rows of all sizes and kinds.
pub(crate) fn rows(plugins: &Path, peers: &Peers, folder: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    for (side, keep) in SIZES {
        for kind in ["grouped", "random"] {
            let what = format!("max-min diversity, {}×{WIDTH} keep {keep}, {kind}", side * side);
            eprintln!("measuring {what}");
            match measure(&what, side, keep, kind, plugins, peers, folder) {
                Ok(measured) => rows.extend(measured),
                Err(error) => rows.push(Row::failed(what, error)),
            }
        }
    }
    rows
}

fn measure(
    what: &str,
    side: u32,
    keep: usize,
    kind: &str,
    plugins: &Path,
    peers: &Peers,
    folder: &Path,
) -> Result<Vec<Row>, String> {
    let python = match peers {
        Ok(python) => python,
        Err(why) => {
            return Ok(WAYS
                .map(|(_, name)| Row::not_compared(format!("{what}, beside {name}"), GOAL, why))
                .into());
        }
    };
    let patches = (side * side) as usize;
    let features = features(patches, kind);
    let ours = Ours::new(side, keep, &features, plugins)?;
    let kept = ours.kept()?;

    let file = folder.join("features");
    let bytes: Vec<u8> = features.iter().flat_map(|value| value.to_le_bytes()).collect();
    fs::write(&file, bytes).map_err(|error| format!("cannot write the features: {error}"))?;
    python.borrow_mut().ask(json!({ "do": "load_features", "file": file, "patches": patches }))?;
    let mut same = Vec::new();
    for (way, _) in WAYS {
        same.push(agreement(peers, way, &kept)?);
    }

    // A call of the larger size takes seconds: nothing of the other side is left in the caches after it.
    let (warm, calls, rounds) = if patches > 1000 { (0, 1, 7) } else { (1, 5, 11) };
    let mut sides = Sides::default();
    sides.add("ours", || {
        timed(Clock::Processor, warm, calls, || ours.kept().map(|kept| drop(black_box(kept))))
    });
    for (way, name) in WAYS {
        let ask = json!({ "do": "diversity", "way": way, "keep": keep, "warm": warm, "calls": calls });
        sides.add(name, move || python.borrow_mut().seconds(ask.clone()));
    }
    let rounds = sides.run(rounds)?;
    let mut rows = Vec::new();
    for ((_, name), same) in WAYS.iter().zip(same) {
        let what = format!("{what} ({same} the same)");
        if let (Some(ours), Some(theirs)) = (rounds.of("ours"), rounds.of(name)) {
            rows.push(Row::compared(what, GOAL, ours, name, theirs));
        }
    }
    Ok(rows)
}

/// How many patches both keep.
///
/// # Errors
///
/// When one of the two is not the rule.
fn agreement(peers: &Peers, way: &str, ours: &[usize]) -> Result<usize, String> {
    let python = peers.as_ref().map_err(String::clone)?;
    let ask = json!({ "do": "kept", "way": way, "keep": ours.len(), "ours": ours });
    let answer = python.borrow_mut().ask(ask)?;
    let numbers = |name: &str| answer[name].as_array().cloned().unwrap_or_default();
    let theirs: Vec<usize> =
        numbers("kept").iter().filter_map(|n| usize::try_from(n.as_u64()?).ok()).collect();
    let same = ours.iter().filter(|patch| theirs.contains(patch)).count();
    let nearest: Vec<f64> = numbers("nearest").iter().filter_map(|n| n.as_f64()).collect();
    match nearest.as_slice() {
        [a, b] if (a - b).abs() <= NEARER && 2 * same > ours.len() && theirs.len() == ours.len() => Ok(same),
        _ => Err(format!(
            "{same} of {} patches are the same; cosines of the nearest two {nearest:?}",
            ours.len()
        )),
    }
}

/// The allocator of the plugin file with its tensors, and what is asked of it.
struct Ours {
    allocator: arrcoc_host::Allocator,
    tensors: [TensorBuf; 2],
    weights: Vec<f64>,
    demand: Demand,
    side: u32,
}

impl Ours {
    fn new(side: u32, keep: usize, features: &[f32], plugins: &Path) -> Result<Ours, String> {
        let patches = (side * side) as usize;
        let search = Search { folders: vec![plugins.to_path_buf()], ..Search::default() };
        let mut isolation = Isolation::default();
        isolation.level = Some(IsolationLevel::InProcess);
        let allocator = Catalogue::open(&search, &isolation)
            .make_allocator("max-min-diversity", &HashMap::new(), None)
            .map_err(|error| error.to_string())?;
        // Required of every request, and not looked at where there are features.
        let pixels = image(256);
        let pixels = Pixels::new(256, 256, &pixels).map_err(|error| error.to_string())?;
        let tiling = Grid::new(side, side).and_then(|grid| Tiling::new(grid, 256, 256));
        let stats = scan_threads(&pixels, &tiling.map_err(|error| error.to_string())?, EDGE_THRESHOLD, 1);
        let shape = |width: usize| [patches as u64, width as u64];
        let tensors = [
            TensorBuf::new("patch_stats", &shape(FIELDS), stats.as_slice()),
            TensorBuf::new("patch_features", &shape(WIDTH), features),
        ];
        let [stats, features] = tensors.map(|tensor| tensor.map_err(|fault| fault.to_string()));
        let demand = Demand::new(vec![0; patches], vec![1; patches], Levels::Any, keep as u64)
            .map_err(|error| error.to_string())?;
        Ok(Ours {
            allocator,
            tensors: [stats?, features?],
            weights: vec![1.0 / patches as f64; patches],
            demand,
            side,
        })
    }

    /// The patches that it keeps, in reading order.
    fn kept(&self) -> Result<Vec<usize>, String> {
        let views = self.tensors.iter().map(TensorBuf::view).collect::<Result<_, _>>();
        let views = views.map_err(|fault| fault.to_string())?;
        let bound = self.allocator.bind([self.side, self.side], views, 1, None);
        let tokens = bound.propose(&self.weights, &self.demand)?;
        Ok((0..tokens.len()).filter(|&patch| tokens[patch] > 0).collect())
    }
}
