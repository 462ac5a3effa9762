//! The worker, whose host asks what it likes of a small library that is part
//! of this program.

use std::{io, time::Duration};

use abi_stable::{
    prefix_type::PrefixTypeTrait as _,
    std_types::{RResult, RStr, RString},
};
use arrcoc_abi::{
    self as abi, Root,
    wire::{AllocatorBox, ScorerBox},
};
use arrcoc_sdk::{
    describe::Description,
    export::{self, AllocatorEntry, ScorerEntry},
    prelude::*,
};
use rustix::event::{PollFd, PollFlags};

use super::{Flags, Loaded, Shop};
use crate::{
    memory,
    worker::{
        channel::{Channel, something_comes},
        fuzzing::{Packet, put},
        protocol::PAGE,
    },
};

/// Memory for the outputs of a call.
const ROOM: u64 = 1 << 20;

/// Serves a host that sends these packets, one after the other, as long as the worker would.
///
/// # Errors
/// When the system gives no sockets or no memory.
pub fn asks(packets: &[Packet<'_>]) -> io::Result<()> {
    let (channel, theirs) = Channel::pair()?;
    let (mut host, mut channel) = (channel, Channel::new(theirs));
    let mut shop = Shop::new(loaded(), flags()?, ROOM);
    for packet in packets {
        if put(&mut host, *packet).is_err() {
            continue;
        }
        let Ok(Some(message)) = channel.receive() else { return Ok(()) };
        if shop.serve(&mut channel, message).is_err() {
            return Ok(());
        }
        if something_comes(&mut [PollFd::new(&host.socket(), PollFlags::IN)], Duration::ZERO) {
            host.receive()?;
        }
    }
    Ok(())
}

/// The page of flags: one for all, since a worker keeps its own as long as it lives.
fn flags() -> io::Result<Flags> {
    thread_local! {
        static FLAGS: io::Result<Flags> = memory::shared("arrcoc flags", PAGE).and_then(|page| Flags::map(&page));
    }
    FLAGS.with(|flags| match flags {
        Ok(Flags { cancel, doing }) => Ok(Flags { cancel, doing }),
        Err(error) => Err(error.kind().into()),
    })
}

fn loaded() -> Loaded {
    thread_local! {
        static ROOT: abi::RootRef = Root { describe, make_scorer, make_allocator }.leak_into_prefix();
    }
    Loaded { root: ROOT.with(|root| *root), description: Description::default() }
}

const SCORERS: &[ScorerEntry] = &[ScorerEntry::of::<Plain>()];
const ALLOCATORS: &[AllocatorEntry] = &[AllocatorEntry::of::<Plain>()];

extern "C" fn describe(_: RStr<'_>) -> RResult<RString, abi::Fault> {
    export::describe(SCORERS, ALLOCATORS)
}

extern "C" fn make_scorer(id: RStr<'_>, attrs: RStr<'_>, call: &abi::Call) -> RResult<ScorerBox, abi::Fault> {
    export::make_scorer(SCORERS, id, attrs, call)
}

extern "C" fn make_allocator(
    id: RStr<'_>,
    attrs: RStr<'_>,
    call: &abi::Call,
) -> RResult<AllocatorBox, abi::Fault> {
    export::make_allocator(ALLOCATORS, id, attrs, call)
}

/// A scorer and an allocator that look at everything they are given.
struct Plain {
    gain: f64,
}

/// What is known of an image.
struct Light(f32);

impl Scorer for Plain {
    type Prepared = Light;

    fn info() -> ScorerInfo {
        ScorerInfo::new("plain", "what it was given")
            .param(Param::float("gain", 0.0..=4.0, 1.0, "how much"))
            .requires("pixels")
            .channel("light", Way::Perspectival, "the first byte of the patch's row")
            .channel("asked", Way::Participatory, "the length of the question")
            .feeds()
    }

    fn make(params: &Params, _: &Call<'_>) -> Result<Plain, Fault> {
        Ok(Plain { gain: params.float("gain")? })
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<Light, Fault> {
        input.check()?;
        call.check()?;
        let pixels = input.pixels()?;
        let light = f32::from(pixels.row(0)[0]) * self.gain as f32;
        // It panics on purpose, as a plugin may, when the outputs are not those that it planned.
        let grid = input.grid()?;
        let channel = output.slice::<f32>("light")?;
        assert_eq!(channel.len(), grid.patches());
        channel.fill(light);
        if let Ok(stats) = input.patch_stats() {
            call.log(abi::Level::INFO, &format!("{} patches", stats.as_slice().len()));
        }
        Ok(Light(light))
    }

    fn feed(&self, input: &Inputs<'_>, _: &Call<'_>) -> Result<Fed<Light>, Fault> {
        input.grid()?;
        Ok(Box::new(Light(0.0)))
    }
}

impl Prepared for Light {
    fn score(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, _: &Call<'_>) -> Result<(), Fault> {
        let patches = input.grid()?.patches();
        let asked = output.slice::<f32>("asked")?;
        for (row, query) in asked.chunks_mut(patches).zip(input.queries()) {
            row.fill(self.0 + query.len() as f32);
        }
        Ok(())
    }
}

impl Feed<Light> for Light {
    fn take(&mut self, band: &Band<'_>, _: &Inputs<'_>, _: &Call<'_>) -> Result<(), Fault> {
        self.0 += band.rows().map(|row| f32::from(band.row(row)[0])).sum::<f32>();
        Ok(())
    }

    fn finish(
        self: Box<Self>,
        input: &Inputs<'_>,
        output: &mut Outputs<'_>,
        _: &Call<'_>,
    ) -> Result<Light, Fault> {
        input.grid()?;
        output.slice::<f32>("light")?.fill(self.0);
        Ok(*self)
    }
}

impl Allocator for Plain {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new("plain", "by weight")
    }

    fn make(_: &Params, _: &Call<'_>) -> Result<Plain, Fault> {
        Ok(Plain { gain: 1.0 })
    }

    fn allocate(&self, ask: &Ask<'_>, _: &Call<'_>) -> Result<Vec<u32>, Fault> {
        share_by_weight(ask.weights, &ask.demand).map_err(|e| Fault::internal(e.to_string()))
    }
}
