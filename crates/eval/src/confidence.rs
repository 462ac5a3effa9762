//! Fits the model of confidence: on drawn pages of print, whose answers are known, decisions are made at many budgets by
//! methods that hear the question well, less well and not at all, and a recogniser of text says which answers it reads.
//!
//! The pages are of tuning seeds; what the model is worth is measured on reporting seeds, by the suite `confidence`.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use arrcoc::{Bounds, Config, Decision, Engine, Error, Grid, Photo, Policy, Request, Search, Total};
use arrcoc_datasets::{Seed, documents};
use arrcoc_decide::{
    Clues, ScoreMaps,
    confidence::fit::{Fitted, Outcome, fit},
};
use arrcoc_stats::Tiling;
use serde_json::json;

use crate::{
    page,
    seen::seen,
    suite::Tasks,
    task::{Judge, Task, View},
};

/// The tuning seed of the pages.
const SEED: u32 = 9;

/// Pages, a multiple of the layouts, sizes of type and sizes that they go through.
pub const PAGES: u32 = 320;

/// Questions on a page.
const ASKS: u32 = 4;

/// Tokens a patch on average: many where little more makes the difference.
const AVERAGES: [f64; 9] = [64.0, 66.0, 70.0, 75.0, 85.0, 100.0, 120.0, 200.0, 400.0];

/// Sizes that pages go through.
const SIZES: [(u32, u32); 5] = [(1344, 1344), (1000, 1414), (1344, 1344), (1792, 1344), (2016, 2016)];

/// Scorers of the methods: what everyone gets, what reads the page, and what ignores the question.
const METHODS: [&[&str]; 3] = [&[], &["+ocr"], &["propositional", "perspectival"]];

/// Whose reading the model is about.
const READER: &str = "the recogniser of PP-OCR, told where the answer stands";

/// The version of the calibration that is written. It changes with every change of the numbers.
const VERSION: &str = "confidence-1";

/// Fits the model on so many pages, with the plugins of a folder; the calibration file that holds it, and a line about it.
///
/// # Errors
/// When the recogniser was not fetched, a plugin is missing, or nothing can be fitted.
pub fn fit_confidence(plugins: &Path, pages: u32) -> Result<(String, String), Error> {
    let judge = Task::Read
        .open(&Tasks::default())
        .map_err(|e| Error::new(e, "the model is about what a recogniser reads"))?;
    let engine = |scorers: &&[&str]| {
        let mut config = Config::default();
        config.search = Search { folders: vec![plugins.to_path_buf()], ..Search::default() };
        config.scorers = scorers.iter().map(|scorer| (*scorer).to_owned()).collect();
        config.threads = 1;
        Engine::open(config)
    };
    let engines: Vec<Engine> = METHODS.iter().map(engine).collect::<Result<_, Error>>()?;
    let outcomes = Mutex::new(Vec::new());
    page::each(pages, |index| {
        let found = on_page(index, &engines, &*judge)?;
        outcomes.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
        Ok(Vec::new())
    })?;
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    // As if the pages had come one after the other: sums of numbers depend on their order.
    outcomes.sort_by_key(|outcome: &Outcome| outcome.page);
    let fitted = fit(READER, &outcomes).map_err(|e| Error::new(e.to_string(), "draw more pages"))?;
    Ok((file(&fitted), report(&fitted)))
}

fn file(fitted: &Fitted) -> String {
    let Fitted { model, ece, auroc, pages, decisions } = fitted;
    let content = json!({
        "schema": arrcoc::calibration::SCHEMA,
        "version": VERSION,
        "made_by": "cargo xtask calibrate-confidence",
        "images": {
            "pages": pages,
            "seeds": format!("tuning {SEED}"),
            "decisions": decisions,
            "held_out": {"ece": ece, "auroc": auroc},
        },
        "confidence": model,
    });
    // Numbers and texts can always be written.
    serde_json::to_string_pretty(&content).unwrap_or_default() + "\n"
}

fn report(fitted: &Fitted) -> String {
    let Fitted { ece, auroc, pages, decisions, .. } = fitted;
    format!("{decisions} decisions on {pages} pages; held out by page: ECE {ece:.4}, AUROC {auroc:.4}\n")
}

fn on_page(index: u32, engines: &[Engine], judge: &dyn Judge) -> Result<Vec<Outcome>, Error> {
    let kinds = documents::Options::default();
    // Each size has all layouts with all sizes of type.
    let kinds_of_a_size = (kinds.layouts.len() * kinds.type_px.len()) as u32;
    let size = SIZES[(index / kinds_of_a_size) as usize % SIZES.len()];
    let options = documents::Options { size, asks: ASKS, ..kinds };
    let wrong = |e: documents::DocumentsError| Error::new(e.to_string(), "report this");
    let item = documents::draw(Seed::tuning(SEED), index, &options).map_err(wrong)?;
    let image = &item.image;
    let photo = Photo::from_rgb(image.width(), image.height(), image.data().to_vec())?;
    let grid = Grid::new(24, 24)?;
    let tiling = Tiling::new(grid, image.width(), image.height())?;
    let mut outcomes = Vec::new();
    for engine in engines {
        let request = Request::new(photo.clone()).grid(grid);
        let mut look = engine.look(&request)?;
        for ask in &item.asks {
            let answer = ask.answer_mask(&tiling);
            for average in AVERAGES {
                let policy = Policy::new(Bounds::default(), Total::Average(average));
                let decision = look.allocate(&ask.question, &policy)?;
                let seen = seen(image, &decision)?;
                let average = Some(average);
                let view = View {
                    original: image,
                    seen: &seen,
                    ask,
                    tiling: &tiling,
                    answer: &answer,
                    tight: false,
                    average,
                };
                let scores = judge.judge(&view).map_err(|e| Error::new(e, "report this"))?;
                let read = scores.first().is_some_and(|score| score.value == 1.0);
                let clues = clues(&decision).ok_or_else(|| {
                    Error::new("a page has no score maps", "build the plugins: `cargo xtask build`")
                })?;
                outcomes.push(Outcome { page: index as usize, clues, read });
            }
        }
    }
    Ok(outcomes)
}

/// The clues of a decision, from its record.
fn clues(decision: &Decision) -> Option<Clues> {
    let scores = &decision.scores;
    let maps = ScoreMaps {
        p: scores.propositional.clone(),
        s: scores.perspectival.clone(),
        q: scores.participatory.clone(),
        patches: decision.patches(),
        ..ScoreMaps::default()
    };
    let pixels =
        f64::from(decision.image.width) * f64::from(decision.image.height) / decision.patches() as f64;
    Clues::of(&maps, &decision.flat_tokens(), pixels)
}
