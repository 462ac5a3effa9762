//! Every patch of a decision as a row of numbers, for a spreadsheet or a script.

use std::fmt::Write as _;

use crate::decision::Decision;

const HEADER: [&str; 13] = [
    "row",
    "col",
    "tokens",
    "uniform_sixths",
    "allocator_sixths",
    "propositional_sixths",
    "perspectival_sixths",
    "participatory_sixths",
    "score_p",
    "score_s",
    "score_q",
    "weight",
    "verdict",
];

/// Every patch as a row, tab-separated under a header, row by row from the top left: its tokens; the account in sixths
/// of a token, whose five parts sum to six times the tokens; the scores, empty where a way is absent; what the tokens
/// were shared by; the verdict. Scores and weights are written in full.
#[must_use]
pub fn table(d: &Decision) -> String {
    let (a, s) = (&d.account, &d.scores);
    let cols = d.grid.cols as usize;
    let score =
        |map: &Option<Vec<f64>>, i: usize| map.as_ref().map_or_else(String::new, |m| m[i].to_string());
    let mut out = HEADER.join("\t") + "\n";
    for (i, tokens) in d.flat_tokens().iter().enumerate() {
        let _ = write!(out, "{}\t{}\t{tokens}", i / cols, i % cols);
        for part in [&a.uniform, &a.allocator, &a.propositional, &a.perspectival, &a.participatory] {
            let _ = write!(out, "\t{}", part[i]);
        }
        for map in [&s.propositional, &s.perspectival, &s.participatory] {
            let _ = write!(out, "\t{}", score(map, i));
        }
        let _ = writeln!(out, "\t{}\t{}", d.weights[i], d.verdicts[i]);
    }
    out
}
