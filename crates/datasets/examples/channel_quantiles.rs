//! Prints quantiles of the raw channels over all patches: of each family of tuning
//! pictures, and of image files that are named.
//!
//! `cargo run --release -p arrcoc-datasets --example channel_quantiles -- [FILE …]`
//!
//! Real pictures should lie inside the range of the tuning pictures, or their channels
//! come out of the reference maps as 0 or 1.

use std::error::Error;
use std::path::Path;

use arrcoc_datasets::{Family, Seed};
use arrcoc_picture::{Image, Limits, read};
use arrcoc_stats::{EDGE_THRESHOLD, Grid, Tiling, perspectival, propositional, scan_threads};

const QUANTILES: [f64; 7] = [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98];

fn main() -> Result<(), Box<dyn Error>> {
    let mut groups: Vec<(String, Vec<Image>)> = Vec::new();
    for family in Family::ALL {
        let images = (0..8).map(|index| family.draw(Seed::tuning(index))).collect::<Result<_, _>>()?;
        groups.push((family.name().into(), images));
    }
    for path in std::env::args().skip(1) {
        let (image, ..) = read(Path::new(&path), &Limits::default())?;
        let name = Path::new(&path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        groups.push((name, vec![image]));
    }
    let mut lines = Vec::new();
    for (group, images) in &groups {
        let mut values: Vec<(&str, Vec<f32>)> = Vec::new();
        for image in images {
            let tiling = Tiling::new(Grid::default(), image.width(), image.height())?;
            let stats = scan_threads(&image.pixels(), &tiling, EDGE_THRESHOLD, 1);
            let channels = propositional(&stats).into_iter().chain(perspectival(&stats));
            for (place, (name, more)) in channels.enumerate() {
                match values.get_mut(place) {
                    Some((_, values)) => values.extend(more),
                    None => values.push((name, more)),
                }
            }
        }
        for (place, (name, mut values)) in values.into_iter().enumerate() {
            values.sort_unstable_by(f32::total_cmp);
            let at = |q: f64| format!("{:7.4}", values[(q * (values.len() - 1) as f64) as usize]);
            lines.push((place, name, format!("{group:<20} {}", QUANTILES.map(at).join(" "))));
        }
    }
    lines.sort_by_key(|line| line.0);
    let mut last = "";
    for (_, name, line) in lines {
        if name != last {
            println!("\n{name:<20} {}", QUANTILES.map(|q| format!("{q:7}")).join(" "));
            last = name;
        }
        println!("{line}");
    }
    Ok(())
}
