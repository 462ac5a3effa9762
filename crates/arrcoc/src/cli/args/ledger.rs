//! The arguments of the ledger's commands.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::SearchArgs;

#[derive(Subcommand)]
pub(crate) enum LogCommand {
    /// One line for each record
    ///
    /// Example: arrcoc log list decisions.ledger --mode coupled --last 20
    List(LogListArgs),
    /// A decision, configuration or swap as it was logged, one JSON line; `arrcoc explain -` reads a decision
    ///
    /// Example: arrcoc log show decisions.ledger 4a1f
    Show {
        /// The ledger
        #[arg(value_name = "LEDGER")]
        ledger: PathBuf,
        /// Its id, or how it begins
        id: String,
    },
    /// Compute every hash anew; exit with 1 when the ledger was changed
    ///
    /// Example: arrcoc log verify decisions.ledger --head "$(cat head.txt)"
    Verify {
        /// The ledger
        #[arg(value_name = "LEDGER")]
        ledger: PathBuf,
        /// A head that was kept elsewhere, which has to be in it
        #[arg(long, value_name = "NUMBER:HASH")]
        head: Option<String>,
    },
    /// Decide again what was decided, and compare bit for bit; exit with 1 when anything differs
    ///
    /// Example: arrcoc log replay decisions.ledger
    Replay(Box<ReplayArgs>),
    /// Take records elsewhere, as lines of JSON or as a Parquet table
    ///
    /// Example: arrcoc log export decisions.ledger --parquet decisions.parquet
    Export(ExportArgs),
    /// The number of records and the hash of the last, to be kept elsewhere
    ///
    /// Example: arrcoc log head decisions.ledger > head.txt
    Head {
        /// The ledger
        #[arg(value_name = "LEDGER")]
        ledger: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct LogListArgs {
    /// The ledger
    #[arg(value_name = "LEDGER")]
    pub(crate) ledger: PathBuf,
    /// Only records about decisions whose id begins so
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// Only with this in the image's path
    #[arg(long, value_name = "TEXT")]
    pub(crate) image: Option<String>,
    /// Only with this in the question
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) query: Option<String>,
    /// Only decisions that rest on this
    #[arg(long, value_name = "coupled|content|uniform")]
    pub(crate) mode: Option<String>,
    /// Only from this time on, such as 2026-11-29 or 2026-11-29T12:00
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Only the latest N of them
    #[arg(long, value_name = "N")]
    pub(crate) last: Option<u64>,
}

#[derive(Args)]
pub(crate) struct ReplayArgs {
    /// The ledger
    #[arg(value_name = "LEDGER")]
    pub(crate) ledger: PathBuf,
    /// Only decisions whose id begins so
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,
    /// Only the latest N of them
    #[arg(long, value_name = "N")]
    pub(crate) last: Option<u64>,
    /// A folder where images are that are no longer in their place; may be repeated
    #[arg(long, value_name = "DIR")]
    pub(crate) images: Vec<PathBuf>,
    #[command(flatten, next_help_heading = "Plugins")]
    pub(crate) search: SearchArgs,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("form").required(true).multiple(true))]
pub(crate) struct ExportArgs {
    /// The ledger
    #[arg(value_name = "LEDGER")]
    pub(crate) ledger: PathBuf,
    /// Write a Parquet table, a row for each record
    #[arg(long, value_name = "FILE", group = "form")]
    pub(crate) parquet: Option<PathBuf>,
    /// Write a line of JSON for each record; - for stdout
    #[arg(long, value_name = "FILE|-", group = "form")]
    pub(crate) jsonl: Option<PathBuf>,
    /// Only from this time on, such as 2026-11-29 or 2026-11-29T12:00
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

#[derive(Args)]
pub(crate) struct FeedbackArgs {
    /// The decision's id, or how it begins
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// How the task ended
    #[arg(value_name = "success|failure")]
    pub(crate) outcome: String,
    /// The ledger that the decision is in
    #[arg(long, value_name = "LEDGER")]
    pub(crate) log: PathBuf,
    /// Who says so
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub(crate) who: Option<String>,
    /// What else there is to say
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) note: Option<String>,
}
