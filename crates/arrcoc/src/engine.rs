//! The engine: plugins, calibration and settings, ready to decide.
//!
//! [`Engine::allocate`] is the whole way from an observation to a decision, in
//! order. It returns an error only when the request itself cannot be carried
//! out; whatever fails on the way is a retreat, with its reason in the record.

mod replacing;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use arrcoc_decide::{
    Allocation, Allocator as _, Channel, Level, Outcome, Proportional, ScoreMaps, Setting, Terms, Way,
};
use arrcoc_host::{
    Allocator, AllocatorInfo, Catalogue, IsolationLevel, NameError, Scorer, ScorerInfo, TensorBuf, TensorView,
};
use arrcoc_sdk::describe::{Description, Domain, Param};
use arrcoc_stats::Tiling;

use crate::{
    backends::{self, Choice, Measurement},
    calibration::Calibration,
    config::{AUTO, BESIDE, Config, HEARING, STANDARD_ALLOCATOR, STANDARD_SCORERS},
    costs::Costs,
    decision::{
        AllocatorRecord, BatchRecord, CalibrationRecord, Decision, GridRecord, Host, ImageRecord,
        PluginRecord, PolicyRecord, QueryRecord, Question, SCHEMA, Scores, Settings, TensorRecord,
    },
    error::Error,
    feeding::is_fed,
    instances::{Instances, Kept},
    lineup::{Casting, Lineup, provides},
    look::Look,
    photo::{Banded, Photo},
    request::Request,
    scoring::{Observation, Scored},
    steering::{Ruling, Steering},
};

pub(crate) use replacing::Succession;

/// The longest that looking at a small image may take before the first decision.
const WARM_UP: Duration = Duration::from_secs(2);

/// Plugins, calibration and settings, ready to decide. Can be shared by threads.
pub struct Engine {
    config: Config,
    catalogue: Catalogue,
    /// How far it goes and by which calibration, which may change while it is shared; the same for all engines of which
    /// one came from another.
    steering: Arc<RwLock<Arc<Steering>>>,
    /// What backends take, where the fastest is asked for.
    measurement: Option<Measurement>,
    threads: usize,
    instances: Instances,
}

impl Engine {
    /// Finds and loads the plugins and checks every name and parameter.
    ///
    /// # Errors
    /// When a plugin that was named is refused, or a scorer, an allocator, a
    /// backend or a parameter does not exist.
    pub fn open(mut config: Config) -> Result<Engine, Error> {
        config.check()?;
        let mut catalogue = config.catalogue()?;
        let measurement = match config.backend.as_deref() {
            Some(AUTO) => Measurement::place().and_then(|place| Measurement::read(&place)),
            _ => None,
        };
        let measured = measurement.iter().flat_map(Measurement::backends);
        if names_unknown(measured.chain(named_ids(&config)), &catalogue) {
            catalogue.load_devices();
        }
        if let Some(refusal) = catalogue.refused_by_name() {
            return Err(refusal.clone().into());
        }
        for id in named(&config) {
            let known = || catalogue.scorers().map(|info| info.id.as_str()).chain([AUTO]);
            catalogue.scorer_info(id).map_err(|_| NameError::new("scorer", id, known()))?;
        }
        let backends = || backends::all(&catalogue);
        let asked = config.backend.as_deref().filter(|id| *id != AUTO);
        if let Some(id) = asked.filter(|id| backends().all(|b| b.id != *id)) {
            return Err(NameError::new("backend", id, backends().map(|b| b.id.as_str())).into());
        }
        catalogue.check_params(&config.params)?;
        config.place_params(&catalogue);
        catalogue.grant_paths(&config.params);
        let calibration = config.calibration.clone().map_or_else(Calibration::reference, Ok)?;
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if config.threads == 0 { cores() } else { config.threads };
        let ids = catalogue.scorers().map(|info| info.id.as_str());
        let instances = Instances::beside(&Instances::default(), ids, |_| false);
        let steering = Steering { calibration, autonomy: config.autonomy, governed: None };
        let steering = Arc::new(RwLock::new(Arc::new(steering)));
        let engine = Engine { config, catalogue, steering, measurement, threads, instances };
        // One that is named must be there.
        if engine.config.allocator.is_some() {
            engine.make_allocator(None)?;
        }
        if engine.config.deadline.is_some() {
            // A request that cannot be carried out is told when there is one.
            let here = engine.wanted().filter(|id| engine.runs_here(id)).map(str::to_owned).collect();
            let _ = engine.warm_up(here);
        }
        Ok(engine)
    }

    /// Looks at a small image once with these scorers, so that no decision waits for a model to be read, and what each
    /// takes is known. What fails is told by the decisions that miss it. When an engine is opened, plugins in workers are
    /// not called before they have to be: a process that is not up yet is not waited for, either.
    fn warm_up(&self, scorers: Vec<String>) -> Result<(), Error> {
        let side = 224;
        let photo = Photo::from_rgb(side, side, vec![128; 3 * (side * side) as usize])?;
        let request = Request::new(photo).query("what is this?");
        let observation = Observation::new(&request, Vec::new(), self.threads)?;
        let lineup = self.lineup_for(&observation, pixels(&request), scorers, &[])?;
        let deadline = Instant::now().checked_add(WARM_UP);
        let mut look = Look::new(self, &request, Vec::new(), observation, lineup);
        look.hear(&request.query, deadline, &mut Scored::default()).map(|_| ())
    }

    /// Whether a scorer runs in this process, where nothing can stop it.
    pub(crate) fn runs_here(&self, id: &str) -> bool {
        let offers = |d: &Description| d.scorers.iter().any(|scorer| scorer.id == id);
        let here = self.catalogue.found().iter().filter(|f| f.level == Some(IsolationLevel::InProcess));
        here.filter_map(|found| found.description.as_ref()).any(offers)
    }

    /// The scorers that are asked for, in the order in which they run if nothing else decides that.
    fn wanted(&self) -> impl Iterator<Item = &str> {
        let standard = self.uses_standard_scorers().then_some(STANDARD_SCORERS).into_iter().flatten();
        standard.chain(self.volunteers()).chain(named(&self.config))
    }

    /// Has decisions that begin from now on go no farther than a level, by the calibration that goes with it, as the
    /// record with this number says; [`crate::autonomy`] has such records. Looks and decisions that have
    /// begun stay as they are.
    pub fn govern(&self, level: Level, calibration: Calibration, configuration: u64) {
        let governed = Some((level, configuration));
        let steering = Steering { calibration, autonomy: self.config.autonomy, governed };
        *self.steering.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(steering);
    }

    /// How far decisions go that begin now, and by which calibration.
    pub(crate) fn steering(&self) -> Arc<Steering> {
        Arc::clone(&self.steering.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Everything that was found.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Decides how many tokens each patch of an image gets.
    ///
    /// # Errors
    /// When the request cannot be carried out: a policy that nothing satisfies,
    /// an image smaller than the grid, tensors that do not fit, the damaged file of
    /// an image that is read in bands. Never because a plugin failed.
    pub fn allocate(&self, request: &Request) -> Result<Decision, Error> {
        // What cannot be carried out is told before anything is looked at.
        request.terms()?;
        self.look(request)?.allocate(&request.query, &request.policy)
    }

    /// Looks at the image of a request, to be asked any number of questions: the dear part is done once.
    ///
    /// ```
    /// # use arrcoc::{Config, Engine, Photo, Request};
    /// # let engine = Engine::open(Config::default())?;
    /// let request = Request::new(Photo::from_rgb(96, 96, vec![200; 96 * 96 * 3])?);
    /// let mut look = engine.look(&request)?;
    /// for question in ["what colour is it?", "how large is it?"] {
    ///     let decision = look.allocate(question, &request.policy)?;
    ///     assert_eq!(decision.id, engine.allocate(&request.clone().query(question))?.id);
    /// }
    /// # Ok::<(), arrcoc::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the image is smaller than the grid, the tensors do not fit, or a scorer that was named cannot run. That the
    /// file of an image in bands is damaged shows only when a question is asked.
    pub fn look<'a>(&'a self, request: &'a Request) -> Result<Look<'a>, Error> {
        Tiling::new(request.grid, request.photo.width(), request.photo.height())?;
        let given = request.tensors.on_grid(request.grid)?;
        let tensors = tensor_records(request, &given);
        let observation = Observation::new(request, given, self.threads)?;
        let lineup = self.lineup(&observation, pixels(request))?;
        Ok(Look::new(self, request, tensors, observation, lineup))
    }

    /// Looks at the image of a request only for the tensors that the allocator shares by, where the scores are there
    /// already: those that it requires, and of the others those that `scorers` make.
    pub(crate) fn look_to_share<'a>(
        &'a self,
        request: &'a Request,
        scorers: &[String],
    ) -> Result<Look<'a>, Error> {
        let given = request.tensors.on_grid(request.grid)?;
        let tensors = tensor_records(request, &given);
        let observation = Observation::new(request, given, self.threads)?;
        let optional = self.allocator_info().map_or(&[][..], |info| &info.optional);
        let made = |tensor: &&String| {
            let infos = scorers.iter().filter_map(|id| self.catalogue.scorer_info(id).ok());
            infos.into_iter().any(|info| provides(info, tensor))
        };
        let also: Vec<String> = optional.iter().filter(made).cloned().collect();
        let lineup = self.lineup_for(&observation, pixels(request), Vec::new(), &also)?;
        Ok(Look::new(self, request, tensors, observation, lineup))
    }

    /// The tensors that the allocator shares by, or may.
    pub(crate) fn allocator_takes(&self) -> impl Iterator<Item = &String> {
        self.allocator_info().into_iter().flat_map(|info| info.requires.iter().chain(&info.optional))
    }

    fn allocator_info(&self) -> Option<&AllocatorInfo> {
        let id = self.config.allocator.as_deref().unwrap_or(STANDARD_ALLOCATOR);
        self.catalogue.allocator_info(id).ok()
    }

    /// The key of a request: every decision that is asked the same, by an engine that is set up the same, has it
    /// ([`Decision::request`]).
    ///
    /// # Errors
    /// When the request cannot be carried out, or its image cannot be read.
    pub fn key(&self, request: &Request) -> Result<String, Error> {
        let path = request.photo.path.as_ref().map(|path| path.to_string_lossy());
        Question {
            image: (path.as_deref(), request.photo.blake3()?),
            query: Some(request.query.as_str()).filter(|query| !query.is_empty()),
            tensors: &tensor_records(request, &request.tensors.on_grid(request.grid)?),
            grid: GridRecord { rows: request.grid.rows, cols: request.grid.cols },
            policy: &PolicyRecord::of(&request.terms()?, request.authority.as_ref(), request.batch.as_ref()),
            autonomy: self.config.autonomy,
            settings: &Settings::of(&self.config),
            calibration: &self.key_of_calibration(),
        }
        .key()
    }

    /// What stands for the calibration in a request's key: where a ledger says which it is, that it does.
    fn key_of_calibration(&self) -> CalibrationRecord {
        let steering = self.steering();
        if steering.governed.is_some() {
            CalibrationRecord::governed()
        } else {
            steering.calibration.record()
        }
    }

    /// When a decision that begins now must be done.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.config.deadline.and_then(|deadline| Instant::now().checked_add(deadline))
    }

    /// What a scorer has taken so far.
    pub(crate) fn costs(&self, id: &str) -> Option<&Costs> {
        self.instances.of(id).map(|kept| &kept.costs)
    }

    /// Whether the standard scorers run: no scorer is named, or only such as run beside them.
    pub(crate) fn uses_standard_scorers(&self) -> bool {
        self.config.scorers.iter().all(|id| id.starts_with(BESIDE) || is_auto(id))
    }

    /// Whether a decision can do without a scorer where another one hears the question.
    pub(crate) fn is_dispensable(&self, id: &str) -> bool {
        let of_standard = self.uses_standard_scorers() && HEARING.contains(&id);
        of_standard || self.is_volunteer(id)
    }

    /// Whether a scorer runs because all run that can, and not because anybody named it.
    pub(crate) fn is_volunteer(&self, id: &str) -> bool {
        self.volunteers().any(|volunteer| volunteer == id) && named(&self.config).all(|own| own != id)
    }

    /// Where all are asked for, the scorers besides the standard ones that hear a question.
    fn volunteers(&self) -> impl Iterator<Item = &str> {
        let all = self.config.scorers.iter().any(|id| is_auto(id));
        let able = |info: &&ScorerInfo| {
            !STANDARD_SCORERS.contains(&info.id.as_str())
                && info.channels().any(|(_, channel)| channel.way == Way::Participatory)
                && !self.lacks_a_path(info)
        };
        self.catalogue.scorers().filter(move |_| all).filter(able).map(|info| info.id.as_str())
    }

    /// The scorers for an observation, in the order in which they run: those that
    /// are wanted, and what provides the tensors that the allocator requires.
    fn lineup(&self, observation: &Observation<'_>, pixels: u64) -> Result<Lineup, Error> {
        self.lineup_for(observation, pixels, self.wanted().map(str::to_owned).collect(), &[])
    }

    /// The wanted scorers, and what provides the tensors that the allocator requires and those it takes `also`.
    fn lineup_for(
        &self,
        observation: &Observation<'_>,
        pixels: u64,
        wanted: Vec<String>,
        also: &[String],
    ) -> Result<Lineup, Error> {
        let (backend, note) = self.backend(pixels, observation.banded().is_some());
        let needs_all = observation.banded().map(Banded::needs_all);
        let casting = self.casting(observation.tensor_names(), backend.as_deref(), needs_all);
        let required = self.allocator_requires();
        let mut lineup = casting.lineup(&wanted, &[required, also].concat())?;
        lineup.notes.extend(note);
        if let Some(id) = &backend
            && let Ok(info) = self.catalogue.scorer_info(id)
        {
            let unavailable = info.unavailable().map(|reason| format!("it is unavailable: {reason}"));
            let blind = casting.needs_all.clone().filter(|_| !casting.can_see(info));
            lineup.left_out.extend(unavailable.or(blind).map(|reason| (id.clone(), reason)));
        }
        let missed = lineup.left_out.iter().find(|(id, _)| named(&self.config).any(|named| named == id));
        match missed {
            Some((id, reason)) => Err(Error::new(
                format!("scorer `{id}` cannot run: {reason}"),
                match &casting.needs_all {
                    Some(needs_all) if reason == needs_all => {
                        "leave the scorer out, or have the image held in memory with --whole-pixels"
                    }
                    _ => "give the tensor with --tensors, or leave the scorer out",
                },
            )),
            None => Ok(lineup),
        }
    }

    /// What decides about a lineup.
    fn casting<'a>(
        &'a self,
        given: BTreeSet<&'a str>,
        backend: Option<&'a str>,
        needs_all: Option<String>,
    ) -> Casting<'a> {
        let idle = self.catalogue.scorers().filter(|s| self.lacks_a_path(s)).map(|s| s.id.as_str()).collect();
        Casting { scorers: self.catalogue.scorers().collect(), given, backend, idle, needs_all }
    }

    fn allocator_requires(&self) -> &[String] {
        self.allocator_info().map_or(&[], |info| &info.requires)
    }

    /// The backend for an image of so many pixels and, where it was chosen here, why.
    fn backend(&self, pixels: u64, in_bands: bool) -> (Option<String>, Option<String>) {
        if self.config.backend.as_deref() != Some(AUTO) {
            return (self.config.backend.clone(), None);
        }
        let is_here = |id: &str, blake3: &str| {
            let same = self.catalogue.found().iter().any(|found| {
                let offers = found.description.iter().flat_map(|d| &d.scorers).any(|s| s.id == id);
                offers && found.identity.as_ref().is_some_and(|identity| identity.blake3 == blake3)
            });
            let able = |info: &ScorerInfo| info.unavailable().is_none() && (!in_bands || is_fed(info));
            same && self.catalogue.scorer_info(id).is_ok_and(able)
        };
        let choice = match &self.measurement {
            Some(measurement) => measurement.choose(pixels, is_here),
            None => Choice {
                backend: None,
                why: "nothing was measured on this machine; `arrcoc backends --measure` measures".into(),
            },
        };
        (choice.backend, Some(format!("backend auto: {}", choice.why)))
    }

    /// Another scorer that gives all the tensors that one gives, has not been tried, and needs nothing but what is there.
    pub(crate) fn stand_in(
        &self,
        id: &str,
        tried: &[String],
        is_there: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let tensors = |info: &'_ ScorerInfo| {
            let given = info.provides.iter().filter(|given| given.channel.is_none());
            given.map(|given| given.name.clone()).collect::<Vec<_>>()
        };
        let wanted = tensors(self.catalogue.scorer_info(id).ok()?);
        let able = |info: &&ScorerInfo| {
            info.channels().next().is_none()
                && wanted.iter().all(|tensor| provides(info, tensor))
                && info.requires.iter().all(|tensor| is_there(tensor))
                && info.unavailable().is_none()
                && !self.lacks_a_path(info)
                && !tried.contains(&info.id)
        };
        let stand_in = self.catalogue.scorers().find(able).filter(|_| !wanted.is_empty())?;
        Some(stand_in.id.clone())
    }

    /// Whether a scorer has a path that is empty unless somebody gives it, and nobody has.
    fn lacks_a_path(&self, info: &ScorerInfo) -> bool {
        let given =
            |name: &str| self.config.params.get(&info.id).is_some_and(|params| params.contains_key(name));
        let empty = |param: &Param| matches!(&param.domain, Domain::Path { default } if default.is_empty());
        info.params.iter().any(|param| empty(param) && !given(&param.name))
    }

    /// The instance of a scorer. A fault while it is made is a reason, not an error.
    pub(crate) fn scorer(
        &self,
        id: &str,
        deadline: Option<Instant>,
    ) -> Result<Result<Arc<Scorer>, String>, Error> {
        use arrcoc_host::catalogue::MakeError;
        let make = || self.catalogue.make_scorer(id, &self.config.params, deadline);
        match self.instances.of(id).map_or_else(make, |kept| kept.scorer(make)) {
            Ok(scorer) => Ok(Ok(scorer)),
            Err(e @ (MakeError::Fault { .. } | MakeError::Unavailable { .. })) => {
                Ok(Err(format!("scorer {e}")))
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Forgets an instance that its fault has made useless, so that the next
    /// decision starts with a new one.
    pub(crate) fn forget_instance(&self, id: &str) {
        self.instances.of(id).into_iter().for_each(Kept::forget);
    }

    /// A fresh instance of the allocator for one decision; where it cannot be made, the reason goes to `reasons`.
    pub(crate) fn make_allocator_or_say(
        &self,
        deadline: Option<Instant>,
        reasons: &mut Vec<String>,
    ) -> Option<Allocator> {
        let instead = |e: Error| format!("{}; `{}` shared instead", e.message, Proportional.id());
        self.make_allocator(deadline).map_err(|e| reasons.push(instead(e))).ok()
    }

    /// A fresh instance of the allocator for one decision.
    pub(crate) fn make_allocator(&self, deadline: Option<Instant>) -> Result<Allocator, Error> {
        let id = self.config.allocator.as_deref().unwrap_or(STANDARD_ALLOCATOR);
        Ok(self.catalogue.make_allocator(id, &self.config.params, deadline)?)
    }

    /// The most threads of one call.
    pub(crate) fn threads(&self) -> u32 {
        self.threads as u32
    }

    /// How this engine is set to decide, as far as a ruling allows, without confidence.
    pub(crate) fn setting(&self, autonomy: f64) -> Setting<'_> {
        Setting { autonomy, held: self.config.held, reading: None }
    }

    #[allow(clippy::too_many_arguments, reason = "an allocation depends on everything")]
    pub(crate) fn decide<'t>(
        &self,
        maps: &ScoreMaps,
        terms: &Terms,
        grid: [u32; 2],
        tensor: &dyn Fn(&str) -> Option<TensorView<'t>>,
        allocator: Option<&Allocator>,
        deadline: Option<Instant>,
        setting: &Setting<'_>,
    ) -> Outcome {
        match allocator {
            None => arrcoc_decide::decide(maps, terms, setting, &Proportional),
            Some(allocator) => {
                let needs = allocator.info().requires.iter().chain(&allocator.info().optional);
                let tensors = needs.filter_map(|name| tensor(name)).collect();
                let bound = allocator.bind(grid, tensors, self.threads as u32, deadline);
                arrcoc_decide::decide(maps, terms, setting, &bound)
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "a record is made of everything")]
    pub(crate) fn record(
        &self,
        look: &Look<'_>,
        query: &str,
        terms: &Terms,
        maps: ScoreMaps,
        scored: Scored,
        allocator: Option<&Allocator>,
        outcome: Outcome,
        batch: Option<&BatchRecord>,
        ruling: Ruling,
    ) -> Decision {
        let request = look.request;
        let photo = &request.photo;
        let shared = allocator.map(Allocator::take_notes).unwrap_or_default();
        let mut plugins = scored.plugins;
        plugins.extend(allocator.map(PluginRecord::of_allocator));
        let mut reasons = scored.reasons;
        reasons.extend(outcome.retreats);
        Decision {
            schema: SCHEMA.into(),
            id: String::new(),
            created: jiff::Timestamp::now().to_string(),
            host: Host {
                arrcoc: env!("CARGO_PKG_VERSION").into(),
                os: std::env::consts::OS.into(),
                arch: std::env::consts::ARCH.into(),
                threads: self.threads,
            },
            image: ImageRecord {
                path: photo.path.as_ref().map(|p| p.to_string_lossy().into_owned()),
                width: photo.width(),
                height: photo.height(),
                blake3: look.blake3.clone(),
                in_bands: photo.in_bands().is_some(),
            },
            query: QueryRecord::of(query),
            tensors: look.tensors.clone(),
            grid: GridRecord { rows: request.grid.rows, cols: request.grid.cols },
            policy: PolicyRecord::of(terms, request.authority.as_ref(), batch),
            requested: outcome.requested,
            applied: outcome.allocation.total(),
            tokens: rows(&outcome.allocation, request.grid.cols),
            scores: Scores::of(maps),
            channels: scored.channels.into_iter().map(Into::into).collect(),
            weights: outcome.weights,
            tensions: outcome.tensions,
            coupling: outcome.coupling,
            disagreement: outcome.disagreement,
            confidence: look.steering.confidence_record(outcome.confidence),
            raised: outcome.raised,
            autonomy: ruling.autonomy,
            governed: ruling.governed,
            settings: Settings::of(&self.config),
            mode: outcome.mode,
            reasons,
            notes: each_once(photo.notes().into_iter().chain(scored.notes).chain(shared).chain(ruling.note)),
            verdicts: outcome.verdicts,
            account: outcome.account,
            allocator: AllocatorRecord::of(allocator),
            calibration: look.steering.calibration.record(),
            plugins,
            timings_us: scored.timings,
        }
    }
}

/// The same without repetitions.
fn each_once(notes: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    notes.filter(|note| seen.insert(note.clone())).collect()
}

/// The number of pixels of a request's image.
pub(crate) fn pixels(request: &Request) -> u64 {
    u64::from(request.photo.width()) * u64::from(request.photo.height())
}

/// The tensors that were given, for the record.
fn tensor_records(request: &Request, given: &[TensorBuf]) -> Vec<TensorRecord> {
    given.iter().map(|tensor| TensorRecord::of(tensor, request.tensors.path())).collect()
}

/// Whether one of these is nothing that a loaded library offers.
fn names_unknown<'a>(mut ids: impl Iterator<Item = &'a str>, catalogue: &Catalogue) -> bool {
    ids.any(|id| catalogue.scorer_info(id).is_err() && catalogue.allocator_info(id).is_err())
}

/// Every id in a configuration that may be one of a library that drives a device.
fn named_ids(config: &Config) -> impl Iterator<Item = &str> {
    let backend = config.backend.as_deref().filter(|id| *id != AUTO);
    named(config).chain(backend).chain(config.params.keys().map(String::as_str))
}

/// The id of a scorer, with or without the sign that it runs beside the standard ones.
fn bare(id: &str) -> &str {
    id.strip_prefix(BESIDE).unwrap_or(id)
}

fn is_auto(id: &str) -> bool {
    bare(id) == AUTO
}

/// The ids of the scorers that are named.
fn named(config: &Config) -> impl Iterator<Item = &str> {
    config.scorers.iter().map(|id| bare(id)).filter(|id| *id != AUTO)
}

/// The tokens of an allocation, a row of patches at a time.
pub(crate) fn rows(allocation: &Allocation, cols: u32) -> Vec<Vec<u32>> {
    allocation.tokens().chunks(cols as usize).map(<[u32]>::to_vec).collect()
}

impl Scores {
    pub(crate) fn of(maps: ScoreMaps) -> Scores {
        Scores { propositional: maps.p, perspectival: maps.s, participatory: maps.q }
    }
}

impl AllocatorRecord {
    /// The record of an allocator, or of the rule that is built in.
    pub(crate) fn of(allocator: Option<&Allocator>) -> AllocatorRecord {
        AllocatorRecord {
            id: allocator.map_or(Proportional.id(), |a| a.info().id.as_str()).into(),
            parameters: allocator.map(|a| a.params().to_json()).unwrap_or_default(),
        }
    }
}

impl PluginRecord {
    pub(crate) fn of_allocator(allocator: &Allocator) -> PluginRecord {
        PluginRecord {
            identity: allocator.identity().clone(),
            part: allocator.info().id.clone(),
            parameters: allocator.params().to_json(),
            device: "cpu".into(),
            encoder: None,
        }
    }
}

impl From<crate::decision::ChannelRecord> for Channel {
    fn from(c: crate::decision::ChannelRecord) -> Self {
        Self { plugin: c.plugin, name: c.name, way: c.way, theta: c.theta, values: c.values }
    }
}

impl From<Channel> for crate::decision::ChannelRecord {
    fn from(c: Channel) -> Self {
        Self { plugin: c.plugin, name: c.name, way: c.way, theta: c.theta, values: c.values }
    }
}

/// A time in whole microseconds.
pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Timings by the name of their stage.
pub(crate) type Timings = BTreeMap<String, u64>;
