//! Times of two runs, each in units of the yardstick that ran in the same
//! rounds.

use std::collections::BTreeMap;

use super::RunFiles;
use crate::{
    measure::{CONTROL, YARDSTICK},
    row::Row,
    statistics::{NOISE_LIMIT, Pace, Ratio, pace, ratio_of_times},
};

/// Below this many milliseconds the clock of a stage is too coarse.
const LEAST_MS: f64 = 0.2;

/// A stage of both runs.
pub(super) struct Pair {
    suite: String,
    stage: String,
    before: f64,
    now: f64,
    ratio: Ratio,
    pace: Pace,
    again: Again,
}

/// What a second measurement, in another process, says of a stage that was slower in the first.
enum Again {
    /// There was none.
    NotAsked,
    /// It is slower there too: so many times as long.
    Slower(Ratio),
    NotSlower,
    TooNoisy,
    /// It could not be made, for this reason.
    Failed(String),
}

/// Suite, method, average, condition.
type Key = (String, String, Option<u64>, String);

/// Times by round.
type Rounds = BTreeMap<u32, f64>;

fn times(run: &RunFiles, suites: &[&str], metric: &str) -> BTreeMap<Key, Rounds> {
    let mut times: BTreeMap<Key, Rounds> = BTreeMap::new();
    let rows = run.rows.iter().filter(|row| row.metric == metric && suites.contains(&row.suite.as_str()));
    for row in rows {
        let condition = row.condition.clone().unwrap_or_default();
        let key = (row.suite.clone(), row.method.clone(), row.average.map(f64::to_bits), condition);
        times.entry(key).or_default().insert(row.item, row.value);
    }
    times
}

/// One in units of the other, in the rounds that have both.
fn against(times: &Rounds, others: &Rounds) -> Option<Ratio> {
    let both: Vec<(f64, f64)> =
        times.iter().filter_map(|(round, t)| Some((*t, *others.get(round)?))).collect();
    let (own, other): (Vec<f64>, Vec<f64>) = both.into_iter().unzip();
    ratio_of_times(&own, &other)
}

/// Every stage of both runs; or why there is none to compare.
pub(super) fn compare(before: &RunFiles, now: &RunFiles, suites: &[&str]) -> Result<Vec<Pair>, String> {
    let timed = |run: &RunFiles| {
        run.rows.iter().any(|row| row.metric == "stage" && suites.contains(&row.suite.as_str()))
    };
    if !timed(before) || !timed(now) {
        return Ok(Vec::new());
    }
    if before.processor != now.processor {
        let name =
            |text: &str| if text.is_empty() { "an unknown processor".to_owned() } else { text.to_owned() };
        return Err(format!(
            "not compared: {} ran on {}, {} on {}",
            before.shown,
            name(&before.processor),
            now.shown,
            name(&now.processor)
        ));
    }
    let [old, new] = [before, now].map(|run| (times(run, suites, "stage"), times(run, suites, "time")));
    let mut pairs = Vec::new();
    let mut noises = BTreeMap::new();
    for key in new.0.keys() {
        let (suite, method, average, condition) = key;
        if method == CONTROL {
            continue;
        }
        let Some((size, stage)) = condition.split_once(", ") else { continue };
        let of = |method: &str| (suite.clone(), method.to_owned(), *average, size.to_owned());
        let in_units = |run: &(BTreeMap<Key, Rounds>, BTreeMap<Key, Rounds>)| {
            let stages = run.0.get(key)?;
            let typical = stages.values().copied().fold(0.0, f64::max);
            (typical >= LEAST_MS).then(|| against(stages, run.1.get(&of(YARDSTICK))?)).flatten()
        };
        let (Some(was), Some(is)) = (in_units(&old), in_units(&new)) else { continue };
        // Whatever both intervals allow.
        let mut ratio = is;
        ratio.estimate = is.estimate / was.estimate;
        ratio.interval.low = is.interval.low / was.interval.high;
        ratio.interval.high = is.interval.high / was.interval.low;
        // The same for all stages of a decision.
        let noise = *noises.entry((suite, *average, size)).or_insert_with(|| {
            let control = [(before, &old), (now, &new)].map(|(run, times)| {
                let own = times.1.get(&of(CONTROL))?;
                against(own, times.1.get(&of(repeated(run, suite, size)?))?)
            });
            // The noisier of the two runs.
            let reach = |ratio: &Ratio| ratio.interval.high.max(1.0 / ratio.interval.low);
            control.into_iter().flatten().max_by(|a, b| reach(a).total_cmp(&reach(b)))
        });
        let pace = noise.map_or(Pace::TooNoisy, |noise| pace(&ratio, &noise));
        pairs.push(Pair {
            suite: suite.clone(),
            stage: format!("{suite}: {stage} of `{method}` ({size})"),
            before: was.estimate,
            now: is.estimate,
            ratio,
            pace,
            again: Again::NotAsked,
        });
    }
    Ok(pairs)
}

/// The method that the control repeats: the one that decides the same.
fn repeated<'a>(run: &'a RunFiles, suite: &str, size: &str) -> Option<&'a str> {
    let mut timed = run
        .rows
        .iter()
        .filter(|row| row.metric == "time" && row.suite == suite && row.condition.as_deref() == Some(size));
    let control = timed.clone().find(|row| row.method == CONTROL)?;
    let same =
        |row: &&Row| row.method != CONTROL && !row.decision.is_empty() && row.decision == control.decision;
    timed.find(same).map(|row| row.method.as_str())
}

impl Pair {
    pub(super) fn suite(&self) -> &str {
        &self.suite
    }

    /// What the same stage came to among `pairs`, measured again; or why there are none.
    pub(super) fn again(&mut self, pairs: Result<&[Pair], &str>) {
        self.again = match pairs.map(|pairs| pairs.iter().find(|pair| pair.stage == self.stage)) {
            Err(reason) => Again::Failed(reason.to_owned()),
            Ok(None) => Again::Failed("the stage was not there".into()),
            Ok(Some(pair)) if pair.is_slower() => Again::Slower(pair.ratio),
            Ok(Some(pair)) if pair.is_unclear() => Again::TooNoisy,
            Ok(Some(_)) => Again::NotSlower,
        };
    }

    /// Slower by more than runs drift, and so whenever it was measured.
    pub(super) fn is_slower(&self) -> bool {
        self.seems_slower() && !matches!(self.again, Again::NotSlower | Again::TooNoisy)
    }

    fn seems_slower(&self) -> bool {
        self.pace == Pace::Slower && self.ratio.interval.low > NOISE_LIMIT
    }

    /// Slower in the first measurement, and not in the second.
    pub(super) fn was_refuted(&self) -> bool {
        matches!(self.again, Again::NotSlower)
    }

    pub(super) fn is_unclear(&self) -> bool {
        self.pace == Pace::TooNoisy || matches!(self.again, Again::TooNoisy)
    }

    pub(super) fn line(&self) -> String {
        let Ratio { estimate, interval, rounds } = self.ratio;
        let again = match &self.again {
            Again::Slower(Ratio { estimate, interval, .. }) => {
                format!(
                    "; again, in another process, {estimate:.2} ({:.2} to {:.2})",
                    interval.low, interval.high
                )
            }
            Again::Failed(reason) => format!("; it could not be measured again: {reason}"),
            Again::NotAsked | Again::NotSlower | Again::TooNoisy => String::new(),
        };
        format!(
            "{} takes {estimate:.2} times as long ({:.2} to {:.2}), {rounds} rounds{again}",
            self.stage, interval.low, interval.high
        )
    }

    pub(super) fn cells(&self, number: impl Fn(f64) -> String) -> [String; 5] {
        let state = match self.pace {
            _ if self.is_slower() => "slower",
            Pace::Faster if self.ratio.interval.high < 1.0 / NOISE_LIMIT => "faster",
            Pace::TooNoisy => "too noisy",
            _ => "as fast",
        };
        let Ratio { estimate, interval, .. } = self.ratio;
        let ratio = format!("{estimate:.2} ({:.2} to {:.2})", interval.low, interval.high);
        [state.into(), self.stage.clone(), number(self.before), number(self.now), ratio]
    }
}
