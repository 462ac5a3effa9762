//! The process in which a plugin runs whose crash must not be the host's. Only
//! a host starts it: its descriptor 0 is the channel.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    arrcoc_host::worker::serve()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("arrcoc-worker: there are worker processes on Linux only");
    ExitCode::from(2)
}
