//! What backends have in common: plugins whose scorer counts patch statistics and gives
//! nothing else. Each runs somewhere else; the tensor, the parameter that its
//! definition has, and the way to measure it are the same for all.

use std::time::{Duration, Instant};

use arrcoc_abi::{DType, Phase};
use arrcoc_stats::{EDGE_THRESHOLD, FIELDS, Pixels, Tiling};

use crate::{
    call::Call,
    describe::{Determinism, Param, ScorerInfo},
    fault::Fault,
    params::Params,
    scorer::Scorer,
    tensor::{Inputs, OutputSpec, Outputs},
};

/// The tensor that a backend gives.
pub const PATCH_STATS: &str = "patch_stats";

/// The parameter of the definition: the least gradient of an edge.
const THRESHOLD: &str = "edge-threshold";

/// The output of the verb [`MEASURE`](crate::describe::MEASURE): the numbers of [`Measured`].
pub const SECONDS: &str = "seconds";

/// A backend with nothing but what all have. It needs `pixels` and is exact to the bit.
#[must_use]
pub fn info(id: &str, doc: &str) -> ScorerInfo {
    ScorerInfo::new(id, doc)
        .param(Param::integer(
            THRESHOLD,
            1..=2040,
            EDGE_THRESHOLD.into(),
            "a pixel is an edge where |gx| + |gy| of the Sobel filter on luma is at least this",
        ))
        .requires("pixels")
        .tensor(
            PATCH_STATS,
            "[N, 264] i64: count, 256-bin luma histogram, colour sums, edges, structure tensor",
        )
        .determinism(Determinism::BitExact)
}

/// The least |gx| + |gy| of an edge pixel, as the parameter says.
///
/// # Errors
/// `Internal`, when the parameters are not those of [`info`].
pub fn edge_threshold(params: &Params) -> Result<i32, Fault> {
    i32::try_from(params.integer(THRESHOLD)?)
        .map_err(|_| Fault::internal(format!("{THRESHOLD} is out of range")))
}

/// The plan of a backend: the table, from `prepare`.
///
/// # Errors
/// `InvalidInput`, when there is no grid.
pub fn plan(phase: Phase, input: &Inputs<'_>) -> Result<Vec<OutputSpec>, Fault> {
    let shape = [input.grid()?.patches() as u64, FIELDS as u64];
    Ok(match phase {
        Phase::PREPARE => vec![OutputSpec::new(PATCH_STATS, DType::I64, &shape)],
        _ => Vec::new(),
    })
}

/// The grid of the input over an image of this size.
///
/// # Errors
/// `InvalidInput`, when there is no grid or the image is smaller.
pub fn tiling(input: &Inputs<'_>, width: u32, height: u32) -> Result<Tiling, Fault> {
    Tiling::new(input.grid()?, width, height).map_err(|e| Fault::invalid(e.to_string()))
}

/// A device that counts, for a backend that brings it the image in blocks ([`arrcoc_stats::blocks`]).
pub trait Device: Sized + Send + Sync + 'static {
    /// What the backend is: [`info`], with the parameters that the device has of its own and the devices that there are.
    fn info() -> ScorerInfo;

    /// Brings the device up.
    ///
    /// # Errors
    /// `Unsupported`, when something that it needs is not here; whatever else keeps it from working.
    fn open(params: &Params) -> Result<Self, Fault>;

    /// Name, kind and driver.
    fn name(&self) -> &str;

    /// The table of patch statistics of an image.
    ///
    /// # Errors
    /// Whatever keeps it from counting; `DeviceLost` and `OutOfMemory` say so.
    fn count(
        &self,
        pixels: &Pixels<'_>,
        tiling: &Tiling,
        order: &Order,
        call: &Call<'_>,
    ) -> Result<Vec<i64>, Fault>;

    /// What the device takes for an image.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    fn measure(
        &self,
        pixels: &Pixels<'_>,
        tiling: &Tiling,
        order: &Order,
        call: &Call<'_>,
    ) -> Result<Measured, Fault>;
}

/// What a device is asked for besides the image.
pub struct Order {
    /// The least |gx| + |gy| of an edge pixel.
    pub edge_threshold: i32,
    /// Bytes of pixels that go up at once, at most.
    pub block_bytes: u64,
    /// What is to go wrong.
    pub mishap: Mishap,
}

/// A fault that is caused on purpose, once a block was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// None.
    None,
    /// The device goes away.
    DeviceLost,
    /// Its memory runs out.
    OutOfMemory,
}

/// Pixels that go to a device at once, in MiB, unless somebody says otherwise: enough to keep it busy, and little enough
/// that the first block is at work while the second is copied.
const BLOCK_MIB: i64 = 32;

impl Order {
    /// The parameters that say it, beside those of [`info`].
    fn params(info: ScorerInfo) -> ScorerInfo {
        let block = "MiB of pixels that go to the device at once, at most";
        let mishap = "for tests: after the first block the device is lost, or out of memory";
        info.param(Param::integer("block", 1..=1024, BLOCK_MIB, block)).param(Param::choice(
            "mishap",
            &["none", "lost", "memory"],
            "none",
            mishap,
        ))
    }

    fn of(params: &Params) -> Result<Order, Fault> {
        let mishap = match params.text("mishap")? {
            "lost" => Mishap::DeviceLost,
            "memory" => Mishap::OutOfMemory,
            _ => Mishap::None,
        };
        let block_bytes = params.integer("block")?.unsigned_abs() << 20;
        Ok(Order { edge_threshold: edge_threshold(params)?, block_bytes, mishap })
    }
}

/// The scorer of a device.
pub struct OnDevice<D> {
    device: D,
    order: Order,
}

impl<D: Device> Scorer for OnDevice<D> {
    type Prepared = ();

    fn info() -> ScorerInfo {
        Order::params(D::info()).measures()
    }

    fn make(params: &Params, call: &Call<'_>) -> Result<Self, Fault> {
        call.check()?;
        Ok(OnDevice { order: Order::of(params)?, device: D::open(params)? })
    }

    fn device(&self) -> Option<String> {
        Some(self.device.name().to_owned())
    }

    fn plan(&self, phase: Phase, input: &Inputs<'_>) -> Result<Vec<OutputSpec>, Fault> {
        plan(phase, input)
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<(), Fault> {
        let pixels = input.pixels()?;
        let tiling = tiling(input, pixels.width(), pixels.height())?;
        output.write(PATCH_STATS, &self.device.count(&pixels, &tiling, &self.order, call)?)
    }

    fn measure(&self, input: &Inputs<'_>, call: &Call<'_>) -> Result<Measured, Fault> {
        let pixels = input.pixels()?;
        let tiling = tiling(input, pixels.width(), pixels.height())?;
        self.device.measure(&pixels, &tiling, &self.order, call)
    }
}

/// What a backend takes for an image, each in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The statistics, with the pixels where the device has them at hand.
    pub work: f64,
    /// To bring the pixels there; 0 where they are.
    pub upload: f64,
    /// To copy as many bytes as the pixels have from there to there.
    pub copy: f64,
}

impl Measured {
    /// The share of the device's copy bandwidth that the work reads the pixels with: a copy moves every byte twice, the
    /// work once.
    #[must_use]
    pub fn share_of_copy(&self) -> f64 {
        self.copy / (2.0 * self.work)
    }

    pub(crate) fn to_array(self) -> [f64; 3] {
        [self.work, self.upload, self.copy]
    }

    /// Reads the output [`SECONDS`].
    #[must_use]
    pub fn from_array([work, upload, copy]: [f64; 3]) -> Measured {
        Measured { work, upload, copy }
    }
}

/// The median time of a piece of work, in seconds: after one run to warm up, as many runs as a quarter of a second
/// has, but 3 at least and 100 at most.
///
/// # Errors
/// The first fault of the work; `Cancelled` or `DeadlineExceeded` between two runs.
pub fn median_seconds(call: &Call<'_>, mut work: impl FnMut() -> Result<(), Fault>) -> Result<f64, Fault> {
    const LONG: Duration = Duration::from_millis(250);
    work()?;
    let began = Instant::now();
    let mut times = Vec::new();
    while times.len() < 3 || times.len() < 100 && began.elapsed() < LONG {
        call.check()?;
        let since = Instant::now();
        work()?;
        times.push(since.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}
