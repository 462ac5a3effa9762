//! What the manual says beyond the arguments: a name and what it means.

pub(super) const EXIT_STATUS: &[(&str, &str)] = &[
    ("0", "done"),
    (
        "1",
        "done, and something was not as required: --strict, a map that is not promoted, a ledger that was changed",
    ),
    (
        "2",
        "the request was wrong; the reason is one line on standard error, and a hint says what would be right",
    ),
];

/// In this order also in `docs/environment.md`, row by row.
pub(super) const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "ARRCOC_PLUGIN_PATH",
        "folders in which plugins are looked for, as in PATH: after --plugin and --plugin-dir, before the config file. \
         A relative folder is skipped",
    ),
    (
        "ARRCOC_WORKER",
        "the executable in which plugins run apart, in the place of the arrcoc-worker that lies beside the command",
    ),
    ("ARRCOC_CACHE", "the folder that holds optional models, and what backends were measured to take"),
    (
        "XDG_CACHE_HOME",
        "without ARRCOC_CACHE, the folder that holds the cache arrcoc; without either it is .cache/arrcoc in HOME",
    ),
    ("HOME", "the home folder, for the cache"),
];

pub(super) const FILES: &[(&str, &str)] = &[
    ("plugins/", "beside the executable: the plugins that came with the program"),
    ("plugins/shipped.b3", "the list of them by hash; a library that is not on it runs in a sandbox"),
    ("arrcoc.lock", "beside the executable, or where --locked says: the libraries that may be loaded"),
    ("arrcoc-worker", "beside the executable: the process in which plugins run apart"),
];

pub(super) const WORKER: &[&str] = &[
    "A plugin that did not come with the program, and every plugin that drives a device, runs in a process of this \
     executable, one for each library; the former in a sandbox. What crashes, hangs or takes memory without end there ends that process and \
     nothing else.",
    "It is started by arrcoc, with a channel as its descriptor 0, and ends when the channel closes. Started by hand \
     it says so and ends with 2. It takes no arguments but --version.",
];
