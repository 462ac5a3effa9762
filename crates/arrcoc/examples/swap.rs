//! A library becomes another version while two threads decide: staged, seen in shadow, promoted, rolled back.
//!
//! The plugins must be laid out first: `cargo xtask build`, then `cargo run --release -p arrcoc --example swap`. The versions
//! are fixtures that answer with a number of their own.

use std::{
    collections::BTreeMap,
    env::consts,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use arrcoc::{Config, Engine, Error, Live, Photo, Request, autonomy::Settled, ledger::Ledger, live};

fn main() -> Result<(), Error> {
    let executable = std::env::current_exe().unwrap_or_default();
    let target = executable.ancestors().find(|p| p.join("plugins").is_dir()).unwrap_or(Path::new(""));
    let version = |name: &str| {
        target.join("fixtures").join(format!("{}{name}{}", consts::DLL_PREFIX, consts::DLL_SUFFIX))
    };
    let mut config = Config::default();
    config.search.files = vec![version("swap_one")];
    config.search.folders = vec![target.join("plugins")];
    config.scorers = vec!["+swap".into()];
    let host = Live::new(Engine::open(config)?);
    let path = std::env::temp_dir().join(format!("arrcoc-swap-{}.ledger", std::process::id()));
    let mut ledger = Ledger::open(&path)?;
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let deciders = [1, 2].map(|n| {
            let (host, over) = (&host, &over);
            scope.spawn(move || decide(host, n, over))
        });
        let swapped = swap(&host, &version("swap_two"), &mut ledger);
        over.store(true, Ordering::Relaxed);
        for (decider, n) in deciders.into_iter().zip(1..) {
            match decider.join() {
                Ok(made) => println!("thread {n} decided so often with each version: {:?}", made?),
                Err(_) => println!("thread {n} ended before its time"),
            }
        }
        swapped
    })?;
    for (number, swap) in live::history(&ledger)? {
        println!(
            "record {number} of {}: {swap}, {}",
            path.display(),
            swap.why.as_deref().unwrap_or("for no reason")
        );
    }
    Ok(())
}

/// Decides until all is over; how often with each version.
fn decide(host: &Live, n: u32, over: &AtomicBool) -> Result<BTreeMap<String, u64>, Error> {
    let pixels = (0..224 * 224 * 3u32).map(|i| (i * (n + 3) % 251) as u8);
    let request = Request::new(Photo::from_rgb(224, 224, pixels.collect())?);
    let mut made = BTreeMap::new();
    while !over.load(Ordering::Relaxed) {
        let decision = host.allocate(&request)?;
        for plugin in decision.plugins.iter().filter(|plugin| plugin.identity.id == "swap") {
            *made.entry(plugin.identity.version.clone()).or_default() += 1;
        }
    }
    Ok(made)
}

fn swap(host: &Live, file: &Path, ledger: &mut Ledger) -> Result<(), Error> {
    let by = |why| Settled::by("R. Ito", why);
    live::append(ledger, &host.stage(file, by("it answers otherwise"))?)?;
    thread::sleep(Duration::from_millis(500));
    host.catch_up(Duration::from_secs(10));
    if let Some(candidate) = host.candidate() {
        let seen = &candidate.summary;
        let (compared, over) = (seen.compared, seen.passed_over);
        println!("in shadow: {compared} decisions compared and {over} passed over");
        println!("  {:.4} of the tokens lie elsewhere, {:.4} at most", seen.tokens_mean, seen.tokens_most);
        println!("  {:.0} µs a decision beside {:.0}", seen.candidate_took_us, seen.took_us);
    }
    live::append(ledger, &host.promote(false, by("no retreats in shadow"))?)?;
    thread::sleep(Duration::from_millis(300));
    live::append(ledger, &host.roll_back(by("to show that one can"))?)?;
    thread::sleep(Duration::from_millis(300));
    Ok(())
}
