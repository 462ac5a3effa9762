//! `report.md`: verdicts first, then the numbers they rest on.
//!
//! The first line says whether all gates hold and names those that do not. A
//! reader who stops after ten lines has the result; one who goes on finds, suite
//! by suite, what was compared, with n and intervals; and at the end what was
//! not measured, and how to read it all.

mod sections;
mod table;

pub(crate) use sections::is_primary;

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{finding::Finding, gate::Verdict, machine::Machine, row::Row, suite::Suite};

/// A suite and what came out of it.
pub(crate) struct Measured<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) rows: &'a [Row],
    pub(crate) findings: &'a [Finding],
    pub(crate) verdicts: &'a [Verdict],
}

/// What the report says of the run as a whole.
pub(crate) struct Frame<'a> {
    pub(crate) command: &'a str,
    pub(crate) created: &'a str,
    pub(crate) seconds: f64,
    pub(crate) quick: bool,
    pub(crate) machine: &'a Machine,
    pub(crate) versions: &'a BTreeMap<String, String>,
    pub(crate) backends: &'a [String],
    pub(crate) not_measured: &'a [String],
}

/// The whole report.
pub(crate) fn whole(frame: &Frame<'_>, suites: &[Measured<'_>]) -> String {
    let mut text = head(suites);
    let length = if frame.quick { "quick run, for gates and not for claims" } else { "full run" };
    let versions: Vec<String> =
        frame.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let _ = writeln!(
        text,
        "\n- **Run:** {length}, {}, {:.0} s, `{}`",
        frame.created, frame.seconds, frame.command
    );
    let _ = writeln!(text, "- **Machine:** {}", frame.machine.line());
    let _ = writeln!(text, "- **Versions:** {}", versions.join(", "));
    let _ = writeln!(text, "- **Backends:** {}", frame.backends.join(", "));
    for measured in suites {
        let suite = measured.suite;
        let _ = writeln!(text, "\n## {} (version {})\n\n{}", suite.name, suite.version, suite.description);
        text += &sections::suite(measured, frame.quick);
    }
    text += "\n## Gates\n\n";
    let mut gates = table::Table::new(["suite", "gate", "", "because"]);
    for verdict in suites.iter().flat_map(|m| m.verdicts) {
        let state = if verdict.holds { "holds" } else { "**failed**" };
        gates.row([verdict.suite.clone(), verdict.name.clone(), state.into(), verdict.why.clone()]);
    }
    text += &gates.markdown();
    text += "\n## Not measured\n\n";
    if frame.not_measured.is_empty() {
        text += "Nothing was left out.\n";
    }
    for line in frame.not_measured {
        let _ = writeln!(text, "- {line}");
    }
    text += READING;
    text
}

/// The verdicts: whether the gates hold, which do not, and what each suite found.
pub(crate) fn head(suites: &[Measured<'_>]) -> String {
    let verdicts: Vec<&Verdict> = suites.iter().flat_map(|m| m.verdicts).collect();
    let failed: Vec<&&Verdict> = verdicts.iter().filter(|v| !v.holds).collect();
    let mut text = String::new();
    match (failed.len(), verdicts.len()) {
        (0, 0) => text += "# Evaluation: no gate was asked for\n\n",
        (0, all) => _ = writeln!(text, "# Evaluation: {all} of {all} gates hold\n"),
        (bad, all) => {
            _ = writeln!(text, "# Evaluation: {bad} of {all} gates FAILED\n");
            for verdict in &failed {
                let Verdict { suite, name, place, why, .. } = verdict;
                _ = writeln!(text, "- **failed: {suite}: {name}**: {why} ({place})");
            }
        }
    }
    for measured in suites {
        for sentence in sections::verdicts(measured) {
            _ = writeln!(text, "- {}: {sentence}", measured.suite.name);
        }
    }
    text
}

/// What is printed to a terminal: the head, and the table of what was read.
pub(crate) fn summary(suites: &[Measured<'_>]) -> String {
    let mut text = head(suites);
    // The first suite that reads anything has the table that most came for.
    if let Some(table) = suites.iter().find_map(sections::read_table) {
        _ = write!(text, "\n{table}");
    }
    text
}

const READING: &str = "
## How to read this

- Pages are drawn from reporting seeds; nothing was fitted on them. `results.parquet` has every number behind this
  report, `run.json` everything that is needed to run it again.
- *read* is the share of QR codes that a decoder finds on the whole page as it looks at that budget. `original` is the
  page itself: what the decoder can do at all. `downsample` is the page averaged to the same total without patches.
  `oracle` is told where the codes are; no other method is. No question is asked in this task.
- Numbers in brackets are 95 % intervals, by bootstrap over pages; comparisons are paired by page, with p by sign
  flips. *Primary* comparisons were named in the suite before it ran and are corrected together (Holm); all others are
  exploratory and prove nothing. Where no difference was shown, the line says which true difference would have been
  found; a smaller one may be there.
- *area* is the mean of *read* over the logarithm of the budget. *worst drop* is the largest fall of *read* from one
  budget to the next smaller one.
- Times are ratios within a round, methods in turn. The *control* is the first method against itself: where an interval
  overlaps the control's, no difference was shown.
";
