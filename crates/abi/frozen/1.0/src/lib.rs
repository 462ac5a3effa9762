//! A scorer and an allocator written to the contract alone, without the sdk.
//!
//! `frozen-left` says that what is on the left stands out, and that a question is about
//! the top; `frozen-even` hands tokens out as evenly as bounds allow.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use arrcoc_abi::{
    Bundle, Call, DType, Fault, FaultCode, Phase, Reply, Retry, Root, RootRef, Stage, Tensor,
    abi_stable::{
        erased_types::TD_Opaque,
        library::{CheckTypeLayout, LibHeader, RootModuleResult, __call_root_module_loader},
        prefix_type::PrefixTypeTrait as _,
        std_types::{RResult, RStr, RString},
    },
    manifest::{self, Manifest},
    wire::{Allocator, Allocator_TO, AllocatorBox, Scorer, Scorer_TO, ScorerBox},
};

#[unsafe(no_mangle)]
#[used]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__arrcoc"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".arrcoc"))]
pub static arrcoc_manifest: Manifest = Manifest::new(
    "frozen",
    "1.0.0",
    "MIT OR Apache-2.0",
    "The ARR-COC developers",
    manifest::BUILD,
    manifest::KIND_SCORERS + manifest::KIND_ALLOCATORS,
);

const DESCRIPTION: &str = r#"{
  "scorers": [{"id": "frozen-left", "doc": "what is on the left stands out",
    "provides": [
      {"name": "left", "doc": "1 on the left, 0 on the right",
       "channel": {"way": "perspectival", "scale": "unit"}},
      {"name": "top", "doc": "1 above, 0 below",
       "channel": {"way": "participatory", "scale": "unit"}}],
    "determinism": "BitExact"}],
  "allocators": [{"id": "frozen-even", "doc": "as evenly as bounds allow", "determinism": "BitExact"}]}"#;

extern "C" fn describe(_attrs: RStr<'_>) -> RResult<RString, Fault> {
    RResult::ROk(DESCRIPTION.into())
}

extern "C" fn make_scorer(id: RStr<'_>, _attrs: RStr<'_>, _call: &Call) -> RResult<ScorerBox, Fault> {
    if id.as_str() != "frozen-left" {
        return fault(FaultCode::UNSUPPORTED, Stage::MAKE, "there is no such scorer");
    }
    let scorer = Left { states: Mutex::new(Vec::new()), next: AtomicU64::new(1) };
    RResult::ROk(Scorer_TO::from_value(scorer, TD_Opaque))
}

extern "C" fn make_allocator(id: RStr<'_>, _attrs: RStr<'_>, _call: &Call) -> RResult<AllocatorBox, Fault> {
    if id.as_str() != "frozen-even" {
        return fault(FaultCode::UNSUPPORTED, Stage::MAKE, "there is no such allocator");
    }
    RResult::ROk(Allocator_TO::from_value(Even, TD_Opaque))
}

fn root() -> RootRef {
    Root { describe, make_scorer, make_allocator }.leak_into_prefix()
}

extern "C" fn erased_root() -> RootModuleResult {
    __call_root_module_loader(root)
}

// SAFETY: `erased_root` erases exactly the type named here.
#[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
pub static root_module: LibHeader =
    unsafe { LibHeader::from_constructor::<RootRef>(erased_root, CheckTypeLayout::Yes) };

fn fault<T>(code: FaultCode, stage: Stage, message: &str) -> RResult<T, Fault> {
    let retry = Retry::NEVER;
    RResult::RErr(Fault { code, stage, retry, flags: 0, message: message.into(), attrs: RString::new() })
}

fn reply(state: u64, attrs: String) -> RResult<Reply, Fault> {
    RResult::ROk(Reply { state, attrs: attrs.into() })
}

/// A whole number, or two in brackets, behind a key of a JSON object of the host.
fn numbers(attrs: &str, key: &str) -> Vec<u64> {
    let Some((_, rest)) = attrs.split_once(&format!("\"{key}\":")) else { return Vec::new() };
    let end = rest.find([']', '}', '"']).unwrap_or(rest.len());
    let part = rest[..end].trim_start_matches('[');
    part.split(',').map_while(|number| number.trim().parse().ok()).collect()
}

fn grid(input: &Bundle<'_>) -> Option<(usize, usize)> {
    match *numbers(input.attrs.as_str(), "grid") {
        [rows, cols] => Some((rows as usize, cols as usize)),
        _ => None,
    }
}

fn queries(input: &Bundle<'_>) -> usize {
    let Some((_, list)) = input.attrs.as_str().split_once("\"queries\":[") else { return 0 };
    let (mut count, mut inside, mut escaped) = (0, false, false);
    for c in list.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => {
                count += usize::from(inside);
                inside = !inside;
            }
            ']' if !inside => break,
            _ => {}
        }
    }
    count
}

fn tensor<'a>(bundle: &'a Bundle<'_>, name: &str, dtype: DType) -> Option<&'a Tensor<'a>> {
    bundle.tensors.iter().find(|tensor| tensor.name.as_str() == name && tensor.dtype == dtype)
}

/// The elements of an output.
fn writable<'a, T>(bundle: &'a Bundle<'_>, name: &str, dtype: DType) -> Option<&'a mut [T]> {
    let tensor = tensor(bundle, name, dtype)?;
    // SAFETY: the contract: an output is the host's memory, aligned, of `bytes` bytes, and nobody else refers to it.
    Some(unsafe { std::slice::from_raw_parts_mut(tensor.data.cast(), tensor.bytes as usize / size_of::<T>()) })
}

fn readable<'a, T>(bundle: &'a Bundle<'_>, name: &str, dtype: DType) -> Option<&'a [T]> {
    let tensor = tensor(bundle, name, dtype)?;
    // SAFETY: the contract: an input is valid and aligned for the call, of `bytes` bytes, and nobody writes to it.
    Some(unsafe { std::slice::from_raw_parts(tensor.data.cast::<T>(), tensor.bytes as usize / size_of::<T>()) })
}

struct Left {
    /// The states that are out.
    states: Mutex<Vec<u64>>,
    next: AtomicU64,
}

impl Scorer for Left {
    fn plan(&self, phase: Phase, input: &Bundle<'_>, _call: &Call) -> RResult<Reply, Fault> {
        let Some((rows, cols)) = grid(input) else {
            return fault(FaultCode::INVALID_INPUT, Stage::PLAN, "there is no grid");
        };
        let patches = rows * cols;
        let output = match phase {
            Phase::PREPARE => format!(r#"{{"name":"left","dtype":"f32","shape":[{patches}]}}"#),
            _ => format!(r#"{{"name":"top","dtype":"f32","shape":[{},{patches}]}}"#, queries(input)),
        };
        reply(0, format!(r#"{{"outputs":[{output}]}}"#))
    }

    fn prepare(&self, input: &Bundle<'_>, output: &Bundle<'_>, _call: &Call) -> RResult<Reply, Fault> {
        let (Some((rows, cols)), Some(left)) = (grid(input), writable::<f32>(output, "left", DType::F32)) else {
            return fault(FaultCode::INVALID_INPUT, Stage::PREPARE, "there is no grid, or no output");
        };
        if left.len() != rows * cols {
            return fault(FaultCode::INVALID_INPUT, Stage::PREPARE, "the output has another grid");
        }
        for (patch, value) in left.iter_mut().enumerate() {
            *value = 1.0 - (patch % cols) as f32 / cols as f32;
        }
        let state = self.next.fetch_add(1, Ordering::Relaxed);
        self.states.lock().expect("nobody panics with it").push(state);
        reply(state, String::new())
    }

    fn score(&self, state: u64, input: &Bundle<'_>, output: &Bundle<'_>, _call: &Call) -> RResult<Reply, Fault> {
        if !self.states.lock().expect("nobody panics with it").contains(&state) {
            return fault(FaultCode::INVALID_INPUT, Stage::SCORE, "there is no such state");
        }
        let (Some((rows, cols)), Some(top)) = (grid(input), writable::<f32>(output, "top", DType::F32)) else {
            return fault(FaultCode::INVALID_INPUT, Stage::SCORE, "there is no grid, or no output");
        };
        for (at, value) in top.iter_mut().enumerate() {
            let row = at % (rows * cols) / cols;
            *value = 1.0 - row as f32 / rows as f32;
        }
        reply(state, String::new())
    }

    fn release(&self, state: u64) {
        self.states.lock().expect("nobody panics with it").retain(|&known| known != state);
    }

    fn extend(
        &self,
        _verb: RStr<'_>,
        _state: u64,
        _input: &Bundle<'_>,
        _output: &Bundle<'_>,
        _call: &Call,
    ) -> RResult<Reply, Fault> {
        fault(FaultCode::UNSUPPORTED, Stage::EXTEND, "there are no verbs")
    }
}

struct Even;

impl Allocator for Even {
    fn allocate(&self, input: &Bundle<'_>, output: &Bundle<'_>, _call: &Call) -> RResult<Reply, Fault> {
        let total = numbers(input.attrs.as_str(), "total");
        let (Some(min), Some(max), [total], Some(tokens)) = (
            readable::<u32>(input, "min", DType::U32),
            readable::<u32>(input, "max", DType::U32),
            total.as_slice(),
            writable::<u32>(output, "tokens", DType::U32),
        ) else {
            return fault(FaultCode::INVALID_INPUT, Stage::ALLOCATE, "a tensor or the total is missing");
        };
        if !input.attrs.as_str().contains("\"levels\":\"any\"") {
            return fault(FaultCode::UNSUPPORTED, Stage::ALLOCATE, "it knows no levels");
        }
        tokens.copy_from_slice(min);
        let mut left = total - min.iter().map(|&tokens| u64::from(tokens)).sum::<u64>().min(*total);
        // Round after round, a token for everyone who may have more.
        while left > 0 {
            let before = left;
            for (tokens, &max) in tokens.iter_mut().zip(max) {
                if left > 0 && *tokens < max {
                    *tokens += 1;
                    left -= 1;
                }
            }
            if left == before {
                return fault(FaultCode::INVALID_INPUT, Stage::ALLOCATE, "the total is beyond the bounds");
            }
        }
        reply(0, String::new())
    }

    fn extend(
        &self,
        _verb: RStr<'_>,
        _input: &Bundle<'_>,
        _output: &Bundle<'_>,
        _call: &Call,
    ) -> RResult<Reply, Fault> {
        fault(FaultCode::UNSUPPORTED, Stage::EXTEND, "there are no verbs")
    }
}
