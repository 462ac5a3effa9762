//! What a call over the plugin boundary costs, in this process and in one of its own: a scorer that does nothing, on
//! an image that it has seen. Needs `cargo xtask build`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it breaks")]

use std::{collections::HashMap, env::consts, hint::black_box};

use arrcoc::{Catalogue, Isolation, IsolationLevel, Search};
use arrcoc_host::{Attributes, Grant, Request, TensorBuf, TensorView};
use arrcoc_sdk::{abi::DType, foreign::writable, shelf::Shelf, tensor::OutputSpec};
use criterion::{Criterion, criterion_group, criterion_main};

fn calls(c: &mut Criterion) {
    let exe = std::env::current_exe().unwrap();
    let folder = exe.parent().and_then(|deps| deps.parent()).unwrap().join("fixtures");
    let library = folder.join(format!("{}idle{}", consts::DLL_PREFIX, consts::DLL_SUFFIX));
    let pixels = vec![128; 1344 * 1344 * 3];
    let shelf = Shelf::default();
    let tensor = TensorView::new("pixels", DType::U8, &[1344, 1344, 3], &pixels).unwrap().beside(&shelf);
    let tensors = [tensor];
    let attrs =
        Attributes { grid: Some([1, 1]), queries: vec!["what is it?".into()], ..Attributes::default() };
    let request = Request::new(&tensors, &attrs);
    let mut output = [TensorBuf::unwritten(&OutputSpec::f32("nothing", &[1, 1]), 1 << 20).unwrap()];
    let mut views = writable(&mut output).unwrap();
    let grant = Grant::threads(1);

    let mut group = c.benchmark_group("a call that does nothing");
    for level in IsolationLevel::ALL {
        let search = Search { files: vec![library.clone()], ..Search::default() };
        let mut isolation = Isolation::default();
        isolation.level = Some(level);
        let catalogue = Catalogue::open(&search, &isolation);
        let scorer =
            catalogue.make_scorer("idle", &HashMap::new(), None).expect("`cargo xtask build` was run");
        let (_, state) = scorer.prepare(&request, &grant).unwrap();
        group.bench_function(level.name(), |b| {
            b.iter(|| {
                scorer.instance().score(state.state(), black_box(&request), &mut views, &grant).unwrap()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, calls);
criterion_main!(benches);
