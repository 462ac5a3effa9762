//! What the messages say. Both sides are of one version: the worker is built
//! and shipped with the host, and refuses to talk to another.

use arrcoc_sdk::{
    abi::{FaultCode, Level, Retry, Stage},
    describe::Description,
    fault::Fault,
    tensor::{Attributes, OutputSpec},
};
use serde::{Deserialize, Serialize};

/// Host and worker must agree on this.
pub(super) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "/3");

/// What the host asks.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ask {
    /// What it needs no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) gone: Vec<Gone>,
    pub(super) remaining_ns: u64,
    pub(super) threads: u32,
    pub(super) what: What,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum What {
    /// The first message. With it come the library and the page for flags.
    Hello {
        version: String,
        path: String,
        memory: u64,
        /// What may be read in the sandbox; without it there is none.
        sandbox: Option<Vec<String>>,
    },
    MakeScorer {
        instance: u64,
        id: String,
        params: String,
    },
    MakeAllocator {
        instance: u64,
        id: String,
        params: String,
    },
    Plan {
        instance: u64,
        phase: u32,
        input: Input,
    },
    Run {
        instance: u64,
        verb: Verb,
        state: u64,
        input: Input,
        outputs: Vec<OutputSpec>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Verb {
    Prepare,
    Score,
    Allocate,
    Extend(String),
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Gone {
    State { instance: u64, state: u64 },
    Instance(u64),
    Copy(u64),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Input {
    pub(super) tensors: Vec<Placed>,
    pub(super) attrs: Attributes,
}

/// A tensor, and where its bytes are.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Placed {
    pub(super) name: String,
    pub(super) dtype: u32,
    pub(super) shape: Vec<u64>,
    pub(super) at: At,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum At {
    /// In the payload.
    Payload { from: u64, bytes: u64 },
    /// In sealed memory. The first time its descriptor comes along.
    Copy { id: u64, bytes: u64, comes: bool },
}

/// What the worker answers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) log: Vec<(u32, String)>,
    pub(super) what: Said,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Said {
    /// To `Hello`, before the library is loaded: it is in the sandbox, where this is not held. With it comes the
    /// listener, if there is one.
    Confined {
        lacks: Vec<String>,
    },
    /// To `Hello`.
    Ready(Description),
    /// To `Hello`: the library cannot be used.
    Refused {
        reason: String,
        hint: String,
        detail: Option<String>,
    },
    Made,
    Planned(Vec<OutputSpec>),
    /// The outputs follow in the payload, in the order in which they were asked for.
    Done {
        state: u64,
        encoder: Option<String>,
        device: Option<String>,
    },
    Fault(WireFault),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireFault {
    code: u32,
    stage: u32,
    retry: u32,
    message: String,
}

impl From<Fault> for WireFault {
    fn from(fault: Fault) -> WireFault {
        WireFault { code: fault.code.0, stage: fault.stage.0, retry: fault.retry.0, message: fault.message }
    }
}

impl From<WireFault> for Fault {
    /// The message was written in a process that is not trusted: it becomes one line of bounded length again.
    fn from(wire: WireFault) -> Fault {
        let fault = arrcoc_sdk::abi::Fault {
            code: FaultCode(wire.code),
            stage: Stage(wire.stage),
            retry: Retry(wire.retry),
            flags: 0,
            message: wire.message.into(),
            attrs: "{}".into(),
        };
        fault.into()
    }
}

/// Log messages, for the way.
pub(super) fn log_of(messages: Vec<(Level, String)>) -> Vec<(u32, String)> {
    messages.into_iter().map(|(level, text)| (level.0, text)).collect()
}

/// Bytes in the page that both sides have mapped.
pub(super) const PAGE: u64 = 4096;
/// Its word that is not 0 when the call is to stop.
pub(super) const CANCEL: usize = 0;
/// Its word that says what the worker is doing: one of [`doing`].
pub(super) const DOING: usize = 16;

/// What a worker may be doing when it ends.
pub(super) mod doing {
    pub(crate) const WAITING: u32 = 0;
    pub(crate) const WORKING: u32 = 1;
    pub(crate) const RELEASING: u32 = 2;
    pub(crate) const LOADING: u32 = 3;
}
