//! A task: something that has to be found out from a page as it looks at a
//! budget. What a budget is worth, a task says, and nothing else does.
//!
//! | task | who judges |
//! |---|---|
//! | [`decode`] | a decoder of QR codes reads the whole page |
//! | [`read`] | a recogniser of text reads the place of the answer |
//! | [`locate`] | which of several things is most like the one that is asked for |
//! | [`reconstruct`] | structural similarity where the answer is |
//! | [`command`] | a program of the user's answers in words |
//!
//! A judge sees the page at a budget, the question, and the true answer only
//! to score what it found. One that cannot run on this machine is listed with
//! its reason, and the run goes on.

mod command;
mod decode;
mod locate;
mod read;
mod reconstruct;

use arrcoc_datasets::item::Ask;
use arrcoc_host::NameError;
use arrcoc_picture::Image;
use arrcoc_stats::Tiling;

use crate::{
    dataset::Origin,
    suite::{CommandRule, Tasks},
};

/// The tasks there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Task {
    Decode,
    Read,
    Locate,
    Reconstruct,
    Command,
}

/// What the findings of a task are called.
pub(crate) struct Names {
    /// The key in a suite file, and the metric: what is found out of what is asked, in [0, 1]; more is better.
    pub(crate) score: &'static str,
    /// Its mean over the logarithm of the budget.
    pub(crate) area: &'static str,
    /// Its largest fall from one budget to the next smaller one.
    pub(crate) drop: &'static str,
    /// Of what uniform finds at the greatest budget, the share that is found.
    pub(crate) kept: &'static str,
    /// The least budget from which on 90 % of the page's own score is found.
    pub(crate) b90: &'static str,
    /// The same for 95 %.
    pub(crate) b95: &'static str,
    /// What is observed besides.
    pub(crate) besides: &'static [&'static str],
    /// What is counted, in words.
    pub(crate) what: &'static str,
}

/// A page at a budget, and what is asked.
pub(crate) struct View<'a> {
    /// The page itself.
    pub(crate) original: &'a Image,
    /// The page as it looks at the budget.
    pub(crate) seen: &'a Image,
    pub(crate) ask: &'a Ask,
    /// How the patches lie on the page.
    pub(crate) tiling: &'a Tiling,
    /// 1 for every patch that holds a part of an answer.
    pub(crate) answer: &'a [u8],
    /// Whether regions are as users draw them, close to the ink, and leave no room around it.
    pub(crate) tight: bool,
    /// Tokens of a patch on average; none where the page is whole.
    pub(crate) average: Option<f64>,
}

/// A number that a judge observed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    pub(crate) metric: &'static str,
    pub(crate) value: f64,
    /// How many answers it is about.
    pub(crate) weight: f64,
}

/// Who says what was found.
pub(crate) trait Judge: Send + Sync {
    /// Scores an answer, the task's own metric first.
    ///
    /// # Errors
    /// One line: why there is no answer. That is a failure of this question alone.
    fn judge(&self, view: &View<'_>) -> Result<Vec<Score>, String>;

    /// How sure the judge is of the right answer, in [0, 1]; none where it does not say.
    fn confidence(&self, _view: &View<'_>) -> Option<f64> {
        None
    }

    /// What a judge that was brought along says of itself, once it has run.
    fn introduction(&self) -> Option<String> {
        None
    }

    /// What the judge's answers depend on beside this program: files, other programs.
    fn digest(&self) -> String {
        String::new()
    }
}

impl Task {
    /// All tasks, in the order in which they are reported.
    pub(crate) const ALL: &[Task] =
        &[Task::Decode, Task::Read, Task::Locate, Task::Reconstruct, Task::Command];

    pub(crate) fn names(self) -> &'static Names {
        match self {
            Task::Decode => &decode::NAMES,
            Task::Read => &read::NAMES,
            Task::Locate => &locate::NAMES,
            Task::Reconstruct => &reconstruct::NAMES,
            Task::Command => &command::NAMES,
        }
    }

    /// The task of a name.
    ///
    /// # Errors
    /// When there is none, with the nearest.
    pub(crate) fn of_name(name: &str) -> Result<Task, NameError> {
        let found = Task::ALL.iter().copied().find(|task| task.names().score == name);
        found.ok_or_else(|| NameError::new("task", name, Task::ALL.iter().map(|task| task.names().score)))
    }

    /// Every metric of the task's findings.
    pub(crate) fn metrics(self) -> impl Iterator<Item = &'static str> {
        let Names { score, area, drop, kept, b90, b95, besides, .. } = self.names();
        [*score, *area, *drop, *kept, *b90, *b95].into_iter().chain(besides.iter().copied())
    }

    /// Whether pages of a dataset have what the task needs.
    pub(crate) fn fits(self, origin: &Origin) -> bool {
        match self {
            Task::Decode => matches!(origin, Origin::Codes(_) | Origin::Files(_)),
            Task::Locate => matches!(origin, Origin::Scenes(_) | Origin::Files(_)),
            Task::Read => matches!(origin, Origin::Documents(_) | Origin::Files(_)),
            Task::Reconstruct | Task::Command => true,
        }
    }

    /// What stands about the task in a suite file: on which datasets it is, and by which traits it is told apart.
    pub(crate) fn of(self, tasks: &Tasks) -> Option<(&Option<Vec<String>>, &[String])> {
        match self {
            Task::Decode => tasks.decode.as_ref().map(|rule| (&rule.on, rule.by.as_slice())),
            Task::Read => tasks.read.as_ref().map(|rule| (&rule.on, rule.by.as_slice())),
            Task::Locate => tasks.locate.as_ref().map(|rule| (&rule.on, rule.by.as_slice())),
            Task::Reconstruct => tasks.reconstruct.as_ref().map(|rule| (&rule.on, rule.by.as_slice())),
            Task::Command => tasks.command.as_ref().map(|rule| (&rule.on, rule.by.as_slice())),
        }
    }

    /// What pages must have for it, as a hint.
    pub(crate) fn needs(self) -> &'static str {
        match self {
            Task::Decode => "it reads QR codes: name a dataset of the kind `codes`, or files with texts",
            Task::Locate => {
                "it points at one of several things: name a dataset of the kind `scenes`, or files with candidates"
            }
            Task::Read => {
                "it reads fields: name a dataset of the kind `documents`, or files with texts and boxes"
            }
            Task::Reconstruct | Task::Command => "it takes any dataset",
        }
    }

    /// The judge, or why there is none.
    pub(crate) fn open(self, tasks: &Tasks) -> Result<Box<dyn Judge>, String> {
        match self {
            Task::Decode => Ok(Box::new(decode::Decoder)),
            Task::Read => read::open(),
            Task::Locate => Ok(Box::new(locate::Pointer)),
            Task::Reconstruct => Ok(Box::new(reconstruct::Comparer)),
            Task::Command => {
                let spec = tasks.command.as_ref().map(CommandRule::spec);
                command::open(spec.ok_or("no command is named")?)
            }
        }
    }
}
