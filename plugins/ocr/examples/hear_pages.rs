//! How often the patches of an answer are found among the first, on pages of lines that were read before.
//!
//! `cargo run --release -p arrcoc-ocr --example hear_pages -- FOLDER [misses]` takes every `NAME.json` of a
//! folder: an object with `name`, `size` ([width, height]), `traits.layout`, `lines` (as [`Line`] has
//! them, `chars` as [c, left, right]), and `asks` with `question`, `paraphrases` (three, the
//! nearest first) and `patches` (those of the answer, on a grid of 24 × 24). It prints, for each layout and each wording,
//! the share of questions whose answer lies in the first 8, 12 and 20 patches, the share of the scores
//! that falls into answers, the area under the ROC curve, and the mean score of the answers.
//! With `misses`, the questions whose answers are not in the first 20.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a file that cannot be read ends the run")]

use std::collections::BTreeMap;

use arrcoc_stats::Grid;

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
    name: String,
    size: (u32, u32),
    traits: BTreeMap<String, String>,
    lines: Vec<ReadLine>,
    asks: Vec<Ask>,
    /// Cosines of questions with the phrases that `phrases` prints, by question.
    #[serde(default)]
    cosines: BTreeMap<String, Vec<f32>>,
}

#[derive(serde::Deserialize)]
struct ReadLine {
    text: String,
    confidence: f32,
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
    chars: Vec<(char, f32, f32)>,
}

#[derive(serde::Deserialize)]
struct Ask {
    question: String,
    paraphrases: Vec<String>,
    patches: Vec<usize>,
    answer: String,
}

#[derive(Default)]
struct Tally {
    asked: f64,
    within: [f64; 3],
    share: f64,
    area: f64,
    score: f64,
    pages: BTreeMap<String, ()>,
}

fn main() {
    let mut words = std::env::args().skip(1);
    let folder = words.next().expect("name a folder");
    let what = words.next();
    let (misses, phrases) = (what.as_deref() == Some("misses"), what.as_deref() == Some("phrases"));
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension().is_some_and(|e| e == "json") && !path.to_string_lossy().contains(".truth.")
        })
        .collect();
    files.sort();
    let mut before: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut strange: BTreeMap<String, (f64, [f64; 3])> = BTreeMap::new();
    let mut tallies: BTreeMap<(String, usize), Tally> = BTreeMap::new();
    for file in files {
        let page: Page = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let lines = page.lines.into_iter().map(|line| Line {
            text: line.text,
            confidence: line.confidence,
            left: line.left,
            top: line.top,
            right: line.right,
            bottom: line.bottom,
            chars: line
                .chars
                .into_iter()
                .map(|(c, left, right)| Char { c, left, right, confidence: line.confidence })
                .collect(),
        });
        let reading = Reading::new(lines.collect(), page.size, Grid::new(24, 24).unwrap());
        if phrases {
            let texts: Vec<&str> = reading.phrases().iter().map(|phrase| phrase.text.as_str()).collect();
            println!("{}", serde_json::json!([page.name, texts]));
            continue;
        }
        // Questions of another page, of which this one knows nothing.
        if let Some((_, asks)) = before.insert(
            page.traits["layout"].clone(),
            (page.name.clone(), page.asks.iter().map(|ask| ask.question.clone()).collect::<Vec<_>>()),
        ) {
            for question in asks {
                let mut out = vec![0.0; 576];
                reading.relevance(&question, page.cosines.get(&question).map(Vec::as_slice), &mut out);
                let most = out.iter().fold(0.0f32, |most, &score| most.max(score));
                if misses && most > 0.3 {
                    println!("{} absent {most:.2} {question}", page.name);
                }
                let tally: &mut (f64, [f64; 3]) = strange.entry(page.traits["layout"].clone()).or_default();
                tally.0 += 1.0;
                for (count, least) in tally.1.iter_mut().zip([0.1, 0.3, 0.6]) {
                    *count += f64::from(u8::from(most > least));
                }
            }
        }
        for ask in &page.asks {
            for (wording, question) in std::iter::once(&ask.question).chain(&ask.paraphrases).enumerate() {
                let mut out = vec![0.0; 576];
                reading.relevance(question, page.cosines.get(question).map(Vec::as_slice), &mut out);
                let tally = tallies.entry((page.traits["layout"].clone(), wording)).or_default();
                let worst = tally.add(&page.name, &out, &ask.patches);
                if misses && worst >= 20 && wording < 3 {
                    println!(
                        "{} {worst:3} {:.2} {question} -> {}",
                        page.name,
                        tally.last(&out, &ask.patches),
                        ask.answer
                    );
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
        self.pages.insert(page.to_owned(), ());
        worst
    }

    fn last(&self, scores: &[f32], answer: &[usize]) -> f32 {
        answer.iter().map(|&patch| scores[patch]).fold(f32::INFINITY, f32::min)
    }
}
