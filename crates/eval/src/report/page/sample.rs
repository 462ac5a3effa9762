//! A page with everything on it, for tests: made-up figures, and real decisions
//! about drawn pages. One suite and one item carry names that would like to be
//! markup.

#![allow(clippy::unwrap_used, reason = "a sample that cannot be made ends its test")]

use arrcoc::Grid;
use arrcoc_datasets::{Seed, codes};
use arrcoc_decide::{Bounds, Policy, Proportional, ScoreMaps, Setting, Terms, Total, Uniform, decide};
use arrcoc_picture::{Image, Sampling, area_average, downsample, render};
use arrcoc_stats::{Rect, Tiling};

use super::{embed::embedded, *};

/// What must stay text.
pub(super) const HOSTILE: &str = "</script><img src=x onerror=\"window.broken=1\"><!--<script>window.broken=2</script>\u{2028}{{script}} &amp; \u{202e}";

/// The sample.
pub(super) fn page() -> Page {
    Page {
        title: "Do the tokens go where the answer is?".into(),
        created: "2026-03-14 09:26 UTC".into(),
        command: "cargo xtask eval --full --suite accuracy --suite latency --out reports/sample".into(),
        version: "0.1.0".into(),
        machine: vec![
            ("Processor".into(), "Example 9000, 16 cores".into()),
            ("Memory".into(), "65536 MiB".into()),
            ("Backends".into(), "cpu; wgpu: no adapter; cuda: no device".into()),
        ],
        seconds: 754.0,
        length: "full".into(),
        quick: false,
        holds: false,
        answers: answers(),
        costs: [
            "Choosing takes 4.1 ms [3.9, 4.4] for a page of 1344 × 1344 on one core: 0.6 % of the time it saves in prefill, modelled.",
            "`proportional` takes 1.07 [1.05, 1.10] times as long as `uniform`, 64 runs.",
            "Peak memory is 38 MiB more than the page itself.",
        ]
        .map(|text| Cost { text: text.into() })
        .to_vec(),
        failed: vec![
            Failed {
                what: "the system is not behind top-k on `documents`".into(),
                why: "area is −2.1 points [−3.4, −0.8], at least 0 was asked for".into(),
                place: "suites/accuracy.yaml:44".into(),
            },
            Failed {
                what: "item 17 of `receipts`".into(),
                why: "its image is cut short; it was left out of every method".into(),
                place: "receipts/17.png".into(),
            },
        ],
        not_measured: vec![
            "backend `wgpu`: no adapter was found".into(),
            "`attention`: no encoder gives class-token attention".into(),
        ],
        suites: vec![accuracy(), latency(), hostile_suite()],
        explorer: vec![codes_item(3, "What does the smallest code say?"), codes_item(8, ""), hostile_item()],
    }
}

fn answers() -> Vec<Answer> {
    let everywhere = "over all budgets";
    // Against, dataset, where, estimate, half the interval, p, outcome, what would be found.
    let rows = [
        ("uniform", "codes", everywhere, 21.4, 3.1, Some(0.0004), Outcome::Better, None),
        ("uniform", "codes", "at 144 tokens a patch", 34.9, 5.2, Some(0.0004), Outcome::Better, None),
        ("uniform", "documents", "at 100 tokens a patch", 12.3, 4.0, Some(0.0012), Outcome::Better, None),
        ("edge-density", "codes", everywhere, 4.2, 2.0, Some(0.013), Outcome::Better, None),
        ("edge-density", "codes", "at 144 tokens a patch", 2.6, 3.9, Some(0.41), Outcome::Unclear, Some(6.1)),
        (
            "edge-density",
            "documents",
            "at 100 tokens a patch",
            0.4,
            3.1,
            Some(1.0),
            Outcome::Unclear,
            Some(4.8),
        ),
        ("downsample", "codes", everywhere, 18.8, 3.3, Some(0.0004), Outcome::Better, None),
        ("downsample", "codes", "at 144 tokens a patch", 29.0, 5.9, Some(0.0004), Outcome::Better, None),
        ("top-k", "codes", everywhere, -0.9, 1.4, None, Outcome::Unclear, Some(2.2)),
        ("top-k", "documents", everywhere, -2.1, 1.3, None, Outcome::Worse, None),
        ("random", "codes", everywhere, 23.0, 3.6, None, Outcome::Better, None),
        ("centre", "codes", everywhere, 20.7, 4.4, None, Outcome::Better, None),
        ("stride", "codes", everywhere, 22.1, 3.2, None, Outcome::Better, None),
        ("entropy-quadtree", "codes", everywhere, 1.1, f64::NAN, None, Outcome::Unclear, None),
    ];
    rows.map(|(against, dataset, at, estimate, half, p, outcome, power)| Answer {
        against: against.into(),
        dataset: dataset.into(),
        metric: if dataset == "codes" { "codes read" } else { "fields read" }.into(),
        unit: "points".into(),
        at: at.into(),
        estimate,
        low: half.is_finite().then_some(estimate - half),
        high: half.is_finite().then_some(estimate + half),
        p,
        n: if half.is_finite() { 24 } else { 1 },
        of: "pages".into(),
        outcome,
        power,
        primary: p.is_some(),
    })
    .into()
}

const METHODS: [(&str, Kind, [f64; 6]); 9] = [
    ("uniform", Kind::Reference, [0.00, 0.02, 0.11, 0.38, 0.79, 0.96]),
    ("downsample", Kind::Reference, [0.01, 0.05, 0.17, 0.41, 0.80, 0.96]),
    ("edge-density", Kind::Reference, [0.02, 0.14, 0.45, 0.71, 0.90, 0.97]),
    ("system", Kind::System, [0.03, 0.19, 0.52, 0.74, 0.93, 0.98]),
    ("oracle", Kind::Oracle, [0.30, 0.72, 0.91, 0.96, 0.98, 0.98]),
    ("top-k", Kind::Baseline, [0.04, 0.21, 0.51, 0.70, 0.88, 0.97]),
    ("random", Kind::Baseline, [0.00, 0.03, 0.10, 0.31, 0.66, 0.93]),
    ("centre", Kind::Baseline, [0.01, 0.06, 0.18, 0.36, 0.62, 0.94]),
    ("stride", Kind::Baseline, [0.00, 0.02, 0.12, 0.33, 0.70, 0.95]),
];
const BUDGETS: [f64; 6] = [64.0, 81.0, 100.0, 144.0, 225.0, 324.0];

fn accuracy() -> SuiteView {
    let half = |y: f64| 0.015 + 0.18 * y * (1.0 - y);
    let series = METHODS.map(|(method, kind, reads)| Series {
        method: method.into(),
        kind,
        points: (0..6)
            .map(|i| {
                let y = reads[i];
                let (low, high) = (Some((y - half(y)).max(0.0)), Some((y + half(y)).min(1.0)));
                Point { x: BUDGETS[i], y, low, high, n: 24 }
            })
            .collect(),
    });
    let priced = METHODS.iter().enumerate().flat_map(|(m, (method, kind, reads))| {
        [1, 3, 4].map(|i| Priced {
            method: (*method).into(),
            kind: *kind,
            label: format!("{} tokens a patch", BUDGETS[i]),
            x: BUDGETS[i] * 2.9 + 0.6 * m as f64,
            y: reads[i],
            low: Some((reads[i] - half(reads[i])).max(0.0)),
            high: Some((reads[i] + half(reads[i])).min(1.0)),
            n: 24,
        })
    });
    let gate = |name: &str, outcome, why: &str| GateView {
        name: name.into(),
        outcome,
        why: why.into(),
        place: "suites/accuracy.yaml:38".into(),
    };
    SuiteView {
        name: "accuracy".into(),
        version: "1".into(),
        description: "How many QR codes on a cluttered page can still be read at a budget, by every shipped allocator \
                      and by the references that need none?"
            .into(),
        verdicts: vec![
            "`system` reads more codes than `uniform` at 144 tokens a patch: +34.9 [29.7, 40.1] points, Holm p < 0.001, 24 pages".into(),
            "no difference was shown between `system` and `edge-density` at 144 tokens a patch: +2.6 [−1.3, 6.5] points, Holm p = 0.41, 24 pages; 6.1 points would be found four times in five".into(),
        ],
        gates: vec![
            gate("the reader reads the pages themselves", GateOutcome::Holds, "read is 99.1 %, at least 97 % was asked for"),
            gate("the system is not behind top-k", GateOutcome::Fails, "area is −2.1 points, at least 0 was asked for"),
            gate("the encoder agrees", GateOutcome::Unknown, "no encoder was given"),
        ],
        curves: vec![Curves {
            title: "Codes read against tokens".into(),
            x_name: "tokens a patch".into(),
            y_name: "codes read".into(),
            percent: true,
            log_x: true,
            series: series.into(),
            ceiling: Some(0.991),
        }],
        pareto: vec![Pareto {
            title: "Codes read against time".into(),
            x_name: "milliseconds a page, choosing and prefill (modelled)".into(),
            y_name: "codes read".into(),
            percent: true,
            x_log: true,
            points: priced.collect(),
        }],
        tables: vec![table("Codes read, by method")],
    }
}

fn table(title: &str) -> TableView {
    let column = |name: &str, numeric| Column { name: name.into(), numeric };
    let columns = vec![
        column("method", false),
        column("at 100", true),
        column("at 144", true),
        column("worst drop", true),
        column("n", true),
    ];
    let share = |y: f64| Cell { text: format!("{:.1} %", 100.0 * y), sort: Some(y) };
    let mut rows: Vec<Vec<Cell>> = METHODS
        .iter()
        .map(|(method, _, reads)| {
            let drop = reads.windows(2).map(|w| w[1] - w[0]).fold(0.0, f64::max);
            let name = Cell { text: (*method).into(), sort: None };
            let n = Cell { text: "24".into(), sort: Some(24.0) };
            vec![name, share(reads[2]), share(reads[3]), share(drop), n]
        })
        .collect();
    let absent = || Cell { text: "–".into(), sort: None };
    rows.insert(
        0,
        vec![Cell { text: "attention".into(), sort: None }, absent(), absent(), absent(), absent()],
    );
    TableView { title: title.into(), columns, rows }
}

fn latency() -> SuiteView {
    let line = |method: &str, kind, base: f64| Series {
        method: method.into(),
        kind,
        points: [336.0, 672.0, 1344.0, 2688.0]
            .map(|side: f64| {
                let y = base * side * side / 1e6;
                Point { x: side, y, low: Some(0.95 * y), high: Some(1.06 * y), n: 64 }
            })
            .into(),
    };
    SuiteView {
        name: "latency".into(),
        version: "2".into(),
        description: "How long does choosing take, at what size?".into(),
        verdicts: vec![
            "`system` takes 1.07 [1.05, 1.10] times as long as `edge-density` (size 1344x1344, 64 runs)"
                .into(),
        ],
        curves: vec![Curves {
            title: "Time to choose".into(),
            x_name: "side of the page in pixels".into(),
            y_name: "milliseconds".into(),
            percent: false,
            log_x: true,
            series: vec![line("system", Kind::System, 2.3), line("edge-density", Kind::Reference, 1.4)],
            ceiling: None,
        }],
        ..SuiteView::default()
    }
}

fn hostile_suite() -> SuiteView {
    let long = "a-name-of-two-hundred-characters-".repeat(7);
    SuiteView {
        name: HOSTILE.into(),
        version: HOSTILE.into(),
        description: long.clone(),
        verdicts: vec![HOSTILE.into(), format!("`{long}` and `{HOSTILE}")],
        gates: vec![GateView {
            name: long.clone(),
            outcome: GateOutcome::Holds,
            why: HOSTILE.into(),
            place: HOSTILE.into(),
        }],
        curves: vec![
            Curves {
                title: HOSTILE.into(),
                x_name: long.clone(),
                y_name: HOSTILE.into(),
                percent: false,
                log_x: true,
                series: vec![
                    Series {
                        method: HOSTILE.into(),
                        kind: Kind::System,
                        points: [(0.0, 1.0), (1.0, f64::NAN), (2.0, -3.0), (1000.0, 8e12)]
                            .map(|(x, y)| Point { x, y, low: None, high: None, n: 0 })
                            .into(),
                    },
                    Series { method: long.clone(), kind: Kind::Baseline, points: vec![] },
                ],
                ceiling: None,
            },
            Curves {
                title: "Nothing".into(),
                x_name: String::new(),
                y_name: String::new(),
                percent: true,
                log_x: true,
                series: vec![],
                ceiling: None,
            },
        ],
        pareto: vec![Pareto {
            title: HOSTILE.into(),
            x_name: long.clone(),
            y_name: "y".into(),
            percent: false,
            x_log: false,
            points: vec![Priced {
                method: HOSTILE.into(),
                kind: Kind::Baseline,
                label: HOSTILE.into(),
                x: 3.0,
                y: 3.0,
                low: None,
                high: None,
                n: 1,
            }],
        }],
        tables: vec![TableView {
            title: HOSTILE.into(),
            columns: vec![
                Column { name: HOSTILE.into(), numeric: false },
                Column { name: long.clone(), numeric: true },
            ],
            rows: vec![
                vec![
                    Cell { text: HOSTILE.into(), sort: None },
                    Cell { text: long, sort: Some(f64::INFINITY) },
                ],
                vec![],
            ],
        }],
    }
}

const SIDE: u32 = 24;

fn codes_item(index: u32, question: &str) -> Item {
    let drawn = codes::draw(Seed::reporting(index), 896, 896).unwrap();
    let image = &drawn.image;
    let grid = Grid::new(SIDE, SIDE).unwrap();
    let tiling = Tiling::new(grid, image.width(), image.height()).unwrap();
    let mask = drawn.answer_mask(grid).unwrap();
    let maps = maps(image, &mask, !question.is_empty());
    let mut views = Vec::new();
    for average in [100.0, 144.0] {
        views.push(decided("system", average, &maps, image, &tiling));
        views.push(decided(
            "uniform",
            average,
            &ScoreMaps { patches: maps.patches, ..ScoreMaps::default() },
            image,
            &tiling,
        ));
        let without = downsample(image, (average * f64::from(SIDE * SIDE)) as u64);
        views.push(plain("downsample", average, &without));
    }
    Item {
        name: format!("page {index}"),
        dataset: "codes".into(),
        question: question.into(),
        answers: drawn.codes.iter().map(|code| code.text.clone()).collect(),
        width: image.width(),
        height: image.height(),
        image: embedded(image).unwrap(),
        rows: SIDE,
        cols: SIDE,
        answer_patches: (0..mask.len()).filter(|&i| mask[i] > 0).collect(),
        views,
    }
}

/// Scores that look like scores: how much the patch varies, how far its mean is from the page's, where the answer is.
fn maps(image: &Image, mask: &[u8], asked: bool) -> ScoreMaps {
    let whole = Rect { x: 0, y: 0, width: image.width(), height: image.height() };
    let small = area_average(image, whole, 8 * SIDE, 8 * SIDE);
    let side = SIDE as usize;
    let light = |x: usize, y: usize| f64::from(small[3 * (y * 8 * side + x) + 1]) / 255.0;
    let patch = |i: usize| {
        let (row, col) = (i / side, i % side);
        let all: Vec<f64> = (0..64).map(|k| light(8 * col + k % 8, 8 * row + k / 8)).collect();
        let mean = all.iter().sum::<f64>() / 64.0;
        (mean, (all.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / 64.0).sqrt())
    };
    let patches: Vec<(f64, f64)> = (0..side * side).map(patch).collect();
    let middle = patches.iter().map(|p| p.0).sum::<f64>() / patches.len() as f64;
    ScoreMaps {
        p: Some(patches.iter().map(|p| (2.6 * p.1).min(1.0)).collect()),
        s: Some(patches.iter().map(|p| (1.8 * (p.0 - middle).abs()).min(1.0)).collect()),
        q: asked.then(|| mask.iter().map(|&m| if m > 0 { 0.71 } else { 0.06 }).collect()),
        theta_p: 1.0,
        theta_s: 0.5,
        patches: patches.len(),
    }
}

fn decided(method: &str, average: f64, maps: &ScoreMaps, image: &Image, tiling: &Tiling) -> View {
    let bounds = Bounds::new(64, 400).unwrap();
    let terms = Terms::new(&Policy::new(bounds, Total::Average(average)), maps.patches).unwrap();
    let outcome = if method == "uniform" {
        decide(maps, &terms, &Setting::default(), &Uniform)
    } else {
        decide(maps, &terms, &Setting::default(), &Proportional)
    };
    let tokens = outcome.allocation.tokens().to_vec();
    let way = |name: &str, score: &Option<Vec<f64>>, sixths: &[i64]| WayView {
        name: name.into(),
        score: score.clone(),
        sixths: sixths.to_vec(),
    };
    let account = &outcome.account;
    View {
        method: method.into(),
        average,
        applied: outcome.allocation.total(),
        min: 64,
        max: 400,
        rendered: embedded(&render(image, tiling, &tokens, Sampling::Grid)).unwrap(),
        mode: outcome.mode.to_string(),
        reasons: outcome.retreats.clone(),
        tensions: [
            ("exploit_explore", outcome.tensions.exploit_explore),
            ("focus_diversify", outcome.tensions.focus_diversify),
            ("compress_particularize", outcome.tensions.compress_particularize),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into(),
        coupling: Some(outcome.coupling),
        ways: vec![
            way("propositional", &maps.p, &account.propositional),
            way("perspectival", &maps.s, &account.perspectival),
            way("participatory", &maps.q, &account.participatory),
        ],
        uniform_sixths: account.uniform.clone(),
        allocator_sixths: account.allocator.clone(),
        verdicts: outcome.verdicts.iter().map(ToString::to_string).collect(),
        summary: format!("mode        {}\n       there  10.2 %  edges 100 %\n", outcome.mode),
        tokens,
    }
}

/// A method without patches.
fn plain(method: &str, average: f64, image: &Image) -> View {
    View {
        method: method.into(),
        average,
        applied: (average * f64::from(SIDE * SIDE)) as u64,
        min: 64,
        max: 400,
        rendered: embedded(image).unwrap(),
        tokens: vec![],
        mode: String::new(),
        reasons: vec![],
        tensions: Default::default(),
        coupling: None,
        ways: vec![],
        uniform_sixths: vec![],
        allocator_sixths: vec![],
        verdicts: vec![],
        summary: String::new(),
    }
}

/// An account whose parts have fractions and signs that can be told apart, and names that are traps.
fn hostile_item() -> Item {
    let name = |text: &str| format!("{text}{HOSTILE}");
    let way = |name: &str, first: i64| WayView {
        name: name.into(),
        score: None,
        sixths: vec![first, 0, 0, 0, 0, 0],
    };
    Item {
        name: name("item "),
        dataset: name("dataset "),
        question: name("question "),
        answers: vec![name("answer ")],
        width: 300,
        height: 200,
        image: "https://example.invalid/a.jpg".into(),
        rows: 2,
        cols: 3,
        answer_patches: vec![1, 2, 999],
        views: vec![View {
            method: name("method "),
            tokens: vec![7, 0, 1, 1, 1, 1],
            min: 0,
            max: 7,
            mode: "constructor".into(),
            reasons: vec![name("reason ")],
            tensions: [(name("tension_"), 0.5), ("__proto__".into(), f64::NAN)].into(),
            coupling: Some(f64::NAN),
            // 11 + 46 − 20 + 4 + 1 = 42 sixths = 7 tokens.
            uniform_sixths: vec![11, 0, 6, 6, 6, 6],
            ways: vec![way("propositional", 46), way("__proto__", -20), way(&name("way "), 4)],
            allocator_sixths: vec![1, 0, 0, 0, 0, 0],
            verdicts: vec!["constructor".into(); 6],
            summary: name("summary "),
            rendered: "javascript:window.broken=3".into(),
            ..plain("", 11.0 / 6.0, &Image::from_rgb(1, 1, vec![0; 3]).unwrap())
        }],
    }
}
