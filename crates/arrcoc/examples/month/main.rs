//! A scripted month: autonomy is earned, lost and earned again, by the real library on generated pages.
//!
//! The plugins must be laid out first: `cargo xtask build --plugins`, then
//! `cargo run --release -p arrcoc --example month -- docs/month.svg`. It prints what happened on each day, recomputes every
//! step from the ledger alone, and draws the month.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a program that shows something stops where it breaks"
)]

mod picture;
mod script;

use std::path::{Path, PathBuf};

use arrcoc::{Config, Error, autonomy, ledger::Ledger};

fn main() -> Result<(), Error> {
    let executable = std::env::current_exe().unwrap_or_default();
    let target = executable.ancestors().find(|p| p.join("plugins").is_dir()).unwrap_or(Path::new(""));
    let mut config = Config::default();
    config.search.folders = vec![target.join("plugins")];
    let folder = std::env::temp_dir().join(format!("arrcoc-month-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the ledger");
    let path = folder.join("month.ledger");
    println!("day  level       coupling  failures  of them sure  in force from that evening");
    let days = script::run(config, &path, |day| {
        let step = |set: &autonomy::InForce| {
            let configuration = &set.configuration;
            format!("{} → {}", configuration.cause, configuration.level)
        };
        let steps: Vec<String> = day.steps.iter().map(step).collect();
        println!(
            "{:>3}  {:<10}  {:>8.3}  {:>5}/48  {:>12}  {}",
            day.day,
            day.level,
            day.coupling,
            day.failures,
            day.sure,
            steps.join(", ")
        );
    })?;
    let ledger = Ledger::open_to_read(&path)?;
    println!();
    for set in autonomy::history(&ledger)? {
        let explained = autonomy::explain(&ledger, set.number)?;
        println!("{}{}", autonomy::line(&set), if explained.holds { "" } else { "  DOES NOT HOLD" });
    }
    if let Some(to) = std::env::args_os().nth(1).map(PathBuf::from) {
        std::fs::write(&to, picture::draw(&days)).expect("the picture is written");
    }
    std::fs::remove_dir_all(&folder).expect("the folder of the ledger is removed");
    Ok(())
}
