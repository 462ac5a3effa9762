//! What drove a decision: how many tokens each way moved, and the channels that each
//! way's map is made of.

use arrcoc_decide::Way;

use crate::decision::{ChannelRecord, Decision};

/// The word for what every rule but the ways does.
pub(crate) const OWN_RULE: &str = "own rule";

/// The word for a way in a table.
pub(crate) fn word(way: Way) -> &'static str {
    match way {
        Way::Propositional => "there",
        Way::Perspectival => "stands out",
        Way::Participatory => "asked",
    }
}

/// The score map of a way, if it is present.
pub(crate) fn map(d: &Decision, way: Way) -> Option<&[f64]> {
    match way {
        Way::Propositional => d.scores.propositional.as_deref(),
        Way::Perspectival => d.scores.perspectival.as_deref(),
        Way::Participatory => d.scores.participatory.as_deref(),
    }
}

/// What a way contributed to each patch, in sixths of a token.
pub(crate) fn account(d: &Decision, way: Way) -> &[i64] {
    match way {
        Way::Propositional => &d.account.propositional,
        Way::Perspectival => &d.account.perspectival,
        Way::Participatory => &d.account.participatory,
    }
}

/// The share of all tokens that a part of the account moved away from uniform, in percent.
pub(crate) fn moved(d: &Decision, part: &[i64]) -> f64 {
    let up: i128 = part.iter().filter(|&&sixths| sixths > 0).map(|&sixths| i128::from(sixths)).sum();
    100.0 * up as f64 / (6.0 * d.applied.max(1) as f64)
}

/// The channels that the map of P or S is the mean of, each with its share θ/Σθ, the largest first. When no channel of
/// the way has weight the map is their plain mean, and all have the same share.
pub(crate) fn shares(d: &Decision, way: Way) -> Vec<(&ChannelRecord, f64)> {
    let own = || d.channels.iter().filter(move |c| c.way == way);
    let largest = own().map(|c| c.theta).fold(0.0, f64::max);
    // Scaled as the mean itself is, so that no sum overflows.
    let scaled = |c: &ChannelRecord| if largest > 0.0 { c.theta / largest } else { 1.0 };
    let whole: f64 = own().map(scaled).sum();
    let mut shares: Vec<_> =
        own().map(|c| (c, scaled(c) / whole)).filter(|(_, share)| *share > 0.0).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    shares
}

/// The channels that the map of Q is the largest of: those that have weight and do not say the same of every patch.
pub(crate) fn heard(d: &Decision) -> Vec<&ChannelRecord> {
    let varies = |c: &ChannelRecord| c.values.windows(2).any(|pair| pair[0] != pair[1]);
    let asked = d.channels.iter().filter(|c| c.way == Way::Participatory);
    asked.filter(|c| c.theta > 0.0 && varies(c)).collect()
}

/// The channels of Q, each with the number of patches on which it is the largest, the most first, of those patches that
/// are asked for more than the mean is: what nothing points to is nobody's. Where several are equal it counts for each.
pub(crate) fn largest(d: &Decision) -> Vec<(&ChannelRecord, usize)> {
    let heard = heard(d);
    let most: Vec<f64> = (0..d.patches())
        .map(|i| heard.iter().map(|c| c.values[i]).fold(f64::NEG_INFINITY, f64::max))
        .collect();
    let mean = most.iter().sum::<f64>() / most.len() as f64;
    let leads = |(value, most): &(&f64, &f64)| value >= most && **most > mean;
    let count = |c: &ChannelRecord| c.values.iter().zip(&most).filter(leads).count();
    let counted = heard.into_iter().map(|c| (c, count(c)));
    let mut counted: Vec<_> = counted.filter(|(_, count)| *count > 0).collect();
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counted
}

/// What drove the decision in one line, such as
/// `coupling 0.62 · asked moved 31 % · there 4 % · stands out 2 %`.
pub(crate) fn line(d: &Decision) -> String {
    let ways = [Way::Participatory, Way::Propositional, Way::Perspectival];
    let mut parts: Vec<(&str, f64)> = ways
        .into_iter()
        .filter(|&way| map(d, way).is_some())
        .map(|way| (word(way), moved(d, account(d, way))))
        .collect();
    if d.account.allocator.iter().any(|&sixths| sixths != 0) {
        parts.push((OWN_RULE, moved(d, &d.account.allocator)));
    }
    let said = parts.iter().enumerate().map(|(i, (word, percent))| {
        let verb = if i == 0 { " moved" } else { "" };
        format!("{word}{verb} {percent:.0} %")
    });
    let coupling = d.scores.participatory.as_ref().map(|_| format!("coupling {:.2}", d.coupling));
    coupling.into_iter().chain(said).collect::<Vec<_>>().join(" · ")
}
