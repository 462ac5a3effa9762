//! The calibration file: reference maps and weights of the standard channels.
//!
//! The command embeds the committed file and reads it with code of its own, so what
//! is written here is a format, not a type that is passed around. The text is the
//! same for the same numbers, to the byte: a check can compare files.

use std::collections::BTreeMap;

use arrcoc_decide::{Channel, MonotoneMap, Way};
use arrcoc_stats::{PatchStats, perspectival, propositional};
use serde::{Deserialize, Serialize};

/// Name and version of the format.
pub const SCHEMA: &str = "arrcoc.calibration/1";

/// A calibration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// [`SCHEMA`].
    pub schema: String,
    /// Which maps these are; it stands in every decision.
    pub version: String,
    /// The command that makes the file.
    pub made_by: String,
    /// For each family of pictures the number of the first seed, and how many.
    pub images: BTreeMap<String, (u64, u32)>,
    /// The reference map of each channel of what is there and what stands out.
    pub channels: BTreeMap<String, MonotoneMap>,
    /// The weight of each of those channels, at least 0, together 1.
    pub theta: BTreeMap<String, f64>,
    /// Maps of encoders; none here, since they need an encoder to be fitted.
    pub encoders: BTreeMap<String, BTreeMap<String, MonotoneMap>>,
}

impl Calibration {
    /// The standard channels of an image, calibrated and weighted. A channel without a
    /// map or a weight is left out.
    #[must_use]
    pub fn channels(&self, stats: &PatchStats<'_>) -> Vec<Channel> {
        raw_channels(stats)
            .into_iter()
            .filter_map(|(way, name, raw)| {
                let (map, &theta) = self.channels.get(name).zip(self.theta.get(name))?;
                let values = raw.into_iter().map(|value| map.apply(value)).collect();
                Some(Channel { plugin: "ways".into(), name: name.into(), way, theta, values })
            })
            .collect()
    }

    /// The file: JSON with one line for each channel.
    ///
    /// # Errors
    ///
    /// When a number is not finite, which no map holds.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let fields = [
            ("schema", serde_json::to_string(&self.schema)?),
            ("version", serde_json::to_string(&self.version)?),
            ("made_by", serde_json::to_string(&self.made_by)?),
            ("images", lines(&self.images)?),
            ("channels", lines(&self.channels)?),
            ("theta", lines(&self.theta)?),
            ("encoders", lines(&self.encoders)?),
        ];
        let fields: Vec<String> =
            fields.iter().map(|(name, value)| format!("  \"{name}\": {value}")).collect();
        Ok(format!("{{\n{}\n}}\n", fields.join(",\n")))
    }
}

/// The standard channels of an image as they are derived, before any map.
pub(crate) fn raw_channels(stats: &PatchStats<'_>) -> Vec<(Way, &'static str, Vec<f64>)> {
    let there = propositional(stats).into_iter().map(|channel| (Way::Propositional, channel));
    let out = perspectival(stats).into_iter().map(|channel| (Way::Perspectival, channel));
    there
        .chain(out)
        .map(|(way, (name, values))| (way, name, values.into_iter().map(f64::from).collect()))
        .collect()
}

/// An object with one line for each entry.
fn lines<T: Serialize>(map: &BTreeMap<String, T>) -> Result<String, serde_json::Error> {
    if map.is_empty() {
        return Ok("{}".into());
    }
    let entry = |(name, value): (&String, &T)| -> Result<String, serde_json::Error> {
        Ok(format!("    {}: {}", serde_json::to_string(name)?, serde_json::to_string(value)?))
    };
    let entries: Vec<String> = map.iter().map(entry).collect::<Result<_, _>>()?;
    Ok(format!("{{\n{}\n  }}", entries.join(",\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_json_of_the_same_calibration() {
        let knots = vec![(0.0, 0.0), (1.0 / 3.0, 0.1), (0.7f32.into(), 1.0)];
        let calibration = Calibration {
            schema: SCHEMA.into(),
            version: "x".into(),
            made_by: "a \"test\"".into(),
            images: [("sky".to_owned(), (3, 2))].into(),
            channels: [("rarity".to_owned(), MonotoneMap::new(knots).unwrap())].into(),
            theta: [("rarity".to_owned(), 0.1 + 0.2)].into(),
            encoders: BTreeMap::new(),
        };
        let text = calibration.to_json().unwrap();
        assert_eq!(serde_json::from_str::<Calibration>(&text).unwrap(), calibration, "{text}");
        assert!(text.contains("\n    \"sky\": [3,2]\n  },\n"), "{text}");
    }
}
