//! Writes tuning pictures as PNG files, to be looked at.
//!
//! `cargo run --release -p arrcoc-datasets --example draw_tuning -- FOLDER [COUNT]`
//! writes the first COUNT (default 8) pictures of each family, and a sheet with all
//! of them, four a row.

use std::error::Error;
use std::path::PathBuf;

use arrcoc_datasets::{Family, Seed};
use arrcoc_picture::{Image, area_average, encode_png};
use arrcoc_stats::Rect;

/// Side of a square of the sheet, in pixels.
const SQUARE: u32 = 400;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let folder = PathBuf::from(words.next().ok_or("name a folder to write to")?);
    let count: u32 = words.next().map_or(Ok(8), |word| word.parse())?;
    std::fs::create_dir_all(&folder)?;
    for family in Family::ALL {
        let mut images = Vec::new();
        for index in 0..count {
            let image = family.draw(Seed::tuning(index))?;
            let path = folder.join(format!("{}-{index:02}.png", family.name()));
            std::fs::write(path, encode_png(&image)?)?;
            images.push(image);
        }
        let path = folder.join(format!("sheet-{}.png", family.name()));
        std::fs::write(path, encode_png(&sheet(&images)?)?)?;
    }
    Ok(())
}

/// All images made to fit squares, four a row, on black.
fn sheet(images: &[Image]) -> Result<Image, Box<dyn Error>> {
    let (width, height) = (4 * SQUARE, SQUARE * (images.len() as u32).div_ceil(4));
    let mut data = vec![0u8; 3 * width as usize * height as usize];
    for (index, image) in (0u32..).zip(images) {
        let (left, top) = (index % 4 * SQUARE, index / 4 * SQUARE);
        let long = image.width().max(image.height());
        let (w, h) = (image.width() * SQUARE / long, image.height() * SQUARE / long);
        let whole = Rect { x: 0, y: 0, width: image.width(), height: image.height() };
        let small = area_average(image, whole, w, h);
        for (y, row) in (top..).zip(small.chunks_exact(3 * w as usize)) {
            let start = 3 * (y as usize * width as usize + left as usize);
            data[start..start + row.len()].copy_from_slice(row);
        }
    }
    Ok(Image::from_rgb(width, height, data)?)
}
