//! Tables in Markdown, and numbers as they are printed.

use std::fmt::Write as _;

use crate::{finding::Finding, statistics::Interval};

/// A table.
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A table with its title.
pub(crate) struct Titled {
    pub(crate) title: String,
    pub(crate) table: Table,
}

impl Titled {
    pub(crate) fn markdown(&self) -> String {
        format!("{}\n\n{}", self.title, self.table.markdown())
    }
}

impl Table {
    /// The table under a title; none where it has no rows.
    pub(crate) fn titled(self, title: impl Into<String>) -> Option<Titled> {
        (!self.is_empty()).then(|| Titled { title: title.into(), table: self })
    }

    /// The names of its columns.
    pub(crate) fn head(&self) -> &[String] {
        &self.head
    }

    /// Its cells, row by row.
    pub(crate) fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    pub(crate) fn new(head: impl IntoIterator<Item = impl Into<String>>) -> Table {
        Table { head: head.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        // A bar in a cell would end it.
        self.rows.push(cells.into_iter().map(|cell| cell.replace('|', "\\|")).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Columns are as wide as their widest cell, so that the text can be read as it is.
    pub(crate) fn markdown(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().chain([&self.head]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0).max(3)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let line = |cells: &[String]| {
            let mut text = String::from("|");
            for (cell, width) in cells.iter().zip(&widths) {
                let _ = write!(text, " {cell}{} |", " ".repeat(width - cell.chars().count()));
            }
            text + "\n"
        };
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        let mut text = line(&self.head) + &line(&rule);
        self.rows.iter().for_each(|row| text += &line(row));
        text
    }
}

/// A share in percent: `62.5`.
pub(crate) fn percent(value: f64) -> String {
    format!("{:.1}", tidy(100.0 * value, 1))
}

/// A share in whole percent with its interval: `62 (55–70)`.
pub(crate) fn whole_percent(finding: &Finding) -> String {
    let whole = |value: f64| format!("{:.0}", tidy(100.0 * value, 0));
    match finding.interval {
        Some(Interval { low, high, .. }) => {
            format!("{} ({}–{})", whole(finding.estimate), whole(low), whole(high))
        }
        None => whole(finding.estimate),
    }
}

/// A ratio: `1.023`.
pub(crate) fn ratio(value: f64) -> String {
    format!("{value:.3}")
}

/// A difference of shares in points: `+6.2`.
pub(crate) fn points(value: f64) -> String {
    format!("{:+.1}", tidy(100.0 * value, 1))
}

/// Digits by size: 0.123, 1.23, 12.3, 123.
pub(crate) fn plain(value: f64) -> String {
    let digits = match value.abs() {
        x if x < 1.0 => 3,
        x if x < 10.0 => 2,
        x if x < 100.0 => 1,
        _ => 0,
    };
    format!("{:.digits$}", tidy(value, digits))
}

/// What would be printed as minus zero becomes zero.
fn tidy(value: f64, digits: usize) -> f64 {
    let unit = 0.5 / [1.0, 10.0, 100.0, 1000.0][digits.min(3)];
    if value.abs() < unit { 0.0 } else { value }
}

/// `62.5 (55.1–70.0)` by one of the above.
pub(crate) fn with_interval(finding: &Finding, print: fn(f64) -> String) -> String {
    match finding.interval {
        Some(Interval { low, high, .. }) => {
            format!("{} ({} to {})", print(finding.estimate), print(low), print(high))
        }
        None => print(finding.estimate),
    }
}

/// A p value: `p .004`, `p < .001`.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 { "p < .001".into() } else { format!("p {}", format!("{p:.3}").trim_start_matches('0')) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_they_are_read() {
        assert_eq!(percent(0.625), "62.5");
        assert_eq!(points(-0.0001), "+0.0");
        assert_eq!(plain(12.345), "12.3");
        assert_eq!(p_value(0.0004), "p < .001");
        assert_eq!(p_value(0.25), "p .250");
    }

    #[test]
    fn a_bar_does_not_end_a_cell() {
        let mut table = Table::new(["a"]);
        table.row(["x|y".to_owned()]);
        assert_eq!(table.markdown(), "| a    |\n| ---- |\n| x\\|y |\n");
    }
}
