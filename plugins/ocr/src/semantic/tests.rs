//! The embedder against sentence-transformers, on all-MiniLM-L6-v2 where the
//! asset is and on a toy everywhere; and folders that are not what they should
//! be. `tests/compare/minilm.py` made what is compared with.

mod damage;
mod toy;

use std::path::PathBuf;

use serde::Deserialize;

use super::*;
use toy::Toy;

/// What the Python program has recorded.
#[derive(Deserialize)]
struct Record {
    minilm: Part,
    toy: Part,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    texts: Vec<String>,
    #[serde(default)]
    pieces: Vec<Vec<u32>>,
    /// The first numbers of each vector.
    first: Vec<Vec<f32>>,
    /// Of each pair.
    cosines: Vec<Vec<f32>>,
}

fn record() -> Record {
    serde_json::from_str(include_str!("../../tests/compare/minilm.json")).unwrap()
}

/// all-MiniLM-L6-v2; `None` where it is not there, which is no failure.
fn minilm() -> Option<Embedder> {
    let folder: Option<PathBuf> = arrcoc_assets::resolve(&arrcoc_assets::MINILM.folder());
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        eprintln!("not tested: all-MiniLM-L6-v2 is not there; `cargo xtask fetch minilm` fetches it");
        return None;
    };
    Some(Embedder::open(&folder).unwrap())
}

fn cosine(a: &[f32; WIDTH], b: &[f32; WIDTH]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[track_caller]
fn agrees(vectors: &[[f32; WIDTH]], part: &Part) {
    assert_eq!(vectors.len(), part.first.len());
    let mut worst = 0.0_f32;
    for (i, vector) in vectors.iter().enumerate() {
        assert!((cosine(vector, vector) - 1.0).abs() < 1e-5);
        worst = worst.max(distance(&vector[..16], &part.first[i]));
        for (j, other) in vectors.iter().enumerate() {
            worst = worst.max((cosine(vector, other) - part.cosines[i][j]).abs());
        }
    }
    println!("greatest difference: {worst:e}");
    assert!(worst < 1e-4, "differs by {worst}");
}

#[test]
fn vectors_are_those_of_sentence_transformers() {
    let Some(embedder) = minilm() else { return };
    let part = record().minilm;
    let texts: Vec<&str> = part.texts.iter().map(String::as_str).collect();
    agrees(&embedder.embed(&texts, 2).unwrap(), &part);
}

#[test]
fn what_is_meant_is_nearer_than_what_is_not() {
    let Some(embedder) = minilm() else { return };
    let texts = ["When was the person born?", "Date of birth", "Place of birth", "Total amount due"];
    let [question, date, place, total] = embedder.embed(&texts, 1).unwrap().try_into().unwrap();
    let to = |vector| cosine(&question, &vector);
    assert!(to(date) > to(place) && to(place) > to(total), "{} {} {}", to(date), to(place), to(total));
}

#[test]
fn the_toy_has_the_vectors_that_transformers_gives_it() {
    let embedder = Embedder::open(Toy::new().save().path()).unwrap();
    let part = record().toy;
    let texts = ["Date of BIRTH?", "names", "a b zz", ""];
    let pieces: Vec<Vec<u32>> = texts.iter().map(|text| embedder.pieces.of(text).unwrap()).collect();
    assert_eq!(pieces, part.pieces);
    agrees(&embedder.embed(&texts, 1).unwrap(), &part);
}

/// Texts of 0 to 60 words that the toy knows, some of them the same.
fn texts() -> Vec<String> {
    let words = ["date", "of", "birth", "names", "a", "b", "?", "unknown"];
    let text = |i: usize| (0..i * i % 61).map(|j| words[(i * 7 + j * 3) % 8]).collect::<Vec<_>>().join(" ");
    (0..150).map(text).collect()
}

#[track_caller]
fn is_independent(embedder: &Embedder) {
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let together = embedder.embed(&texts, 1).unwrap();
    for (text, vector) in texts.iter().zip(&together) {
        let alone = embedder.embed(&[text], 1).unwrap()[0];
        assert!(distance(&alone, vector) < 1e-6, "{text:?} differs by {}", distance(&alone, vector));
    }
    let reversed: Vec<&str> = texts.iter().rev().copied().collect();
    for (a, b) in embedder.embed(&reversed, 1).unwrap().iter().rev().zip(&together) {
        assert!(distance(a, b) < 1e-6);
    }
    for threads in [0, 2, 3, 1000] {
        assert_eq!(embedder.embed(&texts, threads).unwrap(), together, "{threads}");
    }
    assert_eq!(embedder.embed(&[], 1).unwrap().len(), 0);
}

#[test]
fn a_vector_depends_neither_on_other_texts_nor_on_threads() {
    is_independent(&Embedder::open(Toy::new().save().path()).unwrap());
}

#[test]
fn a_vector_of_the_asset_depends_neither_on_other_texts_nor_on_threads() {
    if let Some(embedder) = minilm() {
        is_independent(&embedder);
    }
}

#[test]
fn only_the_beginning_of_a_long_text_is_looked_at() {
    let embedder = Embedder::open(Toy::new().save().path()).unwrap();
    let most = 30;
    let text = |words: usize, after: &str| format!("{}{after}", "date ".repeat(words));
    assert_eq!(embedder.pieces.of(&text(most, "")).unwrap().len(), 32);
    let (short, long) = (text(most, ""), text(1_000_000, "é"));
    let vectors =
        embedder.embed(&[&short, &text(most, "birth"), &long, &text(most - 1, "birth")], 1).unwrap();
    assert_eq!(vectors[0], vectors[1]);
    assert_eq!(vectors[0], vectors[2]);
    assert_ne!(vectors[0], vectors[3]);
}

#[test]
fn the_digest_is_of_all_three_files() {
    let digest = |toy: &Toy| Embedder::open(toy.save().path()).unwrap().digest().to_owned();
    let same = digest(&Toy::new());
    assert_eq!(same, digest(&Toy::new()));
    assert_eq!(same.len(), 64);
    let mut config = Toy::new();
    config.config["layer_norm_eps"] = 1e-6.into();
    let mut pieces = Toy::new();
    pieces.tokenizer["normalizer"]["lowercase"] = false.into();
    let mut weights = Toy::new();
    weights.tensor("embeddings.LayerNorm.bias").bytes[0] ^= 1;
    for other in [config, pieces, weights] {
        assert_ne!(digest(&other), same);
    }
}

/// `cargo test --release -p arrcoc-ocr --lib semantic::tests::pace -- --ignored --nocapture`
#[test]
#[ignore = "prints times, which hold for one machine"]
fn pace() {
    let Some(embedder) = minilm() else { return };
    let words = [
        "invoice", "number", "date", "total", "amount", "due", "customer", "address", "of", "birth",
        "payment", "terms", "account", "holder", "tax", "rate", "delivery", "note", "unit", "price",
    ];
    let phrase = |i: usize| {
        let count = 3 + i % 3;
        (0..count).map(|j| words[(i * 7 + j * 11) % words.len()]).collect::<Vec<_>>().join(" ")
    };
    let page: Vec<String> = (0..150).map(phrase).collect();
    let page: Vec<&str> = page.iter().map(String::as_str).collect();
    let question = ["What is the date of birth of the account holder?"];
    let pieces: usize = page.iter().map(|text| embedder.pieces.of(text).unwrap().len()).sum();
    println!("a page of {} phrases, {pieces} pieces", page.len());
    for threads in [1, 2] {
        for (what, texts, repeats) in
            [("a page", page.as_slice(), 15), ("a question", question.as_slice(), 101)]
        {
            let busy = processor_time();
            let mut times: Vec<f64> = (0..repeats)
                .map(|_| {
                    let start = std::time::Instant::now();
                    embedder.embed(texts, threads).unwrap();
                    start.elapsed().as_secs_f64() * 1e3
                })
                .collect();
            let busy = (processor_time() - busy) / repeats as f64;
            times.sort_by(f64::total_cmp);
            let (least, median) = (times[0], times[repeats / 2]);
            println!(
                "threads {threads}, {what}: median {median:.1} ms, least {least:.1} ms, processor {busy:.1} ms"
            );
        }
    }
}

/// Milliseconds that this process has spent on processors, in steps of 10, as Linux tells it; 0 elsewhere. On a busy
/// machine it says more than the time that has passed.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    after_name.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10.0
}
