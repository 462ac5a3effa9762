//! Patch statistics beside copying the image, beside the same list in OpenCV and NumPy, and on two threads.
//!
//! The list is that of [`arrcoc_stats::PatchStats`]: count, histogram of luma, sums of colours, edges and structure tensor
//! of every patch, on a grid of 24×24. A peer is timed only when its table is ours, number by number.

use std::{fs, hint::black_box, path::Path};

use arrcoc_stats::{EDGE_THRESHOLD, FIELDS, Grid, Pixels, Tiling, scan_threads};
use serde_json::{Value, json};

use crate::{
    python::Peers,
    table::{Goal, Row},
    turns::{Clock, Sides, timed},
};

/// The ways that `peers.py` has for the whole list, and what the table calls them.
const WAYS: [(&str, &str); 2] = [
    ("whole", "OpenCV + NumPy, step by step over the image"),
    ("strips", "OpenCV + NumPy, tuned: strips that stay in the cache"),
];
/// What scikit-image has of the list. It takes too much memory on the larger image.
const PART: (&str, &str, u32) = ("structure_tensor", "scikit-image, a part: grey and structure tensor", 1344);

/// Smooth shading with texture and noise, so that histograms are neither flat nor single spikes. RGB, `side`² pixels.
pub(crate) fn image(side: u32) -> Vec<u8> {
    // SplitMix64, of the number of the pixel.
    let noise = |x: u32, y: u32| {
        let mut z = (u64::from(y) * u64::from(side) + u64::from(x) + 7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as u32
    };
    let mut rgb = Vec::with_capacity(3 * (side as usize).pow(2));
    for y in 0..side {
        for x in 0..side {
            let base = x * 160 / side + y * 60 / side + if (x / 23 + y / 31) % 3 == 0 { 25 } else { 0 };
            let noise = noise(x, y);
            rgb.extend([0, 8, 16].map(|shift| (base + (noise >> shift & 7)) as u8));
        }
    }
    rgb
}

/// The rows of one size.
pub(crate) fn rows(side: u32, peers: &Peers, folder: &Path) -> Vec<Row> {
    let what = format!("patch statistics, {side}² RGB");
    measure(&what, side, peers, folder).unwrap_or_else(|error| vec![Row::failed(what, error)])
}

fn measure(what: &str, side: u32, peers: &Peers, folder: &Path) -> Result<Vec<Row>, String> {
    let data = image(side);
    let pixels = Pixels::new(side, side, &data).map_err(|error| error.to_string())?;
    let tiling = Tiling::new(Grid::default(), side, side).map_err(|error| error.to_string())?;
    let calls = if side > 2000 { 2 } else { 5 };
    let mut rows = Vec::new();
    let mut copy = data.clone();
    let scan = |threads: usize, clock: Clock| {
        timed(clock, 1, calls, || {
            black_box(scan_threads(black_box(&pixels), &tiling, EDGE_THRESHOLD, threads));
            Ok(())
        })
    };
    let mut sides = Sides::default();
    sides.add("copy", || {
        timed(Clock::Processor, 1, calls, || {
            copy.copy_from_slice(black_box(&data));
            black_box(&mut copy);
            Ok(())
        })
    });
    sides.add("ours", || scan(1, Clock::Processor));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores > 1 {
        sides.add("one of two", || scan(1, Clock::Wall));
        sides.add("two threads", || scan(2, Clock::Wall));
    }
    if let Ok(python) = peers {
        let file = folder.join("image");
        fs::write(&file, &data).map_err(|error| format!("cannot write the image: {error}"))?;
        python
            .borrow_mut()
            .ask(json!({ "do": "load_image", "file": path(&file)?, "width": side, "height": side }))?;
        let ours = scan_threads(&pixels, &tiling, EDGE_THRESHOLD, 1);
        for (way, name) in WAYS {
            let file = folder.join("table");
            let mut ask = question("table", way);
            ask["file"] = path(&file)?.into();
            python.borrow_mut().ask(ask)?;
            let theirs = fs::read(&file).map_err(|error| format!("cannot read the table: {error}"))?;
            match difference(ours.as_slice(), &theirs) {
                None => sides.add(name, move || ask_time(peers, way, calls)),
                Some(difference) => {
                    rows.push(Row::failed(format!("{what}, {name}"), difference));
                }
            }
        }
        if side == PART.2 {
            sides.add(PART.1, || ask_time(peers, PART.0, 1));
        }
    }

    let rounds = sides.run(if side > 2000 { 9 } else { 15 })?;
    let (Some(ours), Some(copy)) = (rounds.of("ours"), rounds.of("copy")) else {
        return Err("a side had no turn".to_owned());
    };
    rows.push(Row::compared(what, Goal::AtMost(4.0), ours, "copying the image", copy));
    for (_, name) in WAYS {
        match (peers, rounds.of(name)) {
            (_, Some(theirs)) => rows.push(Row::compared(what, Goal::Faster(8.0), ours, name, theirs)),
            (Err(why), None) => {
                rows.push(Row::not_compared(format!("{what}, beside {name}"), Goal::Faster(8.0), why));
            }
            // It has failed, and has its row.
            (Ok(_), None) => {}
        }
    }
    if let Some(theirs) = rounds.of(PART.1) {
        rows.push(Row::compared(what, Goal::Told, ours, PART.1, theirs));
    }
    let what = format!("two threads, {what}");
    rows.push(match (rounds.of("two threads"), rounds.of("one of two")) {
        (Some(two), Some(one)) => Row::compared(what, Goal::Faster(1.8), two, "one thread", one),
        _ => Row::not_compared(what, Goal::Faster(1.8), "one core"),
    });
    Ok(rows)
}

fn question(what: &str, way: &str) -> Value {
    let grid = Grid::default();
    json!({
        "do": what, "way": way, "rows": grid.rows, "columns": grid.cols, "threshold": EDGE_THRESHOLD,
    })
}

fn ask_time(peers: &Peers, way: &str, calls: u32) -> Result<f64, String> {
    let python = peers.as_ref().map_err(String::clone)?;
    let mut ask = question("statistics", way);
    ask["warm"] = 1.into();
    ask["calls"] = calls.into();
    python.borrow_mut().seconds(ask)
}

fn path(file: &Path) -> Result<&str, String> {
    file.to_str().ok_or_else(|| format!("the path `{}` is not UTF-8", file.display()))
}

/// Where another table, as little-endian 64-bit integers, is not ours.
fn difference(ours: &[i64], theirs: &[u8]) -> Option<String> {
    let (theirs, rest) = theirs.as_chunks::<8>();
    if theirs.len() != ours.len() || !rest.is_empty() {
        return Some(format!("its table has {} numbers, ours {}", theirs.len(), ours.len()));
    }
    let theirs = theirs.iter().map(|bytes| i64::from_le_bytes(*bytes));
    let (at, (ours, theirs)) = ours.iter().zip(theirs).enumerate().find(|(_, (a, b))| *a != b)?;
    let (patch, field) = (at / FIELDS, at % FIELDS);
    Some(format!("field {field} of patch {patch} is {theirs} in its table and {ours} in ours"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_that_differs_is_named() {
        let ours: Vec<i64> = (0..2 * FIELDS as i64).collect();
        let bytes = |table: &[i64]| table.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let mut theirs = ours.clone();
        assert_eq!(difference(&ours, &bytes(&theirs)), None);
        theirs[FIELDS + 260] = -1;
        assert_eq!(
            difference(&ours, &bytes(&theirs)).as_deref(),
            Some("field 260 of patch 1 is -1 in its table and 524 in ours")
        );
        assert!(difference(&ours, &bytes(&ours[1..])).is_some());
        assert!(difference(&ours, &bytes(&ours)[1..]).is_some());
    }
}
