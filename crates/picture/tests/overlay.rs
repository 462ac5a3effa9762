//! What can be told about an overlay without eyes.

#![allow(clippy::unwrap_used)]

use arrcoc_picture::{Image, OverlayText, difference, overlay};
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
    let text = OverlayText {
        question: Some(&question),
        title_left: "x".repeat(900),
        title_right: "y".into(),
        drivers: "z ".repeat(900),
        top: vec![0, 7],
        distractors: vec![0],
    };
    for bounds in [(0, 0), (5, 5), (7, 3), (0, u32::MAX)] {
        for numbers in [false, true] {
            let out = overlay(&image, &tiling, &[u32::MAX], bounds, &text, numbers);
            assert!(out.width() >= 560 && out.height() < 2000);
        }
    }
}

/// A pixel in the middle of a patch of a picture that is drawn as large as it is, below a header of one line.
fn middle(out: &Image, picture: &Image, tiling: &Tiling, (row, col): (u32, u32)) -> [u8; 3] {
    assert_eq!(out.width(), picture.width());
    let (rows, cols) = (tiling.rows(row), tiling.cols(col));
    let (x, y) = (u32::midpoint(cols.start, cols.end), header(out) + u32::midpoint(rows.start, rows.end));
    let pixel = &out.pixels().row(y)[3 * x as usize..][..3];
    [pixel[0], pixel[1], pixel[2]]
}

#[test]
fn a_gain_is_orange_a_loss_is_blue_and_no_change_is_grey() {
    let image = Image::from_rgb(900, 450, [200, 60, 90].repeat(900 * 450)).unwrap();
    let tiling = Tiling::new(Grid::new(1, 5).unwrap(), 900, 450).unwrap();
    let (before, after) = ([100, 100, 100, 100, 100], [50, 75, 100, 125, 150]);
    let out = difference(&image, &tiling, &before, &after, &OverlayText::default());
    let at = |col| middle(&out, &image, &tiling, (0, col)).map(i32::from);
    let [[r, _, b], [r2, _, b2], grey, [r3, _, b3], [r4, _, b4]] = [0, 1, 2, 3, 4].map(at);
    assert!(b - r > b2 - r2 && b2 - r2 > 20, "{r} {b} {r2} {b2}");
    assert!(r4 - b4 > r3 - b3 && r3 - b3 > 20, "{r4} {b4} {r3} {b3}");
    assert!(grey[0] == grey[1] && grey[1] == grey[2], "{grey:?}");
}

#[test]
fn a_difference_is_framed_as_an_overlay_is() {
    let grid = Grid::new(2, 2).unwrap();
    let text = OverlayText { title_left: "what if".into(), ..OverlayText::default() };
    for (width, height) in [(40, 20), (1000, 500), (2500, 100), (1, 1)] {
        let Ok(tiling) = Tiling::new(grid, width, height) else { continue };
        let (image, _) = plain(width, height, grid);
        for (before, after) in [([0; 4], [u32::MAX; 4]), ([u32::MAX, 0, 1, 2], [0; 4]), ([7; 4], [7; 4])] {
            let out = difference(&image, &tiling, &before, &after, &text);
            let beside = overlay(&image, &tiling, &after, (64, 400), &text, false);
            assert_eq!((out.width(), out.height()), (beside.width(), beside.height()));
        }
    }
}

#[test]
fn what_drove_it_and_the_outlines_take_a_line_each() {
    let grid = Grid::new(4, 4).unwrap();
    let (image, tiling) = plain(800, 800, grid);
    let tokens: Vec<u32> = (64..80).collect();
    let draw = |text: &OverlayText<'_>| overlay(&image, &tiling, &tokens, (64, 400), text, false);
    let bare = draw(&OverlayText::default());
    let driven = draw(&OverlayText { drivers: "coupling 0.62".into(), ..OverlayText::default() });
    let outlined = draw(&OverlayText { top: vec![15], ..OverlayText::default() });
    let line = driven.height() - bare.height();
    assert!(line > 0);
    assert_eq!(outlined.height() - bare.height(), line);
    let white =
        |out: &Image| out.pixels().row(header(out) + 700).iter().filter(|&&value| value == 255).count();
    assert_eq!(white(&bare), 0);
    assert!(white(&outlined) >= 6);
}

/// The height of a header of one line: two pads and the line.
fn header(out: &Image) -> u32 {
    let unit = out.width() as f32 / 44.0;
    (1.6 * unit + (1.25 * unit).ceil()).ceil() as u32
}
