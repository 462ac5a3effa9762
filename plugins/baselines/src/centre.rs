//! The middle first: photographers put things there, and it costs nothing.

use arrcoc_sdk::{describe::Determinism, prelude::*};

use crate::set_rule::in_order;

/// Patches by their distance from the centre.
pub(crate) struct Centre;

impl Allocator for Centre {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new("centre", "patches by their distance from the centre of the grid")
            .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Centre)
    }

    fn allocate(&self, ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let grid = ask.inputs.grid()?;
        // In half patches, and scaled so that both sides of the grid count the same: exact in integers.
        let (rows, cols) = (i64::from(grid.rows), i64::from(grid.cols));
        let mut order: Vec<usize> = (0..grid.patches()).collect();
        order.sort_by_key(|&i| {
            let (row, col) = grid.position(i);
            let dy = (2 * i64::from(row) + 1 - rows) * cols;
            let dx = (2 * i64::from(col) + 1 - cols) * rows;
            dy * dy + dx * dx
        });
        in_order(&order, ask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::set_rule::testing::{EVEN, keep};

    #[test]
    fn centre_comes_first() {
        assert_eq!(keep::<Centre>(4, &EVEN, None), [5, 6, 9, 10]);
    }
}
