//! The arguments of commands about a decision that was made.

use std::path::PathBuf;

use clap::Args;

use super::{OverrideArgs, SearchArgs};

/// A decision that was made.
#[derive(Args)]
pub(crate) struct DecisionArgs {
    /// A file that `allocate --json` wrote, - for stdin; or with --log the id of a decision, or how it begins
    #[arg(value_name = "DECISION")]
    pub(crate) decision: String,
    /// The ledger that the decision is in
    #[arg(long, value_name = "LEDGER")]
    pub(crate) log: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
    /// One patch, by row and column from 0
    #[arg(long, value_name = "R,C", allow_hyphen_values = true)]
    pub(crate) patch: Option<String>,
    /// Every patch as a row of numbers, tab-separated, the account in sixths of a token
    #[arg(long, conflicts_with = "patch")]
    pub(crate) table: bool,
}

#[derive(Args)]
pub(crate) struct WhatIfArgs {
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,

    /// Another question; an empty one for none
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, help_heading = "What if")]
    pub(crate) query: Option<String>,
    /// Take out a way (propositional, perspectival or participatory), or with plugin:ID a scorer or all of a plugin;
    /// may be repeated
    #[arg(long, value_name = "WAY|plugin:ID", help_heading = "What if")]
    pub(crate) without: Vec<String>,
    /// Another total: a number, or a range LO..HI
    #[arg(
        long,
        value_name = "N|LO..HI",
        allow_hyphen_values = true,
        help_heading = "What if",
        conflicts_with = "average"
    )]
    pub(crate) budget: Option<String>,
    /// Another average of tokens a patch
    #[arg(long, value_name = "X", allow_hyphen_values = true, help_heading = "What if")]
    pub(crate) average: Option<String>,
    /// Other bounds
    #[arg(long, value_name = "MIN..MAX", allow_hyphen_values = true, help_heading = "What if")]
    pub(crate) bounds: Option<String>,
    /// Other token counts that a patch may take
    #[arg(long, value_name = "any|squares|LIST", help_heading = "What if")]
    pub(crate) levels: Option<String>,
    /// Hold a tension, one of exploit-explore, focus-diversify and compress-particularize, at a number from 0.1 to
    /// 0.9; may be repeated
    #[arg(long, value_name = "TENSION=X", help_heading = "What if")]
    pub(crate) hold: Vec<String>,
    #[command(flatten, next_help_heading = "What if")]
    pub(crate) overrides: OverrideArgs,
    /// Give every patch the same
    #[arg(long, help_heading = "What if")]
    pub(crate) uniform: bool,
    /// How far the allocation may move from uniform, 0 to 1
    #[arg(long, value_name = "X", help_heading = "What if")]
    pub(crate) autonomy: Option<f64>,
    /// Another allocator
    #[arg(long, value_name = "ID", help_heading = "What if")]
    pub(crate) allocator: Option<String>,
    /// Seek what would be enough for a patch to have K tokens or more
    #[arg(long, value_name = "R,C=K", help_heading = "What if")]
    pub(crate) reach: Option<String>,

    /// Write the decision that it would have been, one JSON line; - for stdout, in place of the difference
    #[arg(long, value_name = "FILE|-", help_heading = "Output")]
    pub(crate) json: Option<PathBuf>,
    /// Draw the difference over the image
    #[arg(long, value_name = "FILE.png", help_heading = "Output")]
    pub(crate) overlay: Option<PathBuf>,

    /// A folder where the image is, if it is no longer in its place; may be repeated
    #[arg(long, value_name = "DIR", help_heading = "Files")]
    pub(crate) images: Vec<PathBuf>,
    #[command(flatten, next_help_heading = "Plugins")]
    pub(crate) search: SearchArgs,
}
