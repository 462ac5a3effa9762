//! What comes after a decision: logging it, beside writing as many bytes to the same disk, and asking what it would have
//! been, beside deciding it. A page of 1344² pixels, 576 patches, a question.
//!
//! The plugins must be laid out first: `cargo xtask build --plugins`, then
//! `cargo xtask bench arrcoc`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

use std::{fs::File, hint::black_box, io::Write as _, path::Path};

use arrcoc::{
    Change, Config, Engine, Limits, Photo, Request, Rerun, Total, ledger::Ledger, log, whatif::Basis,
};
use arrcoc_datasets::{Seed, documents};
use criterion::{Criterion, criterion_group, criterion_main};

fn config() -> Config {
    let executable = std::env::current_exe().unwrap_or_default();
    let target = executable.ancestors().find(|p| p.join("plugins").is_dir()).unwrap_or(Path::new(""));
    let mut config = Config::default();
    config.search.folders = vec![target.join("plugins")];
    config
}

fn after(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let page = documents::draw(Seed::tuning(0), 0, &documents::Options::default()).unwrap();
    let path = folder.path().join("page.png");
    std::fs::write(&path, arrcoc_picture::encode_png(&page.image).unwrap()).unwrap();
    let engine = Engine::open(config()).expect("`cargo xtask build --plugins` has laid out the plugins");
    let photo = Photo::read(&path, &Limits::default()).unwrap();
    let request = Request::new(photo).query("What is the licence plate?");
    let decision = engine.allocate(&request).unwrap();

    let mut group = c.benchmark_group("log");
    let mut ledger = Ledger::open(&folder.path().join("a.ledger")).unwrap();
    // Incompressible, and as many bytes as a packed decision has.
    let noise: Vec<u8> =
        (0..68_000_u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
    let mut file = File::create(folder.path().join("bytes")).unwrap();
    group.bench_function("68 kB, written and synced", |b| {
        b.iter(|| file.write_all(&noise).and_then(|()| file.sync_data()).unwrap());
    });
    group.bench_function("a decision", |b| b.iter(|| log::append(&mut ledger, &[&decision]).unwrap()));
    group.bench_function("16 decisions at once", |b| {
        b.iter(|| log::append(&mut ledger, &[&decision; 16]).unwrap());
    });
    group.finish();

    let mut group = c.benchmark_group("what if");
    group.bench_function("deciding, the page looked at", |b| {
        let mut look = engine.look(&request).unwrap();
        b.iter(|| black_box(look.allocate(&request.query, &request.policy).unwrap()));
    });
    let mut change = Change::default();
    change.total = Some(Total::Average(100.0));
    let basis = Basis::new(&mut Rerun::new(config()), decision, change).unwrap();
    let what_if = basis.what_if().unwrap();
    group.bench_function("another total", |b| b.iter(|| black_box(what_if.decide().unwrap())));
    group.sample_size(10);
    group.bench_function("what it takes for a patch", |b| {
        b.iter(|| black_box(what_if.reach(12, 12, 399).unwrap()));
    });
    group.finish();
}

criterion_group!(benches, after);
criterion_main!(benches);
