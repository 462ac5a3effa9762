//! The peers: a Python process that lives as long as the measurements, so that its turns fall between ours.

use std::{
    cell::RefCell,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

/// Variables by which the libraries under NumPy and OpenCV are held to one thread.
const THREADS: [&str; 4] =
    ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"];

/// The peers, or why there are none. Two sides may hold it, and one at a time asks.
pub(crate) type Peers = Result<RefCell<Python>, String>;

/// `peers.py`, running.
pub(crate) struct Python {
    process: Child,
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// The peers with their versions, in a line.
    pub(crate) versions: String,
}

impl Python {
    /// Starts the peers and asks for their versions.
    ///
    /// # Errors
    ///
    /// Why they cannot be asked, in a line.
    pub(crate) fn start(interpreter: &Path, script: &Path) -> Result<Python, String> {
        let mut process = Command::new(interpreter)
            // Nothing of the user's own packages or variables.
            .arg("-I")
            .arg(script)
            .envs(THREADS.map(|name| (name, "1")))
            .env_remove("OPENBLAS_CORETYPE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run `{}`: {error}", interpreter.display()))?;
        let (Some(asks), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("Python was started without pipes".to_owned());
        };
        let answers = BufReader::new(answers);
        let mut python = Python { process, asks: Some(asks), answers, versions: String::new() };
        let answer = python.ask(json!({ "do": "versions" }))?;
        let names = ["opencv", "numpy", "scikit-image", "python"];
        let versions = names.map(|name| format!("{name} {}", answer[name].as_str().unwrap_or("unknown")));
        python.versions = versions.join(", ");
        Ok(python)
    }

    /// Asks for something and waits for the answer.
    ///
    /// # Errors
    ///
    /// What Python said went wrong, or that it has ended.
    pub(crate) fn ask(&mut self, ask: Value) -> Result<Value, String> {
        let ended = || "Python has ended; what it said is above".to_owned();
        let asks = self.asks.as_mut().ok_or_else(ended)?;
        writeln!(asks, "{ask}").map_err(|_| ended())?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|_| ended())?;
        let answer: Value = serde_json::from_str(&line).map_err(|_| ended())?;
        match answer["error"].as_str() {
            Some(error) => Err(format!("Python: {error}")),
            None => Ok(answer),
        }
    }

    /// Asks for something that is timed: seconds of a call.
    ///
    /// # Errors
    ///
    /// As [`Python::ask`].
    pub(crate) fn seconds(&mut self, ask: Value) -> Result<f64, String> {
        self.ask(ask)?["seconds"].as_f64().ok_or_else(|| "Python told no time".to_owned())
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It ends when there is nothing more to read.
        self.asks = None;
        let _ = self.process.wait();
    }
}
