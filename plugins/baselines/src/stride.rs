//! Equal distances in reading order: what spreading out without looking gives.

use arrcoc_sdk::{describe::Determinism, prelude::*};

use crate::set_rule::in_order;

/// Patches at equal distances along the reading order.
pub(crate) struct Stride;

impl Allocator for Stride {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new(
            "stride",
            "as many patches as the surplus fills, at equal distances in reading order",
        )
        .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Stride)
    }

    fn allocate(&self, ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let patches = ask.demand.patches();
        let room = ask.demand.max().iter().zip(ask.demand.min()).map(|(max, min)| u64::from(max - min));
        let room: u64 = room.sum();
        // How many patches the surplus fills when every patch has average room.
        let filled = (u128::from(ask.demand.surplus()) * patches as u128).div_ceil(u128::from(room.max(1)));
        let filled = (filled as usize).clamp(1, patches);
        let mut order: Vec<usize> = (0..filled).map(|j| j * patches / filled).collect();
        let mut taken = vec![false; patches];
        order.iter().for_each(|&i| taken[i] = true);
        order.extend((0..patches).filter(|&i| !taken[i]));
        in_order(&order, ask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::set_rule::testing::{EVEN, keep};

    #[test]
    fn stride_is_even() {
        assert_eq!(keep::<Stride>(4, &EVEN, None), [0, 4, 8, 12]);
        assert_eq!(keep::<Stride>(3, &EVEN, None), [0, 5, 10]);
        assert_eq!(keep::<Stride>(16, &EVEN, None).len(), 16);
        assert_eq!(keep::<Stride>(0, &EVEN, None), [0; 0]);
    }
}
