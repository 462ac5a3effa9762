//! The arguments of the commands about autonomy.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::SearchArgs;

#[derive(Subcommand)]
pub(crate) enum AutonomyCommand {
    /// What is in force, the block that is being filled, and every step that led here
    ///
    /// Example: arrcoc autonomy show decisions.ledger
    Show {
        /// The ledger
        #[arg(value_name = "LEDGER")]
        ledger: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Judge the blocks that are full, and take the step that follows, if any does
    ///
    /// Example: arrcoc autonomy evaluate decisions.ledger
    Evaluate {
        /// The ledger
        #[arg(value_name = "LEDGER")]
        ledger: PathBuf,
    },
    /// Set the level by hand
    ///
    /// Example: arrcoc autonomy set decisions.ledger advisory --who 'R. Ito' --why 'pages of another kind'
    Set {
        /// The ledger
        #[arg(value_name = "LEDGER")]
        ledger: PathBuf,
        /// The level
        #[arg(value_name = "advisory|guarded|autonomous")]
        level: String,
        /// How far it may rise by itself [default: the level]
        #[arg(long, value_name = "LEVEL")]
        ceiling: Option<String>,
        /// Compare with the next good block from now on, not with the one before
        #[arg(long)]
        new_baseline: bool,
        /// Decisions in a block from now on [default: as before; 48 at first]
        #[arg(long, value_name = "N")]
        block: Option<u32>,
        #[command(flatten)]
        by: ByArgs,
    },
    /// Put a calibration in force
    ///
    /// Example: arrcoc autonomy promote decisions.ledger calibration.json --despite --who Ito --why ours
    Promote {
        /// The ledger
        #[arg(value_name = "LEDGER")]
        ledger: PathBuf,
        /// The file, as `arrcoc recalibrate` or `arrcoc calibrate` wrote it
        #[arg(value_name = "CALIBRATION")]
        calibration: PathBuf,
        /// Though it was not found to be better than the one in force; recorded
        #[arg(long)]
        despite: bool,
        #[command(flatten)]
        by: ByArgs,
    },
    /// Put calibration and baseline of an earlier configuration in force again
    ///
    /// Example: arrcoc autonomy rollback decisions.ledger --to 1 --who 'R. Ito' --why 'it misleads'
    Rollback {
        /// The ledger
        #[arg(value_name = "LEDGER")]
        ledger: PathBuf,
        /// The record of the configuration [default: the last with another calibration and a good block]
        #[arg(long, value_name = "NUMBER")]
        to: Option<u64>,
        #[command(flatten)]
        by: ByArgs,
    },
    /// Say why a step was taken, from the ledger alone; exit with 1 when its records say something else
    ///
    /// Example: arrcoc autonomy explain decisions.ledger 1
    Explain {
        /// The ledger
        #[arg(value_name = "LEDGER")]
        ledger: PathBuf,
        /// The record of the configuration
        #[arg(value_name = "NUMBER")]
        number: u64,
    },
}

/// Who does it, and why.
#[derive(Args)]
pub(crate) struct ByArgs {
    /// Who does it; recorded
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub(crate) who: String,
    /// Why; recorded
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) why: String,
}

#[derive(Args)]
pub(crate) struct RecalibrateArgs {
    /// The ledger
    #[arg(value_name = "LEDGER")]
    pub(crate) ledger: PathBuf,
    /// Write the calibration, for `autonomy promote` or `allocate --calibration`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The calibration that decisions were made by [default: the one in force, or the reference]
    #[arg(long, value_name = "FILE")]
    pub(crate) calibration: Option<PathBuf>,
    /// A folder where images are that are no longer in their place; may be repeated
    #[arg(long, value_name = "DIR")]
    pub(crate) images: Vec<PathBuf>,
    #[command(flatten, next_help_heading = "Plugins")]
    pub(crate) search: SearchArgs,
}
