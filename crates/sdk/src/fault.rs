//! What a failed call says: a code for programs, a line for people, and what
//! may help. Both sides of the boundary use this form.

use arrcoc_abi::{self as abi, FaultCode, Retry, Stage};

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// What went wrong.
    pub code: FaultCode,
    /// In which call; the export adapters fill it in.
    pub stage: Stage,
    /// What may help.
    pub retry: Retry,
    /// One line for a person.
    pub message: String,
}

impl Fault {
    /// A fault with a code and one line for a person.
    pub fn new(code: FaultCode, message: impl Into<String>) -> Fault {
        let retry = match code {
            FaultCode::CANCELLED | FaultCode::DEADLINE_EXCEEDED | FaultCode::OUT_OF_MEMORY => {
                Retry::SAME_INSTANCE
            }
            FaultCode::PANICKED => Retry::NEW_INSTANCE,
            FaultCode::DEVICE_LOST => Retry::NEW_PROCESS,
            _ => Retry::NEVER,
        };
        Fault { code, stage: Stage::EXTEND, retry, message: message.into() }
    }

    /// The input breaks the contract.
    pub fn invalid(message: impl Into<String>) -> Fault {
        Fault::new(FaultCode::INVALID_INPUT, message)
    }

    /// The plugin does not offer this.
    pub fn unsupported(message: impl Into<String>) -> Fault {
        Fault::new(FaultCode::UNSUPPORTED, message)
    }

    /// Anything else.
    pub fn internal(message: impl Into<String>) -> Fault {
        Fault::new(FaultCode::INTERNAL, message)
    }

    /// The same fault, with other advice on what may help.
    #[must_use]
    pub fn helped_by(mut self, retry: Retry) -> Fault {
        self.retry = retry;
        self
    }

    /// The same fault, said to come from this call.
    #[must_use]
    pub fn at(mut self, stage: Stage) -> Fault {
        self.stage = stage;
        self
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {}: {}", self.code, self.stage, self.message)
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for abi::Fault {
    fn from(fault: Fault) -> abi::Fault {
        abi::Fault {
            code: fault.code,
            stage: fault.stage,
            retry: fault.retry,
            flags: 0,
            message: fault.message.into(),
            attrs: "{}".into(),
        }
    }
}

impl From<abi::Fault> for Fault {
    /// Reads a fault from the other side: its message becomes one line of
    /// bounded length, whatever the plugin wrote.
    fn from(fault: abi::Fault) -> Fault {
        let message: String =
            fault.message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect();
        Fault { code: fault.code, stage: fault.stage, retry: fault.retry, message }
    }
}
