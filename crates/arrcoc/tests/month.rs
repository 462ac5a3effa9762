//! A month of decisions: the steps that are taken, and that each can be explained from the ledger alone.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

#[path = "../examples/month/script.rs"]
mod script;
mod support;

use arrcoc::{
    Config, Level,
    autonomy::{self, Cause},
    ledger::Ledger,
};
use script::{BLURRED, Day, PROMOTED};

#[test]
fn autonomy_is_earned_lost_and_earned_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("month.ledger");
    let mut config = Config::default();
    config.search.folders = vec![support::plugins()];
    let days = script::run(config, &path, |_| ()).unwrap();

    let steps: Vec<(usize, Cause, Level)> = days
        .iter()
        .flat_map(|day| {
            day.steps.iter().map(|set| (day.day, set.configuration.cause, set.configuration.level))
        })
        .collect();
    let on = |cause: Cause, level: Level| -> Vec<usize> {
        steps.iter().filter(|step| (step.1, step.2) == (cause, level)).map(|step| step.0).collect()
    };
    // It begins guarded, and is earned before anything happens.
    assert_eq!(steps[0], (1, Cause::Begun, Level::Guarded));
    assert_eq!(steps[1], (1, Cause::Baseline, Level::Guarded));
    assert_eq!(steps[2], (4, Cause::StepUp, Level::Autonomous), "{steps:?}");
    // Pages change: both levels are lost while it lasts, and nothing rises before it is over for three days.
    let lost = on(Cause::StepDown, Level::Advisory);
    assert!(lost.len() == 1 && BLURRED.contains(&lost[0]), "{steps:?}");
    let during = steps.iter().filter(|step| BLURRED.contains(&step.0));
    assert!(during.clone().count() >= 2 && during.clone().all(|step| step.1 == Cause::StepDown), "{steps:?}");
    let again = on(Cause::StepUp, Level::Guarded);
    assert!(again.len() == 1 && again[0] >= BLURRED.end() + 3, "{steps:?}");
    // A calibration is promoted that misleads: sure, and wrong. It is rolled back within two days.
    assert!(steps.contains(&(PROMOTED, Cause::Promoted, Level::Autonomous)), "{steps:?}");
    let mean = |days: &[Day], of: fn(&Day) -> f64| days.iter().map(of).sum::<f64>() / days.len() as f64;
    let misled = &days[PROMOTED - 1..=PROMOTED];
    assert!(
        mean(misled, |day| day.sure as f64) > 30.0 && mean(misled, |day| day.coupling) > 0.9,
        "{misled:?}"
    );
    let back = days.iter().flat_map(|day| day.steps.iter().map(move |set| (day.day, set)));
    let back: Vec<_> = back.filter(|(_, set)| set.configuration.restores.is_some()).collect();
    let [(day, back)] = back.as_slice() else { panic!("{steps:?}") };
    assert_eq!(
        (*day, back.configuration.cause, back.configuration.level),
        (PROMOTED + 1, Cause::StepDown, Level::Guarded)
    );
    let promoted = steps.iter().position(|step| step.1 == Cause::Promoted).unwrap();
    let before = days.iter().flat_map(|day| &day.steps).nth(promoted - 1).unwrap();
    assert_eq!(back.configuration.restores, Some(before.number));
    assert_eq!(back.configuration.calibration, before.configuration.calibration);
    // A good state returns, and so does autonomy.
    assert_eq!(steps.last().unwrap().1, Cause::StepUp, "{steps:?}");
    assert_eq!(days.last().unwrap().level, Level::Autonomous);
    assert!(mean(&days[PROMOTED + 1..], |day| day.failures as f64) < 10.0);

    // Whoever has the ledger has the whole story: nothing else is needed to come to every step again.
    let ledger = Ledger::open_to_read(&path).unwrap();
    ledger.verify(None).unwrap();
    let history = autonomy::history(&ledger).unwrap();
    assert_eq!(history.len(), steps.len());
    for set in &history {
        let explained = autonomy::explain(&ledger, set.number).unwrap();
        assert!(explained.holds, "{}", explained.text);
        assert!(explained.text.starts_with(&format!("record {}  ", set.number)), "{}", explained.text);
    }
    let told = autonomy::explain(&ledger, back.number).unwrap().text;
    for part in [
        "The level went down, from autonomous to guarded.",
        "labels-only`.",
        &format!("Calibration and baseline are those of record {} again.", before.number),
        "outcomes were failures: at least",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}
