//! A library in versions: two scorers and an allocator, whose answers tell which version gave them.

use arrcoc_sdk::{describe::Determinism, prelude::*};

/// What a version says of one of its scorers: a channel that is the same for every patch.
pub(crate) fn info(id: &str) -> ScorerInfo {
    let kinds = ["good", "nan", "scale", "crash", "hang", "slow", "unknown"];
    ScorerInfo::new(id, "fixture: one answer for every patch, another in every version")
        .param(Param::choice("kind", &kinds, "good", "what another version does instead"))
        .requires("patch_stats")
        .channel(&format!("{id}-answer"), Way::Perspectival, "the number of the version")
        .determinism(Determinism::BitExact)
}

/// What a version says of its allocator.
pub(crate) fn sharing(id: &str) -> AllocatorInfo {
    AllocatorInfo::new(id, "fixture: fills patches from one end").determinism(Determinism::BitExact)
}

/// Fills patches to their most, in this order.
pub(crate) fn fill(ask: &Ask<'_>, order: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut tokens = ask.demand.min().to_vec();
    let mut left = ask.demand.surplus();
    for i in order {
        let more = u64::from(ask.demand.max()[i] - tokens[i]).min(left);
        tokens[i] += more as u32;
        left -= more;
    }
    tokens
}

/// A version: its scorers answer with a number, and its allocator begins at one end.
macro_rules! version {
    ($version:literal, $answer:literal, $order:expr) => {
        versions::version!(@scorer Swap, "swap", $answer);
        versions::version!(@scorer SwapToo, "swap-too", $answer);

        struct SwapShare;

        impl Allocator for SwapShare {
            fn info() -> AllocatorInfo {
                versions::sharing("swap-share")
            }

            fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
                Ok(SwapShare)
            }

            fn allocate(&self, ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
                let order: fn(usize) -> Box<dyn Iterator<Item = usize>> = $order;
                Ok(versions::fill(ask, order(ask.demand.patches())))
            }
        }

        arrcoc_sdk::export_plugin! {
            id: "swap",
            vendor: "The ARR-COC developers",
            version: $version,
            scorers: [Swap, SwapToo],
            allocators: [SwapShare],
        }
    };
    (@scorer $name:ident, $id:literal, $answer:literal) => {
        struct $name;

        impl Scorer for $name {
            type Prepared = ();

            fn info() -> ScorerInfo {
                versions::info($id)
            }

            fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
                Ok($name)
            }

            fn prepare(
                &self,
                input: &Inputs<'_>,
                output: &mut Outputs<'_>,
                _call: &Call<'_>,
            ) -> Result<(), Fault> {
                input.patch_stats()?;
                output.slice::<f32>(concat!($id, "-answer"))?.fill($answer);
                Ok(())
            }
        }
    };
}
pub(crate) use version;
