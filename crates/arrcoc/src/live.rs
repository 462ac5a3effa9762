//! A host that goes on while a plugin becomes another version.
//!
//! [`Live`] holds the engine in use. A decision takes it once and is made by it from the first scorer to the record, so
//! that it names one version of every library. A new version of one library comes into use in steps:
//!
//! ```text
//!  stage(file) ──▶ candidate, in shadow ──▶ promote() ──▶ in use; the one before is kept
//!                          │                                    │
//!                          └── withdraw()                       └── roll_back(), or let_go()
//! ```
//!
//! In shadow both decide, the version in use counts, and the difference is kept ([`Difference`], [`Summary`]). To promote
//! or to go back is one pointer, so it takes effect with the next decision and nothing is loaded for it. A library is swapped
//! as a whole, with every scorer and allocator in it. What is no part of it is shared by all engines: other
//! libraries, their processes, and how far decisions may go.
//!
//! Whoever decides never waits for a candidate. What a candidate costs them is a copy of the channels and the tokens of
//! each decision that it is shown, and what it takes from the processors; a library in a worker of its own that both
//! engines use serves one call at a time, so that a call may wait for one of the shadow's.
//!
//! ```no_run
//! use std::{path::Path, time::Duration};
//! use arrcoc::{Config, Engine, Live, Photo, Request, autonomy::Settled, ledger::Ledger, live};
//!
//! let host = Live::new(Engine::open(Config::default())?);
//! let mut ledger = Ledger::open(Path::new("decisions.ledger"))?;
//! let staged = host.stage(Path::new("libocr-2.so"), Settled::by("R. Ito", "reads two columns"))?;
//! live::append(&mut ledger, &staged)?;
//! // Meanwhile, on any thread:
//! let decision = host.allocate(&Request::new(Photo::from_rgb(96, 96, vec![200; 96 * 96 * 3])?))?;
//! // Later:
//! host.catch_up(Duration::from_secs(10));
//! if let Some(candidate) = host.candidate() {
//!     println!("{} compared, {:.3} of the tokens elsewhere", candidate.summary.compared, candidate.summary.tokens_mean);
//! }
//! live::append(&mut ledger, &host.promote(false, Settled::by("R. Ito", "no retreats in a day"))?)?;
//! live::append(&mut ledger, &host.roll_back(Settled::by("R. Ito", "it misreads totals"))?)?;
//! # Ok::<(), arrcoc::Error>(())
//! ```

mod difference;
mod shadow;
mod swap;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    thread,
    time::{Duration, Instant},
};

use arrcoc_host::Identity;

use crate::{
    autonomy::Settled,
    decision::Decision,
    engine::{Engine, Succession},
    error::Error,
    request::Request,
};
use shadow::Shadow;

pub use difference::{ChannelDifference, Difference, Summary};
pub use shadow::Shadowing;
pub use swap::{Act, SCHEMA, Swap, append, history};

/// A host whose plugins may become other versions while it decides. Can be shared by threads.
pub struct Live {
    shadowing: Shadowing,
    /// Written for as long as pointers take to change.
    cast: RwLock<Cast>,
}

/// Who decides.
struct Cast {
    engine: Arc<Engine>,
    candidate: Option<Staged>,
    before: Option<Kept>,
}

/// A candidate, and the way it came.
struct Staged {
    engine: Arc<Engine>,
    shadow: Arc<Shadow>,
    file: PathBuf,
    change: Change,
}

/// The engine that was in use before, and what was changed then.
struct Kept {
    engine: Arc<Engine>,
    change: Change,
}

/// From which version to which.
#[derive(Clone)]
struct Change {
    before: Arc<Identity>,
    after: Arc<Identity>,
}

/// A candidate and what its shadow has seen.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Candidate {
    /// The library as it is in use.
    pub before: Identity,
    /// The version that is in shadow.
    pub after: Identity,
    /// All that was seen, in a few numbers.
    pub summary: Summary,
    /// The latest of what was seen, the last one at the end.
    pub latest: Vec<Difference>,
}

impl Live {
    /// A host that decides with this engine.
    #[must_use]
    pub fn new(engine: Engine) -> Live {
        Live::with(engine, Shadowing::default())
    }

    /// The same, with more or less kept for shadows.
    #[must_use]
    pub fn with(engine: Engine, shadowing: Shadowing) -> Live {
        let cast = Cast { engine: Arc::new(engine), candidate: None, before: None };
        Live { shadowing, cast: RwLock::new(cast) }
    }

    /// Decides how many tokens each patch of an image gets, with the versions that are in use when it begins.
    ///
    /// # Errors
    /// Those of [`Engine::allocate`].
    pub fn allocate(&self, request: &Request) -> Result<Decision, Error> {
        let (engine, shadow) = {
            let cast = self.cast();
            let shadow = cast.candidate.as_ref().map(|staged| Arc::clone(&staged.shadow));
            (Arc::clone(&cast.engine), shadow)
        };
        let decided = match shadow {
            None => engine.allocate(request),
            Some(shadow) => decide_in_sight(&engine, &shadow, request),
        };
        part_with(engine);
        decided
    }

    /// The engine in use, for what takes several steps: looks, images together, catalogues. Whatever is made with it
    /// is of one version, also when another comes into use meanwhile; a candidate sees nothing of it.
    #[must_use]
    pub fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.cast().engine)
    }

    /// Loads a version of a library that is in use and runs it in shadow: it is shown every decision from now on, and
    /// counts for nothing. Decisions go on meanwhile.
    ///
    /// # Errors
    /// When the file is refused, has another id than every library in use, lacks what is in use, or cannot be made
    /// ready; when there is a candidate already, or another version came into use meanwhile. Nothing changes then.
    pub fn stage(&self, file: &Path, settled: Settled<'_>) -> Result<Swap, Error> {
        let engine = {
            let cast = self.cast();
            cast.check_free()?;
            Arc::clone(&cast.engine)
        };
        let Succession { engine: candidate, before, after } = engine.replacing(file)?;
        let candidate = Arc::new(candidate);
        let shadow = Arc::new(Shadow::cast(Arc::clone(&candidate), self.shadowing)?);
        let file = file.to_owned();
        let mut swap = Swap::new(Act::Staged, &before, &after, settled);
        swap.file = Some(file.to_string_lossy().into_owned());
        let staged = Staged { engine: candidate, shadow, file, change: Change { before, after } };
        let mut cast = self.cast_to_change();
        cast.check_free()?;
        if !Arc::ptr_eq(&cast.engine, &engine) {
            return Err(Error::new(
                "another version came into use while the candidate was loaded",
                "stage it again, beside the version that is in use now",
            ));
        }
        cast.candidate = Some(staged);
        Ok(swap)
    }

    /// The candidate and what its shadow has seen, if there is one.
    #[must_use]
    pub fn candidate(&self) -> Option<Candidate> {
        let (shadow, Change { before, after }) = {
            let cast = self.cast();
            let staged = cast.candidate.as_ref()?;
            (Arc::clone(&staged.shadow), staged.change.clone())
        };
        let (summary, latest) = shadow.seen();
        Some(Candidate { before: (*before).clone(), after: (*after).clone(), summary, latest })
    }

    /// Waits until the candidate has decided what it was shown before this call, but no longer than this; whether it has.
    /// Where there is no candidate, it has.
    pub fn catch_up(&self, at_most: Duration) -> bool {
        let shadow = self.cast().candidate.as_ref().map(|staged| Arc::clone(&staged.shadow));
        shadow.is_none_or(|shadow| shadow.catch_up(at_most))
    }

    /// Has the candidate decide from the next decision on. The version before is kept.
    ///
    /// # Errors
    /// When there is no candidate; when its shadow has seen it retreat, or has seen nothing, unless it is promoted
    /// `despite` that, which is recorded. Nothing changes then.
    pub fn promote(&self, despite: bool, settled: Settled<'_>) -> Result<Swap, Error> {
        let (swap, gone) = {
            let mut cast = self.cast_to_change();
            let Some(staged) = cast.candidate.take() else { return Err(no_candidate()) };
            let doubt = staged.shadow.seen().0.doubt();
            if let Some(doubt) = doubt.as_ref().filter(|_| !despite) {
                let Identity { id, version, .. } = &*staged.change.after;
                let message = format!("`{id}` {version} is not promoted: {doubt}");
                cast.candidate = Some(staged);
                return Err(Error::new(
                    message,
                    "promote it despite that, which is recorded, or withdraw it",
                ));
            }
            let Staged { engine, shadow, file, change } = staged;
            let mut swap = Swap::new(Act::Promoted, &change.before, &change.after, settled);
            swap.file = Some(file.to_string_lossy().into_owned());
            swap.shadow = Some(shadow.end());
            swap.despite = doubt;
            let before = std::mem::replace(&mut cast.engine, engine);
            (swap, cast.before.replace(Kept { engine: before, change }))
        };
        drop(gone);
        Ok(swap)
    }

    /// Has the version that was in use before decide again, from the next decision on. A candidate is withdrawn: it was
    /// seen beside what is no longer in use.
    ///
    /// # Errors
    /// When no version was in use before, or it was let go.
    pub fn roll_back(&self, settled: Settled<'_>) -> Result<Swap, Error> {
        let (swap, gone) = {
            let mut cast = self.cast_to_change();
            let Some(Kept { engine, change }) = cast.before.take() else {
                return Err(Error::new(
                    "there is no version to go back to",
                    "stage the file of the version that you want, and promote it",
                ));
            };
            let mut swap = Swap::new(Act::RolledBack, &change.after, &change.before, settled);
            let candidate = cast.candidate.take();
            if let Some(staged) = &candidate {
                swap.shadow = Some(staged.shadow.end());
                swap.withdrew = Some((*staged.change.after).clone());
            }
            (swap, (std::mem::replace(&mut cast.engine, engine), candidate))
        };
        drop(gone);
        Ok(swap)
    }

    /// Lets the candidate go.
    ///
    /// # Errors
    /// When there is none.
    pub fn withdraw(&self, settled: Settled<'_>) -> Result<Swap, Error> {
        let staged = self.cast_to_change().candidate.take().ok_or_else(no_candidate)?;
        let mut swap = Swap::new(Act::Withdrawn, &staged.change.before, &staged.change.after, settled);
        swap.shadow = Some(staged.shadow.end());
        Ok(swap)
    }

    /// Lets the version go that was in use before, with its processes, if there is one: there is no going back to it.
    pub fn let_go(&self) {
        let gone = self.cast_to_change().before.take();
        drop(gone);
    }

    fn cast(&self) -> RwLockReadGuard<'_, Cast> {
        self.cast.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn cast_to_change(&self) -> RwLockWriteGuard<'_, Cast> {
        self.cast.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cast {
    /// Whether there is no candidate yet.
    fn check_free(&self) -> Result<(), Error> {
        let Some(staged) = &self.candidate else { return Ok(()) };
        let Identity { id, version, .. } = &*staged.change.after;
        let message = format!("`{id}` {version} is in shadow already");
        Err(Error::new(message, "promote or withdraw it first: decisions are compared with one candidate"))
    }
}

fn no_candidate() -> Error {
    Error::new("there is no candidate", "stage the file of a version first")
}

/// Decides as an engine does by itself, and shows a candidate what was decided.
fn decide_in_sight(engine: &Engine, shadow: &Shadow, request: &Request) -> Result<Decision, Error> {
    request.terms()?;
    let started = Instant::now();
    let mut look = engine.look(request)?;
    let decision = look.allocate(&request.query, &request.policy)?;
    shadow.offer(request, &look.steering, &decision, started.elapsed());
    Ok(decision)
}

/// Gives an engine back. Where this was the last decision of one that is no longer in use, its processes end, which is
/// not for the decision to wait for.
fn part_with(engine: Arc<Engine>) {
    if let Some(engine) = Arc::into_inner(engine) {
        // Where there is no thread, it ends here.
        let _ = thread::Builder::new().name("arrcoc end".into()).spawn(move || drop(engine));
    }
}
