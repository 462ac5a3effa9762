//! What it costs that plugins may become other versions: the same decision by an engine, by a host that goes on, and by one
//! with a candidate in shadow. A page of 672² pixels with a question. What is measured is the processor time of the thread
//! that decides, so that what runs beside it, the candidate above all, is left out; what is left is what the caller pays.
//!
//! The plugins must be laid out first: `cargo xtask build --plugins`, then `cargo xtask bench live`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it breaks")]

use std::{
    env::consts,
    hint::black_box,
    path::{Path, PathBuf},
    time::Duration,
};

use arrcoc::{Config, Decision, Engine, Live, Photo, Request, autonomy::Settled, live::Shadowing};
use arrcoc_datasets::{Seed, documents};
use criterion::{Criterion, criterion_group, criterion_main};

/// What this thread had of the processors; the time of day where that is not told.
#[cfg(unix)]
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

#[cfg(not(unix))]
fn processor_time() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap()
}

fn fixture(target: &Path, name: &str) -> PathBuf {
    target.join("fixtures").join(format!("{}{name}{}", consts::DLL_PREFIX, consts::DLL_SUFFIX))
}

fn engine(target: &Path, kind: &str) -> Engine {
    let mut config = Config::default();
    config.search.files = vec![fixture(target, "swap_one")];
    config.search.folders = vec![target.join("plugins")];
    config.scorers = vec!["+swap".into()];
    config.threads = 1;
    config.set_param("swap", "kind", kind);
    Engine::open(config).expect("`cargo xtask build --plugins` has laid out the plugins")
}

fn decisions(c: &mut Criterion) {
    let executable = std::env::current_exe().unwrap_or_default();
    let target = executable.ancestors().find(|p| p.join("plugins").is_dir()).unwrap_or(Path::new(""));
    let options = documents::Options { size: (672, 672), ..documents::Options::default() };
    let page = documents::draw(Seed::tuning(1), 0, &options).unwrap().image;
    let photo = Photo::from_rgb(page.width(), page.height(), page.data().to_vec()).unwrap();
    let request = Request::new(photo).query("What is the date of birth?");

    let mut group = c.benchmark_group("live, processor time of who decides");
    let paid = |decide: &dyn Fn() -> Decision, times: u64| {
        let before = processor_time();
        (0..times).for_each(|_| drop(black_box(decide())));
        processor_time() - before
    };
    let plain = engine(target, "good");
    group.bench_function("engine", |b| b.iter_custom(|n| paid(&|| plain.allocate(&request).unwrap(), n)));
    let host = Live::new(engine(target, "good"));
    group.bench_function("host", |b| b.iter_custom(|n| paid(&|| host.allocate(&request).unwrap(), n)));
    host.stage(&fixture(target, "swap_two"), Settled::default()).unwrap();
    group.bench_function("host, a candidate in shadow", |b| {
        b.iter_custom(|n| paid(&|| host.allocate(&request).unwrap(), n));
    });
    let seen = host.withdraw(Settled::default()).unwrap().shadow.unwrap();
    println!("in shadow: {} compared, {} passed over", seen.compared, seen.passed_over);
    // One that is always behind: what it costs to pass decisions over.
    let mut shadowing = Shadowing::default();
    shadowing.queue = 1;
    let host = Live::with(engine(target, "slow"), shadowing);
    host.stage(&fixture(target, "swap_bad"), Settled::default()).unwrap();
    group.bench_function("host, a candidate that is slow", |b| {
        b.iter_custom(|n| paid(&|| host.allocate(&request).unwrap(), n));
    });
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
