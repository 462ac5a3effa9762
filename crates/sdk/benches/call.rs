//! What a call over the wire costs beyond the work itself: the same scorer, called directly and through everything
//! that is between a host and a loaded library.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench stops where it breaks")]

use std::hint::black_box;

use arrcoc_sdk::{
    abi::{self, Phase},
    buffer::TensorBuf,
    export::{self, ScorerEntry},
    foreign::{self, Grant, Request, writable},
    prelude::*,
    tensor::Attributes,
};
use criterion::{Criterion, criterion_group, criterion_main};

/// Writes its one output, and does nothing else.
struct Idle;

impl Scorer for Idle {
    type Prepared = Written;

    fn info() -> ScorerInfo {
        ScorerInfo::new("idle", "nothing").requires("pixels").channel("idle", Way::Perspectival, "nothing")
    }

    fn make(_: &Params, _: &Call<'_>) -> Result<Self, Fault> {
        Ok(Idle)
    }

    fn prepare(&self, _: &Inputs<'_>, output: &mut Outputs<'_>, _: &Call<'_>) -> Result<Written, Fault> {
        output.slice::<f32>("idle")?.fill(0.5);
        Ok(Written)
    }
}

struct Written;

impl Prepared for Written {
    fn score(&self, _: &Inputs<'_>, output: &mut Outputs<'_>, _: &Call<'_>) -> Result<(), Fault> {
        output.slice::<f32>("idle")?.fill(0.5);
        Ok(())
    }
}

fn calls(c: &mut Criterion) {
    let grant = Grant::threads(1);
    let entries = [ScorerEntry::of::<Idle>()];
    let make = |id: abi::abi_stable::std_types::RStr<'_>,
                attrs: abi::abi_stable::std_types::RStr<'_>,
                call: &_| { export::make_scorer(&entries, id, attrs, call) };
    let scorer = foreign::make_scorer(make, "idle", "{}", &grant).unwrap();
    let pixels = TensorBuf::new("pixels", &[1, 1, 3], &[1u8, 2, 3]).unwrap();
    let tensors = [pixels.view().unwrap()];
    let attrs =
        Attributes { grid: Some([1, 1]), queries: vec!["what is it?".into()], ..Attributes::default() };
    let request = Request::new(&tensors, &attrs);
    let plan = scorer.plan(Phase::PREPARE, &request, &grant).unwrap();
    let fresh = || vec![TensorBuf::unwritten(&plan[0], 1 << 20).unwrap()];
    let mut outputs = fresh();
    let (state, _) = scorer.prepare(&request, &mut writable(&mut outputs).unwrap(), &grant).unwrap();

    let mut group = c.benchmark_group("call");
    let mut outputs = fresh();
    group.bench_function("direct", |b| {
        let inputs = Inputs::new(&tensors, attrs.clone());
        let wire = grant.to_wire();
        // SAFETY: the grant lives as long as this function.
        let call = unsafe { Call::from_wire(&wire) };
        let mut views = writable(&mut outputs).unwrap();
        let mut outputs = Outputs::new(&mut views);
        b.iter(|| black_box(&Written).score(black_box(&inputs), &mut outputs, &call).unwrap());
    });
    let mut outputs = fresh();
    group.bench_function("wire", |b| {
        let mut views = writable(&mut outputs).unwrap();
        b.iter(|| black_box(&scorer).score(state, black_box(&request), &mut views, &grant).unwrap());
    });
    group.finish();
}

criterion_group!(benches, calls);
criterion_main!(benches);
