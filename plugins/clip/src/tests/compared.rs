//! The same numbers as `transformers`, for both towers of both families.

use arrcoc_sdk::stats::Pixels;
use serde::Deserialize;

use super::made::{self, Files, Fixture, Width};
use crate::{
    grant::Grant,
    model::{Model, Settings},
    resize::{self, Filter},
    views::Rect,
    vision::Dense,
};

/// How far apart results may be.
const NEAR: f32 = 1e-4;

fn farthest(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Every token of the test image, the class token too.
fn tokens(model: &Model, dense: Dense) -> Vec<f32> {
    let (config, input, _, _, vision) = model.parts();
    let rgb = made::picture(45, 37);
    let pixels = Pixels::new(45, 37, &rgb).unwrap();
    let whole = Rect { x: 0, y: 0, width: 45, height: 37 };
    let grant = Grant::threads(2);
    let square = resize::square(&pixels, whole, config.vision.image, input.filter, grant).unwrap();
    let rows = input.rows(&square, config.vision.image, config.vision.patch);
    let points = grant.run(|| vision.points(rows, dense, grant)).unwrap();
    points.flatten_all().unwrap().to_vec1().unwrap()
}

fn texts(model: &Model, fixture: &Fixture, near: f32) {
    let (_, _, tokens, text, _) = model.parts();
    for ((words, ids), point) in fixture.texts.iter().zip(&fixture.ids).zip(&fixture.text_points) {
        let ours = tokens.ids(words).unwrap();
        assert_eq!(&ours.ids, ids, "{words:?}");
        let far = farthest(&text.embed(&ours, Grant::threads(1)).unwrap(), point);
        assert!(far < near, "{words:?}: {far}");
    }
}

#[test]
fn clip_is_the_one_of_transformers() {
    let fixture = made::clip();
    for files in [Files::One, Files::Shards] {
        let folder = fixture.folder(files, Width::F32);
        let model = made::load(folder.path(), Settings::default()).unwrap();
        texts(&model, &fixture, NEAR);
        let ours = tokens(&model, Dense::Tokens);
        let far = farthest(&ours, &fixture.tokens);
        assert!(far < NEAR, "{far}");
        let far = farthest(&ours[..model.width()], &fixture.image_point);
        assert!(far < NEAR, "the class token's point: {far}");
        let far = farthest(&tokens(&model, Dense::Values), &fixture.values);
        assert!(far < NEAR, "values: {far}");
    }
    assert!(farthest(&fixture.tokens, &fixture.values) > 0.1, "the fixture tells them apart");
}

#[test]
fn the_largest_token_speaks_where_an_older_file_says_so() {
    // Every published CLIP of OpenAI says 2, which is no end of text.
    let mut fixture = made::clip();
    fixture.config["text_config"]["eos_token_id"] = 2.into();
    texts(&fixture.model(Settings::default()), &fixture, NEAR);
}

#[test]
fn siglip_is_the_one_of_transformers() {
    let fixture = made::siglip();
    for files in [Files::One, Files::Shards] {
        let folder = fixture.folder(files, Width::F32);
        let model = made::load(folder.path(), Settings::default()).unwrap();
        texts(&model, &fixture, NEAR);
        let far = farthest(&tokens(&model, Dense::Tokens), &fixture.tokens);
        assert!(far < NEAR, "{far}");
    }
}

#[test]
fn weights_of_half_the_width_are_read() {
    for (width, near) in [(Width::F16, 0.02), (Width::BF16, 0.15)] {
        let fixture = made::clip();
        let folder = fixture.folder(Files::One, width);
        texts(&made::load(folder.path(), Settings::default()).unwrap(), &fixture, near);
    }
}

#[test]
fn threads_do_not_change_the_bits() {
    let model = made::large_clip().model(Settings::default());
    let rgb = made::picture(150, 140);
    let pixels = Pixels::new(150, 140, &rgb).unwrap();
    let whole = Rect { x: 0, y: 0, width: 150, height: 140 };
    let seen = |threads| {
        let grant = Grant::threads(threads);
        grant.run(|| model.look(&pixels, whole, grant)).unwrap()
    };
    let one = seen(1);
    assert_eq!(one, seen(1));
    assert_eq!(one, seen(2));
    assert_eq!(one, seen(5));
}

#[test]
fn images_are_resized_as_pillow_does() {
    #[derive(Deserialize)]
    struct Case {
        resample: u64,
        rect: [usize; 4],
        side: usize,
        pixels: Vec<u8>,
    }
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/compare/resize.json")).unwrap();
    let rgb = made::picture(45, 37);
    let pixels = Pixels::new(45, 37, &rgb).unwrap();
    for Case { resample, rect: [x, y, width, height], side, pixels: theirs } in cases {
        let filter = Filter::numbered(resample).unwrap();
        let ours =
            resize::square(&pixels, Rect { x, y, width, height }, side, filter, Grant::threads(1)).unwrap();
        assert_eq!(ours, theirs, "{filter:?} of {width}x{height} at {x},{y} to {side}");
    }
}
