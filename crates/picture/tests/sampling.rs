//! What tokens buy, on photographs and on random images.

#![allow(clippy::unwrap_used)]

mod photographs;

use arrcoc_picture::{
    Image, Sampling, area_average, distortion, downsample, pack, render, sample_shape, ssim,
};
use arrcoc_stats::{Grid, Rect, Tiling};
use photographs::photographs;
use proptest::prelude::*;

#[test]
fn similarity_rises_with_tokens() {
    for (name, image) in photographs() {
        let tiling = Tiling::new(Grid::default(), image.width(), image.height()).unwrap();
        let mut last = [-1.0; 2];
        for k in [1u32, 4, 16, 64, 144, 256, 400] {
            let tokens = vec![k; 576];
            let found = [
                ssim(&image, &render(&image, &tiling, &tokens, Sampling::Grid)),
                ssim(&image, &downsample(&image, 576 * u64::from(k))),
            ];
            for (before, now) in last.into_iter().zip(found) {
                // A small photograph has fewer pixels than the largest budgets.
                assert!(now > before || now == 1.0, "{name} at {k}: {last:?} then {found:?}");
            }
            last = found;
        }
        assert!(last[0] > 0.8, "{name} at 400 tokens: {last:?}");
    }
}

#[test]
fn distortion_falls_as_tokens_quadruple() {
    for (name, image) in photographs() {
        let tiling = Tiling::new(Grid::default(), image.width(), image.height()).unwrap();
        let total = |k| (0..576).map(|patch| distortion(&image, &tiling, patch, k)).sum::<u64>();
        let totals = [0, 1, 4, 16, 64, 256].map(total);
        assert!(totals.is_sorted_by(|a, b| a > b), "{name}: {totals:?}");
    }
}

#[test]
fn patches_do_not_see_each_other() {
    for (_, image) in photographs().into_iter().take(1) {
        let tiling = Tiling::new(Grid::default(), image.width(), image.height()).unwrap();
        let mut tokens = vec![9; 576];
        let before = render(&image, &tiling, &tokens, Sampling::Grid);
        tokens[300] = 100;
        let after = render(&image, &tiling, &tokens, Sampling::Grid);
        let rect = tiling.patch(300);
        for y in 0..image.height() {
            for x in 0..image.width() {
                let inside =
                    (rect.x..rect.x + rect.width).contains(&x) && (rect.y..rect.y + rect.height).contains(&y);
                let at = |image: &Image| image.pixels().row(y)[3 * x as usize..][..3].to_vec();
                assert!(inside || at(&before) == at(&after), "{x},{y}");
            }
        }
        assert_ne!(before, after);
    }
}

fn case() -> impl Strategy<Value = (Image, Tiling, Vec<u32>)> {
    (1u32..5, 1u32..5, 0u32..30, 0u32..30).prop_flat_map(|(rows, cols, tall, wide)| {
        let (width, height) = (cols + wide, rows + tall);
        let data = proptest::collection::vec(any::<u8>(), (3 * width * height) as usize);
        let tokens = proptest::collection::vec(0u32..60, (rows * cols) as usize);
        (data, tokens).prop_map(move |(data, tokens)| {
            let image = Image::from_rgb(width, height, data).unwrap();
            (image, Tiling::new(Grid::new(rows, cols).unwrap(), width, height).unwrap(), tokens)
        })
    })
}

/// The part of an image that a rectangle covers.
fn part(image: &Image, rect: Rect) -> Vec<u8> {
    area_average(image, rect, rect.width, rect.height)
}

proptest! {
    #[test]
    fn enough_tokens_leave_the_image_untouched((image, tiling, tokens) in case()) {
        let all = vec![10_000; tokens.len()];
        for sampling in [Sampling::Grid, Sampling::Keep] {
            prop_assert_eq!(&render(&image, &tiling, &all, sampling), &image);
        }
        prop_assert_eq!(downsample(&image, 1 << 40), image);
    }

    #[test]
    fn no_tokens_paint_the_mean((image, tiling, mut tokens) in case()) {
        tokens[0] = 0;
        let mean = area_average(&image, Rect { x: 0, y: 0, width: image.width(), height: image.height() }, 1, 1);
        for sampling in [Sampling::Grid, Sampling::Keep] {
            let out = render(&image, &tiling, &tokens, sampling);
            for (patch, &k) in tokens.iter().enumerate() {
                let rect = tiling.patch(patch);
                let found = part(&out, rect);
                if k == 0 {
                    prop_assert_eq!(found, mean.repeat((rect.width * rect.height) as usize));
                } else if sampling == Sampling::Keep {
                    prop_assert_eq!(found, part(&image, rect));
                }
            }
        }
    }

    /// The arrays agree with each other, with the shapes and with what is rendered.
    #[test]
    fn packing_is_what_is_rendered((image, tiling, tokens) in case(), keep: bool) {
        let sampling = if keep { Sampling::Keep } else { Sampling::Grid };
        let packed = pack(&image, &tiling, &tokens, sampling);
        let rendered = render(&image, &tiling, &tokens, sampling);
        let count: u32 = packed.shape.iter().map(|[h, w]| h * w).sum();
        prop_assert_eq!(packed.samples.len(), 3 * count as usize);
        prop_assert_eq!(packed.patch.len(), count as usize);
        prop_assert_eq!(packed.position.len(), 2 * count as usize);
        prop_assert_eq!(packed.shape.len(), tokens.len());
        let mut at = 0;
        for (patch, (&k, &[h, w])) in tokens.iter().zip(&packed.shape).enumerate() {
            let rect = tiling.patch(patch);
            let expected = match (k, sampling) {
                (0, _) => (0, 0),
                (_, Sampling::Grid) => sample_shape(k, rect.width, rect.height),
                (_, Sampling::Keep) => (rect.width, rect.height),
            };
            prop_assert_eq!((w, h), expected);
            let end = at + (h * w) as usize;
            let samples = &packed.samples[3 * at..3 * end];
            prop_assert!(packed.patch[at..end].iter().all(|&other| other as usize == patch));
            for &[y, x] in packed.position[2 * at..2 * end].as_chunks().0 {
                prop_assert!((rect.y as f32..(rect.y + rect.height) as f32).contains(&y));
                prop_assert!((rect.x as f32..(rect.x + rect.width) as f32).contains(&x));
            }
            if (w, h) == (rect.width, rect.height) {
                prop_assert_eq!(samples, part(&rendered, rect));
            } else if (w, h) == (1, 1) {
                prop_assert_eq!(part(&rendered, rect), samples.repeat((rect.width * rect.height) as usize));
            }
            at = end;
        }
    }

    #[test]
    fn distortion_ends_at_nothing((image, tiling, tokens) in case()) {
        for (patch, &k) in tokens.iter().enumerate() {
            prop_assert_eq!(distortion(&image, &tiling, patch, 10_000), 0);
            let rect = tiling.patch(patch);
            let worst = 255u64.pow(2) * u64::from(rect.width * rect.height);
            prop_assert!(distortion(&image, &tiling, patch, k) <= worst);
        }
    }
}

#[test]
fn positions_are_centres_of_shares() {
    let image = Image::from_rgb(8, 4, vec![7; 96]).unwrap();
    let tiling = Tiling::new(Grid::new(1, 2).unwrap(), 8, 4).unwrap();
    let packed = pack(&image, &tiling, &[0, 4], Sampling::Grid);
    assert_eq!(packed.shape, [[0, 0], [2, 2]]);
    assert_eq!(packed.position, [1.0, 5.0, 1.0, 7.0, 3.0, 5.0, 3.0, 7.0]);
    assert_eq!(packed.patch, [1, 1, 1, 1]);
}
