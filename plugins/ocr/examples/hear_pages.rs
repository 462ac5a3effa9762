//! How often the patches of an answer are found among the first, on pages of lines that were read before.
//!
//! `cargo run --release -p arrcoc-ocr --example hear_pages -- FOLDER [misses|phrases]` takes the pages that the
//! ignored test `dump` writes: `NAME.json` with `size` and `lines`, `NAME.truth.json` with `name`, `traits` and `asks`.
//! It prints, for each layout and each wording (0 as asked, then the paraphrases, the nearest first), the share of
//! questions whose answer lies in the first 8, 12 and 20 patches of 24 × 24, the share of the scores that falls into
//! answers, the area under the ROC curve, and the mean score of the patches of the answer; and how often a question of
//! another page of the layout scores above 0.1, 0.3 and 0.6 somewhere. `misses` adds the questions whose answers
//! are not in the first 20, `phrases` prints the phrases instead.
//! Where there is a `NAME.cosines.json`, an object of the cosines of questions with those phrases, they are heard too.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a file that cannot be read ends the run")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use arrcoc_stats::{Grid, Rect, Tiling};

#[allow(dead_code, unreachable_pub, unused_imports, reason = "what the crate keeps to itself")]
#[path = "../src"]
mod ocr {
    pub mod hear;
    pub mod line;
}

use ocr::hear::Reading;
use ocr::line::{Char, Line};

#[derive(serde::Deserialize)]
struct Page {
    size: (u32, u32),
    lines: Vec<ReadLine>,
}

#[derive(serde::Deserialize)]
struct ReadLine {
    text: String,
    confidence: f32,
    r#box: [f32; 4],
    chars: Vec<(char, f32, f32, f32)>,
}

#[derive(serde::Deserialize)]
struct Truth {
    name: String,
    traits: BTreeMap<String, String>,
    asks: Vec<Ask>,
}

#[derive(serde::Deserialize)]
struct Ask {
    question: String,
    paraphrases: Vec<String>,
    answer: String,
    answer_box: [u32; 4],
}

impl Ask {
    /// The patches that the answer touches.
    fn patches(&self, tiling: &Tiling) -> Vec<usize> {
        let [left, top, right, bottom] = self.answer_box;
        let touches = |rect: Rect| {
            rect.x < right && rect.x + rect.width > left && rect.y < bottom && rect.y + rect.height > top
        };
        (0..tiling.grid().patches()).filter(|&patch| touches(tiling.patch(patch))).collect()
    }
}

/// What a file of a page says.
fn load<T: serde::de::DeserializeOwned>(folder: &Path, name: &str, kind: &str) -> Option<T> {
    let text = std::fs::read_to_string(folder.join(format!("{name}{kind}"))).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

#[derive(Default)]
struct Tally {
    asked: f64,
    within: [f64; 3],
    share: f64,
    area: f64,
    score: f64,
    pages: BTreeSet<String>,
}

fn main() {
    let mut words = std::env::args().skip(1);
    let folder = words.next().expect("name a folder");
    let what = words.next();
    let (misses, phrases) = (what.as_deref() == Some("misses"), what.as_deref() == Some("phrases"));
    let folder = Path::new(&folder);
    let files =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        files.filter_map(|file| file.strip_suffix(".truth.json").map(str::to_owned)).collect();
    names.sort();
    let mut before: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut strange: BTreeMap<String, (f64, [f64; 3])> = BTreeMap::new();
    let mut tallies: BTreeMap<(String, usize), Tally> = BTreeMap::new();
    for name in names {
        let (Some(page), Some(truth)) =
            (load::<Page>(folder, &name, ".json"), load::<Truth>(folder, &name, ".truth.json"))
        else {
            continue;
        };
        let cosines: BTreeMap<String, Vec<f32>> = load(folder, &name, ".cosines.json").unwrap_or_default();
        let cosines = |question: &str| cosines.get(question).map(Vec::as_slice);
        let layout = &truth.traits["layout"];
        let lines = page.lines.into_iter().map(|line| {
            let [left, top, right, bottom] = line.r#box;
            let chars = line.chars.into_iter();
            let chars = chars.map(|(c, left, right, confidence)| Char { c, left, right, confidence });
            let (text, confidence) = (line.text, line.confidence);
            Line { text, confidence, left, top, right, bottom, chars: chars.collect() }
        });
        let grid = Grid::new(24, 24).unwrap();
        let tiling = Tiling::new(grid, page.size.0, page.size.1).unwrap();
        let reading = Reading::new(lines.collect(), page.size, grid);
        if phrases {
            let texts: Vec<&str> = reading.phrases().iter().map(|phrase| phrase.text.as_str()).collect();
            println!("{}", serde_json::json!([truth.name, texts]));
            continue;
        }
        // Questions of another page, of which this one may know nothing.
        let own = truth.asks.iter().map(|ask| ask.question.clone()).collect();
        for question in before.insert(layout.clone(), own).unwrap_or_default() {
            let mut out = vec![0.0; grid.patches()];
            reading.relevance(&question, cosines(&question), &mut out);
            let most = out.iter().fold(0.0f32, |most, &score| most.max(score));
            let (asked, above) = strange.entry(layout.clone()).or_default();
            *asked += 1.0;
            for (count, least) in above.iter_mut().zip([0.1, 0.3, 0.6]) {
                *count += f64::from(u8::from(most > least));
            }
        }
        for ask in &truth.asks {
            let answer = ask.patches(&tiling);
            for (wording, question) in std::iter::once(&ask.question).chain(&ask.paraphrases).enumerate() {
                let mut out = vec![0.0; grid.patches()];
                reading.relevance(question, cosines(question), &mut out);
                let tally = tallies.entry((layout.clone(), wording)).or_default();
                let worst = tally.add(&truth.name, &out, &answer);
                if misses && worst >= 20 {
                    println!("{} {worst:3} {question} -> {}", truth.name, ask.answer);
                }
            }
        }
    }
    if phrases {
        return;
    }
    println!("questions of other pages: above 0.1, 0.3, 0.6");
    for (layout, (n, counts)) in &strange {
        let [a, b, c] = counts.map(|count| 100.0 * count / n);
        println!("{layout:9} {n:5} {a:5.1} {b:5.1} {c:5.1}");
    }
    println!("layout    wording pages questions  in 8  in 12  in 20  share    area  score");
    for ((layout, wording), tally) in &tallies {
        let n = tally.asked;
        let [a, b, c] = tally.within.map(|count| 100.0 * count / n);
        println!(
            "{layout:9} {wording:7} {:5} {n:9} {a:5.1}  {b:5.1}  {c:5.1}  {:.3}  {:.4}  {:.3}",
            tally.pages.len(),
            tally.share / n,
            tally.area / n,
            tally.score / n
        );
    }
}

impl Tally {
    /// Counts a question; the worst rank of a patch of its answer comes back.
    fn add(&mut self, page: &str, scores: &[f32], answer: &[usize]) -> usize {
        // How many other patches are before the last of the answer; ties count half.
        let rank = |patch: usize| {
            let own = scores[patch];
            let before = scores.iter().filter(|&&score| score > own).count();
            let tied = scores
                .iter()
                .enumerate()
                .filter(|(at, score)| **score == own && !answer.contains(at))
                .count();
            before + tied / 2
        };
        let worst = answer.iter().map(|&patch| rank(patch)).max().unwrap_or(0);
        for (count, most) in self.within.iter_mut().zip([8, 12, 20]) {
            *count += f64::from(u8::from(worst < most));
        }
        let sum: f32 = scores.iter().sum();
        let own: f32 = answer.iter().map(|&patch| scores[patch]).sum();
        self.share += if sum > 0.0 { f64::from(own / sum) } else { 0.0 };
        self.score += f64::from(own) / answer.len() as f64;
        let mut area = 0.0;
        for &patch in answer {
            for (other, &score) in scores.iter().enumerate() {
                if !answer.contains(&other) {
                    area += if score < scores[patch] {
                        1.0
                    } else if score == scores[patch] {
                        0.5
                    } else {
                        0.0
                    };
                }
            }
        }
        self.area += area / (answer.len() * (scores.len() - answer.len())) as f64;
        self.asked += 1.0;
        self.pages.insert(page.to_owned());
        worst
    }
}
