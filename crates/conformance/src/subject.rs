//! Asks a part, through the wire and with memory of the kit's own.
//!
//! [`Subject::ask`] is one whole question to a scorer (`plan`, `prepare`, `plan`,
//! `score`, `release`) or to an allocator (`allocate`), and gives every output
//! as it was left. Nothing is checked here but what only this place can see:
//! what was written around an output, and whether an input changed.

use arrcoc_host::load::Loaded;
use arrcoc_sdk::{
    abi::Phase,
    buffer::TensorBuf,
    describe::{AllocatorInfo, ScorerInfo},
    fault::Fault,
    foreign::{ForeignAllocator, ForeignScorer, Grant, Request},
    params::Params,
    tensor::{OutputSpec, TensorMut, TensorView},
};

use crate::{
    memory::{Block, Edge, Sealed},
    scene::{Needs, Scene},
};

/// Most bytes of one output.
const MOST_OUTPUT: usize = 1 << 30;

/// A part, described.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Scorer(ScorerInfo),
    Allocator(AllocatorInfo),
}

impl Part {
    pub(crate) fn needs(&self) -> Needs {
        let (requires, optional, allocator) = match self {
            Part::Scorer(info) => (&info.requires, &info.optional, false),
            Part::Allocator(info) => (&info.requires, &info.optional, true),
        };
        Needs { requires: requires.clone(), optional: optional.clone(), allocator }
    }
}

/// An instance that is asked.
pub(crate) enum Subject {
    Scorer(ForeignScorer),
    Allocator(ForeignAllocator),
}

/// How memory is lent to a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lent {
    /// What follows every output and every input.
    pub(crate) edge: Edge,
    /// Whether inputs are read-only. What a call does to one that is not is not seen by the next.
    pub(crate) sealed: bool,
    /// What outputs are filled with before the call.
    pub(crate) fill: Fill,
}

/// What an output holds before it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// The host's reserved pattern.
    Pattern,
    /// Every byte this one.
    Byte(u8),
}

/// Memory that forgives.
pub(crate) const PLAINLY: Lent = Lent { edge: Edge::Slack, sealed: false, fill: Fill::Pattern };

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The plugin said so.
    Fault(Fault),
    /// A promise about memory was broken.
    Broken(String),
    /// The kit itself failed.
    Kit(String),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        Trouble::Fault(fault)
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Fault(fault) => fault.fmt(f),
            Trouble::Broken(what) => f.write_str(what),
            Trouble::Kit(what) => write!(f, "the kit itself failed: {what}"),
        }
    }
}

/// Every output of a call, as it was left.
pub(crate) type Answer = Vec<TensorBuf>;

impl Subject {
    /// Makes an instance.
    pub(crate) fn make(library: &Loaded, part: &Part, params: &Params) -> Result<Subject, Fault> {
        match part {
            Part::Scorer(info) => arrcoc_host::inproc::scorer(library, &info.id, params, &Grant::threads(1))
                .map(Subject::Scorer),
            Part::Allocator(info) => {
                arrcoc_host::inproc::allocator(library, &info.id, params, &Grant::threads(1))
                    .map(Subject::Allocator)
            }
        }
    }

    /// One whole question.
    pub(crate) fn ask(&self, scene: &Scene, lent: Lent, grant: &Grant) -> Result<Answer, Trouble> {
        match self {
            Subject::Scorer(scorer) => {
                let (state, mut answer) = prepare(scorer, scene, lent, grant)?;
                let scored = score(scorer, state, scene, lent, grant);
                scorer.release(state);
                answer.extend(scored?);
                Ok(answer)
            }
            Subject::Allocator(allocator) => {
                let patches = scene.order.as_ref().map_or(0, |order| order.demand.patches());
                let spec = OutputSpec::new("tokens", arrcoc_sdk::abi::DType::U32, &[patches as u64]);
                call(scene, true, &[spec], lent, |request, outputs| {
                    allocator.allocate(request, outputs, grant)
                })
                .map(|((), answer)| answer)
            }
        }
    }
}

/// `plan` of a phase.
pub(crate) fn plan(
    scorer: &ForeignScorer,
    phase: Phase,
    scene: &Scene,
    grant: &Grant,
) -> Result<Vec<OutputSpec>, Fault> {
    let scoring = phase == Phase::SCORE;
    let tensors = scene.tensors.iter().chain(scene.of_questions.iter().filter(|_| scoring));
    let views = tensors.map(TensorBuf::view).collect::<Result<Vec<_>, _>>()?;
    scorer.plan(phase, &Request::new(&views, &scene.attributes(scoring)), grant)
}

/// `plan` and `prepare`: the state, and every output.
pub(crate) fn prepare(
    scorer: &ForeignScorer,
    scene: &Scene,
    lent: Lent,
    grant: &Grant,
) -> Result<(u64, Answer), Trouble> {
    let specs = plan(scorer, Phase::PREPARE, scene, grant)?;
    call(scene, false, &specs, lent, |request, outputs| scorer.prepare(request, outputs, grant))
        .map(|((state, _), answer)| (state, answer))
}

/// `plan` and `score`: every output.
pub(crate) fn score(
    scorer: &ForeignScorer,
    state: u64,
    scene: &Scene,
    lent: Lent,
    grant: &Grant,
) -> Result<Answer, Trouble> {
    let specs = plan(scorer, Phase::SCORE, scene, grant)?;
    call(scene, true, &specs, lent, |request, outputs| scorer.score(state, request, outputs, grant))
        .map(|((), answer)| answer)
}

/// A copy of an input for one call.
struct Input<'a> {
    tensor: &'a TensorBuf,
    memory: Memory,
}

enum Memory {
    Open(Block),
    Sealed(Sealed),
}

impl<'a> Input<'a> {
    fn new(tensor: &'a TensorBuf, lent: Lent) -> Result<Input<'a>, Trouble> {
        let mut block = Block::new(tensor.as_bytes().len(), lent.edge).map_err(kit)?;
        block.bytes_mut().copy_from_slice(tensor.as_bytes());
        let sealed = |block: Block| block.sealed().map(Memory::Sealed).map_err(kit);
        Ok(Input { tensor, memory: if lent.sealed { sealed(block)? } else { Memory::Open(block) } })
    }

    fn bytes(&self) -> &[u8] {
        match &self.memory {
            Memory::Open(block) => block.bytes(),
            Memory::Sealed(sealed) => sealed.bytes(),
        }
    }

    fn view(&self) -> Result<TensorView<'_>, Fault> {
        TensorView::new(self.tensor.name(), self.tensor.dtype(), self.tensor.shape(), self.bytes())
    }

    /// Whether what was only to be read is as it was.
    fn check(&self) -> Result<(), Trouble> {
        let changed = matches!(self.memory, Memory::Sealed(_)) && self.bytes() != self.tensor.as_bytes();
        if changed {
            return Err(Trouble::Broken(format!("the input `{}` was changed", self.tensor.name())));
        }
        Ok(())
    }
}

fn kit(error: std::io::Error) -> Trouble {
    Trouble::Kit(format!("memory cannot be mapped: {error}"))
}

/// One call with memory of the kit's own.
pub(crate) fn call<T>(
    scene: &Scene,
    with_questions: bool,
    specs: &[OutputSpec],
    lent: Lent,
    work: impl FnOnce(&Request<'_>, &mut [TensorMut<'_>]) -> Result<T, Fault>,
) -> Result<(T, Answer), Trouble> {
    let tensors = scene.tensors.iter().chain(scene.of_questions.iter().filter(|_| with_questions));
    let inputs = tensors.map(|tensor| Input::new(tensor, lent)).collect::<Result<Vec<_>, _>>()?;
    let views = inputs.iter().map(Input::view).collect::<Result<Vec<_>, _>>()?;
    let attrs = scene.attributes(with_questions);
    let request = Request::new(&views, &attrs);

    let fresh = specs.iter().map(|spec| TensorBuf::unwritten(spec, MOST_OUTPUT));
    let fresh = fresh.collect::<Result<Vec<_>, _>>()?;
    let mut blocks = Vec::with_capacity(fresh.len());
    for tensor in &fresh {
        let mut block = Block::new(tensor.as_bytes().len(), lent.edge).map_err(kit)?;
        match lent.fill {
            Fill::Pattern => block.bytes_mut().copy_from_slice(tensor.as_bytes()),
            Fill::Byte(byte) => block.bytes_mut().fill(byte),
        }
        blocks.push(block);
    }
    let outputs = fresh.iter().zip(&mut blocks).map(|(tensor, block)| {
        TensorMut::new(tensor.name(), tensor.dtype(), tensor.shape(), block.bytes_mut())
    });
    let mut outputs = outputs.collect::<Result<Vec<_>, _>>()?;
    let result = work(&request, &mut outputs);
    drop(outputs);

    inputs.iter().try_for_each(Input::check)?;
    if lent.edge == Edge::Guard {
        for (tensor, block) in fresh.iter().zip(&blocks) {
            if let Some(what) = block.overwritten() {
                return Err(Trouble::Broken(format!("output `{}`: {what}", tensor.name())));
            }
        }
    }
    let value = result?;
    let left = fresh.iter().zip(&blocks).map(|(tensor, block)| {
        TensorBuf::from_bytes(tensor.name(), tensor.dtype(), tensor.shape(), block.bytes())
    });
    Ok((value, left.collect::<Result<_, _>>()?))
}
