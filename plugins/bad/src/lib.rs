//! Plugins that misbehave on purpose. Each breaks one promise of the contract,
//! so that tests can see the host notice it and go on.

#![deny(unsafe_code)]

mod allocators;
mod scorers;

use allocators::{BadBounds, BadFault, BadLength, BadPanic, BadSum};
use scorers::{BadNan, BadScale, BadScorerFault, BadScorerPanic, BadUnwritten};

arrcoc_sdk::export_plugin! {
    id: "bad",
    vendor: "The ARR-COC developers",
    scorers: [BadNan, BadUnwritten, BadScale, BadScorerFault, BadScorerPanic],
    allocators: [BadSum, BadBounds, BadLength, BadFault, BadPanic],
}
