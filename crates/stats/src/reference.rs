//! The definition of the patch statistics, pixel by pixel.
//!
//! Nothing here is fast. Every other implementation, in this crate or on a device,
//! is right when it gives the same table as this one.

use crate::grid::Tiling;
use crate::pixels::Pixels;
use crate::statistics::{
    COUNT, EDGES, FIELDS, HISTOGRAM, JXX, JXY, JYY, PatchStats, SUM_B, SUM_G, SUM_R, luma,
};

/// Statistics of every patch of an image, by definition.
///
/// `edge_threshold` is the least |gx| + |gy| of an edge pixel; see
/// [`EDGE_THRESHOLD`](crate::EDGE_THRESHOLD).
///
/// # Panics
///
/// When `tiling` was made for an image of another size.
#[must_use]
pub fn reference(pixels: &Pixels<'_>, tiling: &Tiling, edge_threshold: i32) -> PatchStats<'static> {
    assert_eq!(
        (pixels.width(), pixels.height()),
        (tiling.width(), tiling.height()),
        "the tiling is of another image"
    );
    let grid = tiling.grid();
    let mut table = vec![0i64; grid.patches() * FIELDS];
    for (patch, row) in table.chunks_exact_mut(FIELDS).enumerate() {
        let rect = tiling.patch(patch);
        for y in rect.y..rect.y + rect.height {
            for x in rect.x..rect.x + rect.width {
                let [r, g, b] = colour(pixels, x.into(), y.into());
                let (gx, gy) = sobel(pixels, x.into(), y.into());
                row[COUNT] += 1;
                row[HISTOGRAM + usize::from(luma(r, g, b))] += 1;
                row[SUM_R] += i64::from(r);
                row[SUM_G] += i64::from(g);
                row[SUM_B] += i64::from(b);
                row[EDGES] += i64::from(gx.abs() + gy.abs() >= edge_threshold);
                // Integer division truncates towards zero.
                let (gx, gy) = (i64::from(gx / 4), i64::from(gy / 4));
                row[JXX] += gx * gx;
                row[JYY] += gy * gy;
                row[JXY] += gx * gy;
            }
        }
    }
    PatchStats::counted(grid, table)
}

/// The colour at (x, y), where a coordinate outside the image means the nearest one inside.
fn colour(pixels: &Pixels<'_>, x: i64, y: i64) -> [u8; 3] {
    let x = x.clamp(0, i64::from(pixels.width()) - 1) as usize;
    let y = y.clamp(0, i64::from(pixels.height()) - 1) as u32;
    let row = pixels.row(y);
    [row[3 * x], row[3 * x + 1], row[3 * x + 2]]
}

/// The 3×3 Sobel derivatives of luma at (x, y), each in -1020..=1020.
fn sobel(pixels: &Pixels<'_>, x: i64, y: i64) -> (i32, i32) {
    let at = |dx: i64, dy: i64| {
        let [r, g, b] = colour(pixels, x + dx, y + dy);
        i32::from(luma(r, g, b))
    };
    let right = at(1, -1) + 2 * at(1, 0) + at(1, 1);
    let left = at(-1, -1) + 2 * at(-1, 0) + at(-1, 1);
    let below = at(-1, 1) + 2 * at(0, 1) + at(1, 1);
    let above = at(-1, -1) + 2 * at(0, -1) + at(1, -1);
    (right - left, below - above)
}
