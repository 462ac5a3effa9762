//! The export macro and the adapters behind it.
//!
//! Every entry that a host can call runs inside `catch_unwind`: a panic becomes
//! the fault `Panicked`, with its message and place, and poisons the instance,
//! because what a panic left half-done must not answer the next call.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, Once, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use abi_stable::{
    erased_types::TD_Opaque,
    std_types::{RResult, RStr, RString},
};
use arrcoc_abi::{
    self as abi, FaultCode, Phase, Reply, Stage,
    wire::{Allocator_TO, AllocatorBox, Scorer_TO, ScorerBox},
};
use arrcoc_decide::{Demand, Levels};
use serde_json::Value;

use crate::{
    allocator::{Allocator, Ask},
    backend::SECONDS,
    call::Call,
    describe::{Description, FEED, MEASURE},
    fault::Fault,
    feeding::{Feeding, Step},
    params::Params,
    scorer::{Prepared, Scorer},
    tensor::{Inputs, Outputs, Plan, Said},
};

/// Exports the scorers and allocators of a library, once per library.
///
/// `id` is the library's id (lower-case letters, digits, `-`, `_`), `vendor` a
/// short text. Version and licence come from the package's `Cargo.toml`; the
/// library is built with `crate-type = ["cdylib"]`. A library that has another
/// version than its package says `version: "1.2.0"` after the vendor. One that
/// drives a device says `device: true` after that: it runs in a process of its
/// own, and is loaded only where a device is asked for.
#[macro_export]
macro_rules! export_plugin {
    (
        id: $id:literal,
        vendor: $vendor:literal,
        $(version: $version:literal,)?
        $(device: $device:literal,)?
        scorers: [$($scorer:ty),* $(,)?],
        allocators: [$($allocator:ty),* $(,)?] $(,)?
    ) => {
        #[doc(hidden)]
        #[allow(unsafe_code, missing_docs, non_upper_case_globals, unreachable_pub)]
        pub mod arrcoc_plugin_export {
            #[allow(unused_imports)]
            use super::*;
            use $crate::abi::{abi_stable, manifest};

            const SCORERS: &[$crate::export::ScorerEntry] =
                &[$($crate::export::ScorerEntry::of::<$scorer>()),*];
            const ALLOCATORS: &[$crate::export::AllocatorEntry] =
                &[$($crate::export::AllocatorEntry::of::<$allocator>()),*];

            /// Read from the file by hosts, before they load it.
            #[unsafe(no_mangle)]
            #[used]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__arrcoc"))]
            #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".arrcoc"))]
            pub static arrcoc_manifest: manifest::Manifest = manifest::Manifest::new(
                $id,
                $crate::plugin_version!($($version)?),
                env!("CARGO_PKG_LICENSE"),
                $vendor,
                manifest::BUILD,
                (!SCORERS.is_empty() as u32) * manifest::KIND_SCORERS
                    + (!ALLOCATORS.is_empty() as u32) * manifest::KIND_ALLOCATORS
                    $(+ ($device as u32) * manifest::KIND_DEVICE)?,
            );

            extern "C" fn describe(
                _attrs: abi_stable::std_types::RStr<'_>,
            ) -> abi_stable::std_types::RResult<abi_stable::std_types::RString, $crate::abi::Fault> {
                $crate::export::describe(SCORERS, ALLOCATORS)
            }

            extern "C" fn make_scorer(
                id: abi_stable::std_types::RStr<'_>,
                attrs: abi_stable::std_types::RStr<'_>,
                call: &$crate::abi::Call,
            ) -> abi_stable::std_types::RResult<$crate::abi::wire::ScorerBox, $crate::abi::Fault> {
                $crate::export::make_scorer(SCORERS, id, attrs, call)
            }

            extern "C" fn make_allocator(
                id: abi_stable::std_types::RStr<'_>,
                attrs: abi_stable::std_types::RStr<'_>,
                call: &$crate::abi::Call,
            ) -> abi_stable::std_types::RResult<$crate::abi::wire::AllocatorBox, $crate::abi::Fault> {
                $crate::export::make_allocator(ALLOCATORS, id, attrs, call)
            }

            fn root() -> $crate::abi::RootRef {
                use abi_stable::prefix_type::PrefixTypeTrait as _;
                $crate::abi::Root { describe, make_scorer, make_allocator }.leak_into_prefix()
            }

            extern "C" fn erased_root() -> abi_stable::library::RootModuleResult {
                abi_stable::library::__call_root_module_loader(root)
            }

            /// The header that a host looks for. Its name is the one that
            /// `abi_stable` mangles for every root module.
            // SAFETY: `erased_root` erases exactly the type named here.
            #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
            pub static root_module: abi_stable::library::LibHeader = unsafe {
                abi_stable::library::LibHeader::from_constructor::<$crate::abi::RootRef>(
                    erased_root,
                    abi_stable::library::CheckTypeLayout::Yes,
                )
            };
        }
    };
}

/// The version of a library: as it says, or that of its package.
#[doc(hidden)]
#[macro_export]
macro_rules! plugin_version {
    () => {
        env!("CARGO_PKG_VERSION")
    };
    ($version:literal) => {
        $version
    };
}

/// A scorer type behind its constructor.
#[doc(hidden)]
pub struct ScorerEntry {
    info: fn() -> crate::describe::ScorerInfo,
    make: fn(&Value, &Call<'_>) -> Result<ScorerBox, Fault>,
}

impl ScorerEntry {
    /// The entry of a type.
    #[must_use]
    pub const fn of<S: Scorer>() -> ScorerEntry {
        ScorerEntry {
            info: S::info,
            make: |attrs, call| {
                let scorer = S::make(&Params::resolve(&S::info().params, object(attrs)?)?, call)?;
                Ok(Scorer_TO::from_value(ScorerAdapter::new(scorer), TD_Opaque))
            },
        }
    }
}

/// An allocator type behind its constructor.
#[doc(hidden)]
pub struct AllocatorEntry {
    info: fn() -> crate::describe::AllocatorInfo,
    make: fn(&Value, &Call<'_>) -> Result<AllocatorBox, Fault>,
}

impl AllocatorEntry {
    /// The entry of a type.
    #[must_use]
    pub const fn of<A: Allocator>() -> AllocatorEntry {
        AllocatorEntry {
            info: A::info,
            make: |attrs, call| {
                let allocator = A::make(&Params::resolve(&A::info().params, object(attrs)?)?, call)?;
                let adapter = AllocatorAdapter { allocator, guard: Guard::default() };
                Ok(Allocator_TO::from_value(adapter, TD_Opaque))
            },
        }
    }
}

fn object(attrs: &Value) -> Result<&serde_json::Map<String, Value>, Fault> {
    attrs.as_object().ok_or_else(|| Fault::invalid("the parameters are not a JSON object"))
}

#[doc(hidden)]
pub fn describe(scorers: &[ScorerEntry], allocators: &[AllocatorEntry]) -> RResult<RString, abi::Fault> {
    let guard = Guard::default();
    guard.run(Stage::DESCRIBE, || {
        let description = Description {
            scorers: scorers.iter().map(|s| (s.info)()).collect(),
            allocators: allocators.iter().map(|a| (a.info)()).collect(),
        };
        let json = serde_json::to_string(&description).map_err(|e| Fault::internal(e.to_string()))?;
        Ok(RString::from(json))
    })
}

#[doc(hidden)]
pub fn make_scorer(
    entries: &[ScorerEntry],
    id: RStr<'_>,
    attrs: RStr<'_>,
    call: &abi::Call,
) -> RResult<ScorerBox, abi::Fault> {
    Guard::default().run(Stage::MAKE, || {
        let entry = entries.iter().find(|e| (e.info)().id == id.as_str());
        let entry = entry.ok_or_else(|| Fault::unsupported(format!("there is no scorer `{id}`")))?;
        // SAFETY: the grant is valid for the call.
        (entry.make)(&parse(attrs)?, &unsafe { Call::from_wire(call) })
    })
}

#[doc(hidden)]
pub fn make_allocator(
    entries: &[AllocatorEntry],
    id: RStr<'_>,
    attrs: RStr<'_>,
    call: &abi::Call,
) -> RResult<AllocatorBox, abi::Fault> {
    Guard::default().run(Stage::MAKE, || {
        let entry = entries.iter().find(|e| (e.info)().id == id.as_str());
        let entry = entry.ok_or_else(|| Fault::unsupported(format!("there is no allocator `{id}`")))?;
        // SAFETY: the grant is valid for the call.
        (entry.make)(&parse(attrs)?, &unsafe { Call::from_wire(call) })
    })
}

fn parse(attrs: RStr<'_>) -> Result<Value, Fault> {
    serde_json::from_str(attrs.as_str())
        .map_err(|e| Fault::invalid(format!("the parameters are not valid: {e}")))
}

/// Contains panics, and refuses to work after one.
#[derive(Default)]
struct Guard {
    poisoned: AtomicBool,
}

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps a panic's place for the fault instead of printing it: the library has
/// its own copy of the standard library, so this hook is the plugin's alone.
fn keep_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !INSIDE.get() {
                return before(info);
            }
            let place = info.location().map(|l| format!(" at {}:{}", l.file(), l.line()));
            let text = format!("{}{}", payload(info.payload()), place.unwrap_or_default());
            LAST_PANIC.replace(Some(text));
        }));
    });
}

fn payload(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

impl Guard {
    fn run<T>(&self, stage: Stage, work: impl FnOnce() -> Result<T, Fault>) -> RResult<T, abi::Fault> {
        if self.poisoned.load(Ordering::Acquire) {
            let fault = Fault::new(FaultCode::PANICKED, "the instance panicked before and is not used again");
            return RResult::RErr(fault.at(stage).into());
        }
        keep_panics();
        let outer = INSIDE.replace(true);
        let result = catch_unwind(AssertUnwindSafe(work));
        INSIDE.set(outer);
        let fault = match result {
            Ok(Ok(value)) => return RResult::ROk(value),
            Ok(Err(fault)) => fault,
            Err(panic) => {
                self.poisoned.store(true, Ordering::Release);
                let message = LAST_PANIC.take().unwrap_or_else(|| payload(&*panic).to_owned());
                // Dropping a payload may run a destructor that panics again, but for those of the usual kinds.
                if !panic.is::<&str>() && !panic.is::<String>() {
                    std::mem::forget(panic);
                }
                Fault::new(FaultCode::PANICKED, format!("panicked: {message}"))
            }
        };
        RResult::RErr(fault.at(stage).into())
    }
}

fn reply(state: u64) -> Reply {
    Reply { state, attrs: RString::new() }
}

struct ScorerAdapter<S: Scorer> {
    scorer: S,
    guard: Guard,
    /// Whether it says that it takes bands.
    feeds: bool,
    /// Whether it says that it measures itself.
    measures: bool,
    /// By number. There are few at a time, and the one that is asked for is the newest as a rule.
    states: Mutex<Vec<(u64, State<S::Prepared>)>>,
    next: AtomicU64,
}

/// What a number stands for.
enum State<P> {
    /// An image of which all is known.
    Prepared(Arc<P>),
    /// An image of which bands are to come.
    Feeding(Feeding<P>),
}

impl<S: Scorer> ScorerAdapter<S> {
    fn new(scorer: S) -> Self {
        let info = S::info();
        let (feeds, measures) = (info.knows(FEED), info.knows(MEASURE));
        let (guard, states, next) = (Guard::default(), Mutex::default(), AtomicU64::new(1));
        ScorerAdapter { scorer, guard, feeds, measures, states, next }
    }

    fn states(&self) -> std::sync::MutexGuard<'_, Vec<(u64, State<S::Prepared>)>> {
        // The list is whole after every statement that touches it.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// The reply to whatever has prepared a state.
    fn prepared(&self, state: u64, prepared: S::Prepared) -> Result<Reply, Fault> {
        self.states().push((state, State::Prepared(Arc::new(prepared))));
        let said = Said { encoder: self.scorer.encoder(), device: self.scorer.device() };
        if said == Said::default() {
            return Ok(reply(state));
        }
        let attrs = serde_json::to_string(&said);
        Ok(Reply { state, attrs: attrs.map_err(|e| Fault::internal(e.to_string()))?.into() })
    }

    /// Takes the next band of an image; state 0 begins one. The image keeps its number, also as a prepared state. What
    /// a fault of the scorer has left half-done is dropped; a band that was refused can be given rightly again.
    fn feed(
        &self,
        state: u64,
        input: &Inputs<'_>,
        output: &mut Outputs<'_>,
        call: &Call<'_>,
    ) -> Result<Reply, Fault> {
        let (state, feeding) = match state {
            0 => (self.fresh(), Feeding::begin(&self.scorer, input, call)?),
            known => (known, self.taken_out(known)?),
        };
        let band = match feeding.expect(input) {
            Ok(band) => band,
            Err(fault) => {
                self.states().push((state, State::Feeding(feeding)));
                return Err(fault);
            }
        };
        let step = feeding.take(&band, input, output, call)?;
        input.check()?;
        match step {
            Step::Done(prepared) => self.prepared(state, prepared),
            Step::More(feeding) => {
                self.states().push((state, State::Feeding(feeding)));
                Ok(reply(state))
            }
        }
    }

    /// The image with this number, for the time of a call: another call for it at once is refused.
    fn taken_out(&self, state: u64) -> Result<Feeding<S::Prepared>, Fault> {
        let mut states = self.states();
        let is_it = |(known, what): &(u64, State<_>)| *known == state && matches!(what, State::Feeding(_));
        match states.iter().rposition(is_it).map(|at| states.swap_remove(at).1) {
            Some(State::Feeding(feeding)) => Ok(feeding),
            _ => Err(Fault::invalid(format!("no image comes in bands under the state {state}"))),
        }
    }
}

impl<S: Scorer> abi::wire::Scorer for ScorerAdapter<S> {
    fn plan(&self, phase: Phase, input: &abi::Bundle<'_>, _call: &abi::Call) -> RResult<Reply, abi::Fault> {
        self.guard.run(Stage::PLAN, || {
            // SAFETY: the host keeps the input valid for the call.
            let input = unsafe { Inputs::from_wire(input) }?;
            let plan = Plan { outputs: self.scorer.plan(phase, &input)? };
            input.check()?;
            let attrs = serde_json::to_string(&plan).map_err(|e| Fault::internal(e.to_string()))?;
            Ok(Reply { state: 0, attrs: attrs.into() })
        })
    }

    fn prepare(
        &self,
        input: &abi::Bundle<'_>,
        output: &abi::Bundle<'_>,
        call: &abi::Call,
    ) -> RResult<Reply, abi::Fault> {
        self.guard.run(Stage::PREPARE, || {
            // SAFETY: the host keeps input, output and grant valid for the call,
            // and nothing else refers to the output.
            let (input, mut output, call) =
                unsafe { (Inputs::from_wire(input)?, Outputs::from_wire(output)?, Call::from_wire(call)) };
            let prepared = self.scorer.prepare(&input, &mut output, &call)?;
            input.check()?;
            self.prepared(self.fresh(), prepared)
        })
    }

    fn score(
        &self,
        state: u64,
        input: &abi::Bundle<'_>,
        output: &abi::Bundle<'_>,
        call: &abi::Call,
    ) -> RResult<Reply, abi::Fault> {
        self.guard.run(Stage::SCORE, || {
            let states = self.states();
            let prepared = states.iter().rev().find_map(|(known, what)| match what {
                State::Prepared(prepared) if *known == state => Some(Arc::clone(prepared)),
                _ => None,
            });
            drop(states);
            let prepared =
                prepared.ok_or_else(|| Fault::invalid(format!("there is no prepared state {state}")))?;
            // SAFETY: as in `prepare`.
            let (input, mut output, call) =
                unsafe { (Inputs::from_wire(input)?, Outputs::from_wire(output)?, Call::from_wire(call)) };
            prepared.score(&input, &mut output, &call)?;
            input.check()?;
            Ok(reply(state))
        })
    }

    fn release(&self, state: u64) {
        let _ = self.guard.run(Stage::SCORE, || {
            let mut states = self.states();
            let at = states.iter().rposition(|(known, _)| *known == state);
            let gone = at.map(|at| states.swap_remove(at));
            // What it takes to let go of it is not done with the list held.
            drop(states);
            drop(gone);
            Ok(())
        });
    }

    fn extend(
        &self,
        verb: RStr<'_>,
        state: u64,
        input: &abi::Bundle<'_>,
        output: &abi::Bundle<'_>,
        call: &abi::Call,
    ) -> RResult<Reply, abi::Fault> {
        let known = match verb.as_str() {
            FEED => self.feeds,
            MEASURE => self.measures,
            _ => false,
        };
        if !known {
            return unknown_verb(verb);
        }
        self.guard.run(Stage::EXTEND, || {
            // SAFETY: as in `prepare`.
            let (input, mut output, call) =
                unsafe { (Inputs::from_wire(input)?, Outputs::from_wire(output)?, Call::from_wire(call)) };
            if verb.as_str() == FEED {
                return self.feed(state, &input, &mut output, &call);
            }
            let measured = self.scorer.measure(&input, &call)?;
            input.check()?;
            output.write(SECONDS, &measured.to_array())?;
            Ok(reply(state))
        })
    }
}

fn unknown_verb(verb: RStr<'_>) -> RResult<Reply, abi::Fault> {
    RResult::RErr(Fault::unsupported(format!("there is no verb `{verb}`")).at(Stage::EXTEND).into())
}

struct AllocatorAdapter<A: Allocator> {
    allocator: A,
    guard: Guard,
}

impl<A: Allocator> abi::wire::Allocator for AllocatorAdapter<A> {
    fn allocate(
        &self,
        input: &abi::Bundle<'_>,
        output: &abi::Bundle<'_>,
        call: &abi::Call,
    ) -> RResult<Reply, abi::Fault> {
        self.guard.run(Stage::ALLOCATE, || {
            // SAFETY: the host keeps input, output and grant valid for the call,
            // and nothing else refers to the output.
            let (inputs, mut output, call) =
                unsafe { (Inputs::from_wire(input)?, Outputs::from_wire(output)?, Call::from_wire(call)) };
            let ask = read_ask(inputs)?;
            let tokens = self.allocator.allocate(&ask, &call)?;
            let expected = ask.demand.patches();
            if tokens.len() != expected {
                return Err(Fault::internal(format!(
                    "the proposal has {} patches, not {expected}",
                    tokens.len()
                )));
            }
            output.write("tokens", &tokens)?;
            Ok(reply(0))
        })
    }

    fn extend(
        &self,
        verb: RStr<'_>,
        _input: &abi::Bundle<'_>,
        _output: &abi::Bundle<'_>,
        _call: &abi::Call,
    ) -> RResult<Reply, abi::Fault> {
        unknown_verb(verb)
    }
}

fn read_ask(inputs: Inputs<'_>) -> Result<Ask<'_>, Fault> {
    let side = |name: &str| Ok::<_, Fault>(inputs.require(name)?.as_slice::<u32>()?.to_vec());
    inputs.check()?;
    let attrs = inputs.attributes();
    let total = attrs.total.ok_or_else(|| Fault::invalid("no total was given"))?;
    let levels = attrs.levels.clone().unwrap_or(Levels::Any);
    let demand =
        Demand::new(side("min")?, side("max")?, levels, total).map_err(|e| Fault::invalid(e.to_string()))?;
    let weights = inputs.require("weights")?;
    weights.expect_shape(&[demand.patches() as u64])?;
    Ok(Ask { weights: weights.as_slice()?, demand, inputs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exported_name_is_the_one_that_hosts_look_for() {
        assert_eq!(abi_stable::library::ROOT_MODULE_LOADER_NAME, "_1as_0lib_1header_0root_bmodule_bloader");
    }

    #[test]
    fn a_panic_is_a_fault_and_poisons_the_instance() {
        let guard = Guard::default();
        let fault = guard
            .run(Stage::SCORE, || -> Result<(), Fault> { panic!("lost {}", "count") })
            .into_result()
            .unwrap_err();
        assert_eq!((fault.code, fault.stage), (FaultCode::PANICKED, Stage::SCORE));
        assert!(fault.message.starts_with("panicked: lost count at "), "{}", fault.message);
        let again = guard.run(Stage::SCORE, || Ok(())).into_result().unwrap_err();
        assert!(again.message.contains("not used again"));
    }
}
