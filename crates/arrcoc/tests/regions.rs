//! Overrides by region: the real command finds the patches of a block, of pixels and of a mask, and says beforehand what
//! cannot be.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use arrcoc::Decision;
use arrcoc_picture::{Image, encode_png};
use support::{Desk, png};

/// A mask in which the pixels of a rectangle are white, its ends excluded.
fn mask(width: u32, height: u32, (left, top): (u32, u32), (right, bottom): (u32, u32)) -> Vec<u8> {
    let white = |x, y| (left..right).contains(&x) && (top..bottom).contains(&y);
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let rgb = pixels.flat_map(|(x, y)| [if white(x, y) { 255 } else { 0 }; 3]).collect();
    encode_png(&Image::from_rgb(width, height, rgb).unwrap()).unwrap()
}

fn decisions(desk: &Desk, args: &[&str]) -> Vec<Decision> {
    let text = desk.run(&[&["allocate", "--json", "-"], args].concat()).well();
    text.lines().map(|line| Decision::from_json(line).unwrap()).collect()
}

/// Patches of `page.png` are 10 pixels wide and 8 high.
#[test]
fn one_place_can_be_written_in_every_form() {
    let desk = Desk::new();
    desk.write("large.png", &mask(240, 192, (35, 20), (60, 24)));
    desk.write("small=1.png", &mask(24, 24, (3, 2), (6, 3)));
    let plain = &decisions(&desk, &["page.png"])[0];
    assert_eq!(plain.policy.authority, None);
    let mut ids = Vec::new();
    for region in
        ["2,3..5", "2..2,3..5", "px:35,20,25x4", "px:30,16,30x8", "mask:large.png", "mask:small=1.png"]
    {
        let pinned = &decisions(&desk, &["page.png", "--pin", &format!("{region}=300")])[0];
        assert_eq!(pinned.tokens[2][3..6], [300; 3], "{region}");
        assert_eq!(pinned.policy.overrides.len(), 3, "{region}");
        assert_eq!(pinned.applied, plain.applied);
        ids.push(pinned.id.clone());
        let banned = &decisions(&desk, &["page.png", "--ban", region])[0];
        assert_eq!(banned.flat_tokens().iter().filter(|&&k| k == 0).count(), 3, "{region}");
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "the same overrides are the same decision");
}

#[test]
fn each_image_has_its_own_patches() {
    let desk = Desk::new();
    desk.write("wide.png", &png(480, 192));
    let args = ["page.png", "wide.png", "--floor", "px:0,0,20x8=399", "--floor", "0,0=399"];
    let patches = |d: &Decision| d.policy.overrides.iter().map(|o| o.patch).collect::<Vec<_>>();
    let [page, wide] = &decisions(&desk, &args)[..] else { panic!("two images") };
    assert_eq!((patches(page), patches(wide)), (vec![0, 1], vec![0]));
}

#[test]
fn who_overrules_is_recorded_and_told() {
    let desk = Desk::new();
    let told = |args: &[&str]| {
        let decision = decisions(&desk, args).remove(0);
        desk.write("d.json", decision.to_json().unwrap().as_bytes());
        let text = desk.run(&["explain", "d.json"]).well();
        text.lines().find(|line| line.starts_with("overruled")).map(str::to_owned)
    };
    let by = ["--who", "R. Ito", "--why", "the total is what is asked"];
    for (args, line) in [
        (&["page.png"][..], None),
        (&["page.png", "--ban", "0,0"], Some("overruled   1 patch")),
        (&["page.png", "--ban", "0,0..3", "--who", "R. Ito"], Some("overruled   4 patches by R. Ito")),
        (&["page.png", "--uniform", "--why", "a trial"], Some("overruled   576 patches: a trial")),
    ] {
        assert_eq!(told(args).as_deref(), line);
    }
    let args = [&["page.png", "--pin", "23,20..23=400"], &by[..]].concat();
    assert_eq!(told(&args).unwrap(), "overruled   4 patches by R. Ito: the total is what is asked");
    let text = std::fs::read_to_string(desk.path("d.json")).unwrap();
    assert!(
        text.contains(r#""authority":{"who":"R. Ito","why":"the total is what is asked"}"#),
        "it is in the record"
    );
    let patch = desk.run(&["explain", "d.json", "--patch", "23,22"]).well();
    assert!(patch.contains("override    pin 400"), "{patch}");
    let one_alone = &decisions(&desk, &["page.png", "--ban", "0,0", "--who", "R. Ito"])[0];
    assert!(one_alone.to_json().unwrap().contains(r#""authority":{"who":"R. Ito"}"#));
}

#[test]
fn a_region_that_is_none_is_refused() {
    let desk = Desk::new();
    desk.write("dark.png", &mask(240, 192, (0, 0), (0, 0)));
    desk.write("other.png", &mask(100, 100, (0, 0), (9, 9)));
    desk.write("tiny.png", &mask(10, 10, (0, 0), (9, 9)));
    desk.write("notes.png", b"not a picture");
    for (args, message, hint) in [
        (&["--ban", "everything"][..], "`everything` is not a region", "write a patch 3,17"),
        (&["--pin", "3..1,0=100"], "`3..1,0` is empty: 3 is after 1", "write 1..3"),
        (&["--pin", "0..2,0..2"], "`0..2,0..2` is not an override", "such as 3,17=400"),
        (&["--ban", "0,20..24"], "there is no patch 0,24 in a grid of 24x24", "columns from 0 to 23"),
        (&["--ban", "px:0,0,5x0"], "`px:0,0,5x0` has no pixels", "above 0"),
        (
            &["--ban", "px:235,0,6x9"],
            "page.png: `px:235,0,6x9` is not inside the image of 240x192 pixels",
            "keep X + W to 240 at most, and Y + H to 192",
        ),
        (&["--ban", "mask:gone.png"], "`gone.png`: there is no such file", "check the path"),
        (&["--ban", "mask:notes.png"], "`notes.png`: this is not an image", "png, jpeg"),
        (&["--ban", "mask:dark.png"], "the mask `dark.png` marks nothing", "white"),
        (
            &["--ban", "mask:other.png"],
            "page.png: the mask `other.png` has 100x100 pixels, and the image 240x192",
            "or 24x24 pixels, one for each patch",
        ),
        (&["--ban", "mask:tiny.png"], "the mask `tiny.png` has 10x10 pixels, fewer than the grid", "24x24"),
        (&["--who", "R. Ito"], "--who is given, but nothing is overruled", "--uniform"),
        (&["--why", "a trial"], "--why is given, but nothing is overruled", "--uniform"),
    ] {
        let refused = desk.run(&[&["allocate", "page.png"], args].concat()).refused();
        assert!(refused.contains(message) && refused.contains(hint), "{args:?}: {refused}");
    }
}

/// What cannot be is said before anything is loaded, decided or logged, and of which image.
#[test]
fn an_impossible_total_is_found_before_anything_is_done() {
    let desk = Desk::new();
    desk.write("wide.png", &png(480, 192));
    let log = ["--log", "decisions.ledger", "--plugin", "gone.so"];
    let refused = |args: &[&str]| {
        let text = desk.run(&[&["allocate"], args, &log[..]].concat()).refused();
        assert!(!desk.path("decisions.ledger").exists());
        text
    };
    // The pixels are in two patches of the page, and in one of the wide image.
    let text = refused(&["page.png", "--budget", "36864", "--pin", "0,0..1=65"]);
    assert!(
        text.contains("total 36864 is below the least") && text.contains("with 2 overrides: 36866"),
        "{text}"
    );
    let text = refused(&["wide.png", "page.png", "--budget", "36865", "--pin", "px:0,0,20x8=65"]);
    assert!(text.starts_with("error: page.png: total 36865 is below the least"), "{text}");
    let text = refused(&["page.png", "--pin", "px:0,0,1x1=100", "--pin", "0,0=101"]);
    assert!(
        text.starts_with(
            "error: page.png: override `pin 101` on patch 0,0 contradicts the earlier `pin 100`"
        ),
        "{text}"
    );

    // A total that only the region makes possible: half of the patches get nothing.
    let half = &decisions(&desk, &["page.png", "--budget", "20000", "--ban", "px:0,0,120x192"])[0];
    assert_eq!(half.applied, 20000);
    assert!(half.tokens.iter().all(|row| row[..12] == [0; 12]));
}

/// An image that cannot be read costs the others nothing, with regions as without.
#[test]
fn a_damaged_image_is_told_of_at_its_turn() {
    let desk = Desk::new();
    desk.write("broken.png", b"\x89PNG\r\n\x1a\n and nothing more");
    let ran = desk.run(&["allocate", "broken.png", "page.png", "--ban", "px:0,0,1x1", "--json", "d.jsonl"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("broken.png"), "{ran:?}");
    assert_eq!(std::fs::read_to_string(desk.path("d.jsonl")).unwrap().lines().count(), 1);
}
