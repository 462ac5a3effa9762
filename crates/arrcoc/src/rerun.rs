//! A decision made again: the same request, to an engine that is set up the same.
//!
//! A decision says what it was made from: the image by name and hash, the question, the
//! tensors, the policy, how the engine was set up, and every plugin by its hash. That is
//! enough to make it again, on condition that the files are there. Where they are, the
//! same comes out bit for bit; where a plugin or a calibration is another by now, what is
//! different is named together with it. Nothing is taken for another: a file of the right
//! name with other bytes is not the image.

use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrcoc_ledger::Ledger;
use arrcoc_picture::Limits;
use arrcoc_stats::Grid;
use serde_json::Value;

use crate::{
    autonomy,
    calibration::Calibration,
    config::Config,
    decision::{Decision, PluginRecord},
    engine::Engine,
    error::Error,
    photo::Photo,
    request::Request,
    tensors::Tensors,
};

/// Engines and files for decisions that are made again.
pub struct Rerun {
    base: Config,
    folders: Vec<PathBuf>,
    /// The calibrations of the configurations of a ledger, by the numbers of their records.
    configurations: HashMap<u64, Calibration>,
    /// By how they are set up; one of them serves many decisions.
    engines: HashMap<String, Arc<Engine>>,
}

/// What came of making a decision again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replay {
    /// The same, bit for bit.
    Same,
    /// Another: what is different, a line each, causes first.
    Differs(Vec<String>),
}

impl Rerun {
    /// Takes where plugins are looked for and how they run from `base`; how an engine is set up comes from each
    /// decision.
    #[must_use]
    pub fn new(base: Config) -> Rerun {
        Rerun { base, folders: Vec::new(), configurations: HashMap::new(), engines: HashMap::new() }
    }

    /// Looks for images in this folder, too.
    #[must_use]
    pub fn images_in(mut self, folder: &Path) -> Rerun {
        self.folders.push(folder.to_owned());
        self
    }

    /// Takes the calibrations of governed decisions from the configurations of their ledger.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn configured_by(mut self, ledger: &Ledger) -> Result<Rerun, Error> {
        for set in autonomy::history(ledger)? {
            self.configurations.insert(set.number, set.configuration.calibration.calibration()?);
        }
        Ok(self)
    }

    /// Makes a decision again, and says what is different.
    ///
    /// # Errors
    /// When it cannot be made: a file or a plugin that it was made from is not there.
    pub fn replay(&mut self, decision: &Decision) -> Result<Replay, Error> {
        let request = self.request(decision)?;
        let again = self.engine(decision)?.allocate(&request)?;
        Ok(match differences(decision, &again)? {
            none if none.is_empty() => Replay::Same,
            some => Replay::Differs(some),
        })
    }

    /// The engine, set up as it was for this decision.
    ///
    /// # Errors
    /// When the calibration or something that was named is not there.
    pub fn engine(&mut self, decision: &Decision) -> Result<Arc<Engine>, Error> {
        let config = self.config(decision)?;
        let governed = decision.governed.as_ref();
        let set = governed.map(|governed| (governed.level, governed.configuration));
        let key = format!("{:?} {:?} {} {set:?}", decision.settings, decision.calibration, config.autonomy);
        if let Some(engine) = self.engines.get(&key) {
            return Ok(Arc::clone(engine));
        }
        let calibration = config.calibration.clone();
        let engine = Arc::new(Engine::open(config)?);
        if let (Some((level, configuration)), Some(calibration)) = (set, calibration) {
            engine.govern(level, calibration, configuration);
        }
        self.engines.insert(key, Arc::clone(&engine));
        Ok(engine)
    }

    /// The configuration of the engine of a decision.
    ///
    /// # Errors
    /// When its calibration is not there.
    pub(crate) fn config(&self, decision: &Decision) -> Result<Config, Error> {
        let mut config = self.base.clone();
        decision.settings.set_up(&mut config);
        config.autonomy = decision.governed.as_ref().map_or(decision.autonomy, |governed| governed.autonomy);
        config.deadline = None;
        if let Some(calibration) = self.of_ledger(decision) {
            config.calibration = Some(calibration?);
            return Ok(config);
        }
        let path = decision.calibration.path.as_deref();
        let calibration =
            path.map_or_else(Calibration::reference, |path| Calibration::read(Path::new(path)))?;
        // The reference comes with the program: that it is another one is told by the comparison.
        if let Some(path) = path.filter(|_| calibration.version() != decision.calibration.version) {
            let wanted = &decision.calibration.version;
            return Err(Error::new(
                format!("calibration `{wanted}` not found: `{path}` is `{}`", calibration.version()),
                "put the file back that it was made with",
            ));
        }
        config.calibration = Some(calibration);
        Ok(config)
    }

    /// The calibration of a governed decision, unless that is the reference.
    fn of_ledger(&self, decision: &Decision) -> Option<Result<Calibration, Error>> {
        let number = decision.governed.as_ref()?.configuration;
        let wanted = &decision.calibration.version;
        match self.configurations.get(&number) {
            Some(calibration) if calibration.version() == wanted => Some(Ok(calibration.clone())),
            _ if Calibration::reference().is_ok_and(|reference| reference.version() == wanted) => None,
            _ => Some(Err(Error::new(
                format!("calibration `{wanted}` not found: it stands in record {number} of a ledger"),
                "name the decision by its id, and its ledger with --log",
            ))),
        }
    }

    /// The request of a decision, with its image and its tensors.
    ///
    /// # Errors
    /// When one of them is not there, or another.
    pub fn request(&self, decision: &Decision) -> Result<Request, Error> {
        let grid = Grid::new(decision.grid.rows, decision.grid.cols)?;
        let mut request = Request::new(self.photo(decision)?).policy(decision.policy.policy()?).grid(grid);
        request.authority.clone_from(&decision.policy.authority);
        request.batch.clone_from(&decision.policy.batch);
        if let Some(query) = &decision.query {
            request = request.query(&query.text);
        }
        Ok(request.tensors(tensors(decision, grid)?))
    }

    fn photo(&self, decision: &Decision) -> Result<Photo, Error> {
        let image = &decision.image;
        let pixels = u64::from(image.width) * u64::from(image.height);
        let whole_pixels = if image.in_bands { pixels.saturating_sub(1) } else { pixels };
        let mut photo = Photo::read(&self.image(decision)?, &Limits { max_pixels: pixels, whole_pixels })?;
        // It is the same image, wherever it lies now.
        photo.path = image.path.as_ref().map(PathBuf::from);
        Ok(photo)
    }

    /// Where the image of a decision is now.
    fn image(&self, decision: &Decision) -> Result<PathBuf, Error> {
        let (image, wanted) = (&decision.image, &decision.image.blake3);
        let not_found = |hint: String| Error::new(format!("image blake3 {wanted} not found"), hint);
        let Some(path) = image.path.as_deref().map(Path::new) else {
            return Err(not_found("it came from memory, not from a file".into()));
        };
        let name = path.file_name().unwrap_or_default();
        let moved = self.folders.iter().map(|folder| folder.join(name));
        let mut others = Vec::new();
        for place in std::iter::once(path.to_owned()).chain(moved) {
            match hash(&place) {
                Some(found) if found == *wanted => return Ok(place),
                Some(_) => others.push(place),
                None => {}
            }
        }
        let hint = "name the folder where it is now with --images";
        Err(not_found(match others.first() {
            Some(other) => format!("`{}` is another image; {hint}", other.display()),
            None => format!("`{}` is not there; {hint}", path.display()),
        }))
    }
}

/// The tensors that a decision was given.
fn tensors(decision: &Decision, grid: Grid) -> Result<Tensors, Error> {
    let Some(first) = decision.tensors.first() else { return Ok(Tensors::default()) };
    let lost = |why: String| {
        Error::new(
            format!("tensor `{}` blake3 {} not found", first.name, first.blake3),
            format!("{why}; put the file back that it was made with"),
        )
    };
    let Some(path) = &first.path else { return Err(lost("it came from memory".into())) };
    let path = Path::new(path);
    let tensors = Tensors::read(path).map_err(|e| lost(e.message))?;
    let given = tensors.on_grid(grid)?;
    let records: Vec<_> = given.iter().map(|t| crate::decision::TensorRecord::of(t, Some(path))).collect();
    if records != decision.tensors {
        return Err(lost(format!("`{}` holds others", path.display())));
    }
    Ok(tensors)
}

/// The BLAKE3 of a file, if it can be read.
fn hash(path: &Path) -> Option<String> {
    let mut hasher = blake3::Hasher::new();
    // A folder or a device is not read.
    if !path.is_file() {
        return None;
    }
    hasher.update_reader(File::open(path).ok()?).ok()?;
    Some(hasher.finalize().to_hex().to_string())
}

/// What is different between a decision and the same made again: first what may be the cause, then what came of it.
fn differences(then: &Decision, now: &Decision) -> Result<Vec<String>, Error> {
    if then.id == now.id {
        return Ok(Vec::new());
    }
    let mut lines = changed_plugins(&then.plugins, &now.plugins);
    if then.calibration != now.calibration {
        lines.push(format!(
            "the calibration changed: `{}` then, `{}` now",
            then.calibration.version, now.calibration.version
        ));
    }
    if then.host.arrcoc != now.host.arrcoc {
        lines.push(format!("this program is {}, and it was made by {}", now.host.arrcoc, then.host.arrcoc));
    }
    let patches =
        std::iter::zip(then.flat_tokens(), now.flat_tokens()).filter(|(then, now)| then != now).count();
    let causes = ["id", "created", "host", "timings_us", "plugins", "calibration", "tokens"];
    let read = |d: &Decision| match serde_json::to_value(d) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(Error::new("the decision cannot be written", "report this")),
    };
    let (before, after) = (read(then)?, read(now)?);
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| !causes.contains(&name.as_str()) && before.get(*name) != after.get(*name));
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    lines.push(match (patches, names.is_empty()) {
        (0, true) => "the tokens are the same".to_owned(),
        (0, false) => format!("the tokens are the same; different are {}", names.join(", ")),
        (1, _) => format!("one patch has other tokens; different are {}", names.join(", ")),
        _ => format!("{patches} patches have other tokens; different are {}", names.join(", ")),
    });
    lines.extend(now.reasons.iter().filter(|r| !then.reasons.contains(r)).map(|r| format!("only now: {r}")));
    lines.extend(then.reasons.iter().filter(|r| !now.reasons.contains(r)).map(|r| format!("only then: {r}")));
    Ok(lines)
}

/// Which plugins are others, or are there only once.
pub(crate) fn changed_plugins(then: &[PluginRecord], now: &[PluginRecord]) -> Vec<String> {
    let find = |all: &'_ [PluginRecord], part: &str| all.iter().find(|p| p.part == part).cloned();
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    let mut lines = Vec::new();
    for before in then {
        let part = &before.part;
        match find(now, part) {
            None => lines.push(format!("`{part}` of the plugin `{}` did not run now", before.identity.id)),
            Some(after) if after.identity.blake3 != before.identity.blake3 => lines.push(format!(
                "the plugin `{}` changed, which gives `{part}`: {} {} then, {} {} now",
                after.identity.id,
                before.identity.version,
                short(&before.identity.blake3),
                after.identity.version,
                short(&after.identity.blake3)
            )),
            Some(after) if after.device != before.device => {
                lines.push(format!("`{part}` ran on {} then, and on {} now", before.device, after.device));
            }
            Some(after) if after != *before => lines.push(format!("`{part}` has other parameters")),
            Some(_) => {}
        }
    }
    let new = now.iter().filter(|after| find(then, &after.part).is_none());
    lines.extend(
        new.map(|after| format!("`{}` of the plugin `{}` ran only now", after.part, after.identity.id)),
    );
    lines
}
