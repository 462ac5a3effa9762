//! Where plugins are looked for, and in which order: `--plugin` files, then
//! `--plugin-dir` folders, the folders of `ARRCOC_PLUGIN_PATH`, the config
//! file's, and `plugins/` beside the executable. When two libraries have the
//! same id, the earlier one is used. The working directory is never searched:
//! a downloaded folder must not be able to bring its own code.

use std::{
    collections::HashSet,
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{lock::Lock, refusal::Refusal};

/// Name of the variable with more plugin folders.
pub const VARIABLE: &str = "ARRCOC_PLUGIN_PATH";

/// How a plugin file came into the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Origin {
    /// Named as a file.
    File,
    /// In a folder that was named.
    Folder,
    /// In a folder of the environment variable.
    Environment,
    /// Named in the config file.
    Config,
    /// In the folder beside the executable.
    Beside,
}

impl Origin {
    /// A short text for lists.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Origin::File => "--plugin",
            Origin::Folder => "--plugin-dir",
            Origin::Environment => VARIABLE,
            Origin::Config => "config file",
            Origin::Beside => "beside the executable",
        }
    }

    /// Whether a person named this very file or folder, so that a refusal is an
    /// error about the request and not only a line in a list.
    #[must_use]
    pub fn named(self) -> bool {
        matches!(self, Origin::File | Origin::Folder | Origin::Config)
    }
}

/// Where to look for plugins.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Single files.
    pub files: Vec<PathBuf>,
    /// Folders.
    pub folders: Vec<PathBuf>,
    /// Folders of the environment.
    pub environment: Vec<PathBuf>,
    /// Files that the config file names.
    pub config_files: Vec<PathBuf>,
    /// Folders that the config file names.
    pub config_folders: Vec<PathBuf>,
    /// The folder beside the executable.
    pub beside: Option<PathBuf>,
    /// What may be loaded of all that is found; `None` for everything that is not refused for another reason.
    pub lock: Option<Arc<Lock>>,
}

/// What a search came upon.
#[derive(Default)]
pub(crate) struct Candidates {
    /// Files, in search order.
    pub(crate) files: Vec<(PathBuf, Origin)>,
    /// Named places that cannot be read.
    pub(crate) refused: Vec<(Refusal, Origin)>,
}

impl Search {
    /// The places that need no naming: the environment variable and the folder
    /// beside the executable.
    #[must_use]
    pub fn standard() -> Search {
        let environment = env::var_os(VARIABLE)
            .map(|paths| env::split_paths(&paths).filter(|p| p.is_absolute()).collect())
            .unwrap_or_default();
        let beside = env::current_exe()
            .ok()
            .and_then(|exe| exe.canonicalize().ok())
            .and_then(|exe| Some(exe.parent()?.join("plugins")));
        Search { environment, beside, ..Search::default() }
    }

    /// Every candidate file in search order, and every named place that cannot be read.
    pub(crate) fn candidates(&self) -> Candidates {
        let Candidates { mut files, mut refused } = Candidates::default();
        files.extend(self.files.iter().map(|f| (f.clone(), Origin::File)));
        let mut scan = |folders: &[PathBuf], origin: Origin, files: &mut Vec<(PathBuf, Origin)>| {
            for folder in folders {
                match libraries_in(folder) {
                    Ok(found) => files.extend(found.into_iter().map(|f| (f, origin))),
                    Err(_) if !origin.named() && !folder.exists() => {}
                    Err(reason) => {
                        let hint = "name a folder that holds plugin libraries";
                        refused.push((Refusal::new(folder, reason, hint), origin));
                    }
                }
            }
        };
        scan(&self.folders, Origin::Folder, &mut files);
        scan(&self.environment, Origin::Environment, &mut files);
        files.extend(self.config_files.iter().map(|f| (f.clone(), Origin::Config)));
        scan(&self.config_folders, Origin::Config, &mut files);
        scan(self.beside.as_slice(), Origin::Beside, &mut files);
        // The same file by two ways is one candidate, at its first place.
        let mut seen = HashSet::new();
        files.retain(|(path, _)| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
        Candidates { files, refused }
    }
}

/// The shared libraries of a folder, by name.
fn libraries_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = folder.read_dir().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        std::io::ErrorKind::NotADirectory => "it is not a folder".to_owned(),
        _ => format!("the folder cannot be read: {e}"),
    })?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == env::consts::DLL_EXTENSION))
        .collect();
    found.sort();
    Ok(found)
}
