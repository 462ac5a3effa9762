//! The goals of speed in one table, ours beside the programs that people use for the same.
//!
//! ```text
//! cargo xtask bench --peers
//! ```
//!
//! builds what is measured, installs the peers and starts this program, which prints the table. One run, one thread
//! each unless a row says otherwise, ours and the peers in turns ([`turns`]): what else the machine does falls on both.
//! Absolute times are for the machine that is named above the table.
//!
//! | file | what it measures |
//! |---|---|
//! | `statistics` | patch statistics beside a copy, OpenCV and NumPy, scikit-image; two threads |
//! | `diversity` | max-min diversity beside NumPy |
//! | `decision` | a whole decision, sharing by weight, calls of plugins |
//! | `memory` | what the command has resident |
//! | `peers.py` | the peers, a child of this program that `python` speaks to |
//! | `table` | goals, rows, and how they are printed |

#![forbid(unsafe_code)]

mod decision;
mod diversity;
mod memory;
mod python;
mod statistics;
mod table;
mod turns;

use std::{cell::RefCell, fs, path::PathBuf, process::ExitCode};

use clap::Parser;
use python::{Peers, Python};
use table::{Row, table};

/// Measures ours beside the peers. `cargo xtask bench --peers` gives the arguments.
#[derive(Parser)]
struct Arguments {
    /// The folder with the plugins and their list
    #[arg(long, value_name = "DIR")]
    plugins: PathBuf,
    /// The folder with the plugin `idle`
    #[arg(long, value_name = "DIR")]
    fixtures: PathBuf,
    /// The executable in which plugins run that are not trusted
    #[arg(long, value_name = "FILE")]
    worker: PathBuf,
    /// The executable `arrcoc`
    #[arg(long, value_name = "FILE")]
    command: PathBuf,
    /// The script of the peers
    #[arg(long, value_name = "FILE")]
    script: PathBuf,
    /// The Python that has the peers
    #[arg(long, value_name = "FILE", required_unless_present = "without_peers")]
    python: Option<PathBuf>,
    /// Why there are no peers
    #[arg(long, value_name = "REASON", conflicts_with = "python")]
    without_peers: Option<String>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(rows) if rows.iter().any(Row::has_failed) => {
            eprintln!("error: not all of it could be measured: the rows that failed say why");
            ExitCode::FAILURE
        }
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<Vec<Row>, String> {
    let load = load();
    let scratch = tempfile::tempdir().map_err(|error| format!("cannot make a folder for images: {error}"))?;
    let folder = scratch.path();
    let peers: Peers = match (&arguments.python, &arguments.without_peers) {
        (Some(python), _) => Python::start(python, &arguments.script).map(RefCell::new),
        (None, reason) => Err(reason.clone().unwrap_or_default()),
    };

    let mut rows = Vec::new();
    for side in [1344, 4096] {
        eprintln!("measuring patch statistics, {side}²");
        rows.extend(statistics::rows(side, &peers, folder));
    }
    eprintln!("measuring decisions, sharing and calls");
    rows.push(decision::whole(&arguments.plugins, &arguments.worker));
    rows.extend(decision::sharing());
    rows.extend(diversity::rows(&arguments.plugins, &peers, folder));
    rows.extend(decision::calls(&arguments.fixtures, &arguments.worker));
    rows.push(memory::row(&arguments.command, folder));
    rows.push(gpu());

    println!("{}", machine());
    if let Some(load) = load {
        println!("{load}");
    }
    match &peers {
        Ok(python) => println!("peers: {}", python.borrow().versions),
        Err(why) => println!("peers: none: {why}"),
    }
    print!("\n{}", table(&rows));
    Ok(rows)
}

/// How many programs wanted to run in the minute before, where the system tells it and it is more than a few.
fn load() -> Option<String> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    let load = text.split_whitespace().next()?;
    let busy = load.parse::<f64>().ok()? >= 0.5;
    busy.then(|| format!("load before it began: {load}; what needs two processors suffers most"))
}

/// The statistics on a GPU belong to a backend; here it is only told that there is none.
fn gpu() -> Row {
    let there = PathBuf::from("/dev/nvidiactl").exists() || PathBuf::from("/dev/kfd").exists();
    let why = if there { "this program has no code for a GPU" } else { "no GPU here" };
    Row::not_measured("patch statistics on a GPU", "≥ 60 % of its copy", why)
}

/// The machine in a line: processor, its clock where the system tells it, cores.
fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpu.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let processor = field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let model = match (field("cpu family"), field("model\t")) {
        (Some(family), Some(model)) => format!(" (family {family}, model {model})"),
        _ => String::new(),
    };
    let clock = field("cpu MHz").map_or_else(String::new, |clock| format!(", {clock} MHz"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("machine: {processor}{model}{clock}, {cores} cores, {}", std::env::consts::OS)
}
