//! What the rules that compare patches compare.
//!
//! Published rules compare the features of a vision encoder. Where the tensor
//! `patch_features` [N, D] is given, these rules run on it, which is the published
//! rule. Where it is not, they run on the numbers below, made from the patch
//! statistics; that is *the rule on pixel features, not the published system*, and
//! says nothing about the system of the paper.
//!
//! | numbers | what | range |
//! |---|---|---|
//! | 3 | mean red, green and blue, 2·mean/255 − 1 | −1..=1 |
//! | 16 | luma histogram in bins of 16 values, √share − ¼ (a flat histogram is 0) | −¼..=¾ |
//! | 1 | edge pixels, 2·share | 0..=2 |
//! | 1 | strength of the gradient, √((Jxx + Jyy)/count)/128 | 0..=3 |
//! | 2 | orientation by its double angle, (Jxx − Jyy, 2·Jxy)/(Jxx + Jyy), times that strength | −3..=3 |
//!
//! The scales are constants: an image never changes what a number means. Shares
//! enter by their roots, so that their distance is that of Hellinger.

use arrcoc_sdk::prelude::*;
use arrcoc_stats::PatchStats;

use crate::cosines::{Unfit, UnitRows};

/// The most patches that rules take which compare patches with each other.
const MOST_PATCHES: usize = 1 << 14;

/// Numbers of a patch without encoder features.
const PIXEL_FEATURES: usize = 23;

/// The features of every patch, of length 1.
pub(crate) fn unit_features(ask: &Ask<'_>) -> Result<UnitRows, Fault> {
    let patches = ask.demand.patches();
    if patches > MOST_PATCHES {
        let message = format!("{patches} patches are more than the {MOST_PATCHES} that this rule compares");
        return Err(Fault::unsupported(message));
    }
    match ask.inputs.get("patch_features") {
        Some(features) => {
            features.expect_shape(&[patches as u64, 0])?;
            if features.shape()[1] == 0 {
                return Err(Fault::invalid("tensor `patch_features` has no columns"));
            }
            UnitRows::new(&features.to_f32()?, patches).map_err(|e| unfit("patch_features", "patch", e))
        }
        None => {
            let features = pixel_features(&ask.inputs.patch_stats()?);
            UnitRows::new(&features, patches).map_err(|e| Fault::internal(e.to_string()))
        }
    }
}

/// The fault of a tensor whose rows, each a `what`, cannot be compared.
pub(crate) fn unfit(tensor: &str, what: &str, reason: Unfit) -> Fault {
    Fault::invalid(match reason {
        Unfit::NotFinite { row, column, value } => {
            format!("tensor `{tensor}`: column {column} of {what} {row} is `{value}`, not a finite number")
        }
        other => format!("tensor `{tensor}`: {other}"),
    })
}

/// N × [`PIXEL_FEATURES`] numbers.
fn pixel_features(stats: &PatchStats<'_>) -> Vec<f32> {
    let patches = stats.grid().patches();
    let mut features = Vec::with_capacity(patches * PIXEL_FEATURES);
    for patch in 0..patches {
        let patch = stats.patch(patch);
        let count = patch.count().max(1) as f64;
        features.extend(patch.sum_rgb().map(|sum| (2.0 * sum as f64 / (255.0 * count) - 1.0) as f32));
        features.extend(patch.histogram().chunks_exact(16).map(|bin| {
            let share = bin.iter().sum::<i64>() as f64 / count;
            (share.sqrt() - 0.25) as f32
        }));
        features.push((2.0 * patch.edges() as f64 / count) as f32);
        let energy = (patch.jxx() + patch.jyy()) as f64;
        let strength = (energy / count).sqrt() / 128.0;
        let turned = if energy > 0.0 { strength / energy } else { 0.0 };
        features.push(strength as f32);
        features.push(((patch.jxx() - patch.jyy()) as f64 * turned) as f32);
        features.push((2.0 * patch.jxy() as f64 * turned) as f32);
    }
    features
}

#[cfg(test)]
mod tests {
    use arrcoc_stats::Grid;

    use super::*;

    /// One patch of four pixels: luma 0, 0, 255, 255; red only; 2 edges; Jxx 256, nothing else.
    #[test]
    fn pixel_features_of_a_known_patch() {
        let mut table = vec![0i64; arrcoc_stats::FIELDS];
        table[0] = 4;
        (table[1], table[1 + 255]) = (2, 2);
        table[257] = 4 * 255;
        table[260] = 2;
        table[261] = 256;
        let stats = PatchStats::from_raw(Grid::new(1, 1).unwrap(), table).unwrap();
        let features = pixel_features(&stats);
        assert_eq!(features.len(), PIXEL_FEATURES);
        assert_eq!(features[..3], [1.0, -1.0, -1.0]);
        // √½ − ¼ in the first and the last bin, −¼ between.
        assert!((features[3] - 0.457_106_77).abs() < 1e-6 && features[3] == features[18]);
        assert_eq!(features[4..18], [-0.25; 14]);
        // 2·2/4; √(256/4)/128 = 8/128; all of it along x.
        assert_eq!(features[19..], [1.0, 0.0625, 0.0625, 0.0]);
    }
}
