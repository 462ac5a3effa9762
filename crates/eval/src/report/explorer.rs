//! Some pages with what several methods made of them, for the explorer of
//! `index.html`. Decided and drawn again: a decision is cheap, and keeping all of
//! them would not be.

use std::collections::BTreeSet;

use arrcoc::{Decision, Error, explain};
use arrcoc_picture::{Image, area_average};
use arrcoc_stats::Rect;

use super::page::{Item, View, WayView, embedded};
use crate::{
    dataset::Length,
    method::{Decider, SYSTEM},
    page::Page,
    seen::seen,
    suite::Suite,
};

/// The budget at which pages are shown: the suite's average that is nearest to it.
const AVERAGE: f64 = 144.0;

/// Methods that are shown where the suite has them, beside whatever the command line added.
const SHOWN: [&str; 4] = [SYSTEM, "uniform", "edge-density", "oracle"];

/// Methods shown at most.
const MOST_METHODS: usize = 6;

/// The first pages of each dataset that a task is on; of several suites on one dataset, the first is shown.
pub(crate) fn items<'a>(suites: impl Iterator<Item = &'a Suite>, length: Length) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    let mut seen = BTreeSet::new();
    for suite in suites {
        let far = |x: &f64| (x - AVERAGE).abs();
        let nearest = suite.averages.iter().copied().min_by(|a, b| far(a).total_cmp(&far(b)));
        let Some(average) = nearest else { continue };
        for (i, dataset) in suite.datasets.iter().enumerate() {
            let judged = suite.tasks.iter().any(|asked| asked.judge.is_ok() && asked.on.contains(&i));
            if !judged || !seen.insert(dataset.name.clone()) {
                continue;
            }
            for index in 0..dataset.pages(length).min(length.choose(1, 3, 4)) {
                // One that cannot be had is in the table of failures already.
                if let Ok(page) = dataset.page(index) {
                    items.extend(item(suite, &page, average)?);
                }
            }
        }
    }
    Ok(items)
}

fn item(suite: &Suite, page: &Page, average: f64) -> Result<Option<Item>, Error> {
    let Ok(tiling) = page.tiling(suite.grid) else { return Ok(None) };
    let ask = page.ask();
    let answer = ask.answer_mask(&tiling);
    let deciders = suite.methods.iter().filter_map(|method| Some((method, method.decider()?)));
    let (mut shown, added): (Vec<_>, Vec<_>) =
        deciders.partition(|(method, _)| SHOWN.contains(&method.name.as_str()));
    shown.sort_by_key(|(method, _)| SHOWN.iter().position(|name| *name == method.name));
    // What the command line added comes last in the suite, and is what its author came for.
    let room = MOST_METHODS.saturating_sub(shown.len());
    shown.extend(added.into_iter().rev().take(room));
    let mut views = Vec::new();
    for (method, decider) in shown {
        views.extend(view(suite, page, decider, &method.name, average, &answer)?);
    }
    Ok(Some(Item {
        name: page.item.name.clone(),
        dataset: page.dataset.clone(),
        question: ask.question.clone(),
        answers: ask.answers.iter().map(|answer| answer.text.clone()).collect(),
        width: page.image().width(),
        height: page.image().height(),
        image: picture(page.image())?,
        rows: suite.grid.rows,
        cols: suite.grid.cols,
        answer_patches: (0..answer.len()).filter(|i| answer[*i] != 0).collect(),
        views,
    }))
}

fn view(
    suite: &Suite,
    page: &Page,
    decider: &Decider,
    name: &str,
    average: f64,
    answer: &[u8],
) -> Result<Option<View>, Error> {
    let request = decider.request(&page.photo, suite.grid, suite.policy(average), answer)?;
    let Ok(decision) = decider.engine().allocate(&request.query(&page.ask().question)) else {
        return Ok(None);
    };
    let Decision { account, scores, tensions, .. } = &decision;
    let way = |name: &str, score: &Option<Vec<f64>>, sixths: &[i64]| WayView {
        name: name.into(),
        score: score.clone(),
        sixths: sixths.to_vec(),
    };
    Ok(Some(View {
        method: name.into(),
        average,
        applied: decision.applied,
        min: suite.bounds.min(),
        max: suite.bounds.max(),
        rendered: picture(&seen(page.image(), &decision)?)?,
        tokens: decision.flat_tokens(),
        mode: word(&decision.mode),
        reasons: decision.reasons.clone(),
        tensions: [
            ("exploit_explore".to_owned(), tensions.exploit_explore),
            ("focus_diversify".to_owned(), tensions.focus_diversify),
            ("compress_particularize".to_owned(), tensions.compress_particularize),
        ]
        .into(),
        coupling: Some(decision.coupling),
        ways: vec![
            way("propositional", &scores.propositional, &account.propositional),
            way("perspectival", &scores.perspectival, &account.perspectival),
            way("participatory", &scores.participatory, &account.participatory),
        ],
        uniform_sixths: account.uniform.clone(),
        allocator_sixths: account.allocator.clone(),
        verdicts: decision.verdicts.iter().map(word).collect(),
        summary: explain::summary(&decision),
    }))
}

/// A value that is written as one word in JSON.
fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The longer side of an image in the page, in pixels. Samples are still told apart there: of the most tokens that a
/// patch of a page of 1344 pixels can have, each is two pixels wide.
const SIDE: u32 = 960;

/// The image as it stands in the page.
fn picture(image: &Image) -> Result<String, Error> {
    let (width, height) = (image.width(), image.height());
    let longer = width.max(height);
    if longer <= SIDE {
        return embedded(image);
    }
    let side = |side: u32| ((u64::from(side) * u64::from(SIDE) / u64::from(longer)) as u32).max(1);
    let (w, h) = (side(width), side(height));
    let all = Rect { x: 0, y: 0, width, height };
    let smaller = Image::from_rgb(w, h, area_average(image, all, w, h));
    embedded(smaller.as_ref().unwrap_or(image))
}
