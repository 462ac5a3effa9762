//! `arrcoc allocate`: decide for one or more images, a folder of them, or line by line.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use arrcoc::{
    Config, Decision, Engine, Error, Grid, Limits, Photo, Request, Tensors, Total, backends,
    calibration::Calibration, draw, explain, ledger::Ledger, log, pack, tensors,
};

use super::{
    Done,
    args::{AllocateArgs, SearchArgs},
    asks::{Ask, Source},
    autonomy::Governed,
    backends::table,
    budget::Budget,
    in_order::in_order,
    open, outputs, report, report_line, say,
};

/// The arguments, resolved: everything was read and checked that can be before
/// a plugin is loaded.
struct Job {
    /// Decisions that are made at once.
    workers: usize,
    /// Whether what the ledger has is told from there.
    goes_on: bool,
    query: String,
    budget: Budget,
    tensors: Tensors,
    limits: Limits,
    outputs: Outputs,
    log: Option<PathBuf>,
    governed: bool,
    strict: bool,
    /// Whether all backends are compared on each image before it is decided on.
    compares: bool,
}

/// What `--backend` calls all of them.
const ALL: &str = "all";

/// Most decisions at once: each holds an image in memory.
const MOST_JOBS: usize = 64;

/// Where results go.
struct Outputs {
    json: Option<PathBuf>,
    overlay: Option<PathBuf>,
    render: Option<PathBuf>,
    pack: Option<PathBuf>,
    numbers: bool,
    several: bool,
}

pub(crate) fn run(args: AllocateArgs) -> Result<Done, Error> {
    let (source, job, config) = resolve(args)?;
    let mut ledger = job.log.as_deref().map(Ledger::open).transpose()?;
    let logged = match (&job.log, job.goes_on) {
        (Some(path), true) => Some(Logged::in_ledger(path)?),
        _ => None,
    };
    let engine = open(config.clone())?;
    let governed = match (&mut ledger, job.governed) {
        (Some(ledger), true) => Some(Governed::begin(ledger, &engine, config.calibration.as_ref())?),
        _ => None,
    };
    let json = job.outputs.json.as_deref();
    let file = json.filter(|path| *path != Path::new("-"));
    let mut teller = Teller {
        ledger,
        governed,
        lines: file.map(outputs::Lines::begin).transpose()?,
        to_stdout: json.is_some() && file.is_none(),
        told: false,
        retreated: false,
        failed: None,
    };
    if let Some(total) = job.budget.together {
        // All of them or none: a share is one only beside the others.
        let results = together(&engine, &job, source.asks(), total)?;
        let _ = teller.tell(results.into_iter().map(Ok).collect());
        return teller.finish(job.strict);
    }
    let work = |ask: Result<Ask, Error>| one(&engine, &config, &job, logged.as_ref(), &ask?);
    in_order(source.asks(), job.workers, work, |results| teller.tell(results));
    teller.finish(job.strict)
}

/// What came of an ask.
struct Told {
    decision: Decision,
    line: String,
    /// Whether it came out of the ledger.
    is_logged: bool,
    /// The comparison of backends.
    table: Option<String>,
}

/// Logs decisions, then tells them.
struct Teller<'a> {
    ledger: Option<Ledger>,
    governed: Option<Governed<'a>>,
    lines: Option<outputs::Lines>,
    /// Whether the decisions themselves go to stdout.
    to_stdout: bool,
    told: bool,
    retreated: bool,
    /// The failure that has not been reported.
    failed: Option<Error>,
}

impl Teller<'_> {
    /// A failure is reported, and the others are still told; the last one is the exit code.
    fn fail(&mut self, e: Error) {
        if let Some(before) = self.failed.replace(e) {
            report(&before);
        }
    }

    fn tell(&mut self, results: Vec<Result<Told, Error>>) -> ControlFlow<()> {
        if let Some(ledger) = &mut self.ledger {
            let new = results.iter().flatten().filter(|told| !told.is_logged);
            let new: Vec<&Decision> = new.map(|told| &told.decision).collect();
            // What is not logged is not told, and nothing is decided after it.
            let logged = log::append(ledger, &new);
            let steered = logged.and_then(|_| self.governed.as_mut().map_or(Ok(()), |g| g.steer(ledger)));
            if let Err(e) = steered {
                self.fail(e);
                return ControlFlow::Break(());
            }
        }
        for result in results {
            let told = match result {
                Ok(told) => told,
                Err(e) => {
                    self.fail(e);
                    continue;
                }
            };
            if let Err(e) = self.print(&told) {
                self.fail(e);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    fn print(&mut self, told: &Told) -> Result<(), Error> {
        self.told = true;
        self.retreated |= !told.decision.reasons.is_empty();
        if let Some(table) = &told.table {
            if self.to_stdout { report_line(table.trim_end()) } else { say(table) }
        }
        if self.to_stdout {
            say(&told.line);
            return Ok(());
        }
        say(&(explain::line(&told.decision) + "\n"));
        self.lines.as_mut().map_or(Ok(()), |lines| lines.add(&told.line))
    }

    fn finish(mut self, strict: bool) -> Result<Done, Error> {
        let lines = self.lines.take().filter(|_| self.told);
        let finished = lines.map_or(Ok(()), outputs::Lines::finish);
        if let Some(e) = self.failed.take() {
            return Err(e);
        }
        finished?;
        if strict && self.retreated {
            // The reasons stand in the decisions; this only says why the exit code is 1.
            report_line("strict: a decision retreated; its `reasons` say why");
            return Ok(Done::NotAsRequired);
        }
        Ok(Done::Well)
    }
}

/// What the ledger had when this command began.
struct Logged {
    path: PathBuf,
    ledger: Mutex<Ledger>,
    /// The records of each request that have not been told.
    records: Mutex<HashMap<String, VecDeque<u64>>>,
}

impl Logged {
    fn in_ledger(path: &Path) -> Result<Logged, Error> {
        let ledger = Ledger::open_to_read(path)?;
        let records = Mutex::new(ledger.requests()?);
        Ok(Logged { path: path.to_owned(), ledger: Mutex::new(ledger), records })
    }

    /// The next decision of a request, if one is left.
    fn take(&self, key: &str) -> Result<Option<Decision>, Error> {
        let next = |records: &mut HashMap<String, VecDeque<u64>>| records.get_mut(key)?.pop_front();
        let number = next(&mut self.records.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(number) = number else { return Ok(None) };
        let ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        log::decision(&ledger, &self.path, number).map(Some)
    }
}

/// Decides for all that is asked for, from one total.
fn together(
    engine: &Engine,
    job: &Job,
    asks: impl Iterator<Item = Result<Ask, Error>>,
    total: Total,
) -> Result<Vec<Told>, Error> {
    let asks: Vec<Ask> = asks.collect::<Result<_, Error>>()?;
    if let Some(ask) = asks.iter().find(|ask| ask.total.is_some()) {
        let line = ask.line.unwrap_or_default();
        return Err(Error::new(
            format!("stdin:{line}: it has a total of its own, and all share one"),
            "leave it out, or --together",
        ));
    }
    let requests: Vec<Request> = asks.iter().map(|ask| request(job, ask)).collect::<Result<_, Error>>()?;
    let decisions = engine.allocate_together(&requests, total)?;
    let mut told = Vec::with_capacity(asks.len());
    for ((ask, request), decision) in asks.iter().zip(&requests).zip(decisions) {
        job.outputs.write(ask, &request.photo, &decision)?;
        told.push(Told { line: decision.to_json()? + "\n", decision, is_logged: false, table: None });
    }
    Ok(told)
}

/// What an ask is about, with its image read.
fn request(job: &Job, ask: &Ask) -> Result<Request, Error> {
    let path = &ask.image;
    let photo = Photo::read(path, &job.limits).map_err(|e| ask.placed(e))?;
    let in_this = |e: Error| ask.placed(e.in_file(path));
    job.outputs.check_for(&photo, job.budget.grid).map_err(in_this)?;
    let size = (photo.width(), photo.height());
    let policy = job.budget.policy(Some(size), ask.total).map_err(in_this)?;
    Ok(Request::new(photo)
        .query(ask.query.as_deref().unwrap_or(&job.query))
        .policy(policy)
        .authority(job.budget.authority.clone())
        .grid(job.budget.grid)
        .tensors(job.tensors.clone()))
}

fn one(
    engine: &Engine,
    config: &Config,
    job: &Job,
    logged: Option<&Logged>,
    ask: &Ask,
) -> Result<Told, Error> {
    let request = request(job, ask)?;
    let in_this = |e: Error| ask.placed(e.in_file(&ask.image));
    if let Some(logged) = logged
        && let Some(decision) = logged.take(&engine.key(&request).map_err(in_this)?)?
    {
        return Ok(Told { line: decision.to_json()? + "\n", decision, is_logged: true, table: None });
    }
    let table = match job.compares {
        true => Some(table(&backends::compare(config, &request).map_err(in_this)?)),
        false => None,
    };
    let decision = engine.allocate(&request).map_err(in_this)?;
    job.outputs.write(ask, &request.photo, &decision)?;
    Ok(Told { line: decision.to_json()? + "\n", decision, is_logged: false, table })
}

impl Outputs {
    /// Where an output of this image goes: the file that was named, or a file in
    /// the folder that was named for several images.
    fn place(&self, named: &Option<PathBuf>, ask: &Ask, suffix: &str) -> Option<PathBuf> {
        let named = named.as_ref()?;
        if !self.several {
            return Some(named.clone());
        }
        let name = ask.image.file_name().unwrap_or_default().to_string_lossy();
        // An image may be asked about more than once, line by line.
        let line = ask.line.map(|line| format!("{line}.")).unwrap_or_default();
        Some(named.join(format!("{name}.{line}{suffix}")))
    }

    /// Writes what is wanted of a decision besides the decision itself.
    fn write(&self, ask: &Ask, photo: &Photo, decision: &Decision) -> Result<(), Error> {
        if let Some(to) = self.place(&self.overlay, ask, "overlay.png") {
            outputs::write(&to, &draw::overlay(photo, decision, self.numbers, &to)?)?;
        }
        if let Some(to) = self.place(&self.render, ask, "render.png") {
            outputs::write(&to, &draw::render(photo, decision, &to)?)?;
        }
        if let Some(to) = self.place(&self.pack, ask, "pack.safetensors") {
            outputs::write(&to, &pack::pack(photo, decision)?)?;
        }
        Ok(())
    }

    /// Checks, before an image is looked at, that what is wanted of it can be made.
    fn check_for(&self, photo: &Photo, grid: Grid) -> Result<(), Error> {
        if self.pack.is_some() {
            pack::image(photo)?;
        }
        if self.overlay.is_some() || self.render.is_some() {
            draw::check_size(photo, grid)?;
        }
        Ok(())
    }

    fn check(&self, images: &[PathBuf]) -> Result<(), Error> {
        let asks: Vec<Ask> = images
            .iter()
            .map(|image| Ask { image: image.clone(), query: None, total: None, line: None })
            .collect();
        if let Some(json) = self.json.as_deref().filter(|p| *p != Path::new("-")) {
            outputs::check_writable(json)?;
        }
        for (named, suffix) in
            [(&self.overlay, "overlay.png"), (&self.render, "render.png"), (&self.pack, "pack.safetensors")]
        {
            let Some(path) = named else { continue };
            if self.several && !path.is_dir() {
                return Err(Error::new(
                    format!("{}: it is not a folder, and there are several images", path.display()),
                    "make a folder and name it",
                ));
            }
            let mut taken = BTreeMap::new();
            for ask in &asks {
                if let Some(to) = self.place(named, ask, suffix) {
                    if let Some(other) =
                        taken.insert(to.clone(), &ask.image).filter(|other| **other != ask.image)
                    {
                        return Err(Error::new(
                            format!(
                                "{}: it would be written for `{}` and for `{}`",
                                to.display(),
                                other.display(),
                                ask.image.display()
                            ),
                            "decide for images of one name one after the other, or from lines on stdin",
                        ));
                    }
                    outputs::check_writable(&to)?;
                    if suffix.ends_with("png") {
                        draw::check_format(&to)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Reads everything the arguments say, in the order in which a person would
/// want to hear of mistakes: the budget first, before any plugin is looked at.
fn resolve(args: AllocateArgs) -> Result<(Source, Job, Config), Error> {
    let source = Source::of(&args.images)?;
    let max_pixels = pixels("max-pixels", &args.max_pixels)?;
    let whole_pixels = pixels("whole-pixels", &args.whole_pixels)?;
    let limits = Limits { max_pixels, whole_pixels };
    let budget = Budget::read(&args, &limits)?;
    budget.check(source.images(), &limits)?;
    let outputs = Outputs {
        json: args.json,
        overlay: args.overlay,
        render: args.render,
        pack: args.pack,
        numbers: args.numbers,
        several: source.images().len() != 1 || args.images.iter().any(|arg| arg.is_dir()),
    };
    outputs.check(source.images())?;
    let tensors = args.tensors.as_deref().map(tensors::Tensors::read).transpose()?.unwrap_or_default();

    let mut config = config(&args.search)?;
    if !args.scorer.is_empty() {
        config.scorers = args.scorer;
    }
    config.allocator = args.allocator.or(config.allocator);
    let all = args.backend.as_deref() == Some(ALL);
    config.backend = args.backend.filter(|_| !all).or(config.backend);
    config.threads = args.threads.unwrap_or(config.threads);
    if let Some(text) = &args.deadline {
        config.set_deadline(text)?;
    }
    if let Some(path) = &args.calibration {
        config.calibration = Some(Calibration::read(path)?);
    }
    for text in &args.param {
        let (id, key, value) = param(text)?;
        config.set_param(&id, &key, &value);
    }
    // What has to be done in time, or is measured, has the machine to itself.
    let alone = all || config.deadline.is_some() || source.images().len() == 1;
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let workers = args.jobs.unwrap_or_else(|| if alone { 1 } else { cores() }).clamp(1, MOST_JOBS);
    if all && args.together {
        return Err(Error::new(
            "--backend all compares backends on each image, and --together decides for all at once",
            "give one of the two",
        ));
    }
    let job = Job {
        workers,
        goes_on: args.goes_on,
        query: args.query.unwrap_or_default(),
        budget,
        tensors,
        limits,
        outputs,
        log: args.log,
        governed: args.governed,
        strict: args.strict,
        compares: all,
    };
    Ok((source, job, config))
}

/// Reads a number of pixels, such as `2000000`, `500K`, `300M` or `2G`.
pub(crate) fn pixels(option: &str, text: &str) -> Result<u64, Error> {
    let read = || {
        let text = text.trim();
        let scale = match text.chars().next_back()?.to_ascii_uppercase() {
            'K' => 1_000,
            'M' => 1_000_000,
            'G' => 1_000_000_000,
            _ => 1,
        };
        let digits = if scale == 1 { text } else { &text[..text.len() - 1] };
        digits.parse::<u64>().ok()?.checked_mul(scale).filter(|n| *n > 0)
    };
    let hint = "give a whole number above 0, such as 500M or 2G";
    read().ok_or_else(|| Error::new(format!("--{option} is `{text}`"), hint))
}

/// The configuration of the search arguments.
pub(crate) fn config(args: &SearchArgs) -> Result<Config, Error> {
    let mut config = args.config.as_deref().map_or_else(|| Ok(Config::default()), Config::read)?;
    config.search.files.clone_from(&args.plugin);
    config.search.folders.clone_from(&args.plugin_dir);
    args.isolation.iter().try_for_each(|level| config.set_isolation(level))?;
    if let Some(file) = &args.locked {
        config.lock = Some(file.clone().unwrap_or_else(arrcoc_host::lock::standard_place));
    }
    Ok(config)
}

/// Reads `ID.KEY=VALUE`.
pub(crate) fn param(text: &str) -> Result<(String, String, String), Error> {
    let read = || {
        let (name, value) = text.split_once('=')?;
        let (id, key) = name.split_once('.')?;
        (!id.is_empty() && !key.is_empty()).then(|| (id.to_owned(), key.to_owned(), value.to_owned()))
    };
    read().ok_or_else(|| {
        Error::new(format!("`{text}` is not a parameter"), "write ID.KEY=VALUE, such as random.seed=7")
    })
}
