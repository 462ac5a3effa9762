//! The reader that a user brings: any program that answers JSON lines, so that
//! one's own model is the judge.
//!
//! ```text
//! question ─▶ {"schema":"arrcoc.ask/1","id":7,"image":"/…/7.png",…} ─▶ stdin  ┐
//!                                                                            program
//! outcome  ◀─ {"id":7,"answer":"20417","confidence":0.9}            ◀─ stdout ┘
//! ```
//!
//! One program answers many questions, one after the other, since loading a
//! model takes longer than asking it. It is not trusted to do so: it may never
//! answer, crash, print something else, print without end. Each of these is an
//! outcome with a reason, for that question alone; the program is then ended
//! and started again for the next. When that does not help several times in a
//! row it is given up, and every later question is answered at once with the
//! reason.
//!
//! Nothing here waits without a limit. What the program prints is read on a
//! thread of its own into a line of bounded length and a queue of bounded
//! length; what is sent to it is written on another. See [`process`] for what
//! is guaranteed of its end.

mod message;
mod process;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use arrcoc::Error;
use arrcoc_picture::{Image, encode_png};

pub(crate) use message::Hello;
use message::Line;
use process::{Heard, Process};

/// What to run, and how patient to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spec {
    /// The program and its arguments; no shell sees them.
    pub(crate) program: Vec<String>,
    /// How long an answer may take.
    pub(crate) deadline: Duration,
    /// How much longer the first one may take after a start. A program that says hello when it is ready ends this time
    /// by it.
    pub(crate) start: Duration,
    /// How often in a row it is started again after a failure, before it is given up.
    pub(crate) relaunches: u32,
}

impl Spec {
    /// A name for what answers depend on, for caches: the words of the command, and the content of those that are
    /// files, such as a script. What the program reads beyond that, such as weights, it should name in its hello.
    pub(crate) fn digest(&self) -> String {
        let mut hash = blake3::Hasher::new();
        hash.update(message::SCHEMA.as_bytes());
        for word in &self.program {
            let length = word.len() as u64;
            hash.update(&length.to_le_bytes()).update(word.as_bytes());
            // A device or a pipe might never end.
            if Path::new(word).is_file()
                && let Ok(file) = fs::File::open(word)
            {
                let _ = hash.update_reader(file);
            }
        }
        hash.finalize().to_hex().to_string()
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    /// What is seen: the page as it was rendered at a decision.
    pub(crate) image: &'a Image,
    pub(crate) question: &'a str,
    /// Tokens of a patch on average; none where the page is whole.
    pub(crate) average: Option<f64>,
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Answered {
        text: String,
        /// In [0, 1], if the program says.
        confidence: Option<f64>,
        /// From the question to the answer, without the time the program took to start and say hello.
        seconds: f64,
    },
    /// There is no answer, in one line.
    Failed { reason: String },
}

/// A program, running or not. One for each thread that asks.
pub(crate) struct Program {
    spec: Spec,
    images: PathBuf,
    process: Option<Process>,
    hello: Option<Hello>,
    /// Failures since the last answer that each ended the program.
    in_a_row: u32,
    last: String,
}

impl Program {
    /// A program that is started when it is first asked. `images` is an existing folder in which the page of each
    /// question lies while it is being answered.
    ///
    /// # Errors
    /// When no program is named, or the folder's path cannot be told in JSON.
    pub(crate) fn new(spec: Spec, images: &Path) -> Result<Program, Error> {
        if spec.program.first().is_none_or(String::is_empty) {
            return Err(Error::new(
                "the command names no program",
                "give the program and its arguments as a list",
            ));
        }
        let images = std::path::absolute(images).map_err(|e| Error::file(images, "find the folder", &e))?;
        if images.to_str().is_none() {
            return Err(Error::new(
                format!("{}: the path is not UTF-8, so no program can be told of it", images.display()),
                "use a folder with another name",
            ));
        }
        Ok(Program { spec, images, process: None, hello: None, in_a_row: 0, last: String::new() })
    }

    /// What the program said of itself when it last started, if it did.
    pub(crate) fn hello(&self) -> Option<&Hello> {
        self.hello.as_ref()
    }

    /// Asks, and waits for the answer as long as the deadline allows. Starts the program if it is not running.
    pub(crate) fn ask(&mut self, question: &Question<'_>) -> Outcome {
        if self.in_a_row > self.spec.relaunches {
            let reason =
                format!("given up after {} failures in a row, the last: {}", self.in_a_row, self.last);
            return Outcome::Failed { reason };
        }
        // Unique in this process, whichever program is asked: it names the file, too.
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = self.images.join(format!("{}-{id}.png", std::process::id()));
        let written = encode_png(question.image)
            .map_err(|error| error.to_string())
            .and_then(|png| fs::write(&path, png).map_err(|error| error.to_string()));
        if let Err(error) = written {
            let _ = fs::remove_file(&path);
            return Outcome::Failed { reason: format!("cannot write the page for the program: {error}") };
        }
        let result = self.exchange(id, message::ask(id, &path, question));
        let _ = fs::remove_file(&path);
        match result {
            Ok(outcome) => {
                self.in_a_row = 0;
                outcome
            }
            Err(reason) => {
                // Whatever it says from now on, it is not known what to.
                if let Some(mut process) = self.process.take() {
                    process.end();
                }
                self.in_a_row += 1;
                self.last.clone_from(&reason);
                Outcome::Failed { reason }
            }
        }
    }

    /// Sends a question and waits. The error is the reason for which the program is of no more use.
    fn exchange(&mut self, id: u64, line: Vec<u8>) -> Result<Outcome, String> {
        let process = match &mut self.process {
            Some(process) => process,
            None => {
                self.hello = None;
                self.process.insert(Process::start(&self.spec.program)?)
            }
        };
        let mut limit = self.spec.deadline;
        if !process.has_spoken {
            limit = limit.saturating_add(self.spec.start);
        }
        process.send(line);
        let mut since = Instant::now();
        loop {
            let heard = process.hear(limit.saturating_sub(since.elapsed()));
            let line = match heard {
                Heard::Line(line) => line,
                Heard::Nothing => return Err(format!("no answer within {limit:?}{}", process.complaint())),
                Heard::TooLong => {
                    return Err(format!("a line of more than {} bytes", process::LONGEST));
                }
                Heard::End => return Err(process.how_it_ended()),
            };
            let first = !process.has_spoken;
            process.has_spoken = true;
            match message::read(&line, id)? {
                Line::Hello(hello) if first => {
                    self.hello = Some(hello);
                    since = Instant::now();
                    limit = self.spec.deadline;
                }
                Line::Hello(_) => return Err("said hello where an answer was due".into()),
                Line::Refused(why) => {
                    return Ok(Outcome::Failed { reason: format!("the program says: {why}") });
                }
                Line::Answer { text, confidence } => {
                    return Ok(Outcome::Answered {
                        text,
                        confidence,
                        seconds: since.elapsed().as_secs_f64(),
                    });
                }
            }
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
