//! `junit.xml`: the gates as test cases, so that a CI job shows them where it
//! shows its tests. A gate that could not be measured is skipped, with the
//! reason.

use std::fmt::Write as _;

use crate::gate::{Outcome, Verdict};

/// The gates of some suites, each suite with its seconds.
pub(crate) fn xml(suites: &[(String, f64)], verdicts: &[Verdict]) -> String {
    let count = |of: &[&Verdict], outcome| of.iter().filter(|v| v.outcome == outcome).count();
    let all: Vec<&Verdict> = verdicts.iter().collect();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    _ = writeln!(
        text,
        "<testsuites name=\"arrcoc\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
        all.len(),
        count(&all, Outcome::Fails),
        count(&all, Outcome::Unknown)
    );
    for (suite, seconds) in suites {
        let own: Vec<&Verdict> = all.iter().copied().filter(|v| v.suite == *suite).collect();
        _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{seconds:.3}\">",
            escaped(suite),
            own.len(),
            count(&own, Outcome::Fails),
            count(&own, Outcome::Unknown)
        );
        for verdict in own {
            let Verdict { name, place, why, .. } = verdict;
            _ = write!(text, "    <testcase classname=\"{}\" name=\"{}\"", escaped(suite), escaped(name));
            _ = match verdict.outcome {
                Outcome::Holds => writeln!(text, "/>"),
                Outcome::Fails => writeln!(
                    text,
                    "><failure message=\"{}\">{}</failure></testcase>",
                    escaped(why),
                    escaped(&format!("{place}: {why}"))
                ),
                Outcome::Unknown => writeln!(text, "><skipped message=\"{}\"/></testcase>", escaped(why)),
            };
        }
        text += "  </testsuite>\n";
    }
    text + "</testsuites>\n"
}

/// Text as it may stand in an attribute. What XML 1.0 has no form for is left out.
fn escaped(text: &str) -> String {
    let allowed = |c: &char| !c.is_control() || matches!(c, '\t' | '\n');
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(allowed) {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\n' | '\t' => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_with_every_outcome() {
        let verdict = |name: &str, outcome, why: &str| Verdict {
            suite: "small".into(),
            name: name.into(),
            place: "small.yaml:3:5".into(),
            outcome,
            why: why.into(),
        };
        let verdicts = [
            verdict("a", Outcome::Holds, ""),
            verdict("b < c", Outcome::Fails, "is 3 & \"more\"\u{1b}[31m"),
            verdict("d", Outcome::Unknown, "nothing to read with"),
        ];
        assert_eq!(
            xml(&[("small".into(), 1.25)], &verdicts),
            r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="arrcoc" tests="3" failures="1" skipped="1">
  <testsuite name="small" tests="3" failures="1" skipped="1" time="1.250">
    <testcase classname="small" name="a"/>
    <testcase classname="small" name="b &lt; c"><failure message="is 3 &amp; &quot;more&quot;[31m">small.yaml:3:5: is 3 &amp; &quot;more&quot;[31m</failure></testcase>
    <testcase classname="small" name="d"><skipped message="nothing to read with"/></testcase>
  </testsuite>
</testsuites>
"#
        );
    }
}
