//! A whole decision, decoding and drawing left out: 1344² pixels, 576 patches,
//! one thread and two, beside a copy of the image as the yardstick.
//!
//! The plugins must be laid out first: `cargo xtask build --plugins`, then
//! `cargo xtask bench arrcoc`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

use std::{hint::black_box, path::Path};

use arrcoc::{Config, Engine, Photo, Request, Search};
use criterion::{Criterion, criterion_group, criterion_main};

const SIDE: u32 = 1344;

fn picture() -> Vec<u8> {
    let noise = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)) >> 27;
    (0..SIDE)
        .flat_map(|y| (0..SIDE).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            let shade = ((x / 40 + y / 56) % 5 * 50) as u8;
            [shade.wrapping_add(noise(x, y) as u8), shade, 255 - shade]
        })
        .collect()
}

fn engine(threads: usize) -> Engine {
    let executable = std::env::current_exe().unwrap_or_default();
    let target = executable.ancestors().find(|p| p.join("plugins").is_dir()).unwrap_or(Path::new(""));
    let mut config = Config::default();
    config.search = Search { folders: vec![target.join("plugins")], ..Search::default() };
    config.threads = threads;
    Engine::open(config).expect("`cargo xtask build --plugins` has laid out the plugins")
}

fn decision(c: &mut Criterion) {
    let rgb = picture();
    let mut group = c.benchmark_group("decision 1344x1344");
    group.bench_function("copy of the image", |b| b.iter(|| black_box(rgb.clone())));
    let request = Request::new(Photo::from_rgb(SIDE, SIDE, rgb.clone()).expect("the size fits"));
    for threads in [1, 2] {
        let engine = engine(threads);
        let trial = engine.allocate(&request).expect("the request is valid");
        assert!(trial.reasons.is_empty(), "{:?}", trial.reasons);
        group.bench_function(format!("content, {threads} threads"), |b| {
            b.iter(|| black_box(engine.allocate(&request).expect("the request is valid")));
        });
    }
    group.finish();
}

criterion_group!(benches, decision);
criterion_main!(benches);
