//! What there is to note of a call, for the record of a decision: what the plugin logged as a warning or an error, and
//! what the host has to say, such as what a sandbox has refused.

use arrcoc_sdk::{abi::Level, foreign::Grant};

use crate::plain::one_line;

/// Takes what there is to note of the calls that were made with a grant, a line each.
#[must_use]
pub fn take(id: &str, grant: &Grant) -> Vec<String> {
    let loud = grant.take_log().into_iter().filter(|(level, _)| matches!(*level, Level::ERROR | Level::WARN));
    let said = loud.map(|(_, message)| format!("{id} says: {}", one_line(&message)));
    let own = grant.take_remarks().into_iter().map(|remark| format!("`{id}`: {remark}"));
    said.chain(own).collect()
}
