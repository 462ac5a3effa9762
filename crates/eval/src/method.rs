//! What is compared: the engine with some scorers and an allocator, or a
//! reference that needs no engine.
//!
//! | name | what it is |
//! |---|---|
//! | `system` | the standard scorers and the standard allocator, as `arrcoc allocate` runs them |
//! | the id of an allocator | the standard scorers and that allocator |
//! | `content` | the same without what hears a question |
//! | `system+ID` | the standard content scorers and the scorer `ID` |
//! | `downsample` | the whole page averaged to the same total, without patches |
//! | `original` | the page as it is: what the reader can do at all |
//!
//! A method whose allocator requires `answer_mask` is told where the answers
//! are, is marked so in every report, and no other method gets that tensor.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use arrcoc::{
    Bounds, Catalogue, Config, Engine, Error, Grid, Isolation, IsolationLevel, Look, Photo, Request, Search,
    Tensors, Way, calibration::Calibration,
};
use arrcoc_decide::{Policy, Total};
use arrcoc_host::{Found, NameError, Status, TensorBuf, catalogue::GivenParams, search::Origin};
use serde::{Deserialize, Serialize};

use crate::{machine, suite::Params};

/// The standard scorers that look at content alone: they run on any page.
const CONTENT_SCORERS: [&str; 2] = ["propositional", "perspectival"];
pub(crate) const SYSTEM: &str = "system";
const CONTENT: &str = "content";
const DOWNSAMPLE: &str = "downsample";
const ORIGINAL: &str = "original";
const ANSWER: &str = "answer_mask";

/// How the name of a method begins that has another scorer beside the standard content scorers.
const WITH: &str = "system+";

/// What a method's name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) name: String,
    runs: Recipe,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Recipe {
    Original,
    Downsample,
    Engine(Parts),
}

/// What an engine is put together from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// None for the standard ones.
    pub(crate) scorers: Vec<String>,
    pub(crate) allocator: Option<String>,
    pub(crate) backend: Option<String>,
    /// The file of a calibration, laid over the program's own.
    pub(crate) calibration: Option<PathBuf>,
    pub(crate) params: Params,
    /// Pages that share one total, this page among them; absent where each has its own.
    pub(crate) batch: Option<u32>,
}

/// A method that can run.
pub(crate) struct Method {
    pub(crate) name: String,
    pub(crate) runs: Runs,
    key: String,
    /// Why it retreats even on the simplest page; its numbers would be those of another method.
    pub(crate) retreats: Option<String>,
}

/// What a method does.
pub(crate) enum Runs {
    /// Nothing is lost.
    Original,
    /// The whole page is averaged.
    Downsample,
    /// The engine decides.
    Engine(Box<Decider>),
}

/// The engine with a method's plugins.
pub(crate) struct Decider {
    recorded: Recorded,
    batch: Option<u32>,
    config: Config,
    engine: Engine,
}

impl Definition {
    /// The engine with these parts.
    pub(crate) fn engine(name: &str, parts: Parts) -> Definition {
        Definition { name: name.into(), runs: Recipe::Engine(parts) }
    }

    fn of_allocator(id: &str) -> Definition {
        Definition::engine(id, Parts { allocator: Some(id.into()), ..Parts::default() })
    }

    fn of_scorer(id: &str) -> Definition {
        let scorers: Vec<String> = CONTENT_SCORERS.iter().copied().chain([id]).map(str::to_owned).collect();
        Definition::engine(&format!("{SYSTEM}+{id}"), Parts { scorers, ..Parts::default() })
    }
}

impl Method {
    /// Everything that what it does depends on, but for this program: its parts with the hashes of their plugins.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The engine, where there is one.
    pub(crate) fn decider(&self) -> Option<&Decider> {
        match &self.runs {
            Runs::Engine(decider) => Some(decider),
            Runs::Original | Runs::Downsample => None,
        }
    }
}

impl Decider {
    /// Whether the method is told where the answers are.
    pub(crate) fn sees_answer(&self) -> bool {
        self.recorded.sees_answer
    }

    /// Pages that share one total, where they do.
    pub(crate) fn batch(&self) -> Option<u32> {
        self.batch
    }

    /// The engine, which uses one thread: pages are measured side by side.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Another engine of the same method, on as many threads.
    pub(crate) fn another(&self, threads: u32) -> Result<Engine, Error> {
        let mut config = self.config.clone();
        config.threads = threads as usize;
        Engine::open(config)
    }

    /// Another engine of the same method, on a backend.
    pub(crate) fn on_backend(&self, backend: &str) -> Result<Engine, Error> {
        let mut config = self.config.clone();
        config.backend = Some(backend.to_owned());
        Engine::open(config)
    }

    /// A request as this method may see it.
    pub(crate) fn request(
        &self,
        photo: &Photo,
        grid: Grid,
        policy: Policy,
        answer: &[u8],
    ) -> Result<Request, Error> {
        request(photo, grid, policy, self.sees_answer().then_some(answer))
    }

    /// What is looked at for a page's questions, each with its answer: once for all of them, or once for each
    /// where the method is told the answers.
    pub(crate) fn requests(
        &self,
        photo: &Photo,
        grid: Grid,
        policy: &Policy,
        answers: &[Vec<u8>],
    ) -> Result<Vec<Request>, Error> {
        let looks = if self.sees_answer() { answers.len() } else { answers.len().min(1) };
        answers[..looks].iter().map(|answer| self.request(photo, grid, policy.clone(), answer)).collect()
    }

    /// A look for each request.
    pub(crate) fn looks<'a>(&'a self, requests: &'a [Request]) -> Result<Vec<Look<'a>>, Error> {
        requests.iter().map(|request| self.engine.look(request)).collect()
    }

    /// What another process needs to open the same engine.
    pub(crate) fn recorded(&self) -> Recorded {
        self.recorded.clone()
    }
}

/// A method's engine, as it is told to another process.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Recorded {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    isolation: Vec<String>,
    scorers: Vec<String>,
    allocator: Option<String>,
    backend: Option<String>,
    params: GivenParams,
    calibration: Option<PathBuf>,
    pub(crate) sees_answer: bool,
}

impl Recorded {
    /// The engine's configuration, on one thread.
    ///
    /// # Errors
    /// When the calibration cannot be read, or there is no such level of isolation.
    pub(crate) fn config(self) -> Result<Config, Error> {
        let mut config = Config::default();
        config.search = Search { files: self.files, folders: self.folders, ..Search::default() };
        config.scorers = self.scorers;
        config.allocator = self.allocator;
        config.backend = self.backend;
        config.params = self.params;
        config.calibration = self.calibration.as_deref().map(Calibration::read).transpose()?;
        config.threads = 1;
        self.isolation.iter().try_for_each(|level| config.set_isolation(level))?;
        Ok(config)
    }
}

/// A request; with the answer where the method is told.
pub(crate) fn request(
    photo: &Photo,
    grid: Grid,
    policy: Policy,
    answer: Option<&[u8]>,
) -> Result<Request, Error> {
    let request = Request::new(photo.clone()).grid(grid).policy(policy);
    let Some(answer) = answer else { return Ok(request) };
    let mask = TensorBuf::new(ANSWER, &[answer.len() as u64], answer)
        .map_err(|f| Error::new(f.message, "the mask has one element a patch"))?;
    Ok(request.tensors(Tensors::default().with(mask)?))
}

/// Checks a number of pages that share one total.
fn check_batch(batch: Option<u32>, sees_answer: bool) -> Result<(), Error> {
    if batch.is_some_and(|pages| !(2..=16).contains(&pages)) {
        let message = format!("`batch` is {}", batch.unwrap_or_default());
        return Err(Error::new(message, "put 2 to 16 pages together"));
    }
    if batch.is_some() && sees_answer {
        let message = "a method that is told the answer of one page cannot share a total with others";
        return Err(Error::new(message, "leave `batch` out"));
    }
    Ok(())
}

/// How long a decision may take in which a plugin misbehaves.
const FAULT_DEADLINE: Duration = Duration::from_millis(500);

fn fixture(folder: &Path, name: &str) -> PathBuf {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    folder.join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"))
}

/// Where methods come from: the plugins that were found.
pub(crate) struct Workshop {
    search: Search,
    isolation: Vec<String>,
    catalogue: Catalogue,
    place: PathBuf,
    fixtures: Search,
    faulty: Catalogue,
    /// The backends that are compared, and those that are not with the reason.
    backends: (Vec<String>, Vec<String>),
}

impl Workshop {
    /// Opens the plugins of a folder and of single files, and the folder of those that misbehave on purpose.
    /// `backends` are the ids of those to compare, with commas between them, or `all`; `isolation` says where
    /// plugins run that do not run where they would by themselves.
    pub(crate) fn open(
        plugins: &Path,
        fixtures: &Path,
        files: &[PathBuf],
        backends: &str,
        isolation: &[String],
    ) -> Result<Workshop, Error> {
        let mut levels = Config::default();
        isolation.iter().try_for_each(|level| levels.set_isolation(level))?;
        let search =
            Search { files: files.to_vec(), folders: vec![plugins.to_path_buf()], ..Search::default() };
        let mut catalogue = Catalogue::open(&search, &levels.isolation);
        let wanted = machine::wanted(backends)?;
        // The CPU needs no driver.
        if wanted != ["cpu"] {
            catalogue.load_devices();
        }
        if let Some(refusal) = catalogue.refused_by_name() {
            return Err(refusal.clone().into());
        }
        let backends = machine::backends(&catalogue, &wanted);
        // By name: a folder of what misbehaves holds libraries that hang when they are looked at.
        let place = fixtures.to_path_buf();
        let only = Search { files: vec![fixture(&place, "arrcoc_bad")], ..Search::default() };
        let faulty = Catalogue::open(&only, &Isolation::default());
        let fixtures = Search { folders: search.folders.clone(), ..only };
        let isolation = isolation.to_vec();
        Ok(Workshop { search, isolation, catalogue, place, fixtures, faulty, backends })
    }

    /// The backends that are compared, and those that are not with the reason.
    pub(crate) fn backends(&self) -> (Vec<String>, Vec<String>) {
        self.backends.clone()
    }

    /// The file of a library that is there for tests.
    pub(crate) fn fixture(&self, name: &str) -> PathBuf {
        fixture(&self.place, name)
    }

    /// Everything that was found, for the record.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// What a name alone stands for.
    pub(crate) fn by_name(&self, name: &str) -> Result<Definition, NameError> {
        let runs = match name {
            ORIGINAL => Recipe::Original,
            DOWNSAMPLE => Recipe::Downsample,
            SYSTEM => Recipe::Engine(Parts::default()),
            CONTENT => {
                let scorers = CONTENT_SCORERS.map(str::to_owned).to_vec();
                Recipe::Engine(Parts { scorers, ..Parts::default() })
            }
            id if self.catalogue.allocators().any(|a| a.id == id) => {
                Recipe::Engine(Parts { allocator: Some(id.into()), ..Parts::default() })
            }
            with if with.starts_with(WITH) => return self.scorer(&with[WITH.len()..]),
            other => {
                let fixed = [SYSTEM, CONTENT, DOWNSAMPLE, ORIGINAL];
                let ids = self.catalogue.allocators().map(|a| a.id.as_str());
                return Err(NameError::new("method", other, ids.chain(fixed)));
            }
        };
        Ok(Definition { name: name.into(), runs })
    }

    pub(crate) fn scorer(&self, id: &str) -> Result<Definition, NameError> {
        self.catalogue.scorer_info(id).map(|info| Definition::of_scorer(&info.id))
    }

    pub(crate) fn allocator(&self, id: &str) -> Result<Definition, NameError> {
        self.catalogue.allocator_info(id).map(|info| Definition::of_allocator(&info.id))
    }

    /// A method for each allocator and each scorer of the files that were named.
    ///
    /// # Errors
    /// When another plugin has a part of the same id: the name would stand for both, and the shipped one would
    /// silently not be measured.
    pub(crate) fn of_files(&self) -> Result<Vec<Definition>, Error> {
        let (named, others): (Vec<&Found>, Vec<&Found>) =
            self.catalogue.found().iter().partition(|found| found.origin == Origin::File);
        let parts = |found: &Found| -> Vec<String> {
            let ids = found.description.iter().flat_map(|d| {
                d.allocators.iter().map(|a| a.id.clone()).chain(d.scorers.iter().map(|s| s.id.clone()))
            });
            ids.collect()
        };
        let mut methods = Vec::new();
        for (found, description) in named.iter().filter_map(|f| Some((f, f.description.as_ref()?))) {
            for id in parts(found) {
                if let Some(other) = others.iter().find(|other| parts(other).contains(&id)) {
                    let message = format!(
                        "{}: `{id}` is offered by {} too",
                        found.path.display(),
                        other.path.display()
                    );
                    return Err(Error::new(message, "give it an id of its own"));
                }
            }
            methods.extend(description.allocators.iter().map(|a| Definition::of_allocator(&a.id)));
            let scorers = description.scorers.iter().filter(|s| s.channels().next().is_some());
            methods.extend(scorers.map(|s| Definition::of_scorer(&s.id)));
        }
        Ok(methods)
    }

    /// Whether a part misbehaves on purpose.
    pub(crate) fn fault(&self, id: &str) -> Result<(), NameError> {
        let parts = || {
            let allocators = self.faulty.allocators().map(|a| a.id.as_str());
            allocators.chain(self.faulty.scorers().map(|s| s.id.as_str()))
        };
        if parts().any(|part| part == id) { Ok(()) } else { Err(NameError::new("fixture", id, parts())) }
    }

    /// The system with a part that misbehaves on purpose.
    pub(crate) fn with_fault(&self, id: &str) -> Result<Engine, Error> {
        let mut config = Config::default();
        config.search = self.fixtures.clone();
        config.threads = 1;
        // What never answers is waited for this long, and what takes memory without end may take this much.
        config.deadline = Some(FAULT_DEADLINE);
        config.isolation.memory = 256 << 20;
        if self.faulty.allocators().any(|a| a.id == id) {
            config.allocator = Some(id.into());
        } else {
            config.scorers = CONTENT_SCORERS.iter().copied().chain([id]).map(str::to_owned).collect();
        }
        Engine::open(config)
    }

    /// Makes a method, and has it decide once: what cannot run at all is told before anything is measured.
    pub(crate) fn make(&self, definition: &Definition) -> Result<Method, Error> {
        let name = definition.name.clone();
        let runs = match &definition.runs {
            Recipe::Original => Runs::Original,
            Recipe::Downsample => Runs::Downsample,
            Recipe::Engine(Parts { scorers, allocator, backend, calibration, params, batch }) => {
                let requires = allocator.as_deref().and_then(|id| self.catalogue.allocator_info(id).ok());
                let params = params.iter().map(|(id, keys)| (id.clone(), keys.clone().into_iter().collect()));
                let recorded = Recorded {
                    files: self.search.files.clone(),
                    folders: self.search.folders.clone(),
                    isolation: self.isolation.clone(),
                    scorers: scorers.clone(),
                    allocator: allocator.clone(),
                    backend: backend.clone(),
                    params: params.collect(),
                    calibration: calibration.clone(),
                    sees_answer: requires.is_some_and(|info| info.requires.iter().any(|t| t == ANSWER)),
                };
                check_batch(*batch, recorded.sees_answer)?;
                let config = recorded.clone().config()?;
                self.catalogue.check_params(&config.params)?;
                let engine = Engine::open(config.clone())?;
                Runs::Engine(Box::new(Decider { recorded, batch: *batch, config, engine }))
            }
        };
        let mut method = Method { key: format!("{definition:?}"), name, runs, retreats: None };
        if let Some(decider) = method.decider() {
            let grid = Grid::new(2, 2)?;
            let photo = Photo::from_rgb(16, 16, (0..=255).flat_map(|v| [v; 3]).collect())?;
            let policy = Policy::new(Bounds::default(), Total::Average(100.0));
            let mut request = decider.request(&photo, grid, policy, &[1, 0, 0, 0])?;
            let hears = |id: &String| {
                let info = self.catalogue.scorer_info(id).ok();
                info.is_some_and(|info| info.channels().any(|(_, channel)| channel.way == Way::Participatory))
            };
            // What is to hear a question shows whether it can when it is asked one.
            if decider.config.scorers.iter().any(hears) {
                request = request.query("what is this?");
            }
            let decision = decider.engine.allocate(&request).map_err(|e| {
                let message = format!("the method `{}` cannot decide: {e}", method.name);
                Error::new(message, "methods are compared on pages alone: leave it out")
            })?;
            let mut key = String::new();
            if let Some(calibration) = &decider.config.calibration {
                key += &format!("; {calibration:?}");
            }
            for plugin in &decision.plugins {
                let parameters = serde_json::Value::Object(plugin.parameters.clone());
                let encoder = plugin.encoder.as_deref().unwrap_or_default();
                key += &format!("; {} {} {parameters} {encoder}", plugin.part, plugin.identity.blake3);
            }
            // What fails in a sandbox may not fail elsewhere.
            self.isolation.iter().for_each(|level| key += &format!("; {level}"));
            method.key += &key;
            method.retreats = decision.reasons.first().cloned();
        }
        Ok(method)
    }

    /// Files that were found and cannot be used, each with its reason.
    pub(crate) fn unusable(&self) -> Vec<String> {
        let reason = |status: &Status| match status {
            Status::Unavailable(reason) => Some(reason.clone()),
            Status::Refused(refusal) => Some(refusal.to_string()),
            Status::Shadowed(by) => Some(format!("{} takes its place", by.display())),
            _ => None,
        };
        // What drives a device is told among the backends.
        let is_device = |f: &&Found| f.facts.as_ref().is_some_and(|facts| facts.device);
        let found = self.catalogue.found().iter().filter(|f| !is_device(f));
        found.filter_map(|f| Some(format!("{}: {}", f.path.display(), reason(&f.status)?))).collect()
    }

    /// What the isolation of plugins does not hold, or does not show, in this run.
    pub(crate) fn unheld(&self) -> Vec<String> {
        let found = self.catalogue.found();
        let of = |f: &Found| Some(format!("plugin `{}`: {}", f.facts.as_ref()?.id, f.unheld.as_ref()?));
        let mut unheld: Vec<String> = found.iter().filter_map(of).collect();
        let inside = |f: &Found| f.description.is_none() || f.level == Some(IsolationLevel::InProcess);
        if found.iter().all(inside) {
            unheld.push("plugins in worker processes: every plugin ran inside this process".into());
        }
        unheld
    }
}
