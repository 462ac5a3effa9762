//! Prints how many codes can be read at which budget, when every patch gets the same.
//!
//! `cargo run --release -p arrcoc-datasets --example codes_headroom -- [PAGES]`
//!
//! What lies between two rows of the table is what an allocation can win or lose. Codes
//! are read on the whole page, and on a crop around each: the second does not ask
//! whether a code can be found. Pages are of tuning seeds, 1344 × 1344 pixels, on a grid
//! of 24 × 24 patches.

#[path = "../tests/qr_reader/mod.rs"]
mod qr_reader;

use std::collections::BTreeSet;
use std::error::Error;
use std::time::{Duration, Instant};

use arrcoc_datasets::{Seed, codes};
use arrcoc_picture::{Image, Sampling, downsample, render};
use arrcoc_stats::{Grid, Tiling};

const SIDE: u32 = 1344;
const BUDGETS: [u32; 5] = [400, 225, 150, 100, 64];

/// Codes read by one reader, and texts that stand nowhere.
#[derive(Default)]
struct Tally {
    read: usize,
    wrong: usize,
    time: Duration,
}

impl Tally {
    fn count(&mut self, page: &codes::Page, reader: impl FnOnce() -> BTreeSet<String>) {
        let start = Instant::now();
        let found = reader();
        self.time += start.elapsed();
        let read = page.codes.iter().filter(|code| found.contains(&code.text)).count();
        self.read += read;
        self.wrong += found.len() - read;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let pages: u32 = std::env::args().nth(1).map_or(Ok(12), |word| word.parse())?;
    let grid = Grid::default();
    let tiling = Tiling::new(grid, SIDE, SIDE)?;
    let mut names = vec!["original".to_owned()];
    for way in ["render", "downsample"] {
        names.extend(BUDGETS.map(|budget| format!("{way} {budget}")));
    }
    let mut tallies: Vec<[Tally; 2]> = names.iter().map(|_| Default::default()).collect();
    let (mut codes, mut drawing, mut marked) = (0, Duration::ZERO, 0usize);
    for index in 0..pages {
        let start = Instant::now();
        let page = codes::draw(Seed::tuning(index), SIDE, SIDE)?;
        drawing += start.elapsed();
        codes += page.codes.len();
        marked += page.answer_mask(grid)?.iter().filter(|&&mark| mark == 1).count();
        let even = |budget| render(&page.image, &tiling, &vec![budget; grid.patches()], Sampling::Grid);
        let whole = |budget| downsample(&page.image, u64::from(budget) * grid.patches() as u64);
        let images: Vec<Image> =
            std::iter::once(page.image.clone()).chain(BUDGETS.map(even)).chain(BUDGETS.map(whole)).collect();
        for (tally, image) in tallies.iter_mut().zip(&images) {
            tally[0].count(&page, || qr_reader::whole(image));
            tally[1].count(&page, || qr_reader::crops(image, &page));
        }
    }
    let each = |time: Duration| time.as_secs_f64() / f64::from(pages.max(1));
    println!("{codes} codes on {pages} pages; {:.3} s to draw a page", each(drawing));
    println!(
        "symbols touch {:.3} of the patches\n",
        marked as f64 / (grid.patches() as f64 * f64::from(pages.max(1)))
    );
    println!("| image | whole page | wrong | s a page | crops | wrong | s a page |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for (name, tally) in names.iter().zip(&tallies) {
        let cells = tally.each_ref().map(|tally| {
            format!(
                "{:.3} | {} | {:.3}",
                tally.read as f64 / codes.max(1) as f64,
                tally.wrong,
                each(tally.time)
            )
        });
        println!("| {name} | {} |", cells.join(" | "));
    }
    Ok(())
}
