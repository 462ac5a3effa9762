//! Whether decisions are on time: a thousand of them, over sizes and plugins, at four deadlines.
//!
//! The plugins must be laid out first: `cargo xtask build --plugins`, then
//! `cargo run --release -p arrcoc --example deadlines`. Numbers are of the machine and of what else it does; a table, not
//! a test.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a program that measures stops where it breaks")]

use std::{path::Path, time::Duration};

use arrcoc::{Config, Engine, Error, IsolationLevel, Photo, Request};
use arrcoc_datasets::{Seed, documents};
use arrcoc_picture::area_average;
use arrcoc_stats::Rect;

/// Decisions at each deadline.
const EACH: usize = 250;

/// What a decision may be late by.
const GRACE: Duration = Duration::from_millis(5);

fn main() -> Result<(), Error> {
    let executable = std::env::current_exe().unwrap_or_default();
    let target = executable.ancestors().find(|p| p.join("plugins").is_dir()).unwrap_or(Path::new(""));
    let photos: Vec<Photo> = [224, 448, 672, 1000, 1344, 2016].into_iter().map(page).collect();
    println!("deadline  decisions  late by > 5 ms   latest  asked and heard  all scorers");
    for milliseconds in [1, 5, 20, 100] {
        let deadline = Duration::from_millis(milliseconds);
        let engines = [(&[][..], None), (&[], Some(IsolationLevel::Worker)), (&["+ocr"], None)]
            .map(|(scorers, level)| engine(target, deadline, scorers, level));
        let engines: Vec<Engine> = engines.into_iter().collect::<Result<_, _>>()?;
        let (mut late, mut latest, mut heard, mut whole) = (0, Duration::ZERO, 0, 0);
        for n in 0..EACH {
            let photo = photos[n % photos.len()].clone();
            let request = Request::new(photo).query("What is the date of birth?");
            let decision = engines[(n / photos.len()) % engines.len()].allocate(&request)?;
            assert_eq!(decision.applied, 576 * 150, "every decision is admitted");
            let took = Duration::from_micros(decision.timings_us["total"]);
            let over = took.saturating_sub(deadline);
            late += usize::from(over > GRACE);
            latest = latest.max(over);
            heard += usize::from(decision.channels.iter().any(|c| c.plugin == "glance"));
            whole += usize::from(decision.reasons.is_empty());
        }
        let percent = |count: usize| format!("{:.1} %", 100.0 * count as f64 / EACH as f64);
        println!(
            "{:>8}  {EACH:>9}  {:>14}  {:>7}  {:>15}  {:>11}",
            format!("{milliseconds} ms"),
            percent(late),
            format!("{:.1} ms", 1e3 * latest.as_secs_f64()),
            percent(heard),
            percent(whole)
        );
    }
    Ok(())
}

fn page(side: u32) -> Photo {
    let drawn = side.max(672);
    let options = documents::Options { size: (drawn, drawn), ..documents::Options::default() };
    let page = documents::draw(Seed::tuning(1), side, &options).expect("the size is one that is drawn");
    let all = Rect { x: 0, y: 0, width: drawn, height: drawn };
    Photo::from_rgb(side, side, area_average(&page.image, all, side, side)).expect("the size fits")
}

fn engine(
    target: &Path,
    deadline: Duration,
    scorers: &[&str],
    level: Option<IsolationLevel>,
) -> Result<Engine, Error> {
    let mut config = Config::default();
    config.search.folders = vec![target.join("plugins")];
    config.deadline = Some(deadline);
    config.scorers = scorers.iter().map(|&id| id.to_owned()).collect();
    config.isolation.level = level;
    config.isolation.shipped = Some(target.join("plugins"));
    config.isolation.worker = Some(target.join("arrcoc-worker"));
    Engine::open(config)
}
