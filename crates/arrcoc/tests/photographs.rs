//! Whole decisions on real photographs, through the real plugins.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::path::Path;

use arrcoc::{Config, Decision, Engine, Limits, Mode, Photo, Request, Search, Total};
use arrcoc_picture::{Image, Sampling, render, ssim};
use arrcoc_stats::{Grid, Tiling};
use support::{Desk, photographs, plugins};

fn engine(threads: usize) -> Engine {
    engine_by(threads, None)
}

fn engine_by(threads: usize, allocator: Option<&str>) -> Engine {
    let mut config = Config::default();
    config.search = Search { folders: vec![plugins()], ..Search::default() };
    config.threads = threads;
    config.allocator = allocator.map(str::to_owned);
    Engine::open(config).unwrap()
}

fn read(path: &Path) -> Photo {
    Photo::read(path, &Limits::default()).unwrap()
}

/// The patches' tokens are exact, within bounds and far from uniform; the files
/// that were asked for are there; the account adds up for every patch.
#[test]
fn every_photograph_gets_a_decision() {
    let desk = Desk::new();
    for path in photographs() {
        let image = path.to_str().unwrap();
        let out = desk
            .run(&[
                "allocate",
                image,
                "--query",
                "what is in the picture?",
                "--average",
                "150",
                "--json",
                "d.json",
                "--overlay",
                "o.png",
                "--render",
                "r.png",
                "--numbers",
                "--pack",
                "p.safetensors",
            ])
            .well();
        assert!(out.contains("86400 tokens for 576 patches"), "{out}");
        let d = Decision::read(&desk.path("d.json")).unwrap();
        let tokens = d.flat_tokens();
        assert_eq!(tokens.iter().sum::<u32>(), 86400);
        assert!(tokens.iter().all(|t| (64..=400).contains(t)));
        // Total variation from uniform, the share of all tokens that moved: a sky full of
        // galaxies is detailed everywhere, a rocket at dusk is not.
        let moved: u32 = tokens.iter().map(|t| t.saturating_sub(150)).sum();
        assert!(f64::from(moved) / 86400.0 > 0.05, "{image}: only {moved} tokens moved");
        let (least, most) = (tokens.iter().min().unwrap(), tokens.iter().max().unwrap());
        assert!(*most >= 2 * least, "{image}: from {least} to {most}");
        assert_eq!(d.mode, Mode::Content);
        assert_account(&d);
        assert_eq!(d.id, d.computed_id().unwrap());

        let input = read(&path);
        let rendered = read(&desk.path("r.png"));
        assert_eq!(rendered.image().unwrap().width(), input.image().unwrap().width());
        assert_eq!(rendered.image().unwrap().height(), input.image().unwrap().height());
        let overlay = read(&desk.path("o.png"));
        assert!(overlay.image().unwrap().width() >= 768 || overlay.image().unwrap().height() >= 768);
        let pack = std::fs::read(desk.path("p.safetensors")).unwrap();
        let pack = safetensors::SafeTensors::deserialize(&pack).unwrap();
        let samples = pack.tensor("samples").unwrap().shape()[0];
        assert_eq!(pack.tensor("patch").unwrap().shape(), [samples]);
        assert!(samples <= 86400, "{samples} samples for 86400 tokens");
    }
}

fn assert_account(d: &Decision) {
    let a = &d.account;
    for (i, &tokens) in d.flat_tokens().iter().enumerate() {
        let sum = a.uniform[i] + a.allocator[i] + a.propositional[i] + a.perspectival[i] + a.participatory[i];
        assert_eq!(sum, 6 * i64::from(tokens), "patch {i}");
    }
}

/// More tokens show more, and choosing beats not choosing at about the same number.
#[test]
fn rendered_quality_rises_with_the_budget_and_beats_uniform() {
    let engine = engine(1);
    let edges = engine_by(1, Some("edge-density"));
    let (mut chosen, mut uniform) = (Vec::new(), Vec::new());
    for path in photographs() {
        let photo = read(&path);
        let tiling =
            Tiling::new(Grid::default(), photo.image().unwrap().width(), photo.image().unwrap().height())
                .unwrap();
        let quality = |tokens: &[u32]| {
            let seen = render(photo.image().unwrap(), &tiling, tokens, Sampling::Grid);
            ssim(photo.image().unwrap(), &seen)
        };
        let at = |average: f64| {
            let request = Request::new(photo.clone()).total(Total::Average(average));
            quality(&engine.allocate(&request).unwrap().flat_tokens())
        };
        let (low, middle, high) = (at(64.0), at(150.0), at(400.0));
        assert!(low < middle && middle < high, "{}: {low} {middle} {high}", path.display());
        chosen.push(middle);
        uniform.push(quality(&[144; 576]));
        // Printed beside it, because it is strong: `-- --nocapture` shows the numbers.
        let strong = Request::new(photo.clone()).total(Total::Average(150.0));
        let strong = quality(&edges.allocate(&strong).unwrap().flat_tokens());
        println!(
            "{}: at 64 {low:.4}, at 150 {middle:.4}, at 400 {high:.4}; uniform 144 {:.4}, edge-density 150 {strong:.4}",
            path.file_name().unwrap_or_default().display(),
            uniform[uniform.len() - 1]
        );
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    if !chosen.is_empty() {
        assert!(mean(&chosen) > mean(&uniform), "{} against {}", mean(&chosen), mean(&uniform));
    }
}

/// Repeats and thread counts change no bit: the id covers everything that was decided.
#[test]
fn runs_and_threads_give_the_same_bits() {
    let engines = [engine(1), engine(1), engine(2), engine(5)];
    for path in photographs() {
        let request = Request::new(read(&path)).query("where is it?");
        let ids: Vec<String> = engines.iter().map(|e| e.allocate(&request).unwrap().id).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{}: {ids:?}", path.display());
    }
}

/// A mirrored or transposed photograph gets mirrored or transposed scores and
/// weights, bit for bit. Tokens follow, but for the last one of tied patches,
/// which goes by the patches' order.
#[test]
fn mirrored_and_transposed_photographs_get_the_same_bits() {
    type Move = fn(u32, u32, u32, u32) -> (u32, u32);
    let moves: [(&str, bool, Move); 3] = [
        ("left-right", false, |x, y, w, _| (w - 1 - x, y)),
        ("up-down", false, |x, y, _, h| (x, h - 1 - y)),
        ("transposed", true, |x, y, _, _| (y, x)),
    ];
    let engine = engine(2);
    for path in photographs() {
        let whole = read(&path);
        let (w, h) = (whole.image().unwrap().width() / 24 * 24, whole.image().unwrap().height() / 24 * 24);
        let pixel = |x: u32, y: u32| {
            let at = (y as usize * whole.image().unwrap().width() as usize + x as usize) * 3;
            &whole.image().unwrap().data()[at..at + 3]
        };
        let decide = |w: u32, h: u32, rgb: Vec<u8>| {
            engine.allocate(&Request::new(Photo::from_rgb(w, h, rgb).unwrap())).unwrap()
        };
        let all = |w: u32, h: u32| (0..h).flat_map(move |y| (0..w).map(move |x| (x, y)));
        let original = decide(w, h, all(w, h).flat_map(|(x, y)| pixel(x, y).to_vec()).collect());
        for (name, swaps, moved) in moves {
            let (mw, mh) = if swaps { (h, w) } else { (w, h) };
            // These moves are their own inverses.
            let rgb = all(mw, mh).flat_map(|(x, y)| {
                let (sx, sy) = moved(x, y, mw, mh);
                pixel(sx, sy).to_vec()
            });
            let d = decide(mw, mh, rgb.collect());
            let source = |i: usize| {
                let (x, y) = moved(i as u32 % 24, i as u32 / 24, 24, 24);
                (y * 24 + x) as usize
            };
            let label = format!("{} {name}", path.display());
            for (map, from) in [
                (&d.scores.propositional, &original.scores.propositional),
                (&d.scores.perspectival, &original.scores.perspectival),
                (&Some(d.weights.clone()), &Some(original.weights.clone())),
            ] {
                let (map, from) = (map.as_ref().unwrap(), from.as_ref().unwrap());
                assert!((0..576).all(|i| map[i].to_bits() == from[source(i)].to_bits()), "{label}");
            }
            let (tokens, from) = (d.flat_tokens(), original.flat_tokens());
            for i in 0..576 {
                let other = from[source(i)];
                let tied = original.weights.iter().filter(|&&w| w == d.weights[i]).count() > 1;
                assert!(
                    tokens[i] == other || (tied && tokens[i].abs_diff(other) == 1),
                    "{label}: patch {i} has {} and {other}",
                    tokens[i]
                );
            }
        }
    }
}

/// Pruning: exactly as many patches are kept as tokens were given.
#[test]
fn pruning_keeps_exactly_the_budget() {
    let desk = Desk::new();
    let args = ["allocate", "page.png", "--bounds", "0..1", "--budget", "128", "--json", "-"];
    let d = Decision::from_json(desk.run(&args).well().trim()).unwrap();
    let tokens = d.flat_tokens();
    assert_eq!(tokens.iter().filter(|&&t| t == 1).count(), 128);
    assert!(tokens.iter().all(|&t| t <= 1));
    let photo = Photo::from_rgb(240, 192, support::drawing(240, 192).into_data()).unwrap();
    let tiling = Tiling::new(Grid::default(), 240, 192).unwrap();
    let seen: Image = render(photo.image().unwrap(), &tiling, &tokens, Sampling::Keep);
    let kept = tokens.iter().position(|&t| t == 1).unwrap();
    let rect = tiling.patch(kept);
    let at = (rect.y as usize * 240 + rect.x as usize) * 3;
    assert_eq!(
        seen.data()[at..at + 3],
        photo.image().unwrap().data()[at..at + 3],
        "a kept patch is untouched"
    );
}

/// A question that nothing on the photograph answers to, or that is in a script which no scorer knows, must not cost
/// what content alone would have kept.
#[test]
fn what_is_asked_in_vain_costs_nothing() {
    let engine = engine(1);
    let (mut asked, mut unasked, mut pages) = (0.0, 0.0, 0.0);
    for path in photographs() {
        let photo = read(&path);
        let decide = |question: &str| {
            let request = Request::new(photo.clone()).total(Total::Average(150.0)).query(question);
            engine.allocate(&request).unwrap()
        };
        let alone = decide("");
        for question in ["这张照片里有什么？", "Какая дата рождения?", "מה יש בתמונה?", "What is it?"]
        {
            let d = decide(question);
            assert_eq!(
                (d.mode, &d.tokens, &d.weights),
                (Mode::Content, &alone.tokens, &alone.weights),
                "{question}"
            );
            assert_eq!(d.coupling, 0.0);
            assert!(
                d.notes.iter().any(|note| note.contains("nothing that the question names")),
                "{:?}",
                d.notes
            );
            assert!(d.reasons.is_empty(), "{:?}", d.reasons);
        }
        let tiling =
            Tiling::new(Grid::default(), photo.image().unwrap().width(), photo.image().unwrap().height())
                .unwrap();
        let whole = |d: &Decision| {
            ssim(
                photo.image().unwrap(),
                &render(photo.image().unwrap(), &tiling, &d.flat_tokens(), Sampling::Grid),
            )
        };
        for question in
            ["What is the date of birth?", "Who is the account holder?", "Where is the invoice number?"]
        {
            asked += whole(&decide(question));
            unasked += whole(&alone);
            pages += 1.0;
        }
    }
    let (asked, unasked) = (asked / pages, unasked / pages);
    println!("structural similarity at 150 tokens: {asked:.4} asked in vain, {unasked:.4} not asked");
    assert!(asked > unasked - 0.002, "{asked} against {unasked}");
}
