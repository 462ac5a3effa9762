//! `report.md`: verdicts first, then the numbers they rest on.
//!
//! The first line says whether all gates hold and names those that do not. A
//! reader who stops after ten lines has the result; one who goes on finds, suite
//! by suite, what was compared, with n and intervals; and at the end what was
//! not measured, and how to read it all.

pub(crate) mod explorer;
mod failures;
mod hearing;
pub(crate) mod page;
mod scorers;
mod scores;
mod sections;
mod sure;
pub(crate) mod table;
mod times;
pub(crate) mod view;

pub(crate) use sections::is_primary;

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    dataset::Length,
    finding::Finding,
    gate::{Outcome, Verdict},
    machine::Machine,
    row::Row,
    suite::Suite,
};

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
    pub(crate) length: Length,
    pub(crate) machine: &'a Machine,
    pub(crate) versions: &'a BTreeMap<String, String>,
    pub(crate) backends: &'a [String],
    pub(crate) not_measured: &'a [String],
    /// Verdicts against an earlier run.
    pub(crate) against: &'a [Verdict],
}

/// The whole report.
pub(crate) fn whole(frame: &Frame<'_>, suites: &[Measured<'_>]) -> String {
    let mut text = head(frame, suites);
    let length = match frame.length {
        Length::Quick => "quick run, for gates and not for claims",
        Length::Standard => "standard run",
        Length::Full => "full run",
    };
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
        text += &sections::suite(measured, frame.length);
    }
    text += "\n## Gates\n\n";
    let mut gates = table::Table::new(["suite", "gate", "", "because"]);
    for verdict in suites.iter().flat_map(|m| m.verdicts).chain(frame.against) {
        let state = match verdict.outcome {
            Outcome::Holds => "holds",
            Outcome::Fails => "**failed**",
            Outcome::Unknown => "not measured",
        };
        gates.row([verdict.suite.clone(), verdict.name.clone(), state.into(), verdict.why.clone()]);
    }
    text += &gates.markdown();
    if let Some(table) = failures::failure_table(suites) {
        _ = write!(text, "\n## Failures\n\n{table}");
    }
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
pub(crate) fn head(frame: &Frame<'_>, suites: &[Measured<'_>]) -> String {
    let verdicts: Vec<&Verdict> = suites.iter().flat_map(|m| m.verdicts).chain(frame.against).collect();
    let with = |outcome| verdicts.iter().filter(move |v| v.outcome == outcome);
    let (failed, unknown) = (with(Outcome::Fails).count(), with(Outcome::Unknown).count());
    let all = verdicts.len();
    let besides = match unknown {
        0 => String::new(),
        1 => ", 1 could not be measured".into(),
        n => format!(", {n} could not be measured"),
    };
    let mut text = match (failed, all) {
        (_, 0) => "# Evaluation: no gate was asked for\n\n".to_owned(),
        (0, _) => format!("# Evaluation: {} of {all} gates hold{besides}\n\n", all - unknown),
        (bad, _) => format!("# Evaluation: {bad} of {all} gates FAILED{besides}\n\n"),
    };
    for verdict in with(Outcome::Fails) {
        let Verdict { suite, name, place, why, .. } = verdict;
        _ = writeln!(text, "- **failed: {suite}: {name}**: {why} ({place})");
    }
    for verdict in with(Outcome::Unknown) {
        let Verdict { suite, name, why, .. } = verdict;
        _ = writeln!(text, "- not measured: {suite}: {name}: {why}");
    }
    if let Some(line) = failures::failures(suites) {
        _ = writeln!(text, "- {line}");
    }
    if let Some(table) = suites.iter().find_map(scores::system_table) {
        _ = write!(text, "\n{}\n", table.markdown());
    }
    for measured in suites {
        for sentence in sections::verdicts(measured) {
            _ = writeln!(text, "- {}: {sentence}", measured.suite.name);
        }
    }
    text
}

/// What is printed to a terminal: the head, and the table of what was read.
pub(crate) fn summary(frame: &Frame<'_>, suites: &[Measured<'_>]) -> String {
    let mut text = head(frame, suites);
    // The first suite with tasks has the tables that most came for.
    for table in suites.iter().map(scores::score_tables).find(|tables| !tables.is_empty()).unwrap_or_default()
    {
        _ = write!(text, "\n{}", table.markdown());
    }
    text
}

const READING: &str = "
## How to read this

- Drawn pages are of reporting seeds; nothing was fitted on them. `results.parquet` has every number behind this
  report, `run.json` everything that is needed to run it again.
- A score is the share of what is asked that the judge finds on the page as it looks at that budget. `original` is the
  page itself: what the judge can do at all. `downsample` is the page averaged to the same total without patches.
  `oracle` is told where the answers are; no other method is.
- Numbers in brackets are 95 % intervals, by bootstrap over pages; comparisons are paired by page, with p by sign
  flips. *Primary* comparisons were named in the suite before it ran and are corrected together (Holm); all others are
  exploratory and prove nothing. Where no difference was shown, the line says which true difference would have been
  found; a smaller one may be there.
- *area* is the mean of a score over the logarithm of the budget. *worst drop* is its largest fall from one budget to
  the next smaller one. *kept* is, of the questions that uniform answers at the greatest budget, the share answered.
- Times are ratios within a round, methods in turn. The *control* is the first method against itself: where an interval
  overlaps the control's, no difference was shown.
";
