//! Times in tables: one decision after the other, many at once, from small
//! images to large ones, and what the saved tokens are worth.

use super::{
    Measured,
    sections::of,
    table::{Table, Titled, plain, ratio, with_interval},
};
use crate::{
    finding::Finding,
    measure::{CONTROL, YARDSTICK},
    metric::prefill::{MODELLED, SEVEN_BILLION, net_saving},
};

fn time_table(measured: &Measured<'_>) -> Option<Titled> {
    let mut table =
        Table::new(["method", "condition", "p50, ms", "p90, ms", "p99, ms", "ratio", "against", "runs"]);
    for p50 in of(measured, "time-p50") {
        let same =
            |f: &&Finding| f.method == p50.method && f.average == p50.average && f.condition == p50.condition;
        let at = |metric| {
            let found = of(measured, metric).find(same);
            found.map_or_else(|| "too few runs".to_owned(), |f| plain(f.estimate))
        };
        let ratios: Vec<&Finding> = of(measured, "time-ratio").filter(same).collect();
        let cells = |f: Option<&&Finding>| {
            let ratio = f.map_or(String::new(), |f| with_interval(f, ratio));
            let against = f.and_then(|f| f.against.clone()).unwrap_or_default();
            table_row(p50, [at("time-p90"), at("time-p99"), ratio, against])
        };
        if ratios.is_empty() {
            table.row(cells(None));
        }
        for ratio in &ratios {
            table.row(cells(Some(ratio)));
        }
    }
    table.titled("Single stream: one decision after the other, one thread, methods in turn")
}

fn table_row(p50: &Finding, [p90, p99, ratio, against]: [String; 4]) -> Vec<String> {
    let condition = p50.condition.clone().unwrap_or_default();
    let (p50, runs, method) = (plain(p50.estimate), p50.n.to_string(), p50.method.clone());
    vec![method, condition, p50, p90, p99, ratio, against, runs]
}

fn stage_table(measured: &Measured<'_>) -> Option<Titled> {
    let mut table = Table::new(["method", "stage", "p50, ms", "runs"]);
    for f in of(measured, "stage-p50").filter(|f| f.method != CONTROL) {
        table.row([
            f.method.clone(),
            f.condition.clone().unwrap_or_default(),
            plain(f.estimate),
            f.n.to_string(),
        ]);
    }
    table.titled("Stages of a decision")
}

/// All of them.
pub(super) fn time_tables(measured: &Measured<'_>) -> Vec<Titled> {
    let tables = [
        time_table(measured),
        stage_table(measured),
        call_table(measured),
        offline_table(measured),
        sweep_table(measured),
        net_table(measured),
    ];
    tables.into_iter().flatten().collect()
}

fn call_table(measured: &Measured<'_>) -> Option<Titled> {
    let mut table = Table::new(["isolation", "p50, µs", "rounds"]);
    for f in of(measured, "call-p50") {
        let micros = |value: f64| format!("{value:.3}");
        table.row([f.method.clone(), with_interval(f, micros), f.n.to_string()]);
    }
    table.titled("A call to a plugin that does nothing")
}

fn offline_table(measured: &Measured<'_>) -> Option<Titled> {
    let mut table = Table::new(["method", "condition", "decisions a second", "rounds"]);
    for f in of(measured, "offline-rate") {
        let condition = f.condition.clone().unwrap_or_default();
        table.row([f.method.clone(), condition, with_interval(f, plain), f.n.to_string()]);
    }
    table.titled("Offline: many requests at once")
}

fn sweep_table(measured: &Measured<'_>) -> Option<Titled> {
    let mut table = Table::new([
        "method",
        "condition",
        "cold: open, ms",
        "cold: first decision, ms",
        "warm, ms",
        "memory beside the image, MiB",
        "processes",
    ]);
    for first in of(measured, "cold-first") {
        let same = |f: &&Finding| f.method == first.method && f.condition == first.condition;
        let at = |metric| of(measured, metric).find(same).map_or(String::new(), |f| plain(f.estimate));
        table.row([
            first.method.clone(),
            first.condition.clone().unwrap_or_default(),
            at("cold-open"),
            plain(first.estimate),
            at("warm-p50"),
            at("memory-beside"),
            first.n.to_string(),
        ]);
    }
    table.titled("Each size in a process of its own, one thread")
}

/// What a decision saves in the model that reads the tokens, by a stated model of its cost.
fn net_table(measured: &Measured<'_>) -> Option<Titled> {
    let suite = measured.suite;
    let patches = suite.grid.patches() as u64;
    let before = u64::from(suite.bounds.max()) * patches;
    let mut table =
        Table::new(["method", "condition", "tokens", "prefill saved, ms", "choosing, ms", "net, ms"]);
    for time in of(measured, "time-p50").filter(|f| f.method != CONTROL && f.method != YARDSTICK) {
        let Some(average) = time.average else { continue };
        let after = suite.total(average);
        let choosing = time.estimate / 1e3;
        let net = 1e3 * net_saving(before, after, choosing, &SEVEN_BILLION);
        table.row([
            time.method.clone(),
            time.condition.clone().unwrap_or_default(),
            format!("{after} of {before}"),
            plain(net + time.estimate),
            plain(time.estimate),
            plain(net),
        ]);
    }
    let title = format!("Net of choosing, {MODELLED}: prefill of {}", SEVEN_BILLION.name);
    table.titled(title)
}
