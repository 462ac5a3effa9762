//! What a plugin is asked about: a picture cut into patches, and the tensors of
//! ABI.md that can be made up for it. Everything is computed from names and
//! positions, so every run asks the same.
//!
//! A tensor that is somebody's own, under a name that ABI.md does not know,
//! cannot be made up. A part that requires one is not asked anything.

use std::ops::Range;

use arrcoc_decide::{Demand, Levels};
use arrcoc_sdk::{
    abi::DType,
    buffer::TensorBuf,
    fault::Fault,
    stats::{Band, EDGE_THRESHOLD, FIELDS, Grid, Pixels, Tiling, scan_threads},
    tensor::{Attributes, Element, Rows},
};

/// Size of a picture and of its grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rows: u32,
    pub(crate) cols: u32,
}

/// What most tests ask about.
pub(crate) const PLAIN: Case = Case { width: 384, height: 384, rows: 24, cols: 24 };

/// Small, for tests that ask hundreds of times.
pub(crate) const SMALL: Case = Case { width: 96, height: 64, rows: 4, cols: 6 };

/// Large, for tests about time.
pub(crate) const LARGE: Case = Case { width: 2000, height: 1500, rows: 24, cols: 24 };

/// One pixel; odd sides; a strip; a line down; a large picture; a plain one.
pub(crate) const SHAPES: [Case; 6] = [
    Case { width: 1, height: 1, rows: 1, cols: 1 },
    Case { width: 37, height: 53, rows: 7, cols: 5 },
    Case { width: 4096, height: 3, rows: 1, cols: 64 },
    Case { width: 2, height: 700, rows: 20, cols: 1 },
    LARGE,
    PLAIN,
];

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Case { width, height, rows, cols } = self;
        write!(f, "{width}×{height} picture, {rows}×{cols} grid")
    }
}

/// What a part says it needs.
#[derive(Clone, Debug)]
pub(crate) struct Needs {
    pub(crate) requires: Vec<String>,
    pub(crate) optional: Vec<String>,
    /// Whether it is an allocator, which gets weights and a demand too.
    pub(crate) allocator: bool,
}

/// What is asked where the question does not matter.
const QUESTION: &str = "What is the total of the red box?";

/// What an allocator gets beside tensors.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) weights: Vec<f64>,
    pub(crate) demand: Demand,
}

/// A picture, its tensors, and what is asked of them.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) case: Case,
    /// What is particular about it, for messages.
    pub(crate) about: String,
    /// Tensors that do not depend on the question.
    pub(crate) tensors: Vec<TensorBuf>,
    /// Tensors that do.
    pub(crate) of_questions: Vec<TensorBuf>,
    pub(crate) questions: Vec<String>,
    pub(crate) order: Option<Order>,
    asks: Vec<String>,
    /// The rows of the picture that are there, where they are not all.
    band: Option<Rows>,
}

/// Names of tensors that belong to the question and are withheld from `prepare`.
const OF_QUESTIONS: [&str; 2] = ["query_embeddings", "llm_attention"];

/// Names of an allocator's own tensors.
pub(crate) const OWN: [&str; 3] = ["weights", "min", "max"];

/// Length of a vector in the space that patches and questions share.
const SHARED: u64 = 8;

/// The first required tensor that cannot be made up.
pub(crate) fn unknown(needs: &Needs) -> Option<&str> {
    const KNOWN: [&str; 8] = [
        "pixels",
        "patch_stats",
        "patch_features",
        "patch_projected",
        "neutral_embedding",
        "cls_attention",
        "distortion",
        "answer_mask",
    ];
    let known = |name: &str| KNOWN.contains(&name) || OF_QUESTIONS.contains(&name);
    needs.requires.iter().map(String::as_str).find(|name| !known(name))
}

impl Scene {
    /// A scene with everything that was asked for and can be made up.
    pub(crate) fn new(case: Case, needs: &Needs) -> Result<Scene, Fault> {
        let patches = u64::from(case.rows) * u64::from(case.cols);
        let order = Order::new(Weights::Ramp, vec![(64, 400); patches as usize], Levels::Any, 150 * patches)?;
        Scene::ordered(case, needs, order)
    }

    /// The same without what is optional.
    pub(crate) fn bare(case: Case, needs: &Needs) -> Result<Scene, Fault> {
        let bare = Needs { optional: Vec::new(), ..needs.clone() };
        let mut scene = Scene::new(case, &bare)?;
        scene.about = format!("{case}, required tensors alone");
        Ok(scene)
    }

    /// A scene with an order for an allocator.
    pub(crate) fn ordered(case: Case, needs: &Needs, order: Order) -> Result<Scene, Fault> {
        let asks: Vec<String> = needs.requires.iter().chain(&needs.optional).cloned().collect();
        let picture = picture(case);
        let mut tensors = Vec::new();
        for name in &asks {
            if let Some(tensor) = made(name, case, &picture, order.demand.levels())? {
                tensors.push(tensor);
            }
        }
        let mut scene = Scene {
            case,
            about: case.to_string(),
            tensors,
            of_questions: Vec::new(),
            questions: Vec::new(),
            order: None,
            asks,
            band: None,
        };
        if needs.allocator {
            let patches = [order.demand.patches() as u64];
            scene.tensors.push(TensorBuf::new("weights", &patches, &order.weights)?);
            scene.tensors.push(TensorBuf::new("min", &patches, order.demand.min())?);
            scene.tensors.push(TensorBuf::new("max", &patches, order.demand.max())?);
            scene.order = Some(order);
        }
        scene.asking(&[QUESTION])
    }

    /// The same scene with other questions, and their tensors.
    pub(crate) fn asking(mut self, questions: &[&str]) -> Result<Scene, Fault> {
        self.questions = questions.iter().map(|&question| question.to_owned()).collect();
        self.of_questions.clear();
        let patches = u64::from(self.case.rows) * u64::from(self.case.cols);
        if self.asks.iter().any(|name| name == "query_embeddings") {
            let vectors: Vec<f32> =
                questions.iter().flat_map(|question| numbers(question, SHARED, -1.0, 1.0)).collect();
            let shape = [questions.len() as u64, SHARED];
            self.of_questions.push(TensorBuf::new("query_embeddings", &shape, &vectors)?);
        }
        if self.asks.iter().any(|name| name == "llm_attention") {
            let values = numbers("llm_attention", 4 * patches, 0.0, 1.0);
            self.of_questions.push(TensorBuf::new("llm_attention", &[4, patches], &values)?);
        }
        Ok(self)
    }

    /// The same scene with the picture in it, whether that was asked for or not.
    pub(crate) fn seen(mut self, needs: &Needs) -> Result<Scene, Fault> {
        if self.tensor("pixels").is_none() {
            let pixels = Needs { requires: vec!["pixels".into()], optional: Vec::new(), ..needs.clone() };
            self.tensors.extend(Scene::new(self.case, &pixels)?.tensors.into_iter().take(1));
        }
        Ok(self)
    }

    /// The same scene with some rows of the picture alone, and those beside them.
    pub(crate) fn band(&self, rows: Range<u32>) -> Result<Scene, Fault> {
        let pixels = self.tensor("pixels").ok_or_else(|| Fault::internal("the scene has no picture"))?;
        let (around, stride) = (Band::around(&rows, self.case.height), 3 * self.case.width as usize);
        let bytes = &pixels.as_bytes()[around.start as usize * stride..around.end as usize * stride];
        let shape = [u64::from(around.end - around.start), self.case.width.into(), 3];
        let cut = TensorBuf::new("pixels", &shape, bytes)?;
        let band = Some(Rows { height: self.case.height, rows: [rows.start, rows.end] });
        Ok(Scene { band, ..self.clone().with(cut) })
    }

    /// The same scene without the tensor of this name.
    pub(crate) fn without(mut self, name: &str) -> Scene {
        self.tensors.retain(|tensor| tensor.name() != name);
        self.of_questions.retain(|tensor| tensor.name() != name);
        self
    }

    /// The same scene with another tensor in the place of the one with its name.
    pub(crate) fn with(mut self, other: TensorBuf) -> Scene {
        let all = self.tensors.iter_mut().chain(&mut self.of_questions);
        if let Some(place) = all.into_iter().find(|tensor| tensor.name() == other.name()) {
            *place = other;
        }
        self
    }

    /// The tensor of this name.
    pub(crate) fn tensor(&self, name: &str) -> Option<&TensorBuf> {
        self.tensors.iter().chain(&self.of_questions).find(|tensor| tensor.name() == name)
    }

    /// The attributes of a call, with the questions or without.
    pub(crate) fn attributes(&self, with_questions: bool) -> Attributes {
        Attributes {
            grid: Some([self.case.rows, self.case.cols]),
            queries: if with_questions { self.questions.clone() } else { Vec::new() },
            band: self.band,
            total: self.order.as_ref().map(|order| order.demand.total()),
            levels: self.order.as_ref().map(|order| order.demand.levels().clone()),
        }
    }
}

/// How weight lies over the patches.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Weights {
    /// More from patch to patch.
    Ramp,
    /// All on one patch, none on the others.
    One,
    /// None on every other patch.
    Half,
}

impl Order {
    /// An order: bounds of each patch, levels and total.
    pub(crate) fn new(
        weights: Weights,
        bounds: Vec<(u32, u32)>,
        levels: Levels,
        total: u64,
    ) -> Result<Order, Fault> {
        let patches = bounds.len();
        let (min, max) = bounds.into_iter().unzip();
        let demand = Demand::new(min, max, levels, total).map_err(|e| Fault::internal(e.to_string()))?;
        let raw = |patch: usize| match weights {
            Weights::Ramp => patch as f64 + 1.0,
            Weights::One => f64::from(u8::from(patch == patches / 2)),
            Weights::Half => f64::from(u8::from(patch.is_multiple_of(2))) * (1.0 + (patch % 5) as f64),
        };
        let sum: f64 = (0..patches).map(raw).sum();
        Ok(Order { weights: (0..patches).map(|patch| raw(patch) / sum).collect(), demand })
    }
}

/// A tensor that does not depend on the question; `None` for a name that nothing is known of, or that does.
fn made(name: &str, case: Case, picture: &[u8], levels: &Levels) -> Result<Option<TensorBuf>, Fault> {
    let patches = u64::from(case.rows) * u64::from(case.cols);
    let tensor = match name {
        "pixels" => TensorBuf::new(name, &[case.height.into(), case.width.into(), 3], picture)?,
        "patch_stats" => {
            let wrong = |e: &dyn std::fmt::Display| Fault::internal(e.to_string());
            let grid = Grid::new(case.rows, case.cols).map_err(|e| wrong(&e))?;
            let pixels = Pixels::new(case.width, case.height, picture).map_err(|e| wrong(&e))?;
            let tiling = Tiling::new(grid, case.width, case.height).map_err(|e| wrong(&e))?;
            let table = scan_threads(&pixels, &tiling, EDGE_THRESHOLD, 1);
            TensorBuf::new(name, &[patches, FIELDS as u64], table.as_slice())?
        }
        "patch_features" => TensorBuf::new(name, &[patches, 16], &numbers(name, patches * 16, -1.0, 1.0))?,
        "patch_projected" => {
            TensorBuf::new(name, &[patches, SHARED], &numbers(name, patches * SHARED, -1.0, 1.0))?
        }
        "neutral_embedding" => TensorBuf::new(name, &[SHARED], &numbers(name, SHARED, -1.0, 1.0))?,
        "cls_attention" => TensorBuf::new(name, &[3, patches], &numbers(name, 3 * patches, 0.0, 1.0))?,
        "distortion" => {
            let columns = if let Levels::List(list) = levels { list.len() as u64 } else { 5 };
            let first = numbers(name, patches, 1.0, 100.0);
            let row = |loss: &f32| (1..=columns).map(|column| loss / column as f32).collect::<Vec<f32>>();
            let values: Vec<f32> = first.iter().flat_map(row).collect();
            TensorBuf::new(name, &[patches, columns], &values)?
        }
        "answer_mask" => {
            let mask: Vec<u8> = (0..patches).map(|patch| u8::from(patch % 7 == 3)).collect();
            TensorBuf::new(name, &[patches], &mask)?
        }
        _ => return Ok(None),
    };
    Ok(Some(tensor))
}

/// A picture with flat areas, a gradient, lines like those of print, and noise.
fn picture(case: Case) -> Vec<u8> {
    let (width, height) = (case.width, case.height);
    let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let across = (255 * u64::from(x) / u64::from(width)) as u8;
            let noise = mix(u64::from(y) << 32 | u64::from(x)) as u8;
            rgb.extend(match (4 * x / width.max(4), y / 12 % 4) {
                (0, _) => [235, 235, 230],
                (1, 1) if (x / 3 + y / 2) % 3 == 0 => [20, 20, 25],
                (1, _) => [250, 250, 250],
                (2, 0 | 1) => [200, 30, 40],
                (2, _) => [across, 128, 255 - across],
                _ => [noise, noise.rotate_left(3), across],
            });
        }
    }
    rgb
}

/// Numbers in a range that follow from a name.
fn numbers(name: &str, count: u64, low: f32, high: f32) -> Vec<f32> {
    // FNV-1a, so that equal questions have equal vectors.
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let number = |index: u64| {
        let bits = mix(seed ^ mix(index)) >> 40;
        low + (high - low) * (bits as f32 / (1u64 << 24) as f32)
    };
    (0..count).map(number).collect()
}

/// The step of SplitMix64 (Steele, Lea, Flood 2014, figure 13).
fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The same elements as another type: `f32` for all but `f32`, which becomes `f64`.
pub(crate) fn of_other_type(tensor: &TensorBuf) -> Result<TensorBuf, Fault> {
    fn filled<T: Element>(tensor: &TensorBuf, value: T) -> Result<TensorBuf, Fault> {
        let count: u64 = tensor.shape().iter().product();
        TensorBuf::new(tensor.name(), tensor.shape(), &vec![value; count as usize])
    }
    if tensor.dtype() == DType::F32 { filled(tensor, 0.5f64) } else { filled(tensor, 0.5f32) }
}

/// A tensor that is of no use for its shape: one row too many, or, where any number of rows is right, one column.
pub(crate) fn of_other_shape(tensor: &TensorBuf) -> Result<TensorBuf, Fault> {
    let mut shape = tensor.shape().to_vec();
    let along = match tensor.name() {
        "pixels" | "cls_attention" | "llm_attention" => shape.len() - 1,
        _ => 0,
    };
    shape[along] += 1;
    let size = tensor.dtype().size().unwrap_or(1);
    let count: u64 = shape.iter().product();
    TensorBuf::from_bytes(tensor.name(), tensor.dtype(), &shape, &vec![0; count as usize * size])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(requires: &[&str]) -> Needs {
        let requires = requires.iter().map(|&name| name.to_owned()).collect();
        Needs { requires, optional: Vec::new(), allocator: false }
    }

    #[test]
    fn every_tensor_of_the_contract_can_be_made_up() {
        let needs = needs(&["pixels", "patch_stats", "patch_projected", "query_embeddings", "llm_attention"]);
        assert_eq!(unknown(&needs), None);
        for case in SHAPES {
            let scene = Scene::new(case, &needs).unwrap();
            assert_eq!((scene.tensors.len(), scene.of_questions.len()), (3, 2), "{case}");
        }
        assert_eq!(unknown(&Needs { requires: vec!["depth".into()], ..needs }), Some("depth"));
    }

    #[test]
    fn equal_questions_have_equal_vectors() {
        let scene = Scene::new(SMALL, &needs(&["query_embeddings"])).unwrap();
        let both = scene.clone().asking(&["a", "b"]).unwrap();
        let alone = scene.asking(&["b"]).unwrap();
        assert_eq!(both.of_questions[0].as_bytes()[32..], alone.of_questions[0].as_bytes()[..]);
    }

    #[test]
    fn tensors_can_be_made_wrong() {
        let scene = Scene::new(SMALL, &needs(&["pixels", "patch_stats"])).unwrap();
        let pixels = scene.tensor("pixels").unwrap();
        assert_eq!(of_other_type(pixels).unwrap().dtype(), DType::F32);
        assert_eq!(of_other_shape(pixels).unwrap().shape(), [64, 96, 4]);
        assert_eq!(of_other_shape(scene.tensor("patch_stats").unwrap()).unwrap().shape(), [25, 264]);
        assert!(scene.without("pixels").tensor("pixels").is_none());
    }
}
