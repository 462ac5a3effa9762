//! Writes pages with codes as PNG files, to be looked at, and prints what is on them.
//!
//! `cargo run --release -p arrcoc-datasets --example draw_codes -- FOLDER [COUNT [WIDTH [HEIGHT]]]`
//! writes the pages of the first COUNT (default 3) tuning seeds, 1344 × 1344 pixels when
//! no sides are given.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use arrcoc_datasets::{Seed, codes};
use arrcoc_picture::encode_png;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let folder = PathBuf::from(words.next().ok_or("name a folder to write to")?);
    let mut number = |or: u32| words.next().map_or(Ok(or), |word| word.parse());
    let count = number(3)?;
    let width = number(1344)?;
    let height = number(width)?;
    std::fs::create_dir_all(&folder)?;
    for index in 0..count {
        let start = Instant::now();
        let page = codes::draw(Seed::tuning(index), width, height)?;
        println!("page {index}, drawn in {:.3} s", start.elapsed().as_secs_f64());
        for code in &page.codes {
            let [x, y] = code.corners[0];
            println!("  {:<14} at ({x:.1}, {y:.1}), modules of {:.2} pixels", code.text, code.module);
        }
        std::fs::write(folder.join(format!("codes-{index:02}.png")), encode_png(&page.image)?)?;
    }
    Ok(())
}
