//! What came of a plugin's tests, as data, as a table, and as JUnit XML.

use std::{fmt::Write as _, path::PathBuf};

use arrcoc_host::Identity;
use serde::{Deserialize, Serialize};

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The promise was kept.
    Passed,
    /// The promise was broken.
    Failed,
    /// It was not tried, for a reason that is said.
    Skipped,
}

impl Verdict {
    fn text(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::Skipped => "skipped",
        }
    }
}

/// A test of a part, or of the file.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Outcome {
    /// The scorer or allocator; absent for a test of the whole file.
    pub part: Option<String>,
    /// `file`, `scorer` or `allocator`.
    pub kind: &'static str,
    /// The test's name.
    pub test: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// How long it took.
    pub seconds: f64,
    /// What the contract promises.
    pub promised: &'static str,
    /// What happened, or why it was skipped; what was seen, for a test that passed. One line.
    pub detail: String,
}

impl Outcome {
    /// What is to be said of it, in one line.
    #[must_use]
    pub fn line(&self) -> String {
        match self.verdict {
            Verdict::Failed => format!("promised: {}; happened: {}", self.promised, self.detail),
            Verdict::Skipped | Verdict::Passed => self.detail.clone(),
        }
    }
}

/// All that came of a plugin.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The file.
    pub plugin: PathBuf,
    /// Who it is; absent when it was refused.
    pub identity: Option<Identity>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// Every test, in order.
    pub outcomes: Vec<Outcome>,
    /// How long all took.
    pub seconds: f64,
}

impl Report {
    /// Whether nothing failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.count(Verdict::Failed) == 0
    }

    /// How many tests ended so.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.verdict == verdict).count()
    }

    /// A table for a person.
    #[must_use]
    pub fn to_table(&self) -> String {
        let mut text = self.plugin.display().to_string();
        if let Some(identity) = &self.identity {
            _ = write!(text, ": {} {}, ABI {}", identity.id, identity.version, identity.abi);
        }
        text.push('\n');
        for note in &self.notes {
            _ = writeln!(text, "note: {note}");
        }
        let mut part = None;
        for outcome in &self.outcomes {
            if part != Some(&outcome.part) {
                part = Some(&outcome.part);
                let name = outcome.part.as_deref().map_or_else(String::new, |id| format!(" {id}"));
                _ = writeln!(text, "\n{}{name}", outcome.kind);
            }
            let verdict = outcome.verdict.text();
            let row =
                format!("  {verdict:7}  {:16} {:7.2} s  {}", outcome.test, outcome.seconds, outcome.line());
            text += row.trim_end();
            text.push('\n');
        }
        let [passed, failed, skipped] =
            [Verdict::Passed, Verdict::Failed, Verdict::Skipped].map(|verdict| self.count(verdict));
        _ = writeln!(text, "\n{passed} passed, {failed} failed, {skipped} skipped in {:.1} s", self.seconds);
        text
    }

    /// JUnit XML: the file and each part a suite.
    #[must_use]
    pub fn to_junit(&self) -> String {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let heading = |name: &str, outcomes: &[&Outcome]| {
            let count = |verdict| outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
            format!(
                "name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{:.3}\"",
                escaped(name),
                outcomes.len(),
                count(Verdict::Failed),
                count(Verdict::Skipped),
                outcomes.iter().map(|outcome| outcome.seconds).sum::<f64>()
            )
        };
        let all: Vec<&Outcome> = self.outcomes.iter().collect();
        _ = writeln!(text, "<testsuites {}>", heading("arrcoc-conformance", &all));
        let library = self.identity.as_ref().map_or("plugin", |identity| identity.id.as_str());
        for suite in all.chunk_by(|a, b| a.part == b.part) {
            let name = match &suite[0].part {
                Some(part) => format!("{library}.{part}"),
                None => library.to_owned(),
            };
            _ = writeln!(text, "  <testsuite {}>", heading(&name, suite));
            for outcome in suite {
                _ = write!(
                    text,
                    "    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\"",
                    escaped(&name),
                    outcome.test,
                    outcome.seconds
                );
                let line = escaped(&outcome.line());
                text += &match outcome.verdict {
                    Verdict::Passed => "/>\n".to_owned(),
                    Verdict::Failed => format!("><failure message=\"{line}\"/></testcase>\n"),
                    Verdict::Skipped => format!("><skipped message=\"{line}\"/></testcase>\n"),
                };
            }
            text += "  </testsuite>\n";
        }
        text + "</testsuites>\n"
    }
}

/// Text as it may stand in an attribute. What XML 1.0 has no form for is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\n' | '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let outcome = |part: Option<&str>, test, verdict, detail: &str| Outcome {
            part: part.map(str::to_owned),
            kind: if part.is_some() { "scorer" } else { "file" },
            test,
            verdict,
            seconds: 0.25,
            promised: "all is \"well\"",
            detail: detail.to_owned(),
        };
        Report {
            plugin: "x.so".into(),
            identity: None,
            notes: vec!["no guard pages".into()],
            outcomes: vec![
                outcome(None, "load", Verdict::Passed, ""),
                outcome(Some("one"), "plan", Verdict::Failed, "a < b\u{1b}[31m"),
                outcome(Some("one"), "batch", Verdict::Skipped, "no questions"),
            ],
            seconds: 0.8,
        }
    }

    #[test]
    fn a_table_says_all_that_happened() {
        let expected = "\
x.so
note: no guard pages

file
  passed   load                0.25 s

scorer one
  failed   plan                0.25 s  promised: all is \"well\"; happened: a < b\u{1b}[31m
  skipped  batch               0.25 s  no questions

1 passed, 1 failed, 1 skipped in 0.8 s
";
        assert_eq!(report().to_table(), expected);
        assert!(!report().passed());
    }

    #[test]
    fn junit_has_a_suite_for_each_part_and_escapes_what_xml_reads() {
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="arrcoc-conformance" tests="3" failures="1" skipped="1" time="0.750">
  <testsuite name="plugin" tests="1" failures="0" skipped="0" time="0.250">
    <testcase classname="plugin" name="load" time="0.250"/>
  </testsuite>
  <testsuite name="plugin.one" tests="2" failures="1" skipped="1" time="0.500">
    <testcase classname="plugin.one" name="plan" time="0.250"><failure message="promised: all is &quot;well&quot;; happened: a &lt; b[31m"/></testcase>
    <testcase classname="plugin.one" name="batch" time="0.250"><skipped message="no questions"/></testcase>
  </testsuite>
</testsuites>
"#;
        assert_eq!(report().to_junit(), expected);
    }
}
