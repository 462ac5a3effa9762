//! What a plugin says about itself: scorers and allocators with their
//! parameters, what each needs and gives, where it runs, and how exactly it
//! repeats itself. It crosses the boundary as JSON, so it can grow.

use arrcoc_decide::Way;
use serde::{Deserialize, Serialize};

/// Everything one library offers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Its scorers.
    #[serde(default)]
    pub scorers: Vec<ScorerInfo>,
    /// Its allocators.
    #[serde(default)]
    pub allocators: Vec<AllocatorInfo>,
}

/// A scorer, described.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScorerInfo {
    /// The name users give to `--scorer`.
    pub id: String,
    /// One line.
    pub doc: String,
    /// Parameters.
    #[serde(default)]
    pub params: Vec<Param>,
    /// Tensors it cannot work without.
    #[serde(default)]
    pub requires: Vec<String>,
    /// Tensors it uses when they are there.
    #[serde(default)]
    pub optional: Vec<String>,
    /// Tensors and channels it gives.
    #[serde(default)]
    pub provides: Vec<Provided>,
    /// Where it can run.
    #[serde(default)]
    pub devices: Vec<DeviceInfo>,
    /// How exactly it repeats itself.
    #[serde(default)]
    pub determinism: Determinism,
    /// Whether it uses more than one thread when it may.
    #[serde(default)]
    pub parallel: bool,
    /// What of the image it looks at, in a few words; nothing when it looks at tensors alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sees: String,
    /// Verbs that it knows, such as [`FEED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verbs: Vec<String>,
}

/// The verb by which a scorer takes an image in bands of rows; see [`Scorer::feed`](crate::Scorer::feed).
pub const FEED: &str = "feed";

/// The verb by which a backend says what it takes for an image; see [`Scorer::measure`](crate::Scorer::measure).
pub const MEASURE: &str = "measure";

/// An allocator, described.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllocatorInfo {
    /// The name users give to `--allocator`.
    pub id: String,
    /// One line, with the source of the rule.
    pub doc: String,
    /// Parameters.
    #[serde(default)]
    pub params: Vec<Param>,
    /// Tensors it cannot work without, beside the weights.
    #[serde(default)]
    pub requires: Vec<String>,
    /// Tensors it uses when they are there.
    #[serde(default)]
    pub optional: Vec<String>,
    /// How exactly it repeats itself.
    #[serde(default)]
    pub determinism: Determinism,
}

/// Something a scorer gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provided {
    /// Tensor name.
    pub name: String,
    /// One line: what one number means.
    pub doc: String,
    /// Set when it is a channel: one number per patch that speaks for a way of knowing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelInfo>,
}

/// How a channel is to be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelInfo {
    /// The way it speaks for.
    pub way: Way,
    /// What its numbers are.
    pub scale: Scale,
}

/// What the numbers of a channel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Already 0 to 1 and comparable between images; for a participatory
    /// channel, the probability that the patch holds what is asked for.
    Unit,
    /// Any finite number; the host's calibration has a map for it, and without
    /// one the channel has no weight.
    Raw,
}

/// Where a scorer can run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// The device's name.
    pub name: String,
    /// Why it cannot be used on this machine; absent when it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable: Option<String>,
}

/// How exactly a plugin repeats itself on equal input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Determinism {
    /// The same bits on every machine.
    BitExact,
    /// The same bits on one machine.
    RunToRun,
    /// Within these tolerances.
    Tolerance {
        /// Absolute.
        abs: f64,
        /// Relative.
        rel: f64,
    },
    /// No promise.
    #[default]
    None,
}

/// A parameter: name, range and default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// One line, with the unit.
    pub doc: String,
    /// Type, range and default.
    #[serde(flatten)]
    pub domain: Domain,
}

/// Type, range and default of a parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Domain {
    /// A finite number in a range.
    Float {
        /// Least.
        min: f64,
        /// Most.
        max: f64,
        /// Used when none is given.
        default: f64,
    },
    /// A whole number in a range.
    Integer {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
        /// Used when none is given.
        default: i64,
    },
    /// Yes or no.
    Boolean {
        /// Used when none is given.
        default: bool,
    },
    /// One of these words.
    Choice {
        /// The words.
        values: Vec<String>,
        /// Used when none is given.
        default: String,
    },
    /// Any text.
    Text {
        /// Used when none is given.
        default: String,
    },
    /// A file or a folder, for reading. Written `asset:FOLDER` it is that folder of
    /// the user's cache of optional assets: the host puts the place there before
    /// the instance is made, and records what was written.
    Path {
        /// Used when none is given; may be empty.
        default: String,
    },
}

/// How a path begins that stands for a folder of the cache of optional assets.
pub const ASSET: &str = "asset:";

impl Param {
    fn new(name: &str, doc: &str, domain: Domain) -> Param {
        Param { name: name.into(), doc: doc.into(), domain }
    }

    /// A finite number in a range.
    #[must_use]
    pub fn float(name: &str, range: std::ops::RangeInclusive<f64>, default: f64, doc: &str) -> Param {
        Param::new(name, doc, Domain::Float { min: *range.start(), max: *range.end(), default })
    }

    /// A whole number in a range.
    #[must_use]
    pub fn integer(name: &str, range: std::ops::RangeInclusive<i64>, default: i64, doc: &str) -> Param {
        Param::new(name, doc, Domain::Integer { min: *range.start(), max: *range.end(), default })
    }

    /// Yes or no.
    #[must_use]
    pub fn boolean(name: &str, default: bool, doc: &str) -> Param {
        Param::new(name, doc, Domain::Boolean { default })
    }

    /// One of these words.
    #[must_use]
    pub fn choice(name: &str, values: &[&str], default: &str, doc: &str) -> Param {
        let values = values.iter().map(|&v| v.to_owned()).collect();
        Param::new(name, doc, Domain::Choice { values, default: default.into() })
    }

    /// Any text.
    #[must_use]
    pub fn text(name: &str, default: &str, doc: &str) -> Param {
        Param::new(name, doc, Domain::Text { default: default.into() })
    }

    /// A file or a folder ([`Domain::Path`]).
    #[must_use]
    pub fn path(name: &str, default: &str, doc: &str) -> Param {
        Param::new(name, doc, Domain::Path { default: default.into() })
    }
}

impl ScorerInfo {
    /// A scorer that needs nothing, gives nothing and runs on the CPU.
    #[must_use]
    pub fn new(id: &str, doc: &str) -> ScorerInfo {
        ScorerInfo {
            id: id.into(),
            doc: doc.into(),
            params: Vec::new(),
            requires: Vec::new(),
            optional: Vec::new(),
            provides: Vec::new(),
            devices: vec![DeviceInfo { name: "cpu".into(), unavailable: None }],
            determinism: Determinism::None,
            parallel: false,
            sees: String::new(),
            verbs: Vec::new(),
        }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn param(mut self, param: Param) -> Self {
        self.params.push(param);
        self
    }

    /// Adds a tensor it cannot work without.
    #[must_use]
    pub fn requires(mut self, tensor: &str) -> Self {
        self.requires.push(tensor.into());
        self
    }

    /// Adds a tensor it uses when it is there.
    #[must_use]
    pub fn optional(mut self, tensor: &str) -> Self {
        self.optional.push(tensor.into());
        self
    }

    /// Adds a tensor it gives.
    #[must_use]
    pub fn tensor(mut self, name: &str, doc: &str) -> Self {
        self.provides.push(Provided { name: name.into(), doc: doc.into(), channel: None });
        self
    }

    /// Adds a channel whose numbers are already 0 to 1 ([`Scale::Unit`]).
    #[must_use]
    pub fn channel(self, name: &str, way: Way, doc: &str) -> Self {
        self.channel_on(name, way, Scale::Unit, doc)
    }

    /// Adds a channel on a stated scale.
    #[must_use]
    pub fn channel_on(mut self, name: &str, way: Way, scale: Scale, doc: &str) -> Self {
        let channel = Some(ChannelInfo { way, scale });
        self.provides.push(Provided { name: name.into(), doc: doc.into(), channel });
        self
    }

    /// States how exactly it repeats itself.
    #[must_use]
    pub fn determinism(mut self, determinism: Determinism) -> Self {
        self.determinism = determinism;
        self
    }

    /// States that it uses as many threads as a call grants.
    #[must_use]
    pub fn parallel(mut self) -> Self {
        self.parallel = true;
        self
    }

    /// States what of the image it looks at, in a few words: `every pixel`, `the whole image at 224×224`.
    #[must_use]
    pub fn sees(mut self, what: &str) -> Self {
        self.sees = what.into();
        self
    }

    /// States that it takes an image in bands of rows, too: it has [`Scorer::feed`](crate::Scorer::feed).
    #[must_use]
    pub fn feeds(mut self) -> Self {
        self.verbs.push(FEED.into());
        self
    }

    /// States that it says what it takes for an image: it has [`Scorer::measure`](crate::Scorer::measure).
    #[must_use]
    pub fn measures(mut self) -> Self {
        self.verbs.push(MEASURE.into());
        self
    }

    /// Whether it knows a verb.
    #[must_use]
    pub fn knows(&self, verb: &str) -> bool {
        self.verbs.iter().any(|known| known == verb)
    }

    /// The channels among what it gives.
    pub fn channels(&self) -> impl Iterator<Item = (&Provided, &ChannelInfo)> {
        self.provides.iter().filter_map(|p| p.channel.as_ref().map(|c| (p, c)))
    }

    /// Why it cannot run on this machine: every device it names is unavailable.
    #[must_use]
    pub fn unavailable(&self) -> Option<String> {
        let usable = self.devices.is_empty() || self.devices.iter().any(|d| d.unavailable.is_none());
        if usable {
            return None;
        }
        let reasons: Vec<String> = self
            .devices
            .iter()
            .filter_map(|d| d.unavailable.as_ref().map(|why| format!("{}: {why}", d.name)))
            .collect();
        Some(reasons.join("; "))
    }
}

impl AllocatorInfo {
    /// An allocator that needs nothing but the weights.
    #[must_use]
    pub fn new(id: &str, doc: &str) -> AllocatorInfo {
        AllocatorInfo {
            id: id.into(),
            doc: doc.into(),
            params: Vec::new(),
            requires: Vec::new(),
            optional: Vec::new(),
            determinism: Determinism::None,
        }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn param(mut self, param: Param) -> Self {
        self.params.push(param);
        self
    }

    /// Adds a tensor it cannot work without.
    #[must_use]
    pub fn requires(mut self, tensor: &str) -> Self {
        self.requires.push(tensor.into());
        self
    }

    /// Adds a tensor it uses when it is there.
    #[must_use]
    pub fn optional(mut self, tensor: &str) -> Self {
        self.optional.push(tensor.into());
        self
    }

    /// States how exactly it repeats itself.
    #[must_use]
    pub fn determinism(mut self, determinism: Determinism) -> Self {
        self.determinism = determinism;
        self
    }
}
