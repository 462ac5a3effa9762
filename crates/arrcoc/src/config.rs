//! How an engine is set up: where plugins are looked for, which scorers and
//! allocator are used, with which parameters. The same settings can stand in a
//! TOML file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arrcoc_decide::Held;
use arrcoc_host::{
    Catalogue, Isolation, IsolationLevel, Lock, NameError, Patience, Search, catalogue::GivenParams,
};
use arrcoc_sdk::describe::{ASSET, Domain, Param};
use serde::Deserialize;

use crate::{calibration::Calibration, error::Error, files};

/// The scorers that run when none is named.
pub const STANDARD_SCORERS: [&str; 4] = ["propositional", "perspectival", "features", "glance"];
/// Those of them that hear a question.
pub(crate) const HEARING: [&str; 2] = ["features", "glance"];
/// What stands for every scorer that hears a question, as far as it is there.
pub const AUTO: &str = "auto";
/// How a scorer is named that runs beside the standard ones instead of in their place: `+ocr`.
pub const BESIDE: char = '+';
/// The allocator that is used when none is named. Where it is missing or fails, `proportional` shares, which is built in.
pub const STANDARD_ALLOCATOR: &str = "rate-distortion";

/// How an engine is set up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where plugins are looked for.
    pub search: Search,
    /// The scorers to run; empty for the standard ones. Where all of them begin with `+`, as in `+ocr`, they run
    /// beside the standard ones. A named scorer that cannot run is an error, a standard one is left out with a
    /// reason. `auto` is the standard ones and every other scorer that hears a question: what cannot run, or has no
    /// calibration, is left out with a note.
    pub scorers: Vec<String>,
    /// The allocator; `None` for `rate-distortion`.
    pub allocator: Option<String>,
    /// The backend that provides `patch_stats`; `None` for the first that can.
    pub backend: Option<String>,
    /// Parameters of scorers and allocators: id → key → value as text.
    pub params: GivenParams,
    /// Maps and weights of channels; `None` for the reference.
    pub calibration: Option<Calibration>,
    /// How far an allocation may move from uniform, 0 to 1.
    pub autonomy: f64,
    /// Tensions that are held instead of computed.
    pub held: Held,
    /// The most threads a scorer may use; 0 for as many as there are cores.
    pub threads: usize,
    /// Where plugins run, and what they are held to there.
    pub isolation: Isolation,
    /// The lock file: nothing is loaded that it does not list, and all that it lists must be there. `None` for no lock.
    pub lock: Option<PathBuf>,
    /// Longest that a decision may take. What has not been heard by then is left out, with a reason. A plugin in
    /// this process is asked to stop, one in a process of its own is stopped. An image in bands of rows is read within
    /// that time, but to its end in any case: the record has a hash of the file.
    pub deadline: Option<Duration>,
    /// Of `params` those that a file gave, and the folder where their relative paths start.
    from_file: Option<FromFile>,
}

#[derive(Clone, Debug)]
struct FromFile {
    folder: PathBuf,
    params: BTreeSet<(String, String)>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            search: Search::standard(),
            scorers: Vec::new(),
            allocator: None,
            backend: None,
            params: GivenParams::new(),
            calibration: None,
            autonomy: 1.0,
            held: Held::default(),
            threads: 0,
            isolation: Isolation::default(),
            lock: None,
            deadline: None,
            from_file: None,
        }
    }
}

/// The file's form of a [`Config`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[derive(Default)]
struct ConfigFile {
    plugins: Vec<PathBuf>,
    plugin_dirs: Vec<PathBuf>,
    scorers: Vec<String>,
    allocator: Option<String>,
    backend: Option<String>,
    calibration: Option<PathBuf>,
    autonomy: Option<f64>,
    threads: Option<usize>,
    isolation: IsolationFile,
    lock: Option<PathBuf>,
    deadline: Option<String>,
    worker: WorkerFile,
    breaker: BreakerFile,
    hold: HoldFile,
    params: toml::Table,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct HoldFile {
    exploit_explore: Option<f64>,
    focus_diversify: Option<f64>,
    compress_particularize: Option<f64>,
}

/// The level of all, or of some by the ids of their libraries.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a level of isolation, or a table from ids of libraries to levels")]
enum IsolationFile {
    All(String),
    Some(BTreeMap<String, String>),
}

impl Default for IsolationFile {
    fn default() -> IsolationFile {
        IsolationFile::Some(BTreeMap::new())
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct WorkerFile {
    program: Option<PathBuf>,
    memory_mib: Option<u64>,
    start: Option<String>,
    call: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct BreakerFile {
    failures: Option<u32>,
    pause: Option<String>,
    longest: Option<String>,
}

impl Config {
    /// The standard configuration with the settings of a TOML file. Relative
    /// paths in the file start at the file's folder.
    ///
    /// ```toml
    /// plugins = ["mine/target/release/libmine.so"]
    /// scorers = ["mine", "propositional"]
    /// allocator = "rate-distortion"
    /// [params.mine]
    /// gain = 1.5
    /// [hold]
    /// focus-diversify = 0.5
    /// [worker]
    /// memory-mib = 2048
    /// ```
    ///
    /// # Errors
    /// When the file cannot be read, or a key or a value is not valid.
    pub fn read(path: &Path) -> Result<Config, Error> {
        let text = files::read_text(path, "read the config file", files::SETTINGS)?;
        let file: ConfigFile = toml::from_str(&text).map_err(|e| {
            let place = e.span().map(|s| place_in(&text, s.start)).unwrap_or_default();
            let reason = e.message().lines().next().unwrap_or("not valid").to_owned();
            Error::new(format!("{}{place}: {reason}", path.display()), KEYS)
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let from_file = |paths: Vec<PathBuf>| paths.into_iter().map(|p| folder.join(p)).collect();
        let mut config = Config {
            scorers: file.scorers,
            allocator: file.allocator,
            backend: file.backend,
            autonomy: file.autonomy.unwrap_or(1.0),
            threads: file.threads.unwrap_or(0),
            held: Held {
                exploit_explore: file.hold.exploit_explore,
                focus_diversify: file.hold.focus_diversify,
                compress_particularize: file.hold.compress_particularize,
            },
            ..Config::default()
        };
        let in_this = |e: Error| e.in_file(path);
        config.deadline = file.deadline.as_deref().map(duration).transpose().map_err(in_this)?;
        config.isolation = isolation(file.isolation, file.worker, file.breaker, folder).map_err(in_this)?;
        config.lock = file.lock.map(|path| folder.join(path));
        config.search.config_files = from_file(file.plugins);
        config.search.config_folders = from_file(file.plugin_dirs);
        config.calibration = file.calibration.map(|p| Calibration::read(&folder.join(p))).transpose()?;
        let mut from_file = FromFile { folder: folder.into(), params: BTreeSet::new() };
        for (id, values) in file.params {
            let toml::Value::Table(values) = values else {
                return Err(Error::new(
                    format!("{}: `params.{id}` is not a table", path.display()),
                    format!("write [params.{id}] and `key = value` below it"),
                ));
            };
            for (key, value) in values {
                from_file.params.insert((id.clone(), key.clone()));
                config.params.entry(id.clone()).or_default().insert(key, plain(&value));
            }
        }
        config.from_file = Some(from_file);
        config.check().map_err(|e| e.in_file(path))?;
        Ok(config)
    }

    /// Finds, vets and loads the plugins. What cannot be used is kept with its reason.
    ///
    /// # Errors
    /// When the lock file cannot be used, or what it lists is not there or not what it was; when a level of isolation is
    /// set for a library that was not found.
    pub fn catalogue(&self) -> Result<Catalogue, Error> {
        let (catalogue, missing) = self.found()?;
        if let Some(missing) = missing {
            // That it was named says more of it.
            return Err(catalogue.refused_by_name().cloned().map_or(missing, Error::from));
        }
        let ids = || catalogue.found().iter().filter_map(|f| f.facts.as_ref()).map(|facts| facts.id.as_str());
        match self.isolation.by_id.keys().find(|id| ids().all(|known| known != id.as_str())) {
            Some(unknown) => Err(NameError::new("library", unknown, ids()).into()),
            None => Ok(catalogue),
        }
    }

    /// All that is found, and what a lock file lists and is not there.
    ///
    /// # Errors
    /// When the lock file cannot be used.
    pub fn found(&self) -> Result<(Catalogue, Option<Error>), Error> {
        let mut search = self.search.clone();
        search.lock = self.lock.as_deref().map(Lock::read).transpose()?.map(Arc::new);
        let catalogue = Catalogue::open(&search, &self.isolation);
        let missing = search.lock.and_then(|lock| lock.missing(&catalogue));
        Ok((catalogue, missing.map(Error::from)))
    }

    /// Sets a parameter, in the place of what a file said.
    pub fn set_param(&mut self, id: &str, key: &str, value: &str) {
        if let Some(from_file) = &mut self.from_file {
            from_file.params.remove(&(id.to_owned(), key.to_owned()));
        }
        self.params.entry(id.to_owned()).or_default().insert(key.to_owned(), value.to_owned());
    }

    /// Sets where plugins run: `inproc`, `worker` or `sandbox`, or `ID=` and one of these for one library.
    ///
    /// # Errors
    /// When there is no such level.
    pub fn set_isolation(&mut self, text: &str) -> Result<(), Error> {
        match text.split_once('=') {
            Some((id, level)) => {
                self.isolation.by_id.insert(id.to_owned(), parse_level(level)?);
            }
            None => self.isolation.level = Some(parse_level(text)?),
        }
        Ok(())
    }

    /// Sets the longest that a decision may take, written as `20ms` or `1.5s`.
    ///
    /// # Errors
    /// When that is not a time above 0.
    pub fn set_deadline(&mut self, text: &str) -> Result<(), Error> {
        self.deadline = Some(duration(text)?);
        Ok(())
    }

    /// Has the relative paths among the parameters of a file start at the file's folder. Which parameters are
    /// paths is known only where the plugins are.
    pub(crate) fn place_params(&mut self, catalogue: &Catalogue) {
        let Some(from_file) = self.from_file.take() else { return };
        let declared = |id: &str| {
            let scorer = catalogue.scorers().find(|s| s.id == id).map(|s| &s.params);
            scorer.or_else(|| catalogue.allocators().find(|a| a.id == id).map(|a| &a.params))
        };
        for (id, key) in &from_file.params {
            let is_path = |p: &&Param| p.name == *key && matches!(p.domain, Domain::Path { .. });
            let path = declared(id).and_then(|params| params.iter().find(is_path));
            let value = self.params.get_mut(id).and_then(|values| values.get_mut(key));
            if let (Some(_), Some(value)) = (path, value)
                && !value.is_empty()
                && !value.starts_with(ASSET)
            {
                *value = from_file.folder.join(&*value).to_string_lossy().into_owned();
            }
        }
    }

    /// Checks the numbers.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if !(0.0..=1.0).contains(&self.autonomy) {
            return Err(Error::new(
                format!("autonomy is {}", self.autonomy),
                "autonomy is a number from 0 to 1",
            ));
        }
        let held = [
            ("exploit-explore", self.held.exploit_explore),
            ("focus-diversify", self.held.focus_diversify),
            ("compress-particularize", self.held.compress_particularize),
        ];
        match held.into_iter().find(|(_, h)| h.is_some_and(|x| !(0.1..=0.9).contains(&x))) {
            Some((name, value)) => Err(Error::new(
                format!("{name} is held at {}", value.unwrap_or_default()),
                "a tension is a number from 0.1 to 0.9",
            )),
            None => Ok(()),
        }
    }
}

const KEYS: &str = "the keys are plugins, plugin-dirs, scorers, allocator, backend, calibration, autonomy, \
                    threads, isolation, lock, deadline, [worker], [breaker], [hold] and [params.ID]";

/// Where plugins run, as a file says it.
fn isolation(
    level: IsolationFile,
    worker: WorkerFile,
    breaker: BreakerFile,
    folder: &Path,
) -> Result<Isolation, Error> {
    let mut isolation = Isolation::default();
    match level {
        IsolationFile::All(level) => isolation.level = Some(parse_level(&level)?),
        IsolationFile::Some(levels) => {
            for (id, level) in levels {
                isolation.by_id.insert(id, parse_level(&level)?);
            }
        }
    }
    isolation.worker = worker.program.map(|path| folder.join(path));
    if let Some(mib) = worker.memory_mib {
        isolation.memory = mib.saturating_mul(1 << 20);
    }
    let set = |to: &mut Duration, text: Option<String>| -> Result<(), Error> {
        if let Some(text) = text {
            *to = duration(&text)?;
        }
        Ok(())
    };
    set(&mut isolation.start, worker.start)?;
    set(&mut isolation.call, worker.call)?;
    let mut patience = Patience::default();
    patience.failures = breaker.failures.unwrap_or(patience.failures);
    set(&mut patience.pause, breaker.pause)?;
    set(&mut patience.longest, breaker.longest)?;
    isolation.patience = (patience.failures > 0).then_some(patience);
    Ok(isolation)
}

/// The level with this name.
fn parse_level(text: &str) -> Result<IsolationLevel, Error> {
    let named = IsolationLevel::ALL.into_iter().find(|level| level.name() == text);
    named.ok_or_else(|| {
        let names: Vec<&str> = IsolationLevel::ALL.iter().map(|level| level.name()).collect();
        Error::new(format!("`{text}` is no level of isolation"), format!("it is one of {}", names.join(", ")))
    })
}

/// Reads a time such as `20ms` or `1.5s`.
fn duration(text: &str) -> Result<Duration, Error> {
    let wrong = || Error::new(format!("`{text}` is not a time"), "write it as 20ms or 1.5s, above 0");
    let text = text.trim();
    let (number, scale) = match text.strip_suffix("ms") {
        Some(number) => (number, 1e-3),
        None => (text.strip_suffix('s').ok_or_else(wrong)?, 1.0),
    };
    let seconds = number.trim().parse::<f64>().map_err(|_| wrong())? * scale;
    if !(1e-9..).contains(&seconds) {
        return Err(wrong());
    }
    // More than a day is as good as none, and an instant that far can be told.
    Duration::try_from_secs_f64(seconds.min(86_400.0)).map_err(|_| wrong())
}

fn place_in(text: &str, offset: usize) -> String {
    let before = &text[..offset.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    format!(":{line}:{column}")
}

fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("arrcoc.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(&path).map_err(|mut e| {
            e.message = e.message.replace(&format!("{}", folder.path().display()), "DIR");
            e
        })
    }

    #[test]
    fn a_file_sets_what_it_names() {
        let config = read(
            "scorers = [\"mine\"]\nplugins = [\"a.so\"]\n[params.mine]\ngain = 1.5\nmode = \"soft\"\n[hold]\nfocus-diversify = 0.5",
        )
        .unwrap();
        assert_eq!(config.scorers, ["mine"]);
        assert!(
            config.search.config_files[0].ends_with("a.so") && config.search.config_files[0].is_absolute()
        );
        assert_eq!(config.params["mine"]["gain"], "1.5");
        assert_eq!(config.params["mine"]["mode"], "soft");
        assert_eq!(config.held.focus_diversify, Some(0.5));
    }

    #[test]
    fn mistakes_are_placed() {
        let error = read("scorers = [\"a\"]\nscorer = \"b\"").unwrap_err();
        assert!(error.message.starts_with("DIR/arrcoc.toml:2:1: unknown field `scorer`"), "{error}");
        let error = read("[hold]\nfocus-diversify = 1").unwrap_err();
        assert!(error.message.contains("focus-diversify is held at 1"), "{error}");
        for text in ["0ms", "20", "-1s", "soon", "NaNs"] {
            assert!(duration(text).unwrap_err().message.contains("is not a time"), "{text}");
        }
        assert_eq!(
            (duration("20ms").unwrap(), duration("1.5 s").unwrap()),
            (Duration::from_millis(20), Duration::from_millis(1500))
        );
        let error = read("isolation = \"jail\"").unwrap_err();
        assert_eq!(
            (error.message.as_str(), error.hint.as_deref()),
            (
                "DIR/arrcoc.toml: `jail` is no level of isolation",
                Some("it is one of inproc, worker, sandbox")
            )
        );
        let error = read("autonomy = 2").unwrap_err();
        assert!(error.hint.unwrap().contains("from 0 to 1"));
    }
}
