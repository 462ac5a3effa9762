//! Pixels to the numbers an encoder takes, as `preprocessor_config.json` says.
//!
//! Of that file the filter, the scale, the mean and the deviation count. Its
//! size must be the encoder's; how it crops does not matter, because what is
//! looked at is chosen by `views` and nothing of an image is cropped away.

use arrcoc_sdk::Fault;
use serde_json::Value;

use crate::{
    config::{Config, Family},
    folder::{Folder, Section, short},
    resize::Filter,
};

const FILE: &str = "preprocessor_config.json";

/// Where newer folders keep it, under `image_processor`.
const COMBINED: &str = "processor_config.json";

/// How pixels become numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Input {
    pub(crate) filter: Filter,
    /// Multiplies a byte.
    scale: f32,
    /// Taken off, by colour.
    mean: [f32; 3],
    /// Divides what is left, by colour.
    deviation: [f32; 3],
}

impl Input {
    /// Reads the file, or takes the family's numbers when there is none; also gives its bytes.
    pub(crate) fn read(folder: &Folder, config: &Config) -> Result<(Input, Vec<u8>), Fault> {
        if folder.has(FILE) {
            let (section, bytes) = folder.object(FILE)?;
            return Ok((Input::of(&section, config)?, bytes));
        }
        if folder.has(COMBINED) {
            let (section, bytes) = folder.object(COMBINED)?;
            if section.get("image_processor").is_some() {
                return Ok((Input::of(&section.section("image_processor")?, config)?, bytes));
            }
        }
        Ok((Input::of_family(config.family), Vec::new()))
    }

    /// The family's own numbers.
    fn of_family(family: Family) -> Input {
        let (mean, deviation) = match family {
            // The means and deviations of the images it was trained on.
            Family::Clip => {
                ([0.481_454_66, 0.457_827_5, 0.408_210_73], [0.268_629_54, 0.261_302_6, 0.275_777_1])
            }
            Family::Siglip => ([0.5; 3], [0.5; 3]),
        };
        Input { filter: Filter::Bicubic, scale: 1.0 / 255.0, mean, deviation }
    }

    fn of(section: &Section<'_>, config: &Config) -> Result<Input, Fault> {
        let family = Input::of_family(config.family);
        let filter = match section.get("resample") {
            None => family.filter,
            Some(value) => value.as_u64().and_then(Filter::numbered).ok_or_else(|| {
                section.fault(
                    "resample",
                    format!("is {}, not 1 (Lanczos), 2 (bilinear) or 3 (bicubic)", short(value)),
                )
            })?,
        };
        let cropped = section.flag("do_center_crop", config.family == Family::Clip)?;
        for key in if cropped { ["size", "crop_size"] } else { ["size", "size"] } {
            if let Some(side) =
                section.get(key).and_then(side).filter(|side| *side != config.vision.image as u64)
            {
                let image = config.vision.image;
                return Err(
                    section.fault(key, format!("is {side}, and `image_size` of config.json is {image}"))
                );
            }
        }
        let scale = match section.flag("do_rescale", true)? {
            true => section.positive("rescale_factor", 1.0 / 255.0)? as f32,
            false => 1.0,
        };
        let (mean, deviation) = match section.flag("do_normalize", true)? {
            true => (
                colours(section, "image_mean", family.mean)?,
                colours(section, "image_std", family.deviation)?,
            ),
            false => ([0.0; 3], [1.0; 3]),
        };
        if deviation.iter().any(|d| *d <= 0.0) {
            return Err(section.fault("image_std", "has a number that is not above 0"));
        }
        Ok(Input { filter, scale, mean, deviation })
    }

    /// A square image, RGB, to one row of numbers a token: [side², 3 · patch²], a
    /// token's red, then green, then blue. Pixels beyond the last whole token are left out.
    pub(crate) fn rows(&self, rgb: &[u8], image: usize, patch: usize) -> Vec<f32> {
        let side = image / patch;
        let mut rows = Vec::with_capacity(side * side * patch * patch * 3);
        for token in 0..side * side {
            let (top, left) = (token / side * patch, token % side * patch);
            for colour in 0..3 {
                for y in top..top + patch {
                    for x in left..left + patch {
                        let value = f32::from(rgb[(y * image + x) * 3 + colour]) * self.scale;
                        rows.push((value - self.mean[colour]) / self.deviation[colour]);
                    }
                }
            }
        }
        rows
    }
}

/// The side in `size` or `crop_size`: a number, or an object with one that is square.
fn side(value: &Value) -> Option<u64> {
    match value {
        Value::Object(sides) => ["shortest_edge", "height", "width"]
            .iter()
            .find_map(|key| sides.get(*key))
            .and_then(Value::as_u64),
        other => other.as_u64(),
    }
}

fn colours(section: &Section<'_>, key: &str, default: [f32; 3]) -> Result<[f32; 3], Fault> {
    let Some(value) = section.get(key) else { return Ok(default) };
    let numbers = value.as_array().and_then(|list| {
        let list: Option<Vec<f32>> = list.iter().map(|x| x.as_f64().map(|x| x as f32)).collect();
        <[f32; 3]>::try_from(list?).ok().filter(|list| list.iter().all(|x| x.is_finite()))
    });
    numbers.ok_or_else(|| section.fault(key, format!("is {}, not three numbers", short(value))))
}
