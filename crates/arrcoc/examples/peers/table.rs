//! The one table: what was measured, the goal, and whether it holds.
//!
//! A goal that is missed is a row that says `no`, and nothing more. What could not be measured here says why. What should
//! have worked and did not, such as a peer whose numbers are other numbers than ours, is `failed`, and the program's
//! exit status says so too.

use crate::turns::Times;

const HEADS: [&str; 6] = ["what", "goal", "ours", "beside it", "ratio", "holds"];

/// What is asked of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// Ours takes at most so many times as long as what is beside it.
    AtMost(f64),
    /// Ours is at least so many times faster than what is beside it.
    Faster(f64),
    /// Nothing; how many times faster ours is, is told.
    Told,
}

impl Goal {
    fn text(self) -> String {
        match self {
            Goal::AtMost(times) => format!("≤ {times} × as long"),
            Goal::Faster(times) => format!("≥ {times} × faster"),
            Goal::Told => String::new(),
        }
    }

    /// The ratio in words, and whether it is as asked.
    fn judge(self, ours: &Times, beside: &Times) -> (String, Option<bool>) {
        match self {
            Goal::AtMost(times) => {
                let ratio = ours.over(beside);
                (format!("{} × as long", number(ratio)), Some(ratio <= times))
            }
            Goal::Faster(times) => {
                let ratio = beside.over(ours);
                (format!("{} × faster", number(ratio)), Some(ratio >= times))
            }
            Goal::Told => (format!("{} × faster", number(beside.over(ours))), None),
        }
    }
}

/// A row.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    goal: String,
    rest: Rest,
}

#[derive(Debug)]
enum Rest {
    Measured { ours: String, beside: String, ratio: String, holds: Option<bool> },
    NotMeasured(String),
    Failed(String),
}

impl Row {
    /// Ours and something beside it.
    pub(crate) fn compared(
        what: impl Into<String>,
        goal: Goal,
        ours: &Times,
        name: &str,
        beside: &Times,
    ) -> Row {
        let (ratio, holds) = goal.judge(ours, beside);
        let beside = format!("{name}: {}", time(beside.median()));
        Row::told(what, goal.text(), time(ours.median()), beside, ratio, holds)
    }

    /// Ours alone, against a number of seconds.
    pub(crate) fn below(what: impl Into<String>, limit: f64, ours: &Times) -> Row {
        let seconds = ours.median();
        let goal = format!("< {}", time(limit));
        Row::told(what, goal, time(seconds), String::new(), String::new(), Some(seconds < limit))
    }

    /// Something that is no time.
    pub(crate) fn told(
        what: impl Into<String>,
        goal: String,
        ours: String,
        beside: String,
        ratio: String,
        holds: Option<bool>,
    ) -> Row {
        Row { what: what.into(), goal, rest: Rest::Measured { ours, beside, ratio, holds } }
    }

    /// What this machine lacks.
    pub(crate) fn not_measured(
        what: impl Into<String>,
        goal: impl Into<String>,
        why: impl Into<String>,
    ) -> Row {
        Row { what: what.into(), goal: goal.into(), rest: Rest::NotMeasured(why.into()) }
    }

    /// [`Row::not_measured`] of a comparison.
    pub(crate) fn not_compared(what: impl Into<String>, goal: Goal, why: impl Into<String>) -> Row {
        Row::not_measured(what, goal.text(), why)
    }

    /// What should have worked.
    pub(crate) fn failed(what: impl Into<String>, why: impl Into<String>) -> Row {
        Row { what: what.into(), goal: String::new(), rest: Rest::Failed(why.into()) }
    }

    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.rest, Rest::Failed(_))
    }

    fn cells(&self) -> [String; 6] {
        let head = |third: String, beside: &str, ratio: &str, holds: &str| {
            [&self.what, &self.goal, &third, beside, ratio, holds].map(|cell: &str| cell.replace('|', "\\|"))
        };
        match &self.rest {
            Rest::Measured { ours, beside, ratio, holds } => {
                let holds = holds.map_or("", |holds| if holds { "yes" } else { "no" });
                head(ours.clone(), beside, ratio, holds)
            }
            Rest::NotMeasured(why) => head(format!("not measured: {why}"), "", "", ""),
            Rest::Failed(why) => head(format!("failed: {why}"), "", "", ""),
        }
    }
}

/// The rows as a Markdown table whose columns stand below each other. Long reasons do not widen the columns.
pub(crate) fn table(rows: &[Row]) -> String {
    let cells: Vec<[String; 6]> =
        std::iter::once(HEADS.map(str::to_owned)).chain(rows.iter().map(Row::cells)).collect();
    let measured = |row: usize| row == 0 || matches!(rows[row - 1].rest, Rest::Measured { .. });
    let widths: [usize; 6] = std::array::from_fn(|column| {
        let lengths = cells.iter().enumerate().filter(|(row, _)| column < 2 || measured(*row));
        lengths.map(|(_, cells)| cells[column].chars().count()).max().unwrap_or(0)
    });
    let line = |cells: &[String; 6]| {
        let padded: Vec<String> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("| {} |\n", padded.join(" | "))
    };
    let rule = widths.map(|width| "-".repeat(width));
    let mut text = line(&cells[0]) + &line(&rule);
    for cells in &cells[1..] {
        text += &line(cells);
    }
    text
}

/// Seconds in the unit that gives them one to three digits before the point.
pub(crate) fn time(seconds: f64) -> String {
    let units = [(1.0, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns")];
    let fits = |&(scale, _): &(f64, &str)| seconds * scale >= 0.9995;
    let (scale, unit) = units.into_iter().find(fits).unwrap_or((1e9, "ns"));
    format!("{} {unit}", number(seconds * scale))
}

/// Three digits, or more before the point.
fn number(value: f64) -> String {
    let text = match value {
        _ if value < 9.995 => format!("{value:.2}"),
        _ if value < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    };
    match text.strip_suffix(".00").or_else(|| text.strip_suffix(".0")) {
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(seconds: f64) -> Times {
        Times(vec![seconds; 3])
    }

    #[test]
    fn a_goal_holds_at_its_limit_and_not_beyond() {
        let judge = |goal: Goal, ours, beside| goal.judge(&times(ours), &times(beside));
        assert_eq!(judge(Goal::AtMost(4.0), 4.0, 1.0), ("4 × as long".to_owned(), Some(true)));
        assert_eq!(judge(Goal::AtMost(4.0), 4.25, 1.0), ("4.25 × as long".to_owned(), Some(false)));
        assert_eq!(judge(Goal::Faster(8.0), 1.0, 8.0), ("8 × faster".to_owned(), Some(true)));
        assert_eq!(judge(Goal::Faster(8.0), 1.0, 7.9), ("7.90 × faster".to_owned(), Some(false)));
        assert_eq!(judge(Goal::Told, 2.0, 25.0), ("12.5 × faster".to_owned(), None));
    }

    #[test]
    fn times_have_three_digits() {
        for (seconds, text) in [
            (5e-3, "5 ms"),
            (2e-5, "20 µs"),
            (0.000_411_9, "412 µs"),
            (1.2345, "1.23 s"),
            (4.04e-8, "40.4 ns"),
            (0.000_999_9, "1 ms"),
            (3e-10, "0.30 ns"),
        ] {
            assert_eq!(time(seconds), text);
        }
    }

    #[test]
    fn columns_stand_below_each_other_and_reasons_do_not_widen_them() {
        let rows = [
            Row::compared("sums", Goal::Faster(8.0), &times(0.002), "NumPy", &times(0.01)),
            Row::below("a call", 50e-9, &times(40e-9)),
            Row::not_measured("GPU", "≥ 60 %", "no GPU here"),
            Row::failed("cosines", "other | numbers"),
        ];
        let expected = "\
| what    | goal         | ours  | beside it    | ratio      | holds |
| ------- | ------------ | ----- | ------------ | ---------- | ----- |
| sums    | ≥ 8 × faster | 2 ms  | NumPy: 10 ms | 5 × faster | no    |
| a call  | < 50 ns      | 40 ns |              |            | yes   |
| GPU     | ≥ 60 %       | not measured: no GPU here |              |            |       |
| cosines |              | failed: other \\| numbers |              |            |       |
";
        assert_eq!(table(&rows), expected);
        assert_eq!(rows.iter().filter(|row| row.has_failed()).count(), 1);
    }
}
