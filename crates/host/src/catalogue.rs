//! All that was found: every library, usable or not, each with its reason; and
//! instances of what the usable ones offer, by name.

mod replacing;

use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use arrcoc_abi::{Stage, manifest::Facts};
use arrcoc_sdk::{
    describe::{AllocatorInfo, Description, Param, ScorerInfo},
    fault::Fault,
    foreign::Grant,
    params::{self, Params},
};
use serde_json::{Map, Value};

#[cfg(target_os = "linux")]
use crate::worker::{Plant, RemoteAllocator, RemoteScorer};
use crate::{
    allocator::Allocator,
    breaker::{Breaker, Patience},
    inproc,
    instance::{AllocatorInstance, ScorerInstance},
    isolation::{Isolation, Level, SANDBOXES},
    load::{Loaded, load},
    lock::Lock,
    names::NameError,
    refusal::Refusal,
    scorer::Scorer,
    search::{Origin, Search},
    vet::{Identity, Vetted, vet, vet_unless_device},
};

pub use replacing::Replacement;

/// What became of a file that was found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Status {
    /// It is loaded.
    Usable,
    /// It is loaded, but nothing of it can run on this machine, for this reason.
    Unavailable(String),
    /// It drives a device, and none was asked for: it is not loaded before [`Catalogue::load_devices`].
    Waiting,
    /// An earlier library has the same id.
    Shadowed(PathBuf),
    /// It is not loaded.
    Refused(Refusal),
}

/// A file that was found, and what became of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// How it came into the search.
    pub origin: Origin,
    /// What became of it.
    pub status: Status,
    /// What its manifest says; absent when that could not be read.
    pub facts: Option<Facts>,
    /// Who it is; absent when it was not vetted.
    pub identity: Option<Arc<Identity>>,
    /// The length of the file; 0 when it was not vetted.
    pub bytes: u64,
    /// What it offers; absent when it was not loaded.
    pub description: Option<Description>,
    /// Where its code runs; absent when it was not vetted.
    pub level: Option<Level>,
    /// What a user should know.
    pub warnings: Vec<String>,
    /// Of the warnings, what the sandbox does not hold on this machine.
    pub unheld: Option<String>,
}

struct Library {
    home: Home,
    description: Description,
    identity: Arc<Identity>,
    /// Of its scorers and allocators, by id.
    breakers: Mutex<HashMap<String, Arc<Breaker>>>,
}

/// Where a library lives.
enum Home {
    InProcess(Loaded),
    #[cfg(target_os = "linux")]
    Worker(Arc<Plant>),
}

/// All that was found.
pub struct Catalogue {
    found: Vec<Found>,
    /// Shared with the catalogues in which another library was replaced.
    libraries: Vec<Arc<Library>>,
    isolation: Isolation,
    lock: Option<Arc<Lock>>,
}

/// Why an instance could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MakeError {
    /// There is no such scorer, allocator or parameter.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A parameter's value is not allowed.
    #[error("`{id}`: {reason}")]
    Parameter {
        /// The scorer or allocator.
        id: String,
        /// Which parameter, and what it takes.
        reason: String,
    },
    /// It cannot run on this machine.
    #[error("`{id}` is unavailable: {reason}")]
    Unavailable {
        /// The scorer.
        id: String,
        /// Why.
        reason: String,
    },
    /// The plugin failed while it made the instance.
    #[error("`{id}`: {fault}")]
    Fault {
        /// The scorer or allocator.
        id: String,
        /// What it said.
        fault: Fault,
    },
}

impl MakeError {
    /// What would be right.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            MakeError::Name(e) => e.hint.clone(),
            MakeError::Parameter { .. } => "`arrcoc plugins inspect` shows every parameter".into(),
            MakeError::Unavailable { .. } => "`arrcoc plugins list` shows what is available".into(),
            MakeError::Fault { .. } => "the plugin refused; check its parameters".into(),
        }
    }
}

/// Values that a user gave for parameters: `id` → `key` → text.
pub type GivenParams = HashMap<String, HashMap<String, String>>;

impl Catalogue {
    /// Looks in every place, vets and loads what is there. What cannot be used
    /// is kept with its reason; nothing here fails.
    #[must_use]
    pub fn open(search: &Search, isolation: &Isolation) -> Catalogue {
        let candidates = search.candidates();
        let mut catalogue = Catalogue {
            found: Vec::new(),
            libraries: Vec::new(),
            isolation: isolation.clone(),
            lock: search.lock.clone(),
        };
        for (refusal, origin) in candidates.refused {
            let path = refusal.path.clone();
            catalogue.found.push(Found::unread(path, origin, Status::Refused(refusal)));
        }
        let shipped = isolation.shipped();
        for (path, origin) in candidates.files {
            let place = catalogue.found.len();
            let found = catalogue.consider(path, origin, place, &shipped, origin == Origin::File);
            catalogue.found.push(found);
        }
        catalogue
    }

    /// Loads the libraries that drive a device and were passed over: to bring up a driver may take longer than a whole
    /// decision, so that only those pay who ask for one.
    pub fn load_devices(&mut self) {
        let shipped = self.isolation.shipped();
        for place in 0..self.found.len() {
            if matches!(self.found[place].status, Status::Waiting) {
                let (path, origin) = (self.found[place].path.clone(), self.found[place].origin);
                self.found[place] = self.consider(path, origin, place, &shipped, true);
            }
        }
    }

    /// Vets and loads a file. `place` is its place among what was found.
    fn consider(
        &mut self,
        path: PathBuf,
        origin: Origin,
        place: usize,
        shipped: &BTreeSet<String>,
        devices: bool,
    ) -> Found {
        let vetted = if devices { vet(&path).map(Ok) } else { vet_unless_device(&path) };
        let vetted = match vetted {
            Ok(Ok(vetted)) => vetted,
            Ok(Err(facts)) => {
                return Found { facts: Some(facts), ..Found::unread(path, origin, Status::Waiting) };
            }
            Err(refusal) => return Found::unread(path, origin, Status::Refused(refusal)),
        };
        let mut found = Found::vetted(path, origin, &vetted);
        // Before it stands in the way of another.
        if let Err(refusal) = self.check_lock(&vetted) {
            found.status = Status::Refused(refusal);
            return found;
        }
        let earlier = self.found[..place].iter().find(|f| {
            matches!(f.status, Status::Usable | Status::Unavailable(_) | Status::Waiting)
                && f.facts.as_ref().is_some_and(|facts| facts.id == vetted.facts().id)
        });
        if let Some(earlier) = earlier {
            found.status = Status::Shadowed(earlier.path.clone());
            return found;
        }
        match self.bring(&vetted, shipped, &mut found) {
            Ok(library) => self.libraries.push(library),
            Err(refusal) => found.status = Status::Refused(refusal),
        }
        found
    }

    /// Refuses a file that the lock does not list.
    fn check_lock(&self, vetted: &Vetted) -> Result<(), Refusal> {
        self.lock.as_ref().map_or(Ok(()), |lock| lock.check(vetted))
    }

    /// Brings a vetted file to its level, asks what it offers, and notes both.
    fn bring(
        &self,
        vetted: &Vetted,
        shipped: &BTreeSet<String>,
        found: &mut Found,
    ) -> Result<Arc<Library>, Refusal> {
        let identity = Arc::new(vetted.identity().clone());
        let level = self.isolation.level_of(&identity, vetted.facts().device, shipped);
        found.level = Some(level);
        let (home, description) = Home::of(vetted, level, &self.isolation)?;
        home.note_standing(found);
        found.description = Some(description.clone());
        if let Some(reason) = unavailable(&description) {
            found.status = Status::Unavailable(reason);
        }
        Ok(Arc::new(Library { home, description, identity, breakers: Mutex::default() }))
    }

    /// Every file that was found, in search order.
    #[must_use]
    pub fn found(&self) -> &[Found] {
        &self.found
    }

    /// The first refusal of a file or folder that a person named.
    #[must_use]
    pub fn refused_by_name(&self) -> Option<&Refusal> {
        self.found.iter().filter(|f| f.origin.named()).find_map(|f| match &f.status {
            // In a named folder, a broken library is a line in the list; the folder itself is not.
            Status::Refused(refusal) if f.origin != Origin::Folder || f.path.is_dir() || !f.path.exists() => {
                Some(refusal)
            }
            _ => None,
        })
    }

    /// Every scorer, in search order.
    pub fn scorers(&self) -> impl Iterator<Item = &ScorerInfo> {
        self.libraries.iter().flat_map(|l| &l.description.scorers)
    }

    /// Every allocator, in search order.
    pub fn allocators(&self) -> impl Iterator<Item = &AllocatorInfo> {
        self.libraries.iter().flat_map(|l| &l.description.allocators)
    }

    /// What a scorer says about itself.
    ///
    /// # Errors
    /// When there is none of this name, with the nearest.
    pub fn scorer_info(&self, id: &str) -> Result<&ScorerInfo, NameError> {
        self.scorers()
            .find(|s| s.id == id)
            .ok_or_else(|| NameError::new("scorer", id, self.scorers().map(|s| s.id.as_str())))
    }

    /// What an allocator says about itself.
    ///
    /// # Errors
    /// When there is none of this name, with the nearest.
    pub fn allocator_info(&self, id: &str) -> Result<&AllocatorInfo, NameError> {
        self.allocators()
            .find(|a| a.id == id)
            .ok_or_else(|| NameError::new("allocator", id, self.allocators().map(|a| a.id.as_str())))
    }

    /// Checks that every parameter that was given belongs to something that exists.
    ///
    /// # Errors
    /// The first that does not, with the nearest name.
    pub fn check_params(&self, given: &GivenParams) -> Result<(), MakeError> {
        let known = || {
            let scorers = self.scorers().map(|s| (s.id.as_str(), s.params.as_slice()));
            scorers.chain(self.allocators().map(|a| (a.id.as_str(), a.params.as_slice())))
        };
        let mut ids: Vec<_> = given.iter().collect();
        ids.sort_by_key(|(id, _)| id.as_str());
        for (id, values) in ids {
            let Some((_, declared)) = known().find(|(known, _)| known == id) else {
                return Err(NameError::new("scorer or allocator", id, known().map(|k| k.0)).into());
            };
            read_params(id, declared, Some(values))?;
        }
        Ok(())
    }

    /// Has libraries in sandboxes read what these parameters name, of all their parts at once: a sandbox is not widened
    /// but made anew, and what was prepared in the old one is gone.
    pub fn grant_paths(&self, given: &GivenParams) {
        for library in &self.libraries {
            let scorers = library.description.scorers.iter().map(|s| (&s.id, &s.params));
            let allocators = library.description.allocators.iter().map(|a| (&a.id, &a.params));
            for (id, declared) in scorers.chain(allocators) {
                // What is wrong with parameters is told when something is made with them.
                if let Ok(params) = read_params(id, declared, given.get(id)) {
                    let located = params.located(declared, arrcoc_assets::resolve);
                    library.home.grant_paths(&located.paths(declared));
                }
            }
        }
    }

    /// Makes a scorer.
    ///
    /// # Errors
    /// When there is none of this name, a parameter is wrong, or the plugin fails.
    pub fn make_scorer(
        &self,
        id: &str,
        given: &GivenParams,
        deadline: Option<Instant>,
    ) -> Result<Arc<Scorer>, MakeError> {
        let info = self.scorer_info(id)?.clone();
        if let Some(reason) = info.unavailable() {
            return Err(MakeError::Unavailable { id: id.into(), reason });
        }
        let params = read_params(id, &info.params, given.get(id))?;
        let fails = |fault| MakeError::Fault { id: id.into(), fault };
        let library = self.library(|d| d.scorers.iter().any(|s| s.id == id));
        let library = library.ok_or_else(|| fails(Fault::internal("its library is gone")))?;
        let breaker = library.breaker(id, self.isolation.patience);
        let located = params.located(&info.params, arrcoc_assets::resolve);
        library.home.grant_paths(&located.paths(&info.params));
        let instance =
            breaker.call(Stage::MAKE, || library.home.scorer(id, &located, deadline)).map_err(fails)?;
        Ok(Arc::new(Scorer::new(instance, info, Arc::clone(&library.identity), params, breaker)))
    }

    /// Makes an allocator.
    ///
    /// # Errors
    /// When there is none of this name, a parameter is wrong, or the plugin fails.
    pub fn make_allocator(
        &self,
        id: &str,
        given: &GivenParams,
        deadline: Option<Instant>,
    ) -> Result<Allocator, MakeError> {
        let info = self.allocator_info(id)?.clone();
        let params = read_params(id, &info.params, given.get(id))?;
        let fails = |fault| MakeError::Fault { id: id.into(), fault };
        let library = self.library(|d| d.allocators.iter().any(|a| a.id == id));
        let library = library.ok_or_else(|| fails(Fault::internal("its library is gone")))?;
        let breaker = library.breaker(id, self.isolation.patience);
        let located = params.located(&info.params, arrcoc_assets::resolve);
        library.home.grant_paths(&located.paths(&info.params));
        let instance =
            breaker.call(Stage::MAKE, || library.home.allocator(id, &located, deadline)).map_err(fails)?;
        Ok(Allocator::new(instance, info, Arc::clone(&library.identity), params, breaker))
    }

    fn library(&self, offers: impl Fn(&Description) -> bool) -> Option<&Library> {
        self.libraries.iter().find(|l| offers(&l.description)).map(Arc::as_ref)
    }
}

impl Library {
    fn breaker(&self, id: &str, patience: Option<Patience>) -> Arc<Breaker> {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Breaker::new(patience));
        Arc::clone(breakers.entry(id.to_owned()).or_insert_with(new))
    }
}

impl Home {
    /// Brings a vetted library to its level and asks what it offers.
    fn of(vetted: &Vetted, level: Level, isolation: &Isolation) -> Result<(Home, Description), Refusal> {
        match level {
            Level::InProcess => {
                let loaded = load(vetted)?;
                let description = loaded.description.clone();
                Ok((Home::InProcess(loaded), description))
            }
            Level::Sandbox if !SANDBOXES => {
                let reason = "there are sandboxes on Linux only, on x86-64, AArch64 and RISC-V";
                Err(Refusal::new(&vetted.path, reason, "run it with another --isolation, if you trust it"))
            }
            #[cfg(target_os = "linux")]
            Level::Worker | Level::Sandbox => {
                let (plant, description) = Plant::open(vetted, level == Level::Sandbox, isolation)?;
                Ok((Home::Worker(plant), description))
            }
            #[cfg(not(target_os = "linux"))]
            Level::Worker | Level::Sandbox => {
                let _ = isolation;
                let reason =
                    "it was not built with this program, and there are worker processes on Linux only";
                Err(Refusal::new(&vetted.path, reason, "trust it with --isolation inproc"))
            }
        }
    }

    /// Notes what is to be known of a library there from its start on.
    fn note_standing(&self, found: &mut Found) {
        match self {
            Home::InProcess(_) => {}
            #[cfg(target_os = "linux")]
            Home::Worker(plant) => {
                found.warnings.extend(plant.standing().cloned());
                found.unheld = plant.unheld().cloned();
            }
        }
    }

    fn grant_paths(&self, paths: &[String]) {
        match self {
            Home::InProcess(_) => {}
            #[cfg(target_os = "linux")]
            Home::Worker(plant) => plant.grant_paths(paths),
        }
        #[cfg(not(target_os = "linux"))]
        let _ = paths;
    }

    fn scorer(
        &self,
        id: &str,
        params: &Params,
        deadline: Option<Instant>,
    ) -> Result<Box<dyn ScorerInstance>, Fault> {
        let grant = Grant::threads(1).until(deadline);
        match self {
            Home::InProcess(loaded) => Ok(Box::new(inproc::scorer(loaded, id, params, &grant)?)),
            #[cfg(target_os = "linux")]
            Home::Worker(plant) => Ok(Box::new(RemoteScorer::make(plant, id, params, &grant)?)),
        }
    }

    fn allocator(
        &self,
        id: &str,
        params: &Params,
        deadline: Option<Instant>,
    ) -> Result<Box<dyn AllocatorInstance>, Fault> {
        let grant = Grant::threads(1).until(deadline);
        match self {
            Home::InProcess(loaded) => Ok(Box::new(inproc::allocator(loaded, id, params, &grant)?)),
            #[cfg(target_os = "linux")]
            Home::Worker(plant) => Ok(Box::new(RemoteAllocator::make(plant, id, params, &grant)?)),
        }
    }
}

impl Found {
    fn vetted(path: PathBuf, origin: Origin, vetted: &Vetted) -> Found {
        Found {
            facts: Some(vetted.facts().clone()),
            identity: Some(Arc::new(vetted.identity().clone())),
            bytes: vetted.bytes.len() as u64,
            warnings: vetted.warnings().to_vec(),
            ..Found::unread(path, origin, Status::Usable)
        }
    }

    fn unread(path: PathBuf, origin: Origin, status: Status) -> Found {
        Found {
            path,
            origin,
            status,
            facts: None,
            identity: None,
            bytes: 0,
            description: None,
            level: None,
            warnings: Vec::new(),
            unheld: None,
        }
    }
}

/// Set when no scorer of a library can run here and it has no allocator.
fn unavailable(description: &Description) -> Option<String> {
    if !description.allocators.is_empty() || description.scorers.is_empty() {
        return None;
    }
    let reasons: Option<Vec<String>> = description.scorers.iter().map(ScorerInfo::unavailable).collect();
    reasons.map(|mut r| {
        r.dedup();
        r.join("; ")
    })
}

fn read_params(
    id: &str,
    declared: &[Param],
    given: Option<&HashMap<String, String>>,
) -> Result<Params, MakeError> {
    let mut values = Map::new();
    for (key, text) in given.into_iter().flatten() {
        let Some(param) = declared.iter().find(|p| p.name == *key) else {
            let names = declared.iter().map(|p| p.name.as_str());
            return Err(NameError::new("parameter", &format!("{id}.{key}"), names)
                .in_scope(id, key, declared)
                .into());
        };
        let value: Value =
            params::parse(param, text).map_err(|reason| MakeError::Parameter { id: id.into(), reason })?;
        values.insert(key.clone(), value);
    }
    Params::resolve(declared, &values).map_err(|fault| MakeError::Fault { id: id.into(), fault })
}

impl NameError {
    /// The error for a parameter: the hint names the parameters of this very id.
    fn in_scope(mut self, id: &str, key: &str, declared: &[Param]) -> NameError {
        let names: Vec<&str> = declared.iter().map(|p| p.name.as_str()).collect();
        self.hint = match crate::names::nearest(key, &names) {
            Some(near) => format!("did you mean `{id}.{near}`?"),
            None if names.is_empty() => format!("`{id}` has no parameters"),
            None => format!("`{id}` has {}", names.join(", ")),
        };
        self
    }
}
