//! The calling side of the wire: safe calls into an exported scorer or
//! allocator. The host's in-process level and the sdk's own tests use the same
//! code, so a test of a plugin walks the way that production walks.

use std::{
    cell::OnceCell,
    ffi::c_void,
    sync::{Mutex, PoisonError, atomic::AtomicU32},
    time::Instant,
};

use abi_stable::std_types::{RResult, RStr, RString};
use arrcoc_abi::{
    self as abi, Level, Phase, Reply, Stage,
    wire::{AllocatorBox, ScorerBox},
};

use crate::{
    buffer::TensorBuf,
    fault::Fault,
    tensor::{Attributes, OutputSpec, Plan, Said, TensorMut, TensorView, bundle},
};

/// Most bytes that one reply's attributes may have.
const MOST_ATTRS: usize = 1 << 20;

/// What the host grants a call, on the host's side.
#[derive(Debug, Default)]
pub struct Grant {
    /// When the call must be done; `None` for no deadline.
    pub deadline: Option<Instant>,
    /// The most threads; 0 counts as 1.
    pub max_threads: u32,
    /// Set to anything but 0 to ask the call to stop.
    pub cancel: AtomicU32,
    /// Looked at in place of `cancel` where it is there: a flag in memory that another process sets.
    pub cancel_elsewhere: Option<&'static AtomicU32>,
    log: Mutex<Vec<(Level, String)>>,
    remarks: Mutex<Vec<String>>,
}

/// Most log messages kept for one grant, so that a chatty plugin cannot fill memory.
const MOST_MESSAGES: usize = 1000;

impl Grant {
    /// A grant without a deadline.
    #[must_use]
    pub fn threads(max_threads: u32) -> Grant {
        Grant { max_threads, ..Grant::default() }
    }

    /// The same grant with a deadline.
    #[must_use]
    pub fn until(mut self, deadline: Option<Instant>) -> Grant {
        self.deadline = deadline;
        self
    }

    /// Keeps a message, unless there are too many.
    pub fn log(&self, level: Level, text: String) {
        keep(&self.log, level, text);
    }

    /// Takes the messages logged so far.
    #[must_use]
    pub fn take_log(&self) -> Vec<(Level, String)> {
        std::mem::take(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps what the host has to say about the call, for the record.
    pub fn remark(&self, text: String) {
        let mut remarks = self.remarks.lock().unwrap_or_else(PoisonError::into_inner);
        if remarks.len() < MOST_MESSAGES && !remarks.contains(&text) {
            remarks.push(text);
        }
    }

    /// Takes what the host had to say.
    #[must_use]
    pub fn take_remarks(&self) -> Vec<String> {
        std::mem::take(&mut self.remarks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The grant on the wire; valid as long as it is.
    #[must_use]
    pub fn to_wire(&self) -> abi::Call {
        let left = self.deadline.map(|d| d.saturating_duration_since(Instant::now()));
        let remaining_ns = left.map_or(u64::MAX, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX - 1));
        abi::Call {
            remaining_ns,
            cancel: self.cancel_elsewhere.unwrap_or(&self.cancel).as_ptr().cast_const(),
            max_threads: self.max_threads.max(1),
            flags: 0,
            log: receive_log,
            log_to: std::ptr::from_ref(&self.log).cast(),
            reserved: [0; 8],
        }
    }
}

extern "C" fn receive_log(log_to: *const c_void, level: Level, message: *const u8, bytes: u64) {
    if log_to.is_null() || message.is_null() {
        return;
    }
    let length = usize::try_from(bytes).unwrap_or(0).min(4096);
    // SAFETY: `log_to` is the log of a grant that outlives the call it was made
    // for, and the plugin vouches for its own message.
    let (log, text) = unsafe {
        (&*log_to.cast::<Mutex<Vec<(Level, String)>>>(), std::slice::from_raw_parts(message, length))
    };
    keep(log, level, String::from_utf8_lossy(text).into_owned());
}

fn keep(log: &Mutex<Vec<(Level, String)>>, level: Level, text: String) {
    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
    if log.len() < MOST_MESSAGES {
        log.push((level, text));
    }
}

/// What a call gets: tensors and attributes.
pub struct Request<'a> {
    /// The tensors; names are unique.
    pub tensors: &'a [TensorView<'a>],
    /// The attributes.
    pub attrs: &'a Attributes,
    /// The same on the wire, written once for all calls of this request.
    wire: OnceCell<(Vec<abi::Tensor<'a>>, String)>,
}

impl<'a> Request<'a> {
    /// A request with these tensors and attributes.
    #[must_use]
    pub fn new(tensors: &'a [TensorView<'a>], attrs: &'a Attributes) -> Request<'a> {
        Request { tensors, attrs, wire: OnceCell::new() }
    }

    #[inline]
    fn bundle(&self) -> Result<abi::Bundle<'_>, Fault> {
        if let Some((tensors, json)) = self.wire.get() {
            return Ok(bundle(tensors, json));
        }
        let json = serde_json::to_string(self.attrs).map_err(|e| Fault::internal(e.to_string()))?;
        let tensors = self.tensors.iter().map(TensorView::to_wire).collect();
        let (tensors, json) = self.wire.get_or_init(|| (tensors, json));
        Ok(bundle(tensors, json))
    }
}

/// Attributes that say nothing may be left out altogether.
fn object(attrs: &str) -> &str {
    if attrs.is_empty() { "{}" } else { attrs }
}

#[inline]
fn answer(result: RResult<Reply, abi::Fault>, stage: Stage) -> Result<Reply, Fault> {
    let reply = result.into_result().map_err(|fault| Fault::from(fault).at(stage))?;
    if reply.attrs.len() > MOST_ATTRS {
        return Err(Fault::internal("the reply's attributes are too long").at(stage));
    }
    Ok(reply)
}

/// One call with inputs and outputs over the wire.
#[inline]
fn through(
    stage: Stage,
    request: &Request<'_>,
    outputs: &mut [TensorMut<'_>],
    call: impl FnOnce(&abi::Bundle<'_>, &abi::Bundle<'_>) -> RResult<Reply, abi::Fault>,
) -> Result<Reply, Fault> {
    let input = request.bundle()?;
    answer(call(&input, &bundle(TensorMut::to_wire(outputs), "{}")), stage)
}

/// A scorer behind the wire.
pub struct ForeignScorer {
    wire: ScorerBox,
}

impl ForeignScorer {
    /// Wraps what a root module made.
    #[must_use]
    pub fn new(wire: ScorerBox) -> ForeignScorer {
        ForeignScorer { wire }
    }

    /// The outputs of a phase.
    ///
    /// # Errors
    /// The plugin's fault, or `Internal` when its reply cannot be read.
    pub fn plan(&self, phase: Phase, request: &Request<'_>, grant: &Grant) -> Result<Vec<OutputSpec>, Fault> {
        let reply = answer(self.wire.plan(phase, &request.bundle()?, &grant.to_wire()), Stage::PLAN)?;
        let plan: Plan = serde_json::from_str(&reply.attrs)
            .map_err(|e| Fault::internal(format!("its plan cannot be read: {e}")).at(Stage::PLAN))?;
        Ok(plan.outputs)
    }

    /// Runs `prepare` into fresh outputs; returns the state and what was said about it.
    ///
    /// # Errors
    /// The plugin's fault, or `Internal` when its reply cannot be read.
    pub fn prepare(
        &self,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(u64, Said), Fault> {
        let grant = grant.to_wire();
        let reply = through(Stage::PREPARE, request, outputs, |input, output| {
            self.wire.prepare(input, output, &grant)
        })?;
        self.said(&reply, Stage::PREPARE)
    }

    /// The state of a reply, and what was said about it; a state of which that cannot be read is given back.
    fn said(&self, reply: &Reply, stage: Stage) -> Result<(u64, Said), Fault> {
        let said =
            serde_json::from_str(object(&reply.attrs)).map_err(|e| e.to_string()).and_then(Said::checked);
        match said {
            Ok(said) => Ok((reply.state, said)),
            Err(why) => {
                self.wire.release(reply.state);
                Err(Fault::internal(format!("its reply cannot be read: {why}")).at(stage))
            }
        }
    }

    /// Runs `score` into fresh outputs.
    ///
    /// # Errors
    /// The plugin's fault.
    pub fn score(
        &self,
        state: u64,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(), Fault> {
        let grant = grant.to_wire();
        through(Stage::SCORE, request, outputs, |input, output| self.wire.score(state, input, output, &grant))
            .map(|_| ())
    }

    /// Gives a state back.
    pub fn release(&self, state: u64) {
        self.wire.release(state);
    }

    /// Runs a verb that was added after the interface was fixed; returns the state that stands in the place of the
    /// one given, and what was said about it.
    ///
    /// # Errors
    /// `Unsupported` for an unknown verb, the plugin's fault, or `Internal` when its reply cannot be read.
    pub fn extend(
        &self,
        verb: &str,
        state: u64,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(u64, Said), Fault> {
        let grant = grant.to_wire();
        let reply = through(Stage::EXTEND, request, outputs, |input, output| {
            self.wire.extend(verb.into(), state, input, output, &grant)
        })?;
        self.said(&reply, Stage::EXTEND)
    }
}

/// An allocator behind the wire.
pub struct ForeignAllocator {
    wire: AllocatorBox,
}

impl ForeignAllocator {
    /// Wraps what a root module made.
    #[must_use]
    pub fn new(wire: AllocatorBox) -> ForeignAllocator {
        ForeignAllocator { wire }
    }

    /// Runs `allocate` into the fresh output `tokens`; [`propose`] makes the request and the output.
    ///
    /// # Errors
    /// The plugin's fault.
    pub fn allocate(
        &self,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(), Fault> {
        let grant = grant.to_wire();
        through(Stage::ALLOCATE, request, outputs, |input, output| self.wire.allocate(input, output, &grant))
            .map(|_| ())
    }

    /// Runs a verb that was added after the interface was fixed.
    ///
    /// # Errors
    /// `Unsupported` for an unknown verb, or the plugin's fault.
    pub fn extend(
        &self,
        verb: &str,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(), Fault> {
        let grant = grant.to_wire();
        through(Stage::EXTEND, request, outputs, |input, output| {
            self.wire.extend(verb.into(), input, output, &grant)
        })
        .map(|_| ())
    }
}

/// Asks for a proposal, one number of tokens per weight, wherever the allocator is: `call` gets the request and the
/// output that it is to have written.
///
/// `tensors` are what it requires beside the weights; `grid` is the patch grid.
///
/// # Errors
/// The fault of `call`, or `Internal` when patches were left unwritten.
pub fn propose(
    weights: &[f64],
    demand: &arrcoc_decide::Demand,
    grid: [u32; 2],
    tensors: &[TensorView<'_>],
    call: impl FnOnce(&Request<'_>, &mut [TensorMut<'_>]) -> Result<(), Fault>,
) -> Result<Vec<u32>, Fault> {
    let shape = [demand.patches() as u64];
    let own = [
        TensorBuf::new("weights", &[weights.len() as u64], weights)?,
        TensorBuf::new("min", &shape, demand.min())?,
        TensorBuf::new("max", &shape, demand.max())?,
    ];
    let mut all = own.iter().map(TensorBuf::view).collect::<Result<Vec<_>, _>>()?;
    all.extend(tensors);
    let attrs = Attributes {
        grid: Some(grid),
        total: Some(demand.total()),
        levels: Some(demand.levels().clone()),
        ..Attributes::default()
    };
    let spec = OutputSpec::new("tokens", abi::DType::U32, &shape);
    let mut outputs = [TensorBuf::unwritten(&spec, 1 << 30)?];
    call(&Request::new(&all, &attrs), &mut writable(&mut outputs)?)?;
    let [tokens] = outputs;
    tokens.check_written().map_err(|f| f.at(Stage::ALLOCATE))?;
    Ok(tokens.view()?.as_slice::<u32>()?.to_vec())
}

/// Views of outputs, for a call to write.
///
/// # Errors
/// None for tensors that were made by the constructors of [`TensorBuf`].
pub fn writable(outputs: &mut [TensorBuf]) -> Result<Vec<TensorMut<'_>>, Fault> {
    outputs.iter_mut().map(TensorBuf::view_mut).collect()
}

/// Makes a scorer through a root module's function.
///
/// # Errors
/// The plugin's fault.
pub fn make_scorer(
    make: impl Fn(RStr<'_>, RStr<'_>, &abi::Call) -> RResult<ScorerBox, abi::Fault>,
    id: &str,
    params: &str,
    grant: &Grant,
) -> Result<ForeignScorer, Fault> {
    make(id.into(), params.into(), &grant.to_wire())
        .into_result()
        .map(ForeignScorer::new)
        .map_err(|fault| Fault::from(fault).at(Stage::MAKE))
}

/// Makes an allocator through a root module's function.
///
/// # Errors
/// The plugin's fault.
pub fn make_allocator(
    make: impl Fn(RStr<'_>, RStr<'_>, &abi::Call) -> RResult<AllocatorBox, abi::Fault>,
    id: &str,
    params: &str,
    grant: &Grant,
) -> Result<ForeignAllocator, Fault> {
    make(id.into(), params.into(), &grant.to_wire())
        .into_result()
        .map(ForeignAllocator::new)
        .map_err(|fault| Fault::from(fault).at(Stage::MAKE))
}

/// Asks a root module's function what the library offers, as JSON.
///
/// # Errors
/// The plugin's fault, or `Internal` when the answer is too long.
pub fn describe(describe: impl Fn(RStr<'_>) -> RResult<RString, abi::Fault>) -> Result<String, Fault> {
    let json = describe("{}".into()).into_result().map_err(|f| Fault::from(f).at(Stage::DESCRIBE))?;
    if json.len() > MOST_ATTRS {
        return Err(Fault::internal("its description is too long").at(Stage::DESCRIBE));
    }
    Ok(json.into())
}
