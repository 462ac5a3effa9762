//! What the rule owes: hulls and models by hand, the best loss by trying everything,
//! and proposals that are admitted whatever the curves.

use arrcoc_sdk::{buffer::TensorBuf, stats::Grid, testing::run_allocator};
use proptest::prelude::*;

use super::*;

fn points(losses: &[f64]) -> Vec<Point> {
    (0u32..).zip(losses).map(|(tokens, &loss)| Point { tokens, loss }).collect()
}

fn run(losses: &[&[f32]], weights: &[f64], demand: &Demand) -> Result<Vec<u32>, Fault> {
    let shape = [losses.len() as u64, losses[0].len() as u64];
    let tensor = TensorBuf::new("distortion", &shape, &losses.concat()).unwrap();
    let grid = Grid::new(1, losses.len() as u32).unwrap();
    run_allocator::<RateDistortion>(&[], weights, demand, grid, &[&tensor])
}

fn weighed_steps(patch: usize, relevance: f64, curve: Vec<Point>) -> Vec<Step> {
    let source = Source::Distortion(Vec::new());
    Hulls { source, demand: demand(1, 1, 0), steps: hull_steps(patch, curve) }.by_relevance(|_| relevance)
}

fn demand(patches: usize, max: u32, total: u64) -> Demand {
    Demand::new(vec![0; patches], vec![max; patches], Levels::Any, total).unwrap()
}

/// Losses 10, 9, 4, 3.5, 1 at 0 to 4 tokens. From 0 the lines fall by 1, 3, 2.17, 2.25 a token: the hull goes
/// to 2 first. From there 0.5 and 1.5: it goes to 4. With relevance 2 the slopes are 6 and 3.
#[test]
fn the_hull_of_a_curve_by_hand() {
    let steps = weighed_steps(7, 2.0, points(&[10.0, 9.0, 4.0, 3.5, 1.0]));
    let step = |slope, from, to| Step { slope, patch: 7, from, to };
    assert_eq!(steps, [step(6.0, 0, 2), step(3.0, 2, 4)]);
    // A curve that only rises, or no relevance, has no steps.
    assert_eq!(weighed_steps(0, 1.0, points(&[1.0, 2.0, 3.0])), []);
    assert_eq!(weighed_steps(0, 0.0, points(&[3.0, 2.0, 1.0])), []);
    // On a straight line every point stays.
    assert_eq!(weighed_steps(0, 1.0, points(&[2.0, 1.0, 0.0])).len(), 2);
}

/// Patch 0 falls by 4, 2, 1 and patch 1 by 3, 3, 0: the order is 0 (4), 1 (3), 1 (3), 0 (2), 0 (1).
#[test]
fn steps_are_taken_by_slope() {
    let losses: [&[f32]; 2] = [&[7.0, 3.0, 1.0, 0.0], &[6.0, 3.0, 0.0, 0.0]];
    let tokens = |total| run(&losses, &[0.5, 0.5], &demand(2, 3, total)).unwrap();
    let expected = [[0, 0], [1, 0], [1, 1], [1, 2], [2, 2], [3, 2], [3, 3]];
    for (total, expected) in expected.iter().enumerate() {
        assert_eq!(tokens(total as u64), expected, "{total}");
    }
    // Twice the relevance: patch 1 falls by 6, 6, 0.
    let tokens = run(&losses, &[1.0, 2.0], &demand(2, 3, 2)).unwrap();
    assert_eq!(tokens, [0, 2]);
}

#[test]
fn without_relevance_the_rest_is_even() {
    let losses: [&[f32]; 3] = [&[7.0, 3.0, 1.0], &[6.0, 3.0, 0.0], &[1.0, 0.5, 0.0]];
    assert_eq!(run(&losses, &[0.0; 3], &demand(3, 2, 4)).unwrap(), [2, 1, 1]);
    // Patch 0 alone is relevant: it is filled, and the rest is even.
    assert_eq!(run(&losses, &[1.0, 0.0, 0.0], &demand(3, 2, 4)).unwrap(), [2, 1, 1]);
    assert_eq!(run(&losses, &[0.0, 0.0, 1.0], &demand(3, 2, 3)).unwrap(), [1, 0, 2]);
}

#[test]
fn equal_patches_stay_equal() {
    let table = vec![stats_row(&[0, 50, 100, 150], 40_000); 5].concat();
    let stats = TensorBuf::new("patch_stats", &[5, 264], &table).unwrap();
    let grid = Grid::new(1, 5).unwrap();
    for total in [320, 321, 500, 777, 2000] {
        let demand = Demand::new(vec![64; 5], vec![400; 5], Levels::Any, total).unwrap();
        let tokens = run_allocator::<RateDistortion>(&[], &[0.2; 5], &demand, grid, &[&stats]).unwrap();
        let (least, most) = (tokens.iter().min().unwrap(), tokens.iter().max().unwrap());
        assert!(most - least <= 1, "{tokens:?}");
    }
}

/// A row of statistics of four pixels of these lumas.
fn stats_row(lumas: &[usize], jxx: i64) -> Vec<i64> {
    let mut row = vec![0i64; arrcoc_stats::FIELDS];
    row[0] = lumas.len() as i64;
    lumas.iter().for_each(|luma| row[1 + luma] += 1);
    row[261] = jxx;
    row
}

/// Lumas 0, 0, 20, 20: n·V = 4·100 = 400. Jxx = 1200: G·n = 300, so D(k) = min(400, 300·4/(12·k)) = min(400, 100/k).
#[test]
fn the_model_by_hand() {
    let stats = PatchStats::from_raw(Grid::new(1, 1).unwrap(), stats_row(&[0, 0, 20, 20], 1200)).unwrap();
    let model = Model::of(&stats.patch(0));
    assert_eq!([0, 1, 4, 100].map(|tokens| model.loss(tokens)), [400.0, 100.0, 25.0, 1.0]);
    // Four pixels with a gradient of 100 each, and 4·100 at most.
    for (tokens, expected) in [(0, 1600.0), (1, 4.0 * 100.0 / 3.0), (4, 100.0 / 3.0)] {
        assert!((model.unseen(tokens) - expected).abs() < 1e-9, "{tokens}");
    }
    let flat = PatchStats::from_raw(Grid::new(1, 1).unwrap(), stats_row(&[9; 4], 0)).unwrap();
    assert_eq!(Model::of(&flat.patch(0)).loss(0), 0.0);
}

/// A steady slope over 24×24 pixels, as pixels: what the model says is close to what block means lose.
#[test]
fn the_model_is_right_where_luma_changes_steadily() {
    let side = 24u32;
    let rgb: Vec<u8> =
        (0..side * side).flat_map(|i| [(20 + 5 * (i % side) + 3 * (i / side)) as u8; 3]).collect();
    let pixels = arrcoc_stats::Pixels::new(side, side, &rgb).unwrap();
    let grid = Grid::new(1, 1).unwrap();
    let tiling = arrcoc_stats::Tiling::new(grid, side, side).unwrap();
    let stats = arrcoc_stats::scan_threads(&pixels, &tiling, arrcoc_stats::EDGE_THRESHOLD, 1);
    for cells in [2u32, 3, 4] {
        let size = side / cells;
        let mut lost = 0.0;
        for cell in 0..cells * cells {
            let luma: Vec<f64> = (0..size * size)
                .map(|i| {
                    let (y, x) = (cell / cells * size + i / size, cell % cells * size + i % size);
                    f64::from(rgb[(3 * (y * side + x)) as usize])
                })
                .collect();
            let mean = luma.iter().sum::<f64>() / luma.len() as f64;
            lost += luma.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>();
        }
        let model = Model::of(&stats.patch(0)).loss(cells * cells);
        assert!((model / lost - 1.0).abs() < 0.1, "{cells}: {model} against {lost}");
    }
}

/// Without a gradient in luma the weights alone decide.
#[test]
fn what_luma_does_not_show_is_shared_by_weight() {
    let rows = [stats_row(&[9; 4], 0), stats_row(&[9; 4], 0)].concat();
    let tensor = TensorBuf::new("patch_stats", &[2, 264], &rows).unwrap();
    let tokens = run_allocator::<RateDistortion>(
        &[],
        &[0.9, 0.1],
        &demand(2, 400, 100),
        Grid::new(1, 2).unwrap(),
        &[&tensor],
    );
    // Each token mends 9 times as much in the first: three times as many, by the square root.
    assert_eq!(tokens.unwrap(), [75, 25]);
}

proptest! {
    #[test]
    fn the_cut_is_that_of_sorted_steps(
        each in prop::collection::vec((0u8..20, 1u32..9), 0..60), surplus in 0u64..400,
        // Many more of them, in an order that the sample may be wrong about.
        copies in prop::sample::select(vec![1usize, 17, 100]), turned: bool,
    ) {
        let mut steps: Vec<Step> = (0..copies)
            .flat_map(|copy| each.iter().map(move |&(slope, to)| (slope, to, copy as f64 / 128.0)))
            .map(|(slope, to, more)| Step { slope: f64::from(slope) + more, patch: 0, from: 0, to })
            .collect();
        if turned {
            steps.sort_by_key(|step| step.to);
        }
        let surplus = surplus * copies as u64;
        let found = cut(&steps, |step| step.slope, surplus);
        steps.retain(|step| step.slope > 0.0);
        steps.sort_by(|a, b| b.slope.total_cmp(&a.slope));
        let mut room = 0;
        let first = steps.iter().find(|step| {
            room += u64::from(step.to);
            room > surplus
        });
        // Of equal steps another may be the first that does not fit.
        prop_assert_eq!(found, first.map_or(0.0, |step| step.slope));
    }
}

#[test]
fn levels_are_kept_and_read_from_the_columns() {
    let list = Levels::List(vec![1, 4, 9]);
    let with = |total| Demand::new(vec![1; 2], vec![9; 2], list.clone(), total).unwrap();
    let losses: [&[f32]; 2] = [&[9.0, 1.0, 0.0], &[5.0, 4.0, 0.0]];
    // Patch 0 falls by 8/3, then 1/5; patch 1 by 5/8 on its hull, from 1 to 9.
    assert_eq!(run(&losses, &[0.5; 2], &with(5)).unwrap(), [4, 1]);
    assert_eq!(run(&losses, &[0.5; 2], &with(13)).unwrap(), [4, 9]);
    let fault = run(&[&[1.0, 0.0], &[1.0, 0.0]], &[0.5; 2], &with(5)).unwrap_err();
    assert_eq!(fault.message, "tensor `distortion` has 2 columns, but there are 3 levels");
}

#[test]
fn what_is_no_distortion_is_refused() {
    for bad in [f32::NAN, f32::INFINITY, -1.0] {
        let fault = run(&[&[1.0, 0.0], &[1.0, bad]], &[0.5; 2], &demand(2, 1, 1)).unwrap_err();
        assert_eq!(fault.code, FaultCode::INVALID_INPUT);
        assert!(fault.message.contains("column 1 of patch 1 is"), "{}", fault.message);
    }
    let fault = run(&[&[1.0], &[1.0]], &[0.5; 2], &demand(2, 1, 1)).unwrap_err();
    assert_eq!(fault.message, "tensor `distortion` has 1 columns, but a curve needs at least 2");
}

/// The least Σ r·D over everything that fits.
fn least_loss(losses: &[Vec<f32>], weights: &[f64], left: u64) -> f64 {
    let Some((first, others)) = losses.split_first() else {
        return if left == 0 { 0.0 } else { f64::INFINITY };
    };
    let each = first.iter().enumerate().filter(|&(tokens, _)| tokens as u64 <= left);
    each.map(|(tokens, &loss)| {
        f64::from(loss) * weights[0] + least_loss(others, &weights[1..], left - tokens as u64)
    })
    .fold(f64::INFINITY, f64::min)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Curves that fall ever less: the allocation loses as little as any.
    #[test]
    fn it_is_the_best_for_convex_distortions(
        falls in proptest::collection::vec(proptest::collection::vec(0u8..20, 4), 1..5),
        weights in proptest::collection::vec(0u8..6, 4),
        part in 0.0f64..=1.0,
    ) {
        let losses: Vec<Vec<f32>> = falls
            .into_iter()
            .map(|mut falls| {
                falls.sort_unstable();
                let mut loss = 0u32;
                let mut curve = vec![0.0];
                curve.extend(falls.iter().map(|&fall| { loss += u32::from(fall); loss as f32 }));
                curve.reverse();
                curve
            })
            .collect();
        let weights: Vec<f64> = weights[..losses.len()].iter().map(|&w| f64::from(w)).collect();
        let total = (part * losses.len() as f64 * 4.0) as u64;
        let rows: Vec<&[f32]> = losses.iter().map(Vec::as_slice).collect();
        let tokens = run(&rows, &weights, &demand(losses.len(), 4, total)).unwrap();
        let lost: f64 =
            tokens.iter().zip(&losses).zip(&weights).map(|((&t, d), w)| f64::from(d[t as usize]) * w).sum();
        prop_assert_eq!(lost, least_loss(&losses, &weights, total));
    }

    /// Whatever the curves, bounds and levels: admitted, and the same twice.
    #[test]
    fn it_is_always_admitted(
        patches in proptest::collection::vec((0u32..70, 0u32..90, 0.0f64..1.0), 1..12),
        losses in proptest::collection::vec(0.0f32..9.0, 12 * 5),
        part in 0.0f64..=1.0,
        levels in prop_oneof![Just(Levels::Any), Just(Levels::Squares), Just(Levels::List(vec![3, 10, 40, 64, 100]))],
        with_tensor: bool,
    ) {
        let n = patches.len();
        let min: Vec<u32> = patches.iter().map(|p| p.0).collect();
        let max: Vec<u32> = patches.iter().map(|p| p.0 + p.1).collect();
        let weights: Vec<f64> = patches.iter().map(|p| p.2).collect();
        let ends: [u64; 2] = [&min, &max].map(|side| side.iter().map(|&t| u64::from(t)).sum());
        let total = ends[0] + ((ends[1] - ends[0]) as f64 * part) as u64;
        let demand = Demand::new(min, max, levels, total).unwrap();
        let grid = Grid::new(1, n as u32).unwrap();
        let rows: Vec<i64> =
            (0..n).flat_map(|i| stats_row(&[0, i * 9, 20 * i, 200], 10_000 * i as i64)).collect();
        let stats = TensorBuf::new("patch_stats", &[n as u64, 264], &rows).unwrap();
        let distortion = TensorBuf::new("distortion", &[n as u64, 5], &losses[..n * 5]).unwrap();
        let tensors = if with_tensor { vec![&stats, &distortion] } else { vec![&stats] };
        let run = || run_allocator::<RateDistortion>(&[], &weights, &demand, grid, &tensors);
        prop_assert_eq!(run().unwrap(), run().unwrap());
    }
}
