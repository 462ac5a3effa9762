//! Against the network as it was trained, in PyTorch.

use arrcoc_stats::Pixels;
use serde_json::Value;

use super::*;

const ASKING: Asking = Asking { context: true, weights: true, synonyms: true };

fn compared() -> Value {
    serde_json::from_str(include_str!("../tests/compare.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32).collect()
}

fn far(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The picture of `train/check.py`.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let pixel = move |x: u32, y: u32| [(((x * 5 + y * 3) ^ (x * y / 7)) & 255) as u8; 3];
    (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect()
}

fn glance_of(cells: network::Cells, pixels: &Pixels<'_>, tiling: Tiling) -> Glance {
    let lines = Lines::new(pixels, cells.shrunk);
    Glance::new(cells, lines, tiling)
}

#[test]
fn cells_are_those_of_the_training_on_any_number_of_threads() {
    let network = Network::read(WEIGHTS, 32).unwrap();
    let data = picture(104, 400);
    let pixels = Pixels::new(104, 400, &data).unwrap();
    let see = |threads| network.see(&pixels, threads, &|| Ok::<(), ()>(())).unwrap();
    let cells = see(1);
    assert_eq!((cells.rows, cells.cols, cells.shrunk), (25, 13, 1));
    for told in compared()["cells"].as_array().unwrap() {
        let at = |i: usize| told[i].as_u64().unwrap() as usize;
        let own = &cells.vectors[(at(0) * cells.cols + at(1)) * network::WIDTH..][..network::WIDTH];
        let far = far(own, &numbers(&told[2]));
        assert!(far < 1e-4, "cell {}, {}: {far}", at(0), at(1));
    }
    assert!(see(3).vectors == cells.vectors, "threads change bits");
}

#[test]
fn words_are_those_of_the_training() {
    let network = Network::read(WEIGHTS, 32).unwrap();
    for (word, told) in compared()["words"].as_object().unwrap() {
        let found = Question::new(word, &network.table, ASKING).words;
        // The table is kept in half the digits.
        let far = far(&found[0].vector, &numbers(told));
        assert!(far < 1e-3, "{word}: {far}");
    }
}

#[test]
fn a_call_that_is_cancelled_stops() {
    let network = Network::read(WEIGHTS, 32).unwrap();
    let data = picture(64, 900);
    let pixels = Pixels::new(64, 900, &data).unwrap();
    assert_eq!(network.see(&pixels, 2, &|| Err("cancelled")).err(), Some("cancelled"));
}

/// Of the questions to some pages that nothing was trained on, nearly all have their label found at once; and where a
/// question has no word of the page, nothing is taken for it.
#[test]
fn labels_are_found_and_what_is_not_there_is_not() {
    use arrcoc_datasets::{Seed, documents};

    let network = Network::read(WEIGHTS, 32).unwrap();
    let grid = arrcoc_stats::Grid::new(24, 24).unwrap();
    let (mut asked, mut found, mut present, mut absent) = (0, 0, 0.0f32, 0.0f32);
    for index in 0..4 {
        let page = documents::draw(Seed::tuning(0), index, &documents::Options::default()).unwrap();
        let pixels = page.image.pixels();
        let tiling = Tiling::new(grid, pixels.width(), pixels.height()).unwrap();
        let cells = network.see(&pixels, 2, &|| Ok::<(), ()>(())).unwrap();
        let glance = glance_of(cells, &pixels, tiling);
        let hear = |question: &str| {
            let mut named = [0.0; 576];
            glance.relevance(
                &Question::new(question, &network.table, ASKING),
                true,
                &mut named,
                &mut [0.0; 576],
            );
            named
        };
        for ask in page.asks.iter().filter(|ask| ask.label.is_some()) {
            let named = hear(&ask.question);
            let label = ask.label.as_ref().unwrap();
            let best =
                (0..576).filter(|&patch| label.area_in(tiling.patch(patch)) > 0).map(|patch| named[patch]);
            let best = best.fold(0.0, f32::max);
            asked += 1;
            found += usize::from(named.iter().filter(|&&other| other > best).count() < 6);
            present += best;
            absent += hear("xylophone quagmire zeppelin").iter().copied().fold(0.0, f32::max);
        }
    }
    assert!(asked > 8 && found * 20 >= asked * 19, "{found} of {asked}");
    assert!(absent < 0.5 * present, "{absent} against {present}");
}

#[test]
fn weights_that_are_not_whole_are_refused_by_name() {
    assert!(Network::read(&WEIGHTS[..WEIGHTS.len() / 2], 32).is_err());
    let broken = String::from_utf8_lossy(&WEIGHTS[..2000]).replace("image.3.weight", "image.x.weight");
    let bytes = [broken.as_bytes(), &WEIGHTS[2000..]].concat();
    if let Err(error) = Network::read(&bytes, 32) {
        assert!(error.starts_with("the weights: "), "{error}");
    }
}

#[test]
#[ignore = "a measurement, not a test: it prints how long it takes"]
fn time() {
    let network = Network::read(WEIGHTS, 32).unwrap();
    let data = picture(1344, 1344);
    let pixels = Pixels::new(1344, 1344, &data).unwrap();
    for _ in 0..5 {
        let begun = std::time::Instant::now();
        let cells = network.see(&pixels, 1, &|| Ok::<(), ()>(())).unwrap();
        let seen = begun.elapsed();
        let grid = arrcoc_stats::Grid::new(24, 24).unwrap();
        let glance = glance_of(cells, &pixels, Tiling::new(grid, 1344, 1344).unwrap());
        let begun = std::time::Instant::now();
        let words = Question::new("What is the invoice number of the letter?", &network.table, ASKING);
        let asked = begun.elapsed();
        let begun = std::time::Instant::now();
        glance.relevance(&words, true, &mut [0.0; 576], &mut [0.0; 576]);
        println!("{seen:?} to see, {asked:?} for the words, {:?} for the patches", begun.elapsed());
    }
}

/// Where labels and answers come among the patches, on pages of a tuning seed. `FIRST`, `PAGES` and `VERBOSE` may be set.
#[test]
#[ignore = "a measurement, not a test: it prints a table"]
fn found() {
    use std::collections::BTreeMap;

    use arrcoc_datasets::{Seed, documents};

    let setting = |name: &str, or: u32| std::env::var(name).ok().map_or(or, |text| text.parse().unwrap());
    let network = Network::read(WEIGHTS, 32).unwrap();
    let grid = arrcoc_stats::Grid::new(24, 24).unwrap();
    let mut counts: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    for index in setting("FIRST", 0)..setting("PAGES", 48) {
        let options = documents::Options { asks: 6, ..documents::Options::default() };
        let page = documents::draw(Seed::tuning(0), index, &options).unwrap();
        let pixels = page.image.pixels();
        let tiling = Tiling::new(grid, pixels.width(), pixels.height()).unwrap();
        let cells = network.see(&pixels, 2, &|| Ok::<(), ()>(())).unwrap();
        let glance = glance_of(cells, &pixels, tiling);
        for ask in &page.asks {
            let (mut scores, mut labelled) = ([0.0f32; 576], [0.0; 576]);
            glance.relevance(
                &Question::new(&ask.question, &network.table, ASKING),
                true,
                &mut scores,
                &mut labelled,
            );
            scores.iter_mut().zip(labelled).for_each(|(score, other)| *score = score.max(other));
            let mut order: Vec<usize> = (0..576).collect();
            order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
            let rank = |patch: usize| order.iter().position(|&p| p == patch).unwrap();
            let touches = |region: &arrcoc_datasets::item::Region| -> Vec<usize> {
                let most = (0..576).map(|patch| region.area_in(tiling.patch(patch))).max().unwrap_or(0);
                (0..576).filter(|&patch| 4 * region.area_in(tiling.patch(patch)) >= most).collect()
            };
            let label = ask.label.as_ref().map(touches).unwrap_or_default();
            let answer = touches(&ask.answers[0].region);
            let label = label.iter().map(|&p| rank(p)).min().unwrap_or(0);
            let answer = answer.iter().map(|&p| rank(p)).max().unwrap_or(0);
            if setting("VERBOSE", 0) > 0 && (label > 5 || answer > 35) {
                println!("{}: `{}` label {label}, answer {answer}", page.name, ask.question);
            }
            for key in [page.traits["layout"].clone(), page.traits["type"].clone(), "all".into()] {
                let count = counts.entry(key).or_default();
                let add = [1, usize::from(label < 6), usize::from(answer < 12), usize::from(answer < 36)];
                count.iter_mut().zip(add).for_each(|(count, add)| *count += add);
            }
        }
    }
    println!("| pages | questions | label in the first 6 | answer in the first 12 | in the first 36 |");
    for (key, [n, label, twelve, many]) in counts {
        let share = |part: usize| format!("{:.1} %", 100.0 * part as f64 / n as f64);
        println!("| {key} | {n} | {} | {} | {} |", share(label), share(twelve), share(many));
    }
}
