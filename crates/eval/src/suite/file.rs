//! The form of a suite file: what may stand in it, before anything is proved.

use std::{fmt, str::FromStr};

use arrcoc::{Bounds, Grid};
use serde::{Deserialize, Deserializer, de};

use super::yaml::{Text, Written};

/// Name and version of the form.
pub(crate) const SCHEMA: &str = "arrcoc.suite/1";

/// A suite file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SuiteFile {
    pub(crate) schema: String,
    pub(crate) suite: String,
    pub(crate) version: u32,
    pub(crate) description: String,
    pub(crate) dataset: DatasetFile,
    #[serde(default)]
    pub(crate) grid: Option<Text<Grid>>,
    #[serde(default)]
    pub(crate) bounds: Option<Text<Bounds>>,
    pub(crate) averages: Vec<f64>,
    pub(crate) methods: Vec<MethodFile>,
    #[serde(default)]
    pub(crate) against: Vec<String>,
    pub(crate) measure: MeasureFile,
    #[serde(default)]
    pub(crate) primary: Vec<ComparisonFile>,
    #[serde(default)]
    pub(crate) gates: Vec<GateFile>,
}

/// What is measured on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DatasetFile {
    pub(crate) name: DatasetName,
    pub(crate) pages: u32,
    pub(crate) quick: u32,
    pub(crate) size: Text<Size>,
}

/// The datasets there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DatasetName {
    Codes,
}

impl fmt::Display for DatasetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DatasetName::Codes => "codes",
        })
    }
}

/// A method: a name, or a name with what it stands for.
#[derive(Clone, Debug)]
pub(crate) struct MethodFile {
    pub(crate) name: String,
    /// Absent where only a name was given.
    pub(crate) definition: Option<DefinitionFile>,
}

/// What a named method runs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DefinitionFile {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) scorers: Vec<String>,
    #[serde(default)]
    pub(crate) allocator: Option<String>,
}

impl<'de> Deserialize<'de> for MethodFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MethodFile, D::Error> {
        struct Either;
        impl<'de> de::Visitor<'de> for Either {
            type Value = MethodFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a method, or a mapping with `name`, `scorers` and `allocator`")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<MethodFile, E> {
                Ok(MethodFile { name: name.into(), definition: None })
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<MethodFile, A::Error> {
                let definition = DefinitionFile::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(MethodFile { name: definition.name.clone(), definition: Some(definition) })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// What is measured. Every part is optional; a suite has at least one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct MeasureFile {
    #[serde(default)]
    pub(crate) decode: Option<DecodeFile>,
    #[serde(default)]
    pub(crate) repeat: Option<RepeatFile>,
    #[serde(default)]
    pub(crate) shift: Option<ShiftFile>,
    #[serde(default)]
    pub(crate) threads: Option<ThreadsFile>,
    #[serde(default)]
    pub(crate) faults: Option<FaultsFile>,
    #[serde(default)]
    pub(crate) latency: Option<LatencyFile>,
    #[serde(default)]
    pub(crate) coverage: Option<CoverageFile>,
}

/// The codes that a reader reads, at every average.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DecodeFile {}

/// The same request more than once.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RepeatFile {
    pub(crate) times: u32,
}

/// The same page, a few pixels further.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ShiftFile {
    pub(crate) pixels: Vec<[u32; 2]>,
}

/// The same request on other numbers of threads.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ThreadsFile {
    pub(crate) counts: Vec<u32>,
}

/// Plugins that misbehave on purpose.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct FaultsFile {
    pub(crate) average: f64,
    pub(crate) parts: Vec<String>,
}

/// How long a decision takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LatencyFile {
    pub(crate) sizes: Vec<Text<Size>>,
    pub(crate) samples: u32,
    pub(crate) quick: u32,
    pub(crate) warm_up: u32,
}

/// Whether everything that can be asked for is handled.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CoverageFile {
    pub(crate) sizes: Vec<Text<Size>>,
    pub(crate) grids: Vec<Text<Grid>>,
    pub(crate) profiles: Vec<ProfileFile>,
}

/// Bounds, and averages within them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ProfileFile {
    pub(crate) bounds: Text<Bounds>,
    pub(crate) averages: Vec<f64>,
}

/// A comparison that was chosen before anything was measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ComparisonFile {
    pub(crate) metric: String,
    pub(crate) method: String,
    pub(crate) against: String,
    #[serde(default)]
    pub(crate) average: Option<f64>,
}

/// What must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct GateFile {
    pub(crate) name: String,
    pub(crate) metric: String,
    #[serde(default)]
    pub(crate) method: Option<String>,
    #[serde(default)]
    pub(crate) against: Option<String>,
    #[serde(default)]
    pub(crate) average: Option<f64>,
    #[serde(default)]
    pub(crate) condition: Option<String>,
    #[serde(default)]
    pub(crate) part: Part,
    #[serde(default)]
    pub(crate) at_least: Option<f64>,
    #[serde(default)]
    pub(crate) at_most: Option<f64>,
}

/// The number of a finding that a gate looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Part {
    /// The estimate.
    #[default]
    Estimate,
    /// The lower end of its interval.
    Low,
    /// The upper end of its interval.
    High,
}

/// Width and height in pixels, written `1344x1344`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Size, String> {
        let side = |digits: &str| digits.trim().parse().ok().filter(|side| (1..=8192).contains(side));
        let sides = text.split_once(['x', '×']).and_then(|(w, h)| Some((side(w)?, side(h)?)));
        let (width, height) = sides.ok_or_else(|| format!("`{text}` is not a size"))?;
        Ok(Size { width, height })
    }
}

impl Written for Size {
    const FORM: &'static str = "a size";
    const HINT: &'static str = "write width x height in pixels, each 1 to 8192, such as 1344x1344";
}

impl Written for Grid {
    const FORM: &'static str = "a grid";
    const HINT: &'static str = "write rows x columns, such as 24x24";
}

impl Written for Bounds {
    const FORM: &'static str = "bounds";
    const HINT: &'static str = "write least..most tokens of a patch, such as 64..400";
}
