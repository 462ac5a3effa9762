//! Writes pages of things as PNG files, to be looked at, and prints what is asked of them.
//!
//! `cargo run --release -p arrcoc-datasets --example draw_scenes -- FOLDER [COUNT [WIDTH [HEIGHT]]]`
//! writes the first COUNT (default 4) pages of a tuning seed, 1344 × 1344 pixels when no
//! sides are given.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use arrcoc_datasets::{Seed, scenes};
use arrcoc_picture::encode_png;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let folder = PathBuf::from(words.next().ok_or("name a folder to write to")?);
    let mut number = |or: u32| words.next().map_or(Ok(or), |word| word.parse());
    let count = number(4)?;
    let width = number(1344)?;
    let height = number(width)?;
    let options = scenes::Options { size: [width, height], ..Default::default() };
    std::fs::create_dir_all(&folder)?;
    for index in 0..count {
        let start = Instant::now();
        let page = scenes::draw(Seed::tuning(0), index, &options)?;
        println!("{} {:?}, drawn in {:.3} s", page.name, page.traits, start.elapsed().as_secs_f64());
        for ask in &page.asks {
            println!("  {} {:?}", ask.question, ask.answers[0].region.bounds(width, height));
            println!("    {}", ask.paraphrases.join(" / "));
        }
        std::fs::write(folder.join(format!("{}.png", page.name)), encode_png(&page.image)?)?;
    }
    Ok(())
}
