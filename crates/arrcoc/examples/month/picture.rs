//! The month as one picture: level, coupling, failures, and what came into force.

use std::fmt::Write as _;

use arrcoc::autonomy::Cause;
use arrcoc_decide::autonomy::Level;

use super::script::{BLURRED, DAYS, Day};

const LEFT: f64 = 96.0;
const WIDTH: f64 = 720.0;

/// The middle of a day.
fn x(day: usize) -> f64 {
    LEFT + (day as f64 - 0.5) * WIDTH / DAYS as f64
}

/// The picture, as SVG.
pub(crate) fn draw(days: &[Day]) -> String {
    let half = WIDTH / DAYS as f64 / 2.0;
    let mut out = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 840 470\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"840\" height=\"470\" fill=\"white\"/>\n",
    );
    let (from, to) = (x(*BLURRED.start()) - half, x(*BLURRED.end()) + half);
    let _ =
        writeln!(out, "<rect x=\"{from}\" y=\"20\" width=\"{}\" height=\"390\" fill=\"#eee\"/>", to - from);
    let _ = writeln!(out, "<text x=\"{}\" y=\"34\" fill=\"#666\">scans out of focus</text>", from + 4.0);
    let mut text = |x: f64, y: f64, anchor: &str, fill: &str, said: &str| {
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"{fill}\">{said}</text>"
        );
    };
    let level_y = |level: Level| 150.0 - 90.0 * level.most();
    for level in Level::ALL {
        text(LEFT - 8.0, level_y(level) + 4.0, "end", "#333", &level.to_string());
    }
    for (name, y, scale) in [("coupling", 270.0, "1"), ("failures", 400.0, "48")] {
        text(LEFT - 8.0, y, "end", "#333", "0");
        text(LEFT - 8.0, y - 76.0, "end", "#333", scale);
        text(LEFT - 30.0, y - 36.0, "end", "#333", name);
    }
    for day in (1..=DAYS).filter(|day| day % 5 == 0 || *day == 1) {
        text(x(day), 425.0, "middle", "#333", &day.to_string());
    }
    text(LEFT, 455.0, "start", "#08519c", "● of the controller");
    text(LEFT + 150.0, 455.0, "start", "#b30000", "◆ of a person");
    text(LEFT + 270.0, 455.0, "start", "#333", "orange: of decisions that were sure; pale: of uniform ones");
    text(LEFT + WIDTH, 455.0, "end", "#333", "day");
    let mut line = String::new();
    for day in days {
        let y = level_y(day.level);
        let _ = write!(line, "{:.1},{y} {:.1},{y} ", x(day.day) - half, x(day.day) + half);
    }
    let _ =
        writeln!(out, "<polyline points=\"{line}\" fill=\"none\" stroke=\"#08519c\" stroke-width=\"2.5\"/>");
    let points: String =
        days.iter().map(|d| format!("{:.1},{:.1} ", x(d.day), 270.0 - 80.0 * d.coupling)).collect();
    let _ =
        writeln!(out, "<polyline points=\"{points}\" fill=\"none\" stroke=\"#238b45\" stroke-width=\"2\"/>");
    for day in days {
        let mut bar = |count: usize, fill: &str| {
            let height = 80.0 * count as f64 / 48.0;
            let (left, top) = (x(day.day) - 0.7 * half, 400.0 - height);
            let _ = writeln!(
                out,
                "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>",
                1.4 * half
            );
        };
        // In advisory every patch has the same: that no task succeeds says nothing of the system.
        if day.level == Level::Advisory {
            bar(day.failures, "#e8e8e8");
        } else {
            bar(day.failures, "#bbb");
            bar(day.sure, "#e6550d");
        }
        for set in &day.steps {
            let configuration = &set.configuration;
            let by_hand = matches!(configuration.cause, Cause::Promoted | Cause::Set | Cause::RolledBack);
            let (mark, fill) = if by_hand { ("◆", "#b30000") } else { ("●", "#08519c") };
            // A person acts in the morning, the controller in the evening.
            let at = if by_hand || configuration.cause == Cause::Begun {
                x(day.day) - half
            } else {
                x(day.day) + half
            };
            let said = match (configuration.cause, configuration.restores) {
                (Cause::StepDown, Some(_)) => "step-down, rolled back".to_owned(),
                (cause, _) => cause.to_string(),
            };
            let y = level_y(configuration.level);
            let (to_side, turn) = match configuration.cause {
                Cause::StepDown => (18.0, 0),
                _ => (-8.0, -28),
            };
            let said_at = y + to_side;
            let _ = writeln!(
                out,
                "<text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"{fill}\">{mark}</text>\n\
                 <text x=\"{at:.1}\" y=\"{said_at:.1}\" font-size=\"9\" fill=\"{fill}\" \
                 transform=\"rotate({turn} {at:.1} {said_at:.1})\">{said}</text>",
                y + 4.0
            );
        }
    }
    out + "</svg>\n"
}
