//! Two runs side by side: what is worse, what is better, what is the same.
//!
//! Numbers that do not depend on the clock are paired by item: the same engine
//! on the same pages gives the same bits, and then nothing has to be judged.
//! Where they differ, chance is asked, for all findings of the run together.
//!
//! Times are compared in units of a yardstick that ran in the same rounds, and
//! only between machines with the same processor. Even so they drift from run to
//! run, so that only what is beyond a tenth, with its whole interval, counts; and
//! where the run's own control wanders as far, there is no verdict. A run that
//! finds a stage slower measures its times [again](crate::again), in another
//! process, and believes what it finds twice.
//!
//! `cargo xtask compare A B` prints all of it; `--baseline DIR` makes gates of it.

mod files;
mod numbers;
mod times;

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use arrcoc::Error;

use crate::{
    gate::{Outcome, Verdict},
    report::table::{Table, plain},
};

pub(crate) use files::RunFiles;
use numbers::Compared;
use times::Pair;

/// Two runs, compared.
pub(crate) struct Comparison {
    before: String,
    /// One line each: what could not be compared.
    notes: Vec<String>,
    numbers: Vec<Compared>,
    times: Result<Vec<Pair>, String>,
}

impl Comparison {
    pub(crate) fn of(before: &RunFiles, now: &RunFiles) -> Comparison {
        let mut notes = Vec::new();
        let mut suites = Vec::new();
        for (suite, version) in &now.suites {
            match before.suites.get(suite) {
                None => notes.push(format!("suite `{suite}` is not in {}", before.shown)),
                Some(old) if old != version => {
                    notes.push(format!("suite `{suite}` was version {old} and is {version}: not compared"));
                }
                Some(_) => suites.push(suite.as_str()),
            }
        }
        for suite in before.suites.keys().filter(|suite| !now.suites.contains_key(*suite)) {
            notes.push(format!("suite `{suite}` is only in {}", before.shown));
        }
        let (numbers, lost) = numbers::compare(before, now, &suites);
        notes.extend(lost);
        let times = times::compare(before, now, &suites);
        Comparison { before: before.shown.clone(), notes, numbers, times }
    }

    /// Suites with a stage that is slower.
    pub(crate) fn slower_suites(&self) -> BTreeSet<&str> {
        self.times.iter().flatten().filter(|pair| pair.is_slower()).map(Pair::suite).collect()
    }

    /// What came out when the times of these suites were measured once more: what is slower both times stays so.
    pub(crate) fn measured_again(&mut self, before: &RunFiles, again: Result<RunFiles, String>) {
        let again = again.and_then(|again| {
            let suites: Vec<&str> = again.suites.keys().map(String::as_str).collect();
            times::compare(before, &again, &suites)
        });
        for pair in self.times.iter_mut().flatten().filter(|pair| pair.is_slower()) {
            pair.again(again.as_deref().map_err(String::as_str));
        }
    }

    /// Gates: nothing is worse, and nothing is slower.
    pub(crate) fn verdicts(&self) -> Vec<Verdict> {
        let verdict = |name: &str, outcome, why: String| Verdict {
            suite: "baseline".into(),
            name: format!("nothing is {name}"),
            place: self.before.clone(),
            outcome,
            why,
        };
        let worse: Vec<String> = self.numbers.iter().filter(|c| c.is_worse()).map(Compared::line).collect();
        let same = self.numbers.iter().filter(|c| c.is_same()).count();
        let numbers = match (worse.is_empty(), self.numbers.len()) {
            (_, 0) => verdict("worse", Outcome::Unknown, "the two runs have nothing in common".into()),
            (true, all) => verdict(
                "worse",
                Outcome::Holds,
                format!("{same} of {all} findings are the same to the last bit"),
            ),
            (false, _) => verdict("worse", Outcome::Fails, first_of(&worse)),
        };
        let times = match &self.times {
            // Nothing was timed.
            Ok(pairs) if pairs.is_empty() => return vec![numbers],
            Err(reason) => verdict("slower", Outcome::Unknown, reason.clone()),
            Ok(pairs) => {
                let slower: Vec<String> = pairs.iter().filter(|p| p.is_slower()).map(Pair::line).collect();
                let unclear = pairs.iter().filter(|p| p.is_unclear()).count();
                match (slower.is_empty(), unclear) {
                    (false, _) => verdict("slower", Outcome::Fails, first_of(&slower)),
                    (true, 0) => {
                        let calmed = pairs.iter().filter(|p| p.was_refuted()).count();
                        let again = match calmed {
                            0 => String::new(),
                            n => format!("; {n} were slower in this process and not in the next"),
                        };
                        let why = format!("{} stages are as fast as before{again}", pairs.len());
                        verdict("slower", Outcome::Holds, why)
                    }
                    (true, n) => verdict(
                        "slower",
                        Outcome::Unknown,
                        format!(
                            "the machine's noise is too high for a verdict on {n} of {} stages",
                            pairs.len()
                        ),
                    ),
                }
            }
        };
        vec![numbers, times]
    }

    /// All of it, for a terminal.
    pub(crate) fn text(&self) -> String {
        let count = |of: fn(&Compared) -> bool| self.numbers.iter().filter(|c| of(c)).count();
        let mut text = format!(
            "{} findings: {} the same to the last bit, {} better, {} worse, {} differ by no more than chance\n",
            self.numbers.len(),
            count(Compared::is_same),
            count(Compared::is_better),
            count(Compared::is_worse),
            count(Compared::is_unclear),
        );
        let mut table = Table::new(["", "finding", "before", "now", "difference", "Holm", "n"]);
        let mut changed: Vec<&Compared> = self.numbers.iter().filter(|c| !c.is_same()).collect();
        changed.sort_by_key(|c| c.rank());
        for c in &changed {
            table.row(c.cells());
        }
        if !table.is_empty() {
            _ = write!(text, "\n{}", table.markdown());
        }
        match &self.times {
            Err(reason) => _ = writeln!(text, "\ntimes: {reason}"),
            Ok(pairs) if pairs.is_empty() => {}
            Ok(pairs) => {
                let mut table = Table::new(["", "stage", "before", "now", "ratio"]);
                for pair in pairs {
                    let [state, stage, before, now, ratio] = pair.cells(plain);
                    table.row([state, stage, before, now, ratio]);
                }
                _ = write!(text, "\nTimes, in units of the yardstick\n\n{}", table.markdown());
            }
        }
        for note in &self.notes {
            _ = writeln!(text, "\nnote: {note}");
        }
        text
    }
}

/// The first of some lines, and how many more there are.
fn first_of(lines: &[String]) -> String {
    let more = lines.len() - 1;
    if more == 0 { lines[0].clone() } else { format!("{}; and {more} more", lines[0]) }
}

/// Compares two runs that were written before. Returns the text, and whether nothing is worse or slower.
///
/// # Errors
/// When a folder is not that of a run.
pub fn compare(before: &Path, now: &Path) -> Result<(String, bool), Error> {
    let comparison = Comparison::of(&RunFiles::read(before)?, &RunFiles::read(now)?);
    let fails = comparison.verdicts().iter().any(|v| v.outcome == Outcome::Fails);
    Ok((comparison.text(), !fails))
}
