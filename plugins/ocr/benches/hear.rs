//! What a page and a question cost, on a page of 200 lines: `cargo bench -p arrcoc-ocr`.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be made fails the run")]

use std::hint::black_box;

use arrcoc_stats::Grid;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

#[allow(dead_code, unreachable_pub, unused_imports, reason = "what the crate keeps to itself")]
#[path = "../src"]
mod ocr {
    pub mod hear;
    pub mod line;
}

use ocr::hear::Reading;
use ocr::line::{Char, Line};

/// 200 lines of about 40 characters, in two columns.
fn page() -> Vec<Line> {
    let mut state = 7u64;
    let mut below = |most: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    let mut lines = Vec::new();
    for row in 0..100 {
        for column in 0..2 {
            let text: String = (0..40)
                .map(|place| if place % 7 == 6 { ' ' } else { char::from(b'a' + below(26) as u8) })
                .collect();
            let (left, top) = (40.0 + 640.0 * column as f32, 20.0 + 13.0 * row as f32);
            let char = |(place, c)| Char {
                c,
                left: left + 14.0 * place as f32,
                right: left + 14.0 * (place + 1) as f32,
                confidence: 0.9,
            };
            let chars: Vec<Char> = text.chars().enumerate().map(char).collect();
            let right = left + 14.0 * chars.len() as f32;
            lines.push(Line { text, confidence: 0.9, left, top, right, bottom: top + 12.0, chars });
        }
    }
    lines
}

fn hear(criterion: &mut Criterion) {
    let grid = Grid::new(24, 24).unwrap();
    let lines = page();
    criterion.bench_function("read 200 lines", |bencher| {
        bencher.iter_batched(
            || lines.clone(),
            |lines| Reading::new(lines, (1344, 1344), grid),
            BatchSize::SmallInput,
        );
    });
    let reading = Reading::new(lines.clone(), (1344, 1344), grid);
    let word = |at: usize| lines[at].text.split(' ').next().unwrap().to_owned();
    let long: Vec<String> = (0..200).map(word).collect();
    for (name, question) in [
        ("a question", format!("What is the {} {} of the {}?", word(3), word(50), word(120))),
        ("a passage", format!("Which word follows “{}”?", lines[90].text)),
        ("a question of 10 kB", long.join(" ").repeat(8)),
    ] {
        let mut out = vec![0.0; 576];
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| reading.relevance(black_box(&question), None, &mut out));
        });
    }
}

criterion_group!(benches, hear);
criterion_main!(benches);
