//! Published and simple rules, for comparison. A claim that leaves `edge-density`
//! out is not a claim.
//!
//! Set rules put the patches in an order: everyone gets the least, then the
//! most in that order, and the remainder goes to the next one. Scored rules
//! share the surplus by weight. Rules from papers are written from the papers'
//! formulas; each file says which, and where it differs. On pixel features they are
//! the rule, not the published system.
//!
//! | file | rule |
//! |---|---|
//! | `random`, `stride`, `centre`, `top_k` | simple orders |
//! | `edge_density` | surplus in proportion to edges |
//! | `max_min_diversity` | DivPrune; its order is found in [`farthest_first`] |
//! | `conditional_dpp` | CDPruner |
//! | `attention_top_k` | FastV and VisionZip |
//! | `window_quota` | HoloV |
//! | `entropy_quadtree` | APT |
//!
//! `set_rule` and `quotas` make tokens of orders and groups, `features` is what
//! patches are compared by, and [`cosines`] compares them.

#![deny(unsafe_code)]

mod attention_top_k;
mod centre;
mod conditional_dpp;
pub mod cosines;
mod edge_density;
mod entropy_quadtree;
pub mod farthest_first;
mod features;
mod max_min_diversity;
mod quotas;
mod random;
mod set_rule;
mod stride;
mod top_k;
mod window_quota;

use attention_top_k::AttentionTopK;
use centre::Centre;
use conditional_dpp::ConditionalDpp;
use edge_density::EdgeDensity;
use entropy_quadtree::EntropyQuadtree;
use max_min_diversity::MaxMinDiversity;
use random::Random;
use stride::Stride;
use top_k::TopK;
use window_quota::WindowQuota;

arrcoc_sdk::export_plugin! {
    id: "baselines",
    vendor: "The ARR-COC developers",
    scorers: [],
    allocators: [
        Random, Stride, Centre, EdgeDensity, TopK, MaxMinDiversity, ConditionalDpp, AttentionTopK, WindowQuota,
        EntropyQuadtree,
    ],
}
