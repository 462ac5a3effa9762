//! `arrcoc allocate`: decide for one or more images.

use std::path::{Path, PathBuf};

use arrcoc::{
    Config, Decision, Engine, Error, Grid, Limits, Photo, Request, Tensors, backends,
    calibration::Calibration, draw, explain, ledger::Ledger, log, pack, tensors,
};

use super::{
    Done,
    args::{AllocateArgs, SearchArgs},
    backends::table,
    budget::Budget,
    outputs, report, report_line, say,
};

/// The arguments, resolved: everything was read and checked that can be before
/// a plugin is loaded.
struct Job {
    images: Vec<PathBuf>,
    query: String,
    budget: Budget,
    tensors: Tensors,
    limits: Limits,
    outputs: Outputs,
    log: Option<PathBuf>,
    strict: bool,
    /// Whether all backends are compared on each image before it is decided on.
    compares: bool,
}

/// What `--backend` calls all of them.
const ALL: &str = "all";

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
    let (job, config) = resolve(args)?;
    let mut ledger = job.log.as_deref().map(Ledger::open).transpose()?;
    let engine = Engine::open(config.clone())?;
    let mut lines = String::new();
    let mut failed: Option<Error> = None;
    let mut retreated = false;
    for path in &job.images {
        match one(&engine, &config, &job, path) {
            Ok(decision) => {
                if let Some(ledger) = &mut ledger
                    && let Err(e) = log::append(ledger, std::slice::from_ref(&decision))
                {
                    // What is not logged is not told, and nothing is decided after it.
                    if let Some(before) = failed.replace(e) {
                        report(&before);
                    }
                    break;
                }
                retreated |= !decision.reasons.is_empty();
                let line = decision.to_json()? + "\n";
                if job.outputs.json.as_deref() == Some(Path::new("-")) {
                    say(&line);
                } else {
                    lines.push_str(&line);
                    say(&(explain::line(&decision) + "\n"));
                }
            }
            // The other images are still decided; the first failure is the exit code.
            Err(e) => {
                if let Some(before) = failed.replace(e) {
                    report(&before);
                }
            }
        }
    }
    match job.outputs.json.as_deref() {
        Some(path) if path != Path::new("-") && !lines.is_empty() => outputs::write(path, lines.as_bytes())?,
        _ => {}
    }
    if let Some(e) = failed {
        return Err(e);
    }
    if job.strict && retreated {
        // The reasons stand in the decisions; this only says why the exit code is 1.
        report_line("strict: a decision retreated; its `reasons` say why");
        return Ok(Done::NotAsRequired);
    }
    Ok(Done::Well)
}

fn one(engine: &Engine, config: &Config, job: &Job, path: &Path) -> Result<Decision, Error> {
    let photo = Photo::read(path, &job.limits)?;
    job.outputs.check_for(&photo, job.budget.grid).map_err(|e| e.in_file(path))?;
    let size = (photo.width(), photo.height());
    let policy = job.budget.policy(Some(size)).map_err(|e| e.in_file(path))?;
    let request = Request::new(photo)
        .query(&job.query)
        .policy(policy)
        .authority(job.budget.authority.clone())
        .grid(job.budget.grid)
        .tensors(job.tensors.clone());
    if job.compares {
        let table = table(&backends::compare(config, &request).map_err(|e| e.in_file(path))?);
        match job.outputs.json.as_deref() {
            Some(json) if json == Path::new("-") => report_line(table.trim_end()),
            _ => say(&table),
        }
    }
    let decision = engine.allocate(&request).map_err(|e| e.in_file(path))?;
    let photo = &request.photo;
    let out = &job.outputs;
    if let Some(to) = out.place(&out.overlay, path, "overlay.png") {
        outputs::write(&to, &draw::overlay(photo, &decision, out.numbers, &to)?)?;
    }
    if let Some(to) = out.place(&out.render, path, "render.png") {
        outputs::write(&to, &draw::render(photo, &decision, &to)?)?;
    }
    if let Some(to) = out.place(&out.pack, path, "pack.safetensors") {
        outputs::write(&to, &pack::pack(photo, &decision)?)?;
    }
    Ok(decision)
}

impl Outputs {
    /// Where an output of this image goes: the file that was named, or a file in
    /// the folder that was named for several images.
    fn place(&self, named: &Option<PathBuf>, image: &Path, suffix: &str) -> Option<PathBuf> {
        let named = named.as_ref()?;
        if !self.several {
            return Some(named.clone());
        }
        let name = image.file_name().unwrap_or_default().to_string_lossy();
        Some(named.join(format!("{name}.{suffix}")))
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
            for image in images {
                if let Some(to) = self.place(named, image, suffix) {
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
fn resolve(args: AllocateArgs) -> Result<(Job, Config), Error> {
    let max_pixels = pixels("max-pixels", &args.max_pixels)?;
    let whole_pixels = pixels("whole-pixels", &args.whole_pixels)?;
    let limits = Limits { max_pixels, whole_pixels };
    let budget = Budget::read(&args, &limits)?;
    budget.check(&args.images, &limits)?;
    let outputs = Outputs {
        json: args.json,
        overlay: args.overlay,
        render: args.render,
        pack: args.pack,
        numbers: args.numbers,
        several: args.images.len() > 1,
    };
    outputs.check(&args.images)?;
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
    let job = Job {
        images: args.images,
        query: args.query.unwrap_or_default(),
        budget,
        tensors,
        limits,
        outputs,
        log: args.log,
        strict: args.strict,
        compares: all,
    };
    Ok((job, config))
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
    if let Some(level) = &args.isolation {
        config.set_isolation(level)?;
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
