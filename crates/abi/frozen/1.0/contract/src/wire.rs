//! The traits on the wire and the root module that every plugin exports.
//!
//! A host whose interface has more methods or fields than a plugin's refuses
//! it, so nothing here grows: what comes later is a verb of `extend`, a tensor
//! name or an attribute.

// The attribute macro of abi_stable 0.11.3 puts its impls inside an unnamed
// module, which rustc's newer lint reports in the crate that uses the macro.
#![allow(non_local_definitions)]

use abi_stable::{
    StableAbi, declare_root_module_statics,
    library::RootModule,
    package_version_strings, sabi_trait,
    sabi_types::VersionStrings,
    std_types::{RBox, RResult, RStr, RString},
};

use crate::{
    call::{Call, Fault, Reply},
    codes::Phase,
    tensor::Bundle,
};

/// A scorer on the wire: named tensors in, named tensors out.
///
/// Every method may be called from any thread, and several at once.
#[sabi_trait]
pub trait Scorer: Send + Sync {
    /// Names every output of a phase. `input` has the tensors that the phase
    /// will get; the reply's attributes are `{"outputs": [{"name", "dtype", "shape"}]}`.
    fn plan(&self, phase: Phase, input: &Bundle<'_>, call: &Call) -> RResult<Reply, Fault>;

    /// Does the work that does not depend on the question, writes the outputs
    /// planned for it, and returns a state.
    fn prepare(&self, input: &Bundle<'_>, output: &Bundle<'_>, call: &Call) -> RResult<Reply, Fault>;

    /// Answers M questions (attribute `queries`, and tensors whose first
    /// dimension is M) from a prepared state.
    fn score(
        &self,
        state: u64,
        input: &Bundle<'_>,
        output: &Bundle<'_>,
        call: &Call,
    ) -> RResult<Reply, Fault>;

    /// Gives a state back. An unknown state is ignored.
    fn release(&self, state: u64);

    /// A verb added after this interface was fixed. Unknown verbs fail with `Unsupported`.
    #[sabi(last_prefix_field)]
    fn extend(
        &self,
        verb: RStr<'_>,
        state: u64,
        input: &Bundle<'_>,
        output: &Bundle<'_>,
        call: &Call,
    ) -> RResult<Reply, Fault>;
}

/// An allocator on the wire: weights and a demand in, a proposal out.
///
/// `input` has the tensors `weights` (`[N]` f64), `min` and `max` (`[N]` u32)
/// and whatever the allocator requires; its attributes give `total`, `levels`
/// and `grid`. The output is `tokens` (`[N]` u32).
#[sabi_trait]
pub trait Allocator: Send + Sync {
    /// Proposes tokens. What it proposes is checked before it counts.
    fn allocate(&self, input: &Bundle<'_>, output: &Bundle<'_>, call: &Call) -> RResult<Reply, Fault>;

    /// A verb added after this interface was fixed. Unknown verbs fail with `Unsupported`.
    #[sabi(last_prefix_field)]
    fn extend(
        &self,
        verb: RStr<'_>,
        input: &Bundle<'_>,
        output: &Bundle<'_>,
        call: &Call,
    ) -> RResult<Reply, Fault>;
}

/// An owned scorer that crosses the boundary.
pub type ScorerBox = Scorer_TO<'static, RBox<()>>;
/// An owned allocator that crosses the boundary.
pub type AllocatorBox = Allocator_TO<'static, RBox<()>>;

/// What a plugin exports.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = RootRef)))]
pub struct Root {
    /// Lists what the library offers, as JSON. Cheap and without side effects.
    pub describe: extern "C" fn(attrs: RStr<'_>) -> RResult<RString, Fault>,
    /// Makes a scorer with parameters given as a JSON object.
    pub make_scorer: extern "C" fn(id: RStr<'_>, attrs: RStr<'_>, call: &Call) -> RResult<ScorerBox, Fault>,
    /// Makes an allocator with parameters given as a JSON object.
    #[sabi(last_prefix_field)]
    pub make_allocator:
        extern "C" fn(id: RStr<'_>, attrs: RStr<'_>, call: &Call) -> RResult<AllocatorBox, Fault>,
}

impl RootModule for RootRef {
    declare_root_module_statics! {RootRef}
    const BASE_NAME: &'static str = "arrcoc_plugin";
    const NAME: &'static str = "arrcoc_plugin";
    const VERSION_STRINGS: VersionStrings = package_version_strings!();
}
