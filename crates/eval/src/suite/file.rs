//! The form of a suite file: what may stand in it, before anything is proved.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use arrcoc::{Bounds, Grid};
use serde::{Deserialize, Deserializer, de};

use super::yaml::{Text, Written};
use crate::{command::Spec, method::Parts};

/// Name and version of the form.
pub(crate) const SCHEMA: &str = "arrcoc.suite/1";

/// A suite file.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SuiteFile {
    /// Name and version of this form: `arrcoc.suite/1`.
    pub(crate) schema: String,
    /// The name: lower-case letters, digits and `-`.
    pub(crate) suite: String,
    /// The version of the suite. Raise it when its numbers can no longer be compared with earlier ones.
    pub(crate) version: u32,
    /// A sentence or two on what it asks, for the report.
    pub(crate) description: String,
    /// What is measured on, at least one.
    pub(crate) datasets: Vec<DatasetFile>,
    /// Rows x columns of patches. Default `24x24`.
    #[serde(default)]
    pub(crate) grid: Option<Text<Grid>>,
    /// Least and most tokens of a patch; bounds such as `0..1` prune. Default `64..400`.
    #[serde(default)]
    pub(crate) bounds: Option<Text<Bounds>>,
    /// Budgets: tokens a patch on average, inside the bounds, at least one. Each is a point of a curve.
    pub(crate) averages: Vec<f64>,
    /// What is compared, 1 to 100: the name of a method, or a mapping that makes one.
    pub(crate) methods: Vec<MethodFile>,
    /// Names of methods that every other one is compared with. Default none.
    #[serde(default)]
    pub(crate) against: Vec<String>,
    /// What has to be found out from a page. Default nothing.
    #[serde(default)]
    pub(crate) tasks: TasksFile,
    /// Other wordings in which the tasks ask each question too, by their distance from its own: 1 is the nearest.
    /// Default none.
    #[serde(default)]
    pub(crate) wordings: Vec<u8>,
    /// Pages made worse, for the tasks. Default none.
    #[serde(default)]
    pub(crate) corrupt: Option<CorruptFile>,
    /// What else is measured. A suite has a task or a measure.
    #[serde(default)]
    pub(crate) measure: MeasureFile,
    /// At most 12 comparisons that were chosen before anything was measured; their p are corrected together
    /// (Holm 1979). All others are exploratory.
    #[serde(default)]
    pub(crate) primary: Vec<ComparisonFile>,
    /// What must hold. Default nothing.
    #[serde(default)]
    pub(crate) gates: Vec<GateFile>,
}

/// What is measured on. Which keys apply depends on the kind.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DatasetFile {
    /// What kind of pages.
    pub(crate) kind: DatasetKind,
    /// How results name it; each name is there once. Default the name of the kind.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// Pages of a standard run, 1 to 10000.
    pub(crate) pages: u32,
    /// Pages of a quick run, 0 to 10000; of the first dataset at least 1.
    pub(crate) quick: u32,
    /// Pages of a full run, 1 to 10000. Default as many as `pages`.
    #[serde(default)]
    pub(crate) full: Option<u32>,
    /// Width and height of pages that are drawn, in pixels.
    #[serde(default)]
    pub(crate) size: Option<Text<Size>>,
    /// Questions about each page of `documents` (1 to 16) and `scenes` (1 to 24). Default 8 and 6.
    #[serde(default)]
    pub(crate) asks: Option<u32>,
    /// Layouts that pages of `documents` go through: `form`, `receipt`, `contents`, `prose`. Default all.
    #[serde(default)]
    pub(crate) layouts: Option<Vec<String>>,
    /// Ems that pages of `documents` go through, in pixels of a page of 1344x1344, 18 to 36. Default 18, 22, 28, 36.
    #[serde(default, rename = "type")]
    pub(crate) type_px: Option<Vec<u32>>,
    /// How much grain, blur, noise and compression `documents` have, 0 to 1. Default 0.4.
    #[serde(default)]
    pub(crate) noise: Option<f32>,
    /// The greatest angle in degrees by which `documents` lie askew, 0 to 1.5. Default 0.8.
    #[serde(default)]
    pub(crate) skew: Option<f32>,
    /// The greatest share of light that is lost on one side of `documents`, 0 to 0.5. Default 0.15.
    #[serde(default)]
    pub(crate) shading: Option<f32>,
    /// The manifest or a folder with one, the instances of `coco`, or the Parquet file; a relative path begins at the
    /// folder of the suite.
    #[serde(default)]
    pub(crate) file: Option<PathBuf>,
    /// The names of the columns of `parquet`.
    #[serde(default)]
    pub(crate) columns: Option<ColumnsFile>,
    /// The folder of the images of `coco`; a relative path begins at the folder of the suite.
    #[serde(default)]
    pub(crate) images: Option<PathBuf>,
}

/// The kinds of datasets there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DatasetKind {
    /// Cluttered pages with QR codes, drawn: `size` is needed.
    Codes,
    /// Pages of print with questions, drawn: `size` is needed.
    Documents,
    /// Pages of coloured things, drawn: `size` is needed.
    Scenes,
    /// Images of your own, from a manifest: `file` is needed.
    Manifest,
    /// Images with boxes or masks as COCO writes them: `file` and `images` are needed.
    Coco,
    /// Images in a Parquet file as Hugging Face writes it: `file` is needed.
    Parquet,
}

impl fmt::Display for DatasetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DatasetKind::Codes => "codes",
            DatasetKind::Documents => "documents",
            DatasetKind::Scenes => "scenes",
            DatasetKind::Manifest => "manifest",
            DatasetKind::Coco => "coco",
            DatasetKind::Parquet => "parquet",
        })
    }
}

/// The columns of a Parquet file.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ColumnsFile {
    /// Image bytes, as Hugging Face writes them. Default `image`.
    #[serde(default)]
    pub(crate) image: Option<String>,
    /// Questions. Default `question`.
    #[serde(default)]
    pub(crate) question: Option<String>,
    /// Answers. Default `answers`, or `answer`.
    #[serde(default)]
    pub(crate) answers: Option<String>,
    /// Names of the pages. Default the numbers of the rows.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// Left, top, width and height of the answer in pixels. Default none: an answer may be anywhere.
    #[serde(default)]
    pub(crate) boxes: Option<String>,
}

/// What has to be found out. Every part is optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TasksFile {
    /// QR codes: a decoder reads the whole page.
    #[serde(default)]
    pub(crate) decode: Option<TaskFile>,
    /// Fields: a recogniser of text reads the place of the answer. Needs `cargo xtask fetch ocr`.
    #[serde(default)]
    pub(crate) read: Option<TaskFile>,
    /// Things: which of several is most like the one that is asked for?
    #[serde(default)]
    pub(crate) locate: Option<TaskFile>,
    /// Structural similarity where the answer is.
    #[serde(default)]
    pub(crate) reconstruct: Option<TaskFile>,
    /// A program of your own answers in words.
    #[serde(default)]
    pub(crate) command: Option<CommandFile>,
}

/// A program that answers, on what it is asked, and how patient the evaluation is.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CommandFile {
    /// Names of datasets. Default all.
    #[serde(default)]
    pub(crate) on: Option<Vec<String>>,
    /// Traits of pages by which results are told apart. Default none.
    #[serde(default)]
    pub(crate) by: Vec<String>,
    /// The program and its arguments; no shell sees them.
    pub(crate) program: Vec<String>,
    /// Seconds that an answer may take, 0.01 to 86400.
    pub(crate) deadline: f64,
    /// Seconds that the first answer may take besides. Default 60.
    #[serde(default)]
    pub(crate) start: Option<f64>,
}

impl CommandFile {
    /// What is run.
    pub(crate) fn spec(&self) -> Spec {
        Spec {
            program: self.program.clone(),
            deadline: Duration::from_secs_f64(self.deadline),
            start: Duration::from_secs_f64(self.start.unwrap_or(60.0)),
            relaunches: 3,
        }
    }
}

/// Pages made worse, for the tasks.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CorruptFile {
    /// Names of corruptions, such as `blur`, at least one. A quick run makes pages worse at severity 3, a
    /// standard run at 1, 3 and 5, a full run at 1 to 5.
    pub(crate) families: Vec<String>,
    /// The budget at which corrupted pages are looked at: one of `averages`.
    pub(crate) average: f64,
}

/// On what a task runs, and by what its results are told apart.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TaskFile {
    /// Names of datasets. Default all that have what the task needs.
    #[serde(default)]
    pub(crate) on: Option<Vec<String>>,
    /// Traits of pages by which results are told apart. Default none.
    #[serde(default)]
    pub(crate) by: Vec<String>,
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DefinitionFile {
    /// The name of the method in results.
    pub(crate) name: String,
    /// Ids of scorers. Default the standard ones.
    #[serde(default)]
    pub(crate) scorers: Vec<String>,
    /// The id of an allocator. Default the standard one.
    #[serde(default)]
    pub(crate) allocator: Option<String>,
    /// The name of a backend for statistics. Default the one that `arrcoc allocate` takes.
    #[serde(default)]
    pub(crate) backend: Option<String>,
    /// A calibration that `arrcoc calibrate` wrote, laid over the program's own; a relative path begins at the folder of
    /// the suite. Default none.
    #[serde(default)]
    pub(crate) calibration: Option<PathBuf>,
    /// Pages that share one total, 2 to 16: each page with those that follow it, all asked the same. Default each has its
    /// own.
    #[serde(default)]
    pub(crate) batch: Option<u32>,
    /// Id of a scorer or allocator → key → value. With a list of values, the method is one for each, named
    /// `NAME KEY=VALUE`. Default none.
    #[serde(default)]
    pub(crate) params: BTreeMap<String, BTreeMap<String, ValuesFile>>,
}

/// A value of a parameter, or several.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "a value, or a list of values")]
pub(crate) enum ValuesFile {
    One(ValueFile),
    Several(Vec<ValueFile>),
}

/// A value of a parameter.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "a value"))]
#[serde(untagged, expecting = "a number, a text, true or false")]
pub(crate) enum ValueFile {
    Truth(bool),
    Whole(i64),
    Number(f64),
    Text(String),
}

impl fmt::Display for ValueFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueFile::Truth(truth) => truth.fmt(f),
            ValueFile::Whole(number) => number.fmt(f),
            ValueFile::Number(number) => number.fmt(f),
            ValueFile::Text(text) => text.fmt(f),
        }
    }
}

impl DefinitionFile {
    /// What the engine is put together from, with these parameters; files are named from the suite's folder.
    pub(crate) fn parts(&self, params: Params, folder: &Path) -> Parts {
        Parts {
            scorers: self.scorers.clone(),
            allocator: self.allocator.clone(),
            backend: self.backend.clone(),
            calibration: self.calibration.as_ref().map(|file| folder.join(file)),
            params,
            batch: self.batch,
        }
    }

    /// The method for each combination of the values that are given: its name, and its parameters.
    pub(crate) fn expanded(&self) -> Vec<(String, Params)> {
        let mut methods = vec![(self.name.clone(), Params::new())];
        for (id, keys) in &self.params {
            for (key, values) in keys {
                let several = matches!(values, ValuesFile::Several(_));
                let values = match values {
                    ValuesFile::One(value) => std::slice::from_ref(value),
                    ValuesFile::Several(values) => values,
                };
                let with = |(name, params): &(String, Params), value: &ValueFile| {
                    let name = if several { format!("{name} {key}={value}") } else { name.clone() };
                    let mut params = params.clone();
                    params.entry(id.clone()).or_default().insert(key.clone(), value.to_string());
                    (name, params)
                };
                methods = methods.iter().flat_map(|m| values.iter().map(move |v| with(m, v))).collect();
            }
        }
        methods
    }
}

/// Id of a scorer or allocator → key → value.
pub(crate) type Params = BTreeMap<String, BTreeMap<String, String>>;

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

/// What is measured beside tasks. Every part is optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct MeasureFile {
    /// The same request more than once.
    #[serde(default)]
    pub(crate) repeat: Option<RepeatFile>,
    /// The same page, a few pixels further.
    #[serde(default)]
    pub(crate) shift: Option<ShiftFile>,
    /// The same request on other numbers of threads.
    #[serde(default)]
    pub(crate) threads: Option<ThreadsFile>,
    /// The same question in other words, and another question: `{}`.
    #[serde(default)]
    pub(crate) paraphrase: Option<NothingFile>,
    /// Many requests at once.
    #[serde(default)]
    pub(crate) batch: Option<BatchFile>,
    /// The same request on every backend that runs on this machine: `{}`.
    #[serde(default)]
    pub(crate) backends: Option<NothingFile>,
    /// Plugins that misbehave on purpose.
    #[serde(default)]
    pub(crate) faults: Option<FaultsFile>,
    /// How long a decision takes.
    #[serde(default)]
    pub(crate) latency: Option<LatencyFile>,
    /// What each scorer costs, apart from the decision around it.
    #[serde(default)]
    pub(crate) scorers: Option<ScorersFile>,
    /// Every size, grid, range of bounds and budget.
    #[serde(default)]
    pub(crate) coverage: Option<CoverageFile>,
    /// Totals that each decision chooses from a range, beside one total for all, on up to 48 pages of each dataset. Needs the
    /// task `read`.
    #[serde(default)]
    pub(crate) ranges: Option<RangesFile>,
    /// Pages that are unlike all that anything was fitted on, made of up to 24 drawn documents of each dataset.
    #[serde(default)]
    pub(crate) unknowns: Option<UnknownsFile>,
}

/// Totals that each decision chooses from a range.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RangesFile {
    /// The least total, in tokens a patch on average, inside the bounds.
    pub(crate) from: f64,
    /// The greatest, more than the least.
    pub(crate) to: f64,
}

/// Pages that are unlike all others.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct UnknownsFile {
    /// The budget, tokens a patch on average, inside the bounds.
    pub(crate) average: f64,
}

/// The same request more than once.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RepeatFile {
    /// How often, 2 to 100.
    pub(crate) times: u32,
}

/// The same page, a few pixels further.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ShiftFile {
    /// Steps to the right and down in pixels, each 0 to 64 and not both 0; at least one.
    pub(crate) pixels: Vec<[u32; 2]>,
}

/// The same request on other numbers of threads.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ThreadsFile {
    /// Numbers of threads, each 1 to 1024; at least two.
    pub(crate) counts: Vec<u32>,
}

/// A measure without keys.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct NothingFile {}

/// Many requests at once.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct BatchFile {
    /// How many threads share the engine, 2 to 64.
    pub(crate) threads: u32,
}

/// Plugins that misbehave on purpose.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct FaultsFile {
    /// The budget, tokens a patch on average, inside the bounds.
    pub(crate) average: f64,
    /// Ids of plugin parts that break a promise, at least one.
    pub(crate) parts: Vec<String>,
}

/// How long a decision takes.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LatencyFile {
    /// Sizes of the page, in pixels, at least one.
    pub(crate) sizes: Vec<Text<Size>>,
    /// Rounds of a standard or full run, 8 to 1000000. In each round every method takes its turn.
    pub(crate) samples: u32,
    /// Rounds of a quick run, 8 to 1000000.
    pub(crate) quick: u32,
    /// Decisions of each method before the first round.
    pub(crate) warm_up: u32,
    /// Sizes of images that are decided on in a process of their own, in pixels, none smaller than the
    /// grid. Default none.
    #[serde(default)]
    pub(crate) sweep: Vec<Text<Size>>,
    /// Requests that are there at once, each 1 to 1024, for decisions a second. Default none.
    #[serde(default)]
    pub(crate) batches: Vec<u32>,
    /// Rounds in which a scorer that does nothing is called in this process and in one of its own, 0 to 100000; a
    /// fifth of them in a quick run. Default none.
    #[serde(default)]
    pub(crate) calls: u32,
}

/// What each scorer costs.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ScorersFile {
    /// Numbers of threads that a scorer may use, each 1 to 1024; at least one. A quick run takes the first.
    pub(crate) threads: Vec<u32>,
    /// Looks at the first page of the first dataset, 1 to 1000, each with all of its questions.
    pub(crate) samples: u32,
    /// The same of a quick run.
    pub(crate) quick: u32,
}

/// Whether everything that can be asked for is handled.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CoverageFile {
    /// Sizes of images, in pixels, at least one.
    pub(crate) sizes: Vec<Text<Size>>,
    /// Grids, at least one.
    pub(crate) grids: Vec<Text<Grid>>,
    /// Bounds with averages, at least one; each is asked for at every size and grid.
    pub(crate) profiles: Vec<ProfileFile>,
}

/// Bounds, and averages within them.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ProfileFile {
    /// Least and most tokens of a patch.
    pub(crate) bounds: Text<Bounds>,
    /// Tokens a patch on average, inside these bounds, at least one.
    pub(crate) averages: Vec<f64>,
}

/// A comparison that was chosen before anything was measured.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ComparisonFile {
    /// A metric of this suite.
    pub(crate) metric: String,
    /// The dataset. Needed where the metric is measured on several.
    #[serde(default)]
    pub(crate) dataset: Option<String>,
    /// The method that is compared.
    pub(crate) method: String,
    /// The method that it is compared with: one of `against`.
    pub(crate) against: String,
    /// The budget: one of `averages`. Leave it out where the metric has none, as an area.
    #[serde(default)]
    pub(crate) average: Option<f64>,
}

/// What must hold.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct GateFile {
    /// What must hold, in words.
    pub(crate) name: String,
    /// A metric of this suite.
    pub(crate) metric: String,
    /// Findings on this dataset. Default on all.
    #[serde(default)]
    pub(crate) dataset: Option<String>,
    /// Findings of this method. Default of all.
    #[serde(default)]
    pub(crate) method: Option<String>,
    /// Differences or ratios against this method. Default findings that are none.
    #[serde(default)]
    pub(crate) against: Option<String>,
    /// Findings at this budget: one of `averages`. Default at all.
    #[serde(default)]
    pub(crate) average: Option<f64>,
    /// Findings with this condition, as the report writes it, such as `size 1344x1344`. Default all.
    #[serde(default)]
    pub(crate) condition: Option<String>,
    /// The number of a finding that is looked at.
    #[serde(default)]
    pub(crate) part: Part,
    /// The least value that it may have.
    #[serde(default)]
    pub(crate) at_least: Option<f64>,
    /// The greatest value that it may have.
    #[serde(default)]
    pub(crate) at_most: Option<f64>,
}

/// The number of a finding that a gate looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Part {
    /// The estimate; the default.
    #[default]
    Estimate,
    /// The lower end of its 95 % interval.
    Low,
    /// The upper end of its 95 % interval.
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
