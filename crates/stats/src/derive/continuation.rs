//! Good continuation: an edge that its neighbours go on with.
//!
//! The structure tensor of a patch says along which line its edges run and how
//! clearly. A line has no front, so orientations are compared as doubled angles: 0°
//! and 180° are then the same direction, and perpendicular lines are opposite. The
//! eight neighbours of a patch are four axes of two opposite neighbours. At most two
//! axes lie within 45° of the edge, one of {—, |} and one of {╲, ╱}; those are asked
//! whether they go on in the same orientation.

use crate::grid::Grid;
use crate::statistics::{PatchStats, PatchView};

/// Squared gradient (gx/4)² per pixel that is taken for noise: two grey levels.
/// It keeps faint texture from counting as a clear orientation.
const NOISE: f64 = 4.0;

/// How a patch's edges run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Orientation {
    /// Cosine and sine of twice the angle of the *edge* (not of the gradient across
    /// it), with x to the right and y down; both 0 where there is no orientation.
    cos: f64,
    sin: f64,
    /// √((Jxx − Jyy)² + 4Jxy²) / (Jxx + Jyy + noise · count), in 0..=1.
    coherence: f64,
}

impl Orientation {
    fn of(patch: PatchView<'_>) -> Self {
        // Differences of integers are exact, so a mirrored patch gives the same
        // numbers with other signs. The gradient is across the edge, and a right
        // angle doubled is a change of sign.
        let x = (patch.jyy() - patch.jxx()) as f64;
        let y = (-2 * patch.jxy()) as f64;
        let length = (x * x + y * y).sqrt();
        if length == 0.0 {
            return Self::default();
        }
        let energy = (patch.jxx() + patch.jyy()) as f64 + NOISE * patch.count() as f64;
        Self { cos: x / length, sin: y / length, coherence: (length / energy).min(1.0) }
    }

    /// How well `other` goes on in this orientation: the cosine of twice the angle
    /// between them, from 45° on 0, times how clear the other is.
    fn continued_by(self, other: Self) -> f64 {
        (self.cos * other.cos + self.sin * other.sin).max(0.0) * other.coherence
    }
}

/// Coherence times agreement with the neighbours along the edge: N values in 0..=1.
///
/// The agreement along an axis is the mean over the one or two neighbours there that
/// are in the grid. Axes are averaged with the cosine of twice their angle to the edge
/// as weight; an axis without neighbours is left out, and a patch that has no neighbour
/// along its edge continues nowhere: 0.
pub(super) fn continuation(stats: &PatchStats<'_>) -> Vec<f32> {
    let grid = stats.grid();
    let field: Vec<Orientation> = stats.patches().map(Orientation::of).collect();
    field
        .iter()
        .enumerate()
        .map(|(patch, &own)| {
            let (row, col) = grid.position(patch);
            let along = |dx: i32, dy: i32| {
                let there = step(grid, row, col, dx, dy).map(|other| own.continued_by(field[other]));
                let opposite = step(grid, row, col, -dx, -dy).map(|other| own.continued_by(field[other]));
                match (there, opposite) {
                    (Some(a), Some(b)) => Some((a + b) / 2.0),
                    (one, other) => one.or(other),
                }
            };
            // Doubled angles of the axes: — is (1, 0), | is (−1, 0), ╲ is (0, 1), ╱ is (0, −1).
            let straight = if own.cos > 0.0 { along(1, 0) } else { along(0, 1) };
            let diagonal = if own.sin > 0.0 { along(1, 1) } else { along(1, -1) };
            let (straight_weight, straight) = weighed(own.cos.abs(), straight);
            let (diagonal_weight, diagonal) = weighed(own.sin.abs(), diagonal);
            let weight = straight_weight + diagonal_weight;
            if weight == 0.0 {
                return 0.0;
            }
            let agreement = (straight_weight * straight + diagonal_weight * diagonal) / weight;
            (own.coherence * agreement).min(1.0) as f32
        })
        .collect()
}

/// An axis without neighbours has no weight.
fn weighed(weight: f64, agreement: Option<f64>) -> (f64, f64) {
    agreement.map_or((0.0, 0.0), |agreement| (weight, agreement))
}

/// The patch at an offset, when it is in the grid.
fn step(grid: Grid, row: u32, col: u32, dx: i32, dy: i32) -> Option<usize> {
    let row = row.checked_add_signed(dy).filter(|&row| row < grid.rows)?;
    let col = col.checked_add_signed(dx).filter(|&col| col < grid.cols)?;
    Some(grid.index(row, col))
}
