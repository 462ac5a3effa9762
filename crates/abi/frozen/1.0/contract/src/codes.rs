//! Codes on the wire: `u32` newtypes rather than enums, because a value that
//! this version does not know must be readable, not undefined behaviour.

use abi_stable::StableAbi;

macro_rules! codes {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $konst:ident = $value:literal, $text:literal;)* }) => {
        $(#[$outer])*
        #[repr(transparent)]
        #[derive(StableAbi, Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name(pub u32);

        impl $name {
            $($(#[$inner])* pub const $konst: $name = $name($value);)*

            /// The code's name in errors and JSON; `None` for a value this version does not know.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 { $($value => Some($text),)* _ => None }
            }

            /// The code with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<$name> {
                match name { $($text => Some($name($value)),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "unknown({})", self.0),
                }
            }
        }
    };
}

codes! {
    /// Element type of a tensor.
    DType {
        /// Unsigned 8-bit integer.
        U8 = 1, "u8";
        /// Unsigned 32-bit integer.
        U32 = 2, "u32";
        /// Signed 64-bit integer.
        I64 = 3, "i64";
        /// IEEE 754 binary16.
        F16 = 4, "f16";
        /// IEEE 754 binary32.
        F32 = 5, "f32";
        /// IEEE 754 binary64.
        F64 = 6, "f64";
    }
}

impl DType {
    /// Bytes per element; `None` for a type this version does not know.
    #[must_use]
    pub const fn size(self) -> Option<usize> {
        match self {
            DType::U8 => Some(1),
            DType::F16 => Some(2),
            DType::U32 | DType::F32 => Some(4),
            DType::I64 | DType::F64 => Some(8),
            _ => None,
        }
    }
}

codes! {
    /// Where a tensor's memory is.
    Device {
        /// Memory of the host process, reachable through `data`.
        HOST = 0, "host";
    }
}

codes! {
    /// What went wrong.
    FaultCode {
        /// The input breaks the contract (shape, type, missing tensor, bad parameter).
        INVALID_INPUT = 1, "InvalidInput";
        /// The plugin does not offer this (a verb, a device, a size).
        UNSUPPORTED = 2, "Unsupported";
        /// Memory of the host or of a device ran out.
        OUT_OF_MEMORY = 3, "OutOfMemory";
        /// The device went away during the call.
        DEVICE_LOST = 4, "DeviceLost";
        /// The host asked the call to stop.
        CANCELLED = 5, "Cancelled";
        /// The call ran out of time.
        DEADLINE_EXCEEDED = 6, "DeadlineExceeded";
        /// The plugin panicked; the instance is poisoned.
        PANICKED = 7, "Panicked";
        /// Anything else.
        INTERNAL = 8, "Internal";
    }
}

codes! {
    /// What may help after a fault.
    Retry {
        /// The same call will fail again.
        NEVER = 0, "Never";
        /// The same instance may be called again.
        SAME_INSTANCE = 1, "SameInstance";
        /// A new instance must be made first.
        NEW_INSTANCE = 2, "NewInstance";
        /// A new process must be started first.
        NEW_PROCESS = 3, "NewProcess";
    }
}

codes! {
    /// Which call a fault came from.
    Stage {
        /// Listing what the library offers.
        DESCRIBE = 0, "describe";
        /// Making an instance.
        MAKE = 1, "make";
        /// Naming the outputs.
        PLAN = 2, "plan";
        /// The work that does not depend on the question.
        PREPARE = 3, "prepare";
        /// The work that does.
        SCORE = 4, "score";
        /// Sharing out tokens.
        ALLOCATE = 5, "allocate";
        /// A verb added after the ABI was fixed.
        EXTEND = 6, "extend";
    }
}

codes! {
    /// Which half of a scorer's work `plan` is asked about.
    Phase {
        /// The outputs of `prepare`.
        PREPARE = 0, "prepare";
        /// The outputs of `score`.
        SCORE = 1, "score";
    }
}

codes! {
    /// Severity of a log message.
    Level {
        /// Something failed.
        ERROR = 1, "error";
        /// Something a user should know.
        WARN = 2, "warn";
        /// Progress.
        INFO = 3, "info";
        /// Detail for the plugin's author.
        DEBUG = 4, "debug";
    }
}
