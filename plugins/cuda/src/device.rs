//! A device at work: blocks go up, partial sums come back.
//!
//! Two streams, each with memory of its own: while one block is counted, the pixels of the
//! next are copied into page-locked memory and go up. The host looks at the deadline
//! while it waits, and an error of the driver is a fault with what it means for the next
//! call.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use arrcoc_sdk::{
    Call, Fault,
    backend::{self, Measured, Mishap, Order, median_seconds},
    prelude::{Param, Params, ScorerInfo},
    stats::{Block, BlockLimits, FIELDS, PARTIALS, Pixels, TILE_PIXELS, Tiling, blocks},
};
use cudarc::{
    driver::{
        CudaContext, CudaEvent, CudaFunction, CudaSlice, CudaStream, DriverError, LaunchConfig,
        PinnedHostSlice, PushKernelArg as _, sys::CUevent_flags,
    },
    nvrtc::Ptx,
};

use crate::{
    driver::{self, fault},
    program::{self, Places},
};

/// Threads that add one tile; the kernel is written for this many.
const THREADS: u32 = 256;

/// How long a wait is tried at once before it sleeps.
const EAGER: Duration = Duration::from_millis(2);
const NAP: Duration = Duration::from_micros(200);

/// Tiles of a block at most, so that their partial sums stay below 64 MiB.
const TILES: usize = 1 << 16;

/// Rounds of a measurement, and pieces of work in each.
const REPEATS: usize = 16;

/// A device with its program.
pub(crate) struct Gpu {
    name: String,
    context: Arc<CudaContext>,
    function: CudaFunction,
    streams: [Arc<CudaStream>; 2],
    /// Memory of earlier calls, by stream.
    shelf: Mutex<[Option<Slot>; 2]>,
}

/// Memory of one block: on the host, page-locked, and on the device.
struct Slot {
    stream: Arc<CudaStream>,
    host_pixels: PinnedHostSlice<u8>,
    pixels: CudaSlice<u8>,
    tiles: CudaSlice<u32>,
    partials: CudaSlice<u32>,
    host_partials: PinnedHostSlice<u32>,
}

/// A block under way.
struct Flight {
    block: Block,
    slot: Slot,
    lane: usize,
    done: CudaEvent,
}

impl backend::Device for Gpu {
    fn info() -> ScorerInfo {
        let mut info = backend::info("cuda", "patch statistics on an NVIDIA graphics processor, in integers")
            .param(Param::integer("device", 0..=1023, 0, "number of the device, as the driver counts"))
            .param(Param::path(
                "nvrtc",
                "asset:nvrtc-210cf050",
                "folder of the compiler NVRTC, where the system has none",
            ))
            .param(Param::path("cache", "asset:ptx", "folder where compiled kernels are kept"));
        info.devices = driver::devices();
        info
    }

    fn open(params: &Params) -> Result<Gpu, Fault> {
        if let Some(reason) = driver::devices().into_iter().find_map(|device| device.unavailable) {
            return Err(Fault::unsupported(reason));
        }
        let cache = Some(params.path("cache")?.to_owned()).filter(|folder| !folder.as_os_str().is_empty());
        let places = Places { nvrtc: params.path("nvrtc")?.to_owned(), cache };
        Gpu::of(params.integer("device")?.unsigned_abs() as usize, &places)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn count(
        &self,
        pixels: &Pixels<'_>,
        tiling: &Tiling,
        order: &Order,
        call: &Call<'_>,
    ) -> Result<Vec<i64>, Fault> {
        // One image at a time: both streams work for it.
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let mut table = vec![0; tiling.grid().patches() * FIELDS];
        let mut under_way: Option<Flight> = None;
        for (number, block) in blocks(tiling, &limits(order)).enumerate() {
            call.check()?;
            let lane = number % 2;
            let next = self.send(block, pixels, order.edge_threshold, lane, shelf[lane].take())?;
            happen(order.mishap)?;
            if let Some(flight) = under_way.replace(next) {
                let lane = flight.lane;
                shelf[lane] = Some(self.land(flight, &mut table, call)?);
            }
        }
        if let Some(flight) = under_way {
            let lane = flight.lane;
            shelf[lane] = Some(self.land(flight, &mut table, call)?);
        }
        Ok(table)
    }

    /// Block after block, each brought up, added and copied several times.
    fn measure(
        &self,
        pixels: &Pixels<'_>,
        tiling: &Tiling,
        order: &Order,
        call: &Call<'_>,
    ) -> Result<Measured, Fault> {
        let said = |e| fault("the device cannot be measured", e);
        let stream = &self.streams[0];
        let mut sum = Measured { work: 0.0, upload: 0.0, copy: 0.0 };
        for block in blocks(tiling, &limits(order)) {
            let flight = self.send(block, pixels, order.edge_threshold, 0, None)?;
            let (block, mut slot) = (flight.block, flight.slot);
            let bytes = block.bytes();
            let staged = slot.host_pixels.as_slice().map_err(said)?.as_ptr();
            // SAFETY: page-locked memory that lives as long as `slot` and is written by nobody while it is read here.
            let staged = unsafe { std::slice::from_raw_parts(staged, bytes) };
            sum.upload += median_seconds(call, || {
                stream.memcpy_htod(staged, &mut slot.pixels).and_then(|()| stream.synchronize()).map_err(said)
            })?;
            sum.work += self.repeated(call, || self.launch(&block, order.edge_threshold, &mut slot))?;
            // SAFETY: it is written by the copies, and nobody reads it.
            let mut scratch = unsafe { stream.alloc::<u8>(slot.pixels.len()) }.map_err(said)?;
            sum.copy += self.repeated(call, || stream.memcpy_dtod(&slot.pixels, &mut scratch))?;
        }
        Ok(sum)
    }
}

impl Gpu {
    /// Brings up a device, by its number.
    fn of(ordinal: usize, places: &Places) -> Result<Gpu, Fault> {
        let said = |what: &'static str| move |e| fault(what, e);
        let context = CudaContext::new(ordinal).map_err(said("the device gives no context"))?;
        let capability = context.compute_capability().map_err(said("the device does not say what it can"))?;
        let ptx = program::ptx(capability, places)?;
        let module =
            context.load_module(Ptx::from_src(ptx)).map_err(said("the driver does not load the kernel"))?;
        let function =
            module.load_function("patch_stats").map_err(said("the driver does not find the kernel"))?;
        let stream = || context.new_stream().map_err(said("the device gives no stream"));
        let streams = [stream()?, stream()?];
        let name = driver::name(ordinal as i32).map_err(said("the device does not say its name"))?;
        Ok(Gpu { name, context, function, streams, shelf: Mutex::default() })
    }

    /// Brings a block to the device and starts it.
    fn send(
        &self,
        block: Block,
        pixels: &Pixels<'_>,
        edge_threshold: i32,
        lane: usize,
        slot: Option<Slot>,
    ) -> Result<Flight, Fault> {
        let stream = &self.streams[lane];
        let sent = self.submit(&block, pixels, edge_threshold, stream, slot);
        let (slot, done) = sent.map_err(|e| fault("the device does not take a block", e))?;
        Ok(Flight { block, slot, lane, done })
    }

    fn submit(
        &self,
        block: &Block,
        pixels: &Pixels<'_>,
        edge_threshold: i32,
        stream: &Arc<CudaStream>,
        slot: Option<Slot>,
    ) -> Result<(Slot, CudaEvent), DriverError> {
        let mut slot = match slot.filter(|slot| slot.fits(block)) {
            Some(slot) => slot,
            None => self.slot(block, stream)?,
        };
        let bytes = block.bytes();
        let staged = slot.host_pixels.as_mut_slice()?;
        for (place, row) in staged.chunks_exact_mut(block.stride()).zip(block.rows(pixels)) {
            place[..row.len()].copy_from_slice(row);
        }
        let tiles: Vec<u32> =
            block.tiles().iter().map(|tile| tile.rect).flat_map(|r| [r.x, r.y, r.width, r.height]).collect();
        stream.memcpy_htod(&tiles, &mut slot.tiles)?;
        // As a plain slice, because what an earlier block needed may be longer; it stays until the stream is done with it.
        stream.memcpy_htod(&staged[..bytes], &mut slot.pixels)?;

        self.launch(block, edge_threshold, &mut slot)?;
        let used = slot.partials.slice(..block.tiles().len() * PARTIALS);
        stream.memcpy_dtoh(&used, &mut slot.host_partials)?;
        let done = stream.record_event(None)?;
        Ok((slot, done))
    }

    /// Starts the kernel on a block whose pixels and tiles are there, or on their way on the same stream.
    fn launch(&self, block: &Block, edge_threshold: i32, slot: &mut Slot) -> Result<(), DriverError> {
        let area = block.area();
        let words = (block.stride() / 4) as u32;
        let count = block.tiles().len() as u32;
        let config =
            LaunchConfig { grid_dim: (count, 1, 1), block_dim: (THREADS, 1, 1), shared_mem_bytes: 0 };
        let stream = Arc::clone(&slot.stream);
        let mut launch = stream.launch_builder(&self.function);
        launch.arg(&slot.pixels).arg(&slot.tiles).arg(&mut slot.partials);
        launch.arg(&area.width).arg(&area.height).arg(&words).arg(&edge_threshold);
        // SAFETY: the arguments are those of `patch_stats`, in its order and of its types. Every tile lies inside of
        // the area, so that the kernel reads only words of `block.bytes()` bytes of `pixels`; it reads `count` tiles
        // and writes `count` times `PARTIALS` numbers, for which `slot` has room.
        unsafe { launch.launch(config) }.map(drop)
    }

    /// The time of a piece of work on the device, in seconds, by the device's own clock.
    fn repeated(
        &self,
        call: &Call<'_>,
        mut work: impl FnMut() -> Result<(), DriverError>,
    ) -> Result<f64, Fault> {
        let said = |e| fault("the device cannot be measured", e);
        let stream = &self.streams[0];
        let event = || stream.record_event(Some(CUevent_flags::CU_EVENT_DEFAULT)).map_err(said);
        let mut times = Vec::new();
        for _ in 0..REPEATS {
            call.check()?;
            let before = event()?;
            for _ in 0..REPEATS {
                work().map_err(said)?;
            }
            let after = event()?;
            let milliseconds = before.elapsed_ms(&after).map_err(said)?;
            times.push(f64::from(milliseconds) / 1000.0 / REPEATS as f64);
        }
        times.sort_by(f64::total_cmp);
        Ok(times[times.len() / 2])
    }

    /// Waits for a block and adds what came back.
    fn land(&self, flight: Flight, table: &mut [i64], call: &Call<'_>) -> Result<Slot, Fault> {
        let Flight { block, slot, done, .. } = flight;
        let gave_up = |e| fault("the device gave no answer", e);
        let since = Instant::now();
        while !done.try_is_complete().map_err(gave_up)? {
            call.check()?;
            if since.elapsed() > EAGER {
                thread::sleep(NAP);
            } else {
                thread::yield_now();
            }
        }
        self.context.check_err().map_err(gave_up)?;
        block.add(slot.host_partials.as_slice().map_err(gave_up)?, table);
        Ok(slot)
    }

    /// New memory for a block.
    fn slot(&self, block: &Block, stream: &Arc<CudaStream>) -> Result<Slot, DriverError> {
        let (bytes, tiles) = (block.bytes(), block.tiles().len());
        // SAFETY: what is allocated here is written before it is read: the pixels by the host but for what fills rows
        // up, which no sum looks at; the tiles by a copy; the partial sums by the kernel, each of them; and any bytes
        // are values of these types.
        unsafe {
            Ok(Slot {
                stream: Arc::clone(stream),
                host_pixels: self.context.alloc_pinned(bytes)?,
                pixels: stream.alloc(bytes)?,
                tiles: stream.alloc(4 * tiles)?,
                partials: stream.alloc(PARTIALS * tiles)?,
                host_partials: self.context.alloc_pinned_with_flags(PARTIALS * tiles, 0)?,
            })
        }
    }
}

fn limits(order: &Order) -> BlockLimits {
    BlockLimits { bytes: order.block_bytes, tiles: TILES, tile_pixels: TILE_PIXELS }
}

impl Slot {
    fn fits(&self, block: &Block) -> bool {
        let tiles = block.tiles().len();
        self.pixels.len() >= block.bytes()
            && self.tiles.len() >= 4 * tiles
            && self.partials.len() >= PARTIALS * tiles
    }
}

impl Drop for Slot {
    /// What is under way may still use the memory.
    fn drop(&mut self) {
        let _ = self.stream.synchronize();
    }
}

fn happen(mishap: Mishap) -> Result<(), Fault> {
    use cudarc::driver::sys::cudaError_enum::{CUDA_ERROR_DEVICE_UNAVAILABLE, CUDA_ERROR_OUT_OF_MEMORY};
    let simulated = |error| Err(fault("simulated", DriverError(error)));
    match mishap {
        Mishap::None => Ok(()),
        Mishap::DeviceLost => simulated(CUDA_ERROR_DEVICE_UNAVAILABLE),
        Mishap::OutOfMemory => simulated(CUDA_ERROR_OUT_OF_MEMORY),
    }
}
