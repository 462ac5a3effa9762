//! Where a test of one part stands, inside the process that runs plugin code:
//! the library, the part, and the file that the outcome is told to.
//!
//! The file is also written before calls: should the process end in one, the
//! last line says in which.

use std::{
    cell::{OnceCell, RefCell},
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use arrcoc_host::{Description, load::Loaded, vet::Vetted};
use arrcoc_sdk::{
    abi::FaultCode,
    describe::{ASSET, Determinism, Domain, Param},
    fault::Fault,
    foreign::Grant,
    params::Params,
};
use serde::{Deserialize, Serialize};

use crate::{
    answer,
    report::Verdict,
    scene::{Scene, unknown},
    subject::{Answer, Lent, Part, Subject, Trouble},
};

/// A line of the file that a test tells its outcome to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Line {
    /// What is about to be called.
    At(String),
    /// How it ended.
    Done(Done),
}

/// How a test ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) verdict: Verdict,
    pub(crate) detail: String,
    /// Faults that were panics.
    pub(crate) panics: Vec<String>,
    /// What the library offers, from the test that loads it.
    pub(crate) description: Option<Description>,
}

/// Why a test did not pass.
#[derive(Debug)]
pub(crate) enum Stop {
    Failed(String),
    Skipped(String),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Stop {
        Stop::Failed(trouble.to_string())
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Failed(fault.to_string())
    }
}

/// What a test found: something to be said, or why it did not pass.
pub(crate) type Finding = Result<String, Stop>;

/// Fails a test with what happened.
pub(crate) fn failed<T>(what: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Failed(what.into()))
}

/// Passes over a test for a reason.
pub(crate) fn skipped<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Skipped(why.into()))
}

/// Where a test stands.
pub(crate) struct Bench {
    vetted: Vetted,
    id: String,
    /// Whether what answers hold is known to be wrong, and not to be failed for again.
    pub(crate) lenient: bool,
    /// A folder of its own, with `work` (the working directory) and `temporary`.
    pub(crate) folder: PathBuf,
    loaded: OnceCell<Loaded>,
    part: OnceCell<Part>,
    telling: RefCell<File>,
    told: RefCell<String>,
    panics: Mutex<Vec<String>>,
}

impl Bench {
    pub(crate) fn new(vetted: Vetted, id: String, lenient: bool, folder: &Path, telling: File) -> Bench {
        Bench {
            vetted,
            id,
            lenient,
            folder: folder.to_owned(),
            loaded: OnceCell::new(),
            part: OnceCell::new(),
            telling: RefCell::new(telling),
            told: RefCell::default(),
            panics: Mutex::default(),
        }
    }

    /// Says what is about to be called.
    pub(crate) fn at(&self, what: impl Into<String>) {
        let what = what.into();
        if *self.told.borrow() != what {
            self.tell(&Line::At(what.clone()));
            *self.told.borrow_mut() = what;
        }
    }

    /// Says how the test ended.
    pub(crate) fn done(&self, finding: Finding) {
        let (verdict, detail) = match finding {
            Ok(detail) => (Verdict::Passed, detail),
            Err(Stop::Failed(what)) => (Verdict::Failed, what),
            Err(Stop::Skipped(why)) => (Verdict::Skipped, why),
        };
        let panics = std::mem::take(&mut *self.panics.lock().unwrap_or_else(PoisonError::into_inner));
        let description = self.loaded.get().map(|loaded| loaded.description.clone());
        self.tell(&Line::Done(Done { verdict, detail, panics, description }));
    }

    fn tell(&self, line: &Line) {
        let Ok(mut text) = serde_json::to_string(line) else { return };
        text.push('\n');
        // The parent finds out when nothing arrives.
        let _ = self.telling.borrow_mut().write_all(text.as_bytes());
    }

    /// The library, mapped the first time.
    pub(crate) fn library(&self) -> Result<&Loaded, Stop> {
        if self.loaded.get().is_none() {
            self.at("loading");
            let loaded = arrcoc_host::load::load(&self.vetted);
            let loaded = loaded.map_err(|refusal| Stop::Failed(refusal.reason))?;
            let _ = self.loaded.set(loaded);
        }
        self.loaded.get().ok_or_else(|| Stop::Failed("it was not loaded".into()))
    }

    /// The part that is tested.
    pub(crate) fn part(&self) -> Result<&Part, Stop> {
        let description = &self.library()?.description;
        let scorer = description.scorers.iter().find(|info| info.id == self.id);
        let allocator = description.allocators.iter().find(|info| info.id == self.id);
        let part = match (scorer, allocator) {
            (Some(info), _) => Part::Scorer(info.clone()),
            (None, Some(info)) => Part::Allocator(info.clone()),
            (None, None) => return failed(format!("it does not offer `{}` any more", self.id)),
        };
        Ok(self.part.get_or_init(|| part))
    }

    /// How exactly the part says it repeats itself.
    pub(crate) fn determinism(&self) -> Result<Determinism, Stop> {
        Ok(match self.part()? {
            Part::Scorer(info) => info.determinism,
            Part::Allocator(info) => info.determinism,
        })
    }

    /// The declared parameters.
    pub(crate) fn declared(&self) -> Result<&[Param], Stop> {
        Ok(match self.part()? {
            Part::Scorer(info) => &info.params,
            Part::Allocator(info) => &info.params,
        })
    }

    /// Whether the library says that it drives a device.
    pub(crate) fn drives_device(&self) -> bool {
        self.vetted.facts().device
    }

    /// The defaults, with assets in their place.
    pub(crate) fn defaults(&self) -> Result<Params, Stop> {
        let declared = self.declared()?;
        let params = Params::resolve(declared, &serde_json::Map::new())
            .map_err(|fault| Stop::Failed(format!("the defaults are not valid: {}", fault.message)))?;
        Ok(params.located(declared, arrcoc_assets::resolve))
    }

    /// An instance with its defaults, or why there is none.
    pub(crate) fn subject(&self) -> Result<Subject, Stop> {
        let part = self.part()?;
        if let Part::Scorer(info) = part
            && let Some(why) = info.unavailable()
        {
            return skipped(format!("no device of it can be used here: {why}"));
        }
        let params = self.defaults()?;
        if let Some(why) = self.lacking(&params)? {
            return skipped(why);
        }
        self.at("making an instance");
        self.another(&params)?.map_err(|fault| match self.declared().ok().and_then(empty_path) {
            Some(name) if fault.code == FaultCode::INVALID_INPUT => {
                Stop::Skipped(format!("its path `{name}` must be given: {}", fault.message))
            }
            _ => Stop::Failed(fault.to_string()),
        })
    }

    /// Another instance, with these parameters.
    pub(crate) fn another(&self, params: &Params) -> Result<Result<Subject, Fault>, Stop> {
        Ok(Subject::make(self.library()?, self.part()?, params).map_err(|fault| self.lost(fault)))
    }

    /// The asset that is not there.
    fn lacking(&self, params: &Params) -> Result<Option<String>, Stop> {
        for param in self.declared()? {
            let Domain::Path { default } = &param.domain else { continue };
            let Some(folder) = default.strip_prefix(ASSET) else { continue };
            if !params.path(&param.name)?.exists() {
                return Ok(Some(format!("the asset `{folder}` that it needs is not in the cache")));
            }
        }
        Ok(None)
    }

    /// Asks, and keeps count of panics.
    pub(crate) fn ask(
        &self,
        subject: &Subject,
        scene: &Scene,
        lent: Lent,
        grant: &Grant,
    ) -> Result<Answer, Trouble> {
        subject.ask(scene, lent, grant).map_err(|trouble| match trouble {
            Trouble::Fault(fault) => Trouble::Fault(self.lost(fault)),
            other => other,
        })
    }

    /// Keeps count of panics.
    pub(crate) fn lost(&self, fault: Fault) -> Fault {
        if fault.code == FaultCode::PANICKED {
            self.panics.lock().unwrap_or_else(PoisonError::into_inner).push(fault.to_string());
        }
        fault
    }

    /// The scene that most tests ask about, or why nothing can be asked.
    pub(crate) fn scene(&self, case: crate::scene::Case) -> Result<Scene, Stop> {
        let needs = self.part()?.needs();
        if let Some(name) = unknown(&needs) {
            return skipped(format!("it requires the tensor `{name}`, which the kit cannot make up"));
        }
        Ok(Scene::new(case, &needs)?)
    }

    /// Checks what an answer holds, unless that is known to be wrong.
    pub(crate) fn check(&self, answer: &Answer, scene: &Scene) -> Result<(), Stop> {
        if self.lenient {
            return Ok(());
        }
        answer::check(answer, self.part()?, scene)
            .map_err(|what| Stop::Failed(format!("{what} ({})", scene.about)))
    }
}

fn empty_path(declared: &[Param]) -> Option<&str> {
    let empty = |param: &&Param| matches!(&param.domain, Domain::Path { default } if default.is_empty());
    declared.iter().find(empty).map(|param| param.name.as_str())
}
