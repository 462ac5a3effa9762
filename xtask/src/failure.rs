//! How a command says that it did not succeed, and how it prints at all.

use std::process::ExitCode;

/// One line on what went wrong, perhaps one on what to do, and the exit
/// status: 1 when something is not as it should be, 2 when the request was
/// wrong.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
    status: u8,
}

impl Failure {
    /// Something is not as it should be.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, status: 1 }
    }

    /// The request makes no sense.
    pub(crate) fn request(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, status: 2 }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A file operation failed. The path comes first because the operating
    /// system's message never has it.
    pub(crate) fn file(doing: &str, path: &std::path::Path, error: std::io::Error) -> Self {
        Self::new(format!("cannot {doing} `{}`: {error}", path.display()))
    }

    /// Prints to standard error. The message is the last line where there is
    /// no hint.
    pub(crate) fn report(self) -> ExitCode {
        eprintln!("error: {}", self.message);
        if let Some(hint) = self.hint {
            eprintln!("hint: {hint}");
        }
        ExitCode::from(self.status)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// `println!` that does not panic when the reader has gone, as in
/// `cargo xtask lint | head`.
#[cfg(not(test))]
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}
/// In tests the harness keeps what is printed, and it knows only `println!`.
#[cfg(test)]
macro_rules! say {
    ($($text:tt)*) => { println!($($text)*) };
}
pub(crate) use say;
