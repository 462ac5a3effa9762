//! The arguments as typed. What they mean together is decided where they are used.

mod again;
mod autonomy;
mod ledger;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use again::{DecisionArgs, ExplainArgs, WhatIfArgs};
pub(crate) use autonomy::{AutonomyCommand, ByArgs, RecalibrateArgs};
pub(crate) use ledger::{ExportArgs, FeedbackArgs, LogCommand, LogListArgs, ReplayArgs};

/// Decides how many visual tokens each patch of an image gets, and says why.
#[derive(Parser)]
#[command(name = "arrcoc", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct LowArgs {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Decide for one or more images
    ///
    /// Example: arrcoc allocate page.png --query 'What is the total?' --average 100 --json decision.json
    Allocate(Box<AllocateArgs>),
    /// Say why the patches of a decision got what they got
    ///
    /// Example: arrcoc explain decision.json --patch 3,17
    Explain(ExplainArgs),
    /// Say what a decision would have been
    ///
    /// Example: arrcoc whatif decision.json --without participatory --average 100
    #[command(name = "whatif")]
    WhatIf(Box<WhatIfArgs>),
    /// Log how the task ended that a decision was made for
    ///
    /// Example: arrcoc feedback 4a1f failure --log decisions.ledger --note 'the total was misread'
    Feedback(FeedbackArgs),
    /// Fit an encoder's maps on pages whose answers are known
    ///
    /// Example: arrcoc calibrate --data pages --scorer glance --out calibration.json
    Calibrate(Box<CalibrateArgs>),
    /// Fit a calibration on how tasks ended, and judge it beside the one in force
    ///
    /// Example: arrcoc recalibrate decisions.ledger --out recalibrated.json
    Recalibrate(Box<RecalibrateArgs>),
    /// See and set how far decisions may go by themselves, and why
    Autonomy {
        #[command(subcommand)]
        command: AutonomyCommand,
    },
    /// Look into a ledger of decisions, verify it, replay or export it
    Log {
        #[command(subcommand)]
        command: LogCommand,
    },
    /// List the backends of this machine, or measure what each takes
    ///
    /// Example: arrcoc backends --measure --sizes 512
    Backends(BackendsArgs),
    /// List, inspect and make plugins
    Plugins {
        #[command(subcommand)]
        command: PluginsCommand,
    },
    /// Print what a shell needs to complete this command's words
    ///
    /// Example: arrcoc completions bash > arrcoc.bash
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual as pages for man
    ///
    /// Example: arrcoc man --out manual
    Man {
        /// The folder to write man1/arrcoc.1 and the other pages into
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

/// Where plugins are looked for.
#[derive(Args, Clone, Default)]
pub(crate) struct SearchArgs {
    /// A plugin file; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) plugin: Vec<PathBuf>,
    /// A folder with plugins; may be repeated
    #[arg(long, value_name = "DIR")]
    pub(crate) plugin_dir: Vec<PathBuf>,
    /// A TOML file with settings
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where plugins run [default: inproc for those that came with this program, worker for those that drive a device,
    /// sandbox for all others]; ID= before it for one library alone; may be repeated
    #[arg(long, value_name = "[ID=]inproc|worker|sandbox")]
    pub(crate) isolation: Vec<String>,
    /// Load nothing that a lock file does not list, and go on only with all that it lists [default file: arrcoc.lock
    /// beside this program]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub(crate) locked: Option<Option<PathBuf>>,
}

/// Rules for regions of patches.
#[derive(Args, Clone, Default)]
pub(crate) struct OverrideArgs {
    /// Give each patch of a region exactly K tokens. A region is a patch R,C, a block R..R,C..C, the patches that a
    /// rectangle px:X,Y,WxH touches, or those that the bright pixels of mask:FILE touch; may be repeated
    #[arg(long, value_name = "REGION=K", help_heading = "Budget", allow_hyphen_values = true)]
    pub(crate) pin: Vec<String>,
    /// Give each patch of a region at least K tokens; may be repeated
    #[arg(long, value_name = "REGION=K", help_heading = "Budget", allow_hyphen_values = true)]
    pub(crate) floor: Vec<String>,
    /// Give each patch of a region at most K tokens; may be repeated
    #[arg(long, value_name = "REGION=K", help_heading = "Budget", allow_hyphen_values = true)]
    pub(crate) ceil: Vec<String>,
    /// Give the patches of a region nothing; may be repeated
    #[arg(long, value_name = "REGION", help_heading = "Budget", allow_hyphen_values = true)]
    pub(crate) ban: Vec<String>,
}

#[derive(Args)]
pub(crate) struct AllocateArgs {
    /// PNG, JPEG, PNM, BMP, WebP, TIFF or GIF files, folders of them, or - for requests on stdin, one JSON line each
    #[arg(required = true, value_name = "IMAGE")]
    pub(crate) images: Vec<PathBuf>,
    /// The question; without one the content alone decides
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) query: Option<String>,

    /// Tokens for the whole image: a number, or a range LO..HI
    #[arg(
        long,
        value_name = "N|LO..HI",
        allow_hyphen_values = true,
        help_heading = "Budget",
        conflicts_with = "average"
    )]
    pub(crate) budget: Option<String>,
    /// Tokens a patch gets on average [default: 150]
    #[arg(long, value_name = "X", allow_hyphen_values = true, help_heading = "Budget")]
    pub(crate) average: Option<String>,
    /// Have all images share the budget, or the average over all their patches: what each gets depends on what it holds
    #[arg(long, help_heading = "Budget", conflicts_with = "goes_on")]
    pub(crate) together: bool,
    /// With --together, fewest and most tokens of an image
    #[arg(
        long,
        value_name = "LO..HI",
        allow_hyphen_values = true,
        help_heading = "Budget",
        requires = "together"
    )]
    pub(crate) each: Option<String>,
    /// Fewest and most tokens of a patch; 0..1 prunes
    #[arg(
        long,
        value_name = "MIN..MAX",
        default_value = "64..400",
        allow_hyphen_values = true,
        help_heading = "Budget"
    )]
    pub(crate) bounds: String,
    /// Token counts a patch may take: any, squares, or a list such as 64,100,144
    #[arg(long, value_name = "any|squares|LIST", default_value = "any", help_heading = "Budget")]
    pub(crate) levels: String,
    /// What tokens buy: a sample grid, or the patch itself [default: grid, or keep for 0..1]
    #[arg(long, value_name = "grid|keep", help_heading = "Budget")]
    pub(crate) sampling: Option<String>,
    /// Rows and columns of patches
    #[arg(long, value_name = "RxC", default_value = "24x24", help_heading = "Budget")]
    pub(crate) grid: String,
    #[command(flatten)]
    pub(crate) overrides: OverrideArgs,
    /// Give every patch the same, whatever the scorers say
    #[arg(long, help_heading = "Budget")]
    pub(crate) uniform: bool,
    /// Who overrules; recorded
    #[arg(long, value_name = "NAME", help_heading = "Budget", allow_hyphen_values = true)]
    pub(crate) who: Option<String>,
    /// Why; recorded
    #[arg(long, value_name = "TEXT", help_heading = "Budget", allow_hyphen_values = true)]
    pub(crate) why: Option<String>,

    #[command(flatten, next_help_heading = "Plugins")]
    pub(crate) search: SearchArgs,
    /// A scorer to run instead of the standard ones, or as +ID beside them; auto for all that hear a question; may be repeated
    #[arg(long, value_name = "ID|+ID", help_heading = "Plugins")]
    pub(crate) scorer: Vec<String>,
    /// The allocator [default: rate-distortion]
    #[arg(long, value_name = "ID", help_heading = "Plugins")]
    pub(crate) allocator: Option<String>,
    /// The backend for patch statistics: an ID, `auto` for the fastest as measured, `all` to compare them first
    #[arg(long, value_name = "ID|auto|all", help_heading = "Plugins")]
    pub(crate) backend: Option<String>,
    /// A parameter of a scorer or allocator; may be repeated
    #[arg(long, value_name = "ID.KEY=VALUE", help_heading = "Plugins")]
    pub(crate) param: Vec<String>,
    /// Features, attention, embeddings or a mask, as safetensors
    #[arg(long, value_name = "FILE", help_heading = "Plugins")]
    pub(crate) tensors: Option<PathBuf>,
    /// Maps and weights of channels, over the reference
    #[arg(long, value_name = "FILE", help_heading = "Plugins")]
    pub(crate) calibration: Option<PathBuf>,
    /// The most threads [default: as many as there are cores]
    #[arg(long, value_name = "N", help_heading = "Plugins")]
    pub(crate) threads: Option<usize>,

    /// Write decisions, one JSON line each; - for stdout
    #[arg(long, value_name = "FILE|-", help_heading = "Output")]
    pub(crate) json: Option<PathBuf>,
    /// Add decisions to this ledger, which is made if need be; a decision is logged before it is told
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) log: Option<PathBuf>,
    /// Go as far as the ledger allows, by the calibration that it names; the level is earned and lost by its decisions
    #[arg(long, requires = "log", help_heading = "Output")]
    pub(crate) governed: bool,
    /// Go on where this command was interrupted: what the ledger has is told from there, and not decided again
    #[arg(long = "continue", requires = "log", help_heading = "Output")]
    pub(crate) goes_on: bool,
    /// Draw the decision over the image; a folder when there are several images
    #[arg(long, value_name = "FILE.png", help_heading = "Output")]
    pub(crate) overlay: Option<PathBuf>,
    /// Write each patch's number of tokens into the overlay
    #[arg(long, requires = "overlay", help_heading = "Output")]
    pub(crate) numbers: bool,
    /// Write what a reader sees at this budget; a folder when there are several images
    #[arg(long, value_name = "FILE.png", help_heading = "Output")]
    pub(crate) render: Option<PathBuf>,
    /// Write samples, patch indices and positions; a folder when there are several images
    #[arg(long, value_name = "FILE.safetensors", help_heading = "Output")]
    pub(crate) pack: Option<PathBuf>,

    /// Longest that a decision may take: what was not heard by then is left out
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Limits")]
    pub(crate) deadline: Option<String>,
    /// Decisions to make at once [default: as many as there are cores; 1 with a deadline]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) jobs: Option<usize>,
    /// Exit with 1 when anything retreated
    #[arg(long, help_heading = "Limits")]
    pub(crate) strict: bool,
    /// The most pixels an image may have: a number, or such as 500M or 2G
    #[arg(
        long,
        value_name = "N",
        default_value = "268435456",
        allow_hyphen_values = true,
        help_heading = "Limits"
    )]
    pub(crate) max_pixels: String,
    /// The most pixels to hold in memory: images with more are read in bands of rows
    #[arg(
        long,
        value_name = "N",
        default_value = "268435456",
        allow_hyphen_values = true,
        help_heading = "Limits"
    )]
    pub(crate) whole_pixels: String,
}

#[derive(Args)]
pub(crate) struct CalibrateArgs {
    /// A folder with images and the list items.jsonl of what is asked, and where the answers are
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: PathBuf,
    /// Take only the first N images
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Rows and columns of patches
    #[arg(long, value_name = "RxC", default_value = "24x24")]
    pub(crate) grid: String,

    #[command(flatten, next_help_heading = "Plugins")]
    pub(crate) search: SearchArgs,
    /// A scorer to fit maps for [default: features, when there are tensors]; may be repeated
    #[arg(long, value_name = "ID", help_heading = "Plugins")]
    pub(crate) scorer: Vec<String>,
    /// The backend for patch statistics, or auto
    #[arg(long, value_name = "ID|auto", help_heading = "Plugins")]
    pub(crate) backend: Option<String>,
    /// A parameter of a scorer; may be repeated
    #[arg(long, value_name = "ID.KEY=VALUE", help_heading = "Plugins")]
    pub(crate) param: Vec<String>,
    /// A folder with a safetensors file for each image: 1.safetensors for 1.png
    #[arg(long, value_name = "DIR", help_heading = "Plugins")]
    pub(crate) tensors_dir: Option<PathBuf>,
    /// The most threads [default: as many as there are cores]
    #[arg(long, value_name = "N", help_heading = "Plugins")]
    pub(crate) threads: Option<usize>,

    /// Write the calibration, for `allocate --calibration`
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,
    /// What the calibration is called in decisions [default: a hash of what it says]
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    pub(crate) version_name: Option<String>,
    /// Write what was found as one JSON line; - for stdout
    #[arg(long, value_name = "FILE|-", help_heading = "Output")]
    pub(crate) json: Option<PathBuf>,

    /// The most pixels an image may have
    #[arg(
        long,
        value_name = "N",
        default_value = "268435456",
        allow_hyphen_values = true,
        help_heading = "Limits"
    )]
    pub(crate) max_pixels: String,
}

#[derive(Args)]
pub(crate) struct BackendsArgs {
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    /// Measure every backend that runs here, and keep the result for `--backend auto`
    #[arg(long)]
    pub(crate) measure: bool,
    /// Sides of the square images to measure, in pixels
    #[arg(long, value_name = "N,…", default_value = "512,1344,4096", requires = "measure")]
    pub(crate) sizes: String,
    /// The most threads [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Compare two files that `--report` wrote, the `.json` beside the page
    #[arg(long, value_name = "FILE", num_args = 2, conflicts_with = "measure")]
    pub(crate) compare: Vec<PathBuf>,
    /// A parameter of a backend; may be repeated
    #[arg(long, value_name = "ID.KEY=VALUE")]
    pub(crate) param: Vec<String>,
    /// Write a report of each device that was measured into this folder, as a page and as numbers
    #[arg(long, value_name = "DIR", requires = "measure")]
    pub(crate) report: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum PluginsCommand {
    /// Everything that was found: usable, refused and unavailable, with the reason
    ///
    /// Example: arrcoc plugins list --json
    List(ListArgs),
    /// What a plugin file is and offers
    ///
    /// Example: arrcoc plugins inspect libmine.so
    Inspect {
        /// The library
        file: PathBuf,
        /// Print everything the loader said when it refuses the file
        #[arg(long)]
        verbose: bool,
        /// Where it runs [default: as of a plugin that is found]
        #[arg(long, value_name = "inproc|worker|sandbox")]
        isolation: Option<String>,
    },
    /// List what is found in a lock file, for --locked
    ///
    /// Example: arrcoc plugins lock arrcoc.lock
    Lock(LockArgs),
    /// Make the source of a new plugin
    ///
    /// Example: arrcoc plugins new dark-corners --kind scorer
    New {
        /// Its id: lower-case letters, digits, `-` and `_`
        name: String,
        /// What it is
        #[arg(long, value_enum)]
        kind: Kind,
        /// The folder to make [default: the name, in the current folder]
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

#[derive(Args)]
pub(crate) struct LockArgs {
    /// The file to write [default: the config file's, or arrcoc.lock beside this program]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
}

#[derive(Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a new plugin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Scores patches.
    Scorer,
    /// Shares out tokens.
    Allocator,
}
