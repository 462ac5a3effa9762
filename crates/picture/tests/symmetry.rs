//! Statistics and channels of photographs, mirrored and transposed, to the bit. (Random
//! images are tested beside the statistics; photographs have what noise has not: smooth
//! shading, long edges, saturated colours.)

#![allow(clippy::unwrap_used)]

mod photographs;

use arrcoc_picture::Image;
use arrcoc_stats::{
    EDGE_THRESHOLD, Grid, PatchStats, Tiling, perspectival, propositional, reference, scan_threads,
};
use photographs::photographs;

/// The upper left `width` × `height` pixels of an image.
fn cropped(image: &Image, width: u32, height: u32) -> Image {
    let rows = (0..height).flat_map(|y| image.pixels().row(y)[..3 * width as usize].to_vec());
    Image::from_rgb(width, height, rows.collect()).unwrap()
}

fn statistics(image: &Image) -> PatchStats<'static> {
    let tiling = Tiling::new(Grid::default(), image.width(), image.height()).unwrap();
    scan_threads(&image.pixels(), &tiling, EDGE_THRESHOLD, 1)
}

/// The image whose pixel (x, y) is that of `image` at `source(x, y)`.
fn rearranged(image: &Image, width: u32, height: u32, source: impl Fn(u32, u32) -> (u32, u32)) -> Image {
    let mut data = Vec::with_capacity(image.data().len());
    for y in 0..height {
        for x in 0..width {
            let (from_x, from_y) = source(x, y);
            data.extend(&image.pixels().row(from_y)[3 * from_x as usize..][..3]);
        }
    }
    Image::from_rgb(width, height, data).unwrap()
}

/// Fields of a patch, with the sign of Jxy and the order of Jxx and Jyy left out.
fn fields(stats: &PatchStats<'_>, patch: usize) -> (Vec<i64>, [i64; 5], [i64; 3]) {
    let view = stats.patch(patch);
    let [r, g, b] = view.sum_rgb();
    let (jxx, jyy) = (view.jxx(), view.jyy());
    let tensor = [jxx.min(jyy), jxx.max(jyy), view.jxy().abs()];
    (view.histogram().to_vec(), [view.count(), r, g, b, view.edges()], tensor)
}

#[test]
fn turned_photographs_give_the_same_bits() {
    for (name, photograph) in photographs() {
        let (width, height) = (photograph.width() / 24 * 24, photograph.height() / 24 * 24);
        let image = cropped(&photograph, width, height);
        let stats = statistics(&image);
        let turns = [
            ("left-right", rearranged(&image, width, height, |x, y| (width - 1 - x, y))),
            ("up-down", rearranged(&image, width, height, |x, y| (x, height - 1 - y))),
            ("transposed", rearranged(&image, height, width, |x, y| (y, x))),
        ];
        for (turn, turned) in turns {
            let turned = statistics(&turned);
            let from = |row: u32, col: u32| match turn {
                "left-right" => Grid::default().index(row, 23 - col),
                "up-down" => Grid::default().index(23 - row, col),
                _ => Grid::default().index(col, row),
            };
            let pairs = |stats: &PatchStats<'_>| {
                propositional(stats).into_iter().chain(perspectival(stats)).collect::<Vec<_>>()
            };
            let (original, turned_channels) = (pairs(&stats), pairs(&turned));
            for patch in 0..576 {
                let (row, col) = Grid::default().position(patch);
                let source = from(row, col);
                assert_eq!(fields(&turned, patch), fields(&stats, source), "{name} {turn} {row},{col}");
                for ((channel, after), (_, before)) in turned_channels.iter().zip(&original) {
                    let bits = (after[patch].to_bits(), before[source].to_bits());
                    assert_eq!(bits.0, bits.1, "{name} {turn} {channel} {row},{col}");
                }
            }
        }
    }
}

#[test]
fn the_scan_is_the_reference_on_photographs() {
    for (name, image) in photographs() {
        let tiling = Tiling::new(Grid::default(), image.width(), image.height()).unwrap();
        let expected = reference(&image.pixels(), &tiling, EDGE_THRESHOLD);
        for threads in [1, 3] {
            let found = scan_threads(&image.pixels(), &tiling, EDGE_THRESHOLD, threads);
            assert!(found == expected, "{name} on {threads} threads");
        }
    }
}
