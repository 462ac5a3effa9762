//! Writes pages of documents as PNG files, to be looked at, and prints what is asked of them.
//!
//! `cargo run --release -p arrcoc-datasets --example draw_documents -- FOLDER [COUNT [WIDTH [HEIGHT]]]`
//! writes the first COUNT (default 4) pages of a tuning seed, 1344 × 1344 pixels when no sides
//! are given.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use arrcoc_datasets::{Seed, documents};
use arrcoc_picture::encode_png;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let folder = PathBuf::from(words.next().ok_or("name a folder to write to")?);
    let mut number = |or: u32| words.next().map_or(Ok(or), |word| word.parse());
    let count = number(4)?;
    let width = number(1344)?;
    let height = number(width)?;
    std::fs::create_dir_all(&folder)?;
    let options = documents::Options { size: (width, height), ..documents::Options::default() };
    for index in 0..count {
        let start = Instant::now();
        let page = documents::draw(Seed::tuning(0), index, &options)?;
        let seconds = start.elapsed().as_secs_f64();
        println!("{} {:?}, drawn in {seconds:.3} s", page.name, page.traits);
        for ask in &page.asks {
            for answer in &ask.answers {
                let bounds = answer.region.bounds(width, height);
                println!("  {} {:?} at {bounds:?}", ask.question, answer.text);
            }
            for paraphrase in &ask.paraphrases {
                println!("    {paraphrase}");
            }
        }
        std::fs::write(folder.join(format!("{}.png", page.name)), encode_png(&page.image)?)?;
    }
    Ok(())
}
