//! What is measured, as formulas.
//!
//! A metric is a pure function of what was observed on one item: no files, no
//! clocks, no chance. What many items say together is for `statistics`. Each
//! has a [`Definition`], which a report prints beside its numbers: a reader
//! should not have to guess whether more is better.
//!
//! | file | holds |
//! |---|---|
//! | `answer_mask` | do the tokens lie where the answer is? |
//! | `discrimination` | do other questions move more than other words for the same question? |
//! | `curve` | how does a score fall with the budget? |
//! | `scenario` | how long does it take: one by one, and all at once? |
//! | `prefill` | what do saved tokens save in the model behind? *modelled* |

pub(crate) mod answer_mask;
pub(crate) mod curve;
mod definition;
pub(crate) mod discrimination;
pub(crate) mod prefill;
pub(crate) mod scenario;

pub(crate) use definition::{Better, better};
