//! Says in words and numbers why the patches of a decision got what they got.

pub(crate) mod drivers;
pub(crate) mod marked;
mod patch;
#[cfg(test)]
pub(crate) mod sample;
mod summary;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use patch::patch;
pub use summary::summary;
pub use table::table;

use std::borrow::Cow;

use crate::{decision::Decision, plain::one_line};

/// One line for a list of decisions.
#[must_use]
pub fn line(d: &Decision) -> String {
    let line = format!(
        "{}: {} tokens for {} patch{}, {:.1} on average, mode {}{}, {} µs{}",
        name(d),
        d.applied,
        d.patches(),
        if d.patches() == 1 { "" } else { "es" },
        d.applied as f64 / d.patches() as f64,
        d.mode,
        d.governed.as_ref().map(|governed| format!(", {}", governed.level)).unwrap_or_default(),
        d.timings_us.get("total").copied().unwrap_or(0),
        if d.reasons.is_empty() { String::new() } else { format!(" ({})", d.reasons.join("; ")) },
    );
    one_line(&line).into_owned()
}

/// What the image of a decision is called, on one line: its file, where it had one.
#[must_use]
pub fn name(d: &Decision) -> Cow<'_, str> {
    one_line(d.image.path.as_deref().unwrap_or("image"))
}

/// Sixths of a token as a decimal number of tokens.
fn sixths(n: i64) -> String {
    if n % 6 == 0 { (n / 6).to_string() } else { format!("{:.2}", n as f64 / 6.0) }
}

pub(crate) fn signed(n: i64) -> String {
    if n > 0 { format!("+{}", sixths(n)) } else { sixths(n) }
}
