//! The process in which a plugin runs whose crash must not be the host's. Only
//! a host starts it: its descriptor 0 is the channel.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    // Who asks for the version is no host: descriptor 0 is left alone.
    if std::env::args_os().nth(1).is_some_and(|word| word == "--version") {
        println!("arrcoc-worker {}", env!("CARGO_PKG_VERSION"));
        return ExitCode::SUCCESS;
    }
    arrcoc_host::worker::serve()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("arrcoc-worker: there are worker processes on Linux only");
    ExitCode::from(2)
}
