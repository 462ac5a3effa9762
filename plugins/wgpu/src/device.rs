//! A device at work: blocks go up, partial sums come back.
//!
//! Two blocks are under way at a time, so that the host copies the pixels of one while
//! the device adds those of the other. Nothing here trusts the device to answer: every
//! wait looks at the deadline, every allocation may fail, and a device that is lost is a
//! fault.

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc::RecvTimeoutError},
    time::Duration,
};

use crate::adapter;
use arrcoc_sdk::{
    Call, Fault,
    abi::{FaultCode, Retry},
    backend::{self, Measured, Mishap, Order, median_seconds},
    prelude::{Param, Params, ScorerInfo},
    stats::{Block, BlockLimits, FIELDS, PARTIALS, Pixels, TILE_PIXELS, Tiling, blocks},
};
use wgpu::{
    Adapter, BindGroup, BindGroupDescriptor, BindGroupEntry, Buffer, BufferDescriptor, BufferUsages,
    CommandEncoder, CommandEncoderDescriptor, ComputePassDescriptor, ComputePipeline,
    ComputePipelineDescriptor, Device, DeviceDescriptor, ErrorFilter, ExperimentalFeatures, Features,
    MapMode, MemoryHints, PollError, PollType, Queue, ShaderModuleDescriptor, ShaderSource, SubmissionIndex,
    Trace,
};

/// How long one wait lasts before the deadline is looked at.
const PATIENCE: Duration = Duration::from_millis(20);

/// How long a device that refuses work is waited for, to hear whether it was lost.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Pieces of work in a submission that is measured, beside the first.
const REPEATS: u32 = 16;

/// The uniform buffer `Job` of the shader.
const JOB_BYTES: u64 = 16;

/// A device with its program.
pub(crate) struct Gpu {
    name: String,
    device: Device,
    queue: Queue,
    pipeline: ComputePipeline,
    /// Why the device is gone, once it is.
    lost: Arc<Mutex<Option<String>>>,
    /// What went wrong outside of any scope.
    stray: Arc<Mutex<Option<String>>>,
    /// Buffers of earlier calls.
    shelf: Mutex<Vec<Slot>>,
}

impl backend::Device for Gpu {
    fn info() -> ScorerInfo {
        let mut info = backend::info("wgpu", "patch statistics on a graphics processor, in integers").param(
            Param::text(
                "adapter",
                "",
                "number or a part of the name of the adapter; the likely fastest where nothing is said",
            ),
        );
        info.devices = adapter::devices();
        info
    }

    fn open(params: &Params) -> Result<Gpu, Fault> {
        Gpu::of(adapter::chosen(params.text("adapter")?)?)
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
        let mut table = vec![0; tiling.grid().patches() * FIELDS];
        let mut under_way: Option<Flight> = None;
        for block in blocks(tiling, &self.limits(order.block_bytes)) {
            call.check()?;
            let next = self.send(block, pixels, order.edge_threshold)?;
            self.happen(order)?;
            if let Some(flight) = under_way.replace(next) {
                self.land(flight, &mut table, call)?;
            }
        }
        if let Some(flight) = under_way {
            self.land(flight, &mut table, call)?;
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
        let mut sum = Measured { work: 0.0, upload: 0.0, copy: 0.0 };
        for block in blocks(tiling, &self.limits(order.block_bytes)) {
            // It is whole, and the table of nobody.
            let flight = self.send(block, pixels, order.edge_threshold)?;
            self.wait(flight.submission.clone(), call)?;
            let (block, slot) = (&flight.block, &flight.slot);
            let bytes = block.bytes() as u64;
            let scratch = self.device.create_buffer(&BufferDescriptor {
                label: None,
                size: bytes,
                usage: BufferUsages::COPY_DST,
                mapped_at_creation: false,
            });
            sum.upload += median_seconds(call, || {
                self.upload(block, slot, pixels).ok_or_else(|| out_of_memory(bytes))?;
                self.wait(self.queue.submit([]), call)
            })?;
            sum.work += self.repeated(call, |encoder| self.dispatch(encoder, block, slot))?;
            let copy = |encoder: &mut CommandEncoder| {
                encoder.copy_buffer_to_buffer(&slot.pixels, 0, &scratch, 0, bytes);
            };
            sum.copy += self.repeated(call, copy)?;
        }
        Ok(sum)
    }
}

impl Gpu {
    /// Brings up the device of an adapter.
    fn of(adapter: &Adapter) -> Result<Gpu, Fault> {
        let descriptor = DeviceDescriptor {
            label: Some("arrcoc"),
            required_features: Features::empty(),
            required_limits: adapter.limits(),
            experimental_features: ExperimentalFeatures::disabled(),
            memory_hints: MemoryHints::Performance,
            trace: Trace::Off,
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor)).map_err(|e| {
            Fault::new(
                FaultCode::DEVICE_LOST,
                format!("the adapter gives no device: {}", one_line(&e.to_string())),
            )
        })?;
        let lost = Arc::new(Mutex::new(None));
        let stray = Arc::new(Mutex::new(None));
        let note = |place: &Arc<Mutex<Option<String>>>| {
            let place = Arc::clone(place);
            move |text: String| *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(one_line(&text))
        };
        let note_loss = note(&lost);
        device.set_device_lost_callback(move |reason, text| note_loss(format!("{reason:?} {text}")));
        let note_stray = note(&stray);
        device.on_uncaptured_error(Arc::new(move |error| note_stray(error.to_string())));

        let scope = device.push_error_scope(ErrorFilter::Validation);
        let module = device.create_shader_module(ShaderModuleDescriptor {
            label: Some("patch_stats"),
            source: ShaderSource::Wgsl(include_str!("patch_stats.wgsl").into()),
        });
        let pipeline = device.create_compute_pipeline(&ComputePipelineDescriptor {
            label: Some("patch_stats"),
            layout: None,
            module: &module,
            entry_point: Some("patch_stats"),
            compilation_options: Default::default(),
            cache: None,
        });
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(Fault::internal(format!(
                "the device takes no program: {}",
                one_line(&error.to_string())
            )));
        }
        let name = adapter::name(&adapter.get_info());
        Ok(Gpu { name, device, queue, pipeline, lost, stray, shelf: Mutex::default() })
    }

    /// The time of a piece of work on the device, in seconds: that of many in one submission against that of a few, so
    /// that what a submission costs drops out.
    fn repeated(&self, call: &Call<'_>, work: impl Fn(&mut CommandEncoder)) -> Result<f64, Fault> {
        let take = |times: u32| {
            median_seconds(call, || {
                let mut encoder = self.device.create_command_encoder(&CommandEncoderDescriptor::default());
                (0..times).for_each(|_| work(&mut encoder));
                self.wait(self.queue.submit([encoder.finish()]), call)
            })
        };
        let once = take(1)?;
        // Where the work is long, a submission is nothing beside it.
        if once > 0.01 {
            return Ok(once);
        }
        let many = take(1 + REPEATS)?;
        let each = (many - once) / f64::from(REPEATS);
        Ok(if each > 0.0 { each } else { many / f64::from(1 + REPEATS) })
    }

    fn limits(&self, block_bytes: u64) -> BlockLimits {
        let limits = self.device.limits();
        let binding = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let by_partials = binding / (4 * PARTIALS as u64);
        BlockLimits {
            bytes: binding.min(block_bytes),
            tiles: by_partials.min(limits.max_compute_workgroups_per_dimension.into()) as usize,
            tile_pixels: TILE_PIXELS,
        }
    }

    /// Brings a block to the device and starts it.
    fn send(&self, block: Block, pixels: &Pixels<'_>, edge_threshold: i32) -> Result<Flight, Fault> {
        let memory = self.device.push_error_scope(ErrorFilter::OutOfMemory);
        let validation = self.device.push_error_scope(ErrorFilter::Validation);
        let sent = self.submit(&block, pixels, edge_threshold);
        let invalid = pollster::block_on(validation.pop());
        let memory = pollster::block_on(memory.pop());
        if invalid.is_some() {
            // A device that was lost refuses everything; that it was is told when what was under way has ended.
            let _ = self.device.poll(PollType::Wait { submission_index: None, timeout: Some(LAST_WORDS) });
        }
        self.check_lost()?;
        if memory.is_some() {
            return Err(out_of_memory(block.bytes() as u64));
        }
        if let Some(error) = invalid {
            return Err(Fault::internal(format!(
                "the device refuses the work: {}",
                one_line(&error.to_string())
            )));
        }
        let (slot, submission) = sent.ok_or_else(|| out_of_memory(block.bytes() as u64))?;
        Ok(Flight { block, slot, submission })
    }

    fn submit(
        &self,
        block: &Block,
        pixels: &Pixels<'_>,
        edge_threshold: i32,
    ) -> Option<(Slot, SubmissionIndex)> {
        let slot = self.slot(block);
        let area = block.area();
        let job = [area.width, area.height, block.stride() as u32 / 4, edge_threshold.cast_unsigned()];
        self.queue.write_buffer(&slot.job, 0, bytemuck::cast_slice(&job));
        let tiles: Vec<[u32; 4]> =
            block.tiles().iter().map(|tile| tile.rect).map(|r| [r.x, r.y, r.width, r.height]).collect();
        self.queue.write_buffer(&slot.tiles, 0, bytemuck::cast_slice(&tiles));
        self.upload(block, &slot, pixels)?;

        let mut encoder = self.device.create_command_encoder(&CommandEncoderDescriptor::default());
        self.dispatch(&mut encoder, block, &slot);
        let bytes = partial_bytes(block);
        encoder.copy_buffer_to_buffer(&slot.partials, 0, &slot.answer, 0, bytes);
        let submission = self.queue.submit([encoder.finish()]);
        Some((slot, submission))
    }

    /// Has the pixels of a block go up with the next submission.
    fn upload(&self, block: &Block, slot: &Slot, pixels: &Pixels<'_>) -> Option<()> {
        let bytes = wgpu::BufferSize::new(block.bytes() as u64)?;
        let mut staging = self.queue.write_buffer_with(&slot.pixels, 0, bytes)?;
        for (y, row) in block.rows(pixels).enumerate() {
            let at = y * block.stride();
            staging.slice(at..at + row.len()).copy_from_slice(row);
        }
        Some(())
    }

    fn dispatch(&self, encoder: &mut CommandEncoder, block: &Block, slot: &Slot) {
        let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor::default());
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &slot.bindings, &[]);
        pass.dispatch_workgroups(block.tiles().len() as u32, 1, 1);
    }

    /// Waits for a block and adds what came back.
    fn land(&self, flight: Flight, table: &mut [i64], call: &Call<'_>) -> Result<(), Fault> {
        let Flight { block, slot, submission } = flight;
        let range = slot.answer.slice(..partial_bytes(&block));
        let (told, mapped) = std::sync::mpsc::channel();
        range.map_async(MapMode::Read, move |result| {
            // Nobody listens any more only when the call has failed already.
            let _ = told.send(result);
        });
        self.wait(submission, call)?;
        let gone =
            |what: &str| Fault::new(FaultCode::DEVICE_LOST, format!("the device gave no answer: {what}"));
        // Another call's poll may have taken the answer along, and be about to tell.
        let told = loop {
            match mapped.recv_timeout(PATIENCE) {
                Err(RecvTimeoutError::Timeout) => call.check()?,
                told => break told,
            }
        };
        told.map_err(|e| gone(&e.to_string()))?.map_err(|e| gone(&e.to_string()))?;
        let view = range.get_mapped_range().map_err(|e| gone(&e.to_string()))?;
        block.add(bytemuck::cast_slice(&view), table);
        drop(view);
        slot.answer.unmap();
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner).push(slot);
        Ok(())
    }

    fn wait(&self, submission: SubmissionIndex, call: &Call<'_>) -> Result<(), Fault> {
        loop {
            let poll = PollType::Wait { submission_index: Some(submission.clone()), timeout: Some(PATIENCE) };
            let done = self.device.poll(poll);
            self.check_lost()?;
            match done {
                Ok(_) => return Ok(()),
                Err(PollError::Timeout) => call.check()?,
                Err(e) => return Err(Fault::internal(format!("the device cannot be waited for: {e}"))),
            }
        }
    }

    fn check_lost(&self) -> Result<(), Fault> {
        let text =
            |place: &Mutex<Option<String>>| place.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(why) = text(&self.lost) {
            return Err(Fault::new(FaultCode::DEVICE_LOST, format!("the device was lost: {why}")));
        }
        match text(&self.stray) {
            Some(why) => {
                Err(Fault::internal(format!("the device failed: {why}")).helped_by(Retry::NEW_INSTANCE))
            }
            None => Ok(()),
        }
    }

    fn happen(&self, order: &Order) -> Result<(), Fault> {
        match order.mishap {
            Mishap::None => {}
            Mishap::DeviceLost => self.device.destroy(),
            Mishap::OutOfMemory => return Err(out_of_memory(order.block_bytes)),
        }
        Ok(())
    }

    /// Buffers that are large enough for a block: those of an earlier one, or new ones.
    fn slot(&self, block: &Block) -> Slot {
        let needs = Needs::of(block);
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let at = shelf.iter().position(|slot| slot.fits(&needs));
        match at {
            Some(at) => shelf.swap_remove(at),
            None => {
                // What is there is too small: it makes room.
                shelf.clear();
                drop(shelf);
                self.new_slot(&needs)
            }
        }
    }

    fn new_slot(&self, needs: &Needs) -> Slot {
        let buffer = |size: u64, usage: BufferUsages| {
            self.device.create_buffer(&BufferDescriptor {
                label: None,
                size,
                usage,
                mapped_at_creation: false,
            })
        };
        let job = buffer(JOB_BYTES, BufferUsages::UNIFORM | BufferUsages::COPY_DST);
        // The copy that is measured reads from it.
        let pixels =
            buffer(needs.pixels, BufferUsages::STORAGE | BufferUsages::COPY_DST | BufferUsages::COPY_SRC);
        let tiles = buffer(needs.tiles, BufferUsages::STORAGE | BufferUsages::COPY_DST);
        let partials = buffer(needs.partials, BufferUsages::STORAGE | BufferUsages::COPY_SRC);
        let answer = buffer(needs.partials, BufferUsages::MAP_READ | BufferUsages::COPY_DST);
        let entries = [&job, &pixels, &tiles, &partials];
        let entries: Vec<BindGroupEntry<'_>> = (0..)
            .zip(entries)
            .map(|(binding, buffer)| BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let layout = self.pipeline.get_bind_group_layout(0);
        let bindings = self.device.create_bind_group(&BindGroupDescriptor {
            label: None,
            layout: &layout,
            entries: &entries,
        });
        Slot { job, pixels, tiles, partials, answer, bindings }
    }
}

/// The buffers of one block.
struct Slot {
    job: Buffer,
    pixels: Buffer,
    tiles: Buffer,
    partials: Buffer,
    answer: Buffer,
    bindings: BindGroup,
}

impl Slot {
    fn fits(&self, needs: &Needs) -> bool {
        self.pixels.size() >= needs.pixels
            && self.tiles.size() >= needs.tiles
            && self.partials.size() >= needs.partials
    }
}

/// Bytes that a block needs.
struct Needs {
    pixels: u64,
    tiles: u64,
    partials: u64,
}

impl Needs {
    fn of(block: &Block) -> Needs {
        Needs {
            pixels: block.bytes() as u64,
            tiles: 16 * block.tiles().len() as u64,
            partials: partial_bytes(block),
        }
    }
}

fn partial_bytes(block: &Block) -> u64 {
    4 * (PARTIALS * block.tiles().len()) as u64
}

/// A block under way.
struct Flight {
    block: Block,
    slot: Slot,
    submission: SubmissionIndex,
}

fn out_of_memory(bytes: u64) -> Fault {
    Fault::new(FaultCode::OUT_OF_MEMORY, format!("the device has no memory for a block of {bytes} bytes"))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
