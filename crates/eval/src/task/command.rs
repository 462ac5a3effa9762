//! The user's own reader: a program that is given what is seen, and the
//! question, and answers in words (see [`crate::command`]).
//!
//! Each thread has a program of its own. What goes wrong with one is a failure
//! of that question, with the reason.

use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use super::{Judge, Names, Score, View};
use crate::{
    agreement::fold,
    command::{Outcome, Program, Question, Spec},
};

pub(super) const NAMES: Names = Names {
    score: "command",
    area: "command-area",
    drop: "command-drop",
    kept: "command-kept",
    b90: "command-b90",
    b95: "command-b95",
    besides: &[SECONDS],
    what: "questions answered by the command",
};

/// Seconds of an answer.
const SECONDS: &str = "command-seconds";

/// Programs that are not being asked, and what another one is made from.
pub(super) struct Panel {
    spec: Spec,
    images: TempDir,
    free: Mutex<Vec<Program>>,
}

/// Opens a panel; programs start when they are asked.
pub(super) fn open(spec: Spec) -> Result<Box<dyn Judge>, String> {
    let images = tempfile::Builder::new().prefix("arrcoc-").tempdir();
    let images = images.map_err(|e| format!("no folder for images can be made: {e}"))?;
    Program::new(spec.clone(), images.path()).map_err(|e| e.to_string())?;
    Ok(Box::new(Panel { spec, images, free: Mutex::default() }))
}

impl Panel {
    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Program>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Judge for Panel {
    fn judge(&self, view: &View<'_>) -> Result<Vec<Score>, String> {
        let truths: Vec<String> = view.ask.answers.iter().map(|answer| fold(&answer.text)).collect();
        if truths.iter().all(String::is_empty) {
            return Err("the question has no answer in words".into());
        }
        let free = self.free().pop();
        let mut program = match free {
            Some(program) => program,
            None => Program::new(self.spec.clone(), self.images.path()).map_err(|e| e.to_string())?,
        };
        let question = Question { image: view.seen, question: &view.ask.question, average: view.average };
        let outcome = program.ask(&question);
        self.free().push(program);
        match outcome {
            Outcome::Failed { reason } => Err(reason),
            Outcome::Answered { text, seconds, .. } => {
                let right = truths.contains(&fold(&text));
                Ok(vec![
                    Score { metric: NAMES.score, value: f64::from(u8::from(right)), weight: 1.0 },
                    Score { metric: SECONDS, value: seconds, weight: 1.0 },
                ])
            }
        }
    }

    fn introduction(&self) -> Option<String> {
        let free = self.free();
        let hello = free.iter().find_map(Program::hello)?;
        Some(format!("{} {}", hello.name, hello.version).trim().to_owned())
    }

    fn digest(&self) -> String {
        self.spec.digest()
    }
}
