//! What can be told about an overlay without eyes.

#![allow(clippy::unwrap_used)]

use arrcoc_picture::{Image, OverlayText, overlay};
use arrcoc_stats::{Grid, Tiling, luma};

fn plain(width: u32, height: u32, grid: Grid) -> (Image, Tiling) {
    let image = Image::from_rgb(width, height, vec![120; (3 * width * height) as usize]).unwrap();
    (image, Tiling::new(grid, width, height).unwrap())
}

fn luma_at(image: &Image, x: u32, y: u32) -> u8 {
    let pixel = &image.pixels().row(y)[3 * x as usize..][..3];
    luma(pixel[0], pixel[1], pixel[2])
}

#[test]
fn more_tokens_are_brighter() {
    let grid = Grid::new(1, 8).unwrap();
    let (image, tiling) = plain(800, 400, grid);
    let tokens: Vec<u32> = (0..8).map(|i| 64 + 48 * i).collect();
    let out = overlay(&image, &tiling, &tokens, (64, 400), &OverlayText::default(), false);
    let brightness: Vec<u8> = (0..8).map(|i| luma_at(&out, 100 * i + 50, out.height() / 2)).collect();
    assert!(brightness.is_sorted_by(|a, b| a + 8 < *b), "{brightness:?}");
}

#[test]
fn small_pictures_are_enlarged_and_large_ones_are_not_kept_huge() {
    let grid = Grid::new(2, 2).unwrap();
    for (width, height, long) in [(40, 20, 768), (1000, 500, 1000), (2500, 100, 2048)] {
        let (image, tiling) = plain(width, height, grid);
        let out = overlay(&image, &tiling, &[1; 4], (0, 2), &OverlayText::default(), false);
        assert_eq!(out.width(), long);
    }
    // A narrow picture stands in a frame that has room for text.
    let (image, tiling) = plain(20, 400, grid);
    let out = overlay(&image, &tiling, &[1; 4], (0, 2), &OverlayText::default(), false);
    assert!(out.width() >= 500);
}

#[test]
fn the_question_and_the_numbers_leave_traces() {
    let grid = Grid::new(4, 4).unwrap();
    let (image, tiling) = plain(300, 300, grid);
    let tokens = [77; 16];
    let text =
        |question| OverlayText { question, title_left: "1232 tokens".into(), ..OverlayText::default() };
    let draw = |question, numbers| overlay(&image, &tiling, &tokens, (64, 400), &text(question), numbers);
    let bare = draw(None, false);
    let asked = draw(Some("What is in the picture?"), false);
    assert!(asked.height() > bare.height());
    let numbered = draw(None, true);
    assert_eq!((numbered.width(), numbered.height()), (bare.width(), bare.height()));
    // White digits in the middle of the first patch, and none without.
    let (top, middle) = (bare.height() - 768, 96);
    let white = |image: &Image| {
        let near = (middle - 20..middle + 20).flat_map(|x| (middle - 40..middle + 60).map(move |y| (x, y)));
        near.filter(|&(x, y)| luma_at(image, x, y + top / 2) > 240).count()
    };
    assert_eq!(white(&bare), 0);
    assert!(white(&numbered) > 20);
}

#[test]
fn numbers_enlarge_the_picture_or_are_left_out() {
    let (image, tiling) = plain(600, 600, Grid::new(60, 60).unwrap());
    let tokens = vec![400; 3600];
    let draw = |image, tiling, tokens: &[u32], numbers| {
        overlay(image, tiling, tokens, (64, 400), &OverlayText::default(), numbers)
    };
    assert!(draw(&image, &tiling, &tokens, true).width() > draw(&image, &tiling, &tokens, false).width());

    // 300 patches a side have no room even at the largest size: the picture stays, and
    // the legend says why there are none.
    let (image, tiling) = plain(600, 600, Grid::new(300, 300).unwrap());
    let tokens = vec![400; 90_000];
    let (with, without) = (draw(&image, &tiling, &tokens, true), draw(&image, &tiling, &tokens, false));
    assert_eq!((with.width(), with.height()), (without.width(), without.height()));
    assert_ne!(with, without);
}

#[test]
fn odd_bounds_and_words_do_no_harm() {
    let (image, tiling) = plain(3, 2, Grid::new(1, 1).unwrap());
    let question = "\u{200f}שלום 👋 \n\t 漢字 ".repeat(50);
    let text =
        OverlayText { question: Some(&question), title_left: "x".repeat(900), title_right: "y".into() };
    for bounds in [(0, 0), (5, 5), (7, 3), (0, u32::MAX)] {
        for numbers in [false, true] {
            let out = overlay(&image, &tiling, &[u32::MAX], bounds, &text, numbers);
            assert!(out.width() >= 560 && out.height() < 2000);
        }
    }
}
