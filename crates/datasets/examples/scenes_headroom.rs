//! Prints how many things can be found at which budget, when every patch gets the same.
//!
//! `cargo run --release -p arrcoc-datasets --example scenes_headroom -- [PAGES]`
//!
//! What lies between two rows of a table is what an allocation can win or lose. A thing is
//! found when of all things of the page the one that was asked for looks most like itself
//! on the original page. Pages are of a tuning seed, 1344 × 1344 pixels, on a grid of 24 × 24
//! patches. The row of 1 token shows what is left to go by without any detail: neighbours
//! that shine in, and luck, which is one in five to seven among the things of a group.

use std::collections::BTreeMap;
use std::error::Error;

use arrcoc_datasets::{Seed, scenes};
use arrcoc_picture::{Sampling, most_alike, render};
use arrcoc_stats::{Grid, Tiling};

const BUDGETS: [u32; 8] = [1, 16, 64, 100, 144, 225, 400, 784];

/// Pixels by which a thing may seem to have moved.
const SLACK: u32 = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let pages: u32 = std::env::args().nth(1).map_or(Ok(24), |word| word.parse())?;
    let options = scenes::Options::default();
    let [width, height] = options.size;
    let tiling = Tiling::new(Grid::default(), width, height)?;
    // How many were found, of how many: by budget, and what is told apart.
    let mut counts: BTreeMap<(u32, String), [u32; 2]> = BTreeMap::new();
    for index in 0..pages {
        let page = scenes::draw(Seed::tuning(0), index, &options)?;
        for budget in BUDGETS {
            let tokens = vec![budget; tiling.grid().patches()];
            let seen = render(&page.image, &tiling, &tokens, Sampling::Grid);
            for ask in &page.asks {
                let asked = ask.answers[0].region.bounds(width, height);
                let boxes: Vec<_> = ask.candidates.iter().map(|place| place.bounds(width, height)).collect();
                let found = most_alike(&page.image, asked, &seen, &boxes, SLACK);
                let is_right = found.is_some_and(|(place, _)| boxes[place] == asked);
                let side = asked.width.max(asked.height);
                let size = ["a size below 40", "b size below 60", "c size 60 and more"]
                    [usize::from(side >= 40) + usize::from(side >= 60)];
                for part in ["all", size, &page.traits["detail"], &page.traits["ground"]] {
                    let [right, of] = counts.entry((budget, part.to_owned())).or_default();
                    *right += u32::from(is_right);
                    *of += 1;
                }
            }
        }
    }
    let parts: std::collections::BTreeSet<_> = counts.keys().map(|(_, part)| part).collect();
    print!("| tokens |");
    parts.iter().for_each(|part| print!(" {part} |"));
    println!("\n|---|{}", "---:|".repeat(parts.len()));
    for budget in BUDGETS {
        print!("| {budget} |");
        for part in &parts {
            let [right, of] = counts[&(budget, (*part).clone())];
            print!(" {:.3} |", f64::from(right) / f64::from(of));
        }
        println!();
    }
    Ok(())
}
