//! From a strip of text to the patches that it takes.
//!
//! Half a letter outside of a sharp patch is a letter lost, so a patch counts fully as soon as the
//! ink reaches into it, and a little where only the margin does.

use arrcoc_stats::Tiling;

use super::boxes::Strip;

/// How far to the left and right of its characters a strip reaches, in heights: where characters stand is
/// known to a third of a letter.
const SIDE: f32 = 0.12;

/// The same above and below, where boxes have a margin of their own.
const EDGE: f32 = 0.25;

/// Over how many heights the soft edge of a strip goes.
const SOFT: f32 = 0.3;

/// Raises each patch that `strip` reaches to `score`, or as much of it as its edge leaves.
pub(crate) fn paint(tiling: &Tiling, slope: f32, strip: Strip, score: f32, out: &mut [f32]) {
    let (side, edge) = (SIDE * strip.height, EDGE * strip.height);
    let soft = (SOFT * strip.height).max(1.0);
    let (left, right) = (strip.left - side, strip.right + side);
    let grid = tiling.grid();
    for c in 0..grid.cols {
        let cols = tiling.cols(c);
        let (from, to) = (left.max(cols.start as f32), right.min(cols.end as f32));
        if from >= to {
            continue;
        }
        let rows = strip.rows(slope, from, to);
        for r in 0..grid.rows {
            let own = tiling.rows(r);
            let deep = (rows.end + edge).min(own.end as f32) - (rows.start - edge).max(own.start as f32);
            if deep > 0.0 {
                let part = (deep / soft).min(1.0) * ((to - from) / soft).min(1.0);
                if let Some(patch) = out.get_mut(grid.index(r, c)) {
                    *patch = patch.max(score * part);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use arrcoc_stats::Grid;

    use super::*;

    fn painted(strip: Strip, slope: f32) -> Vec<f32> {
        let tiling = Tiling::new(Grid::new(4, 4).unwrap(), 400, 400).unwrap();
        let mut out = vec![0.0; 16];
        paint(&tiling, slope, strip, 0.8, &mut out);
        out
    }

    #[test]
    fn a_strip_inside_of_a_patch_takes_that_one() {
        let out = painted(Strip { left: 120.0, right: 180.0, level: 150.0, height: 20.0 }, 0.0);
        assert_eq!(out[5], 0.8);
        assert_eq!(out.iter().filter(|&&score| score > 0.0).count(), 1);
    }

    #[test]
    fn a_strip_over_a_border_takes_both() {
        let out = painted(Strip { left: 120.0, right: 180.0, level: 198.0, height: 20.0 }, 0.0);
        assert_eq!((out[5], out[9]), (0.8, 0.8));
        // The margin alone counts in part.
        let out = painted(Strip { left: 120.0, right: 199.0, level: 150.0, height: 20.0 }, 0.0);
        assert!(out[6] > 0.0 && out[6] < 0.8 && out[5] == 0.8, "{out:?}");
    }

    #[test]
    fn a_strip_goes_down_with_the_page() {
        let out = painted(Strip { left: 10.0, right: 390.0, level: 82.0, height: 20.0 }, 0.04);
        assert!(out[0] == 0.8 && out[4] < 0.3 && out[7] == 0.8, "{out:?}");
    }

    #[test]
    fn what_lies_outside_paints_nothing() {
        for strip in [
            Strip { left: -500.0, right: -300.0, level: 50.0, height: 20.0 },
            Strip { left: 50.0, right: 90.0, level: 5000.0, height: 20.0 },
        ] {
            assert!(painted(strip, 0.0).iter().all(|&score| score == 0.0));
        }
    }
}
