//! Tests of the library as a whole: that it can be mapped, and what it says of
//! itself.

use std::path::Path;

use arrcoc_host::load::Loaded;
use arrcoc_sdk::{
    describe::{Description, Domain, Param},
    foreign, params,
};

use crate::{
    bench::{Bench, Finding, Stop, failed},
    watch,
};

/// Maps the library; the description goes with the outcome.
pub(super) fn load(bench: &Bench) -> Finding {
    let description = &bench.library()?.description;
    let (scorers, allocators) = (description.scorers.len(), description.allocators.len());
    Ok(format!("{scorers} scorers, {allocators} allocators"))
}

/// Asks for the description several times, and looks at what it says.
pub(super) fn describe_same(bench: &Bench) -> Finding {
    let library = bench.library()?;
    let first = describe(bench, library)?;
    for _ in 0..3 {
        let again = describe(bench, library)?;
        if again != first {
            return failed(difference(&first, &again));
        }
    }
    sound(&library.description)?;
    Ok(String::new())
}

fn describe(bench: &Bench, library: &Loaded) -> Result<String, Stop> {
    bench.at("describing");
    Ok(foreign::describe(|attrs| library.root.describe()(attrs))?)
}

/// Where two descriptions part.
fn difference(one: &str, other: &str) -> String {
    let at = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let near = |text: &str| text.chars().skip(at.saturating_sub(12)).take(32).collect::<String>();
    format!("it said `{}` and then `{}`", near(one), near(other))
}

fn sound(description: &Description) -> Result<(), Stop> {
    let scorers = description.scorers.iter().map(|info| (&info.id, &info.params));
    let allocators = description.allocators.iter().map(|info| (&info.id, &info.params));
    for (id, declared) in scorers.chain(allocators) {
        for (at, param) in declared.iter().enumerate() {
            if declared[at + 1..].iter().any(|other| other.name == param.name) {
                return failed(format!("`{id}` declares the parameter `{}` twice", param.name));
            }
            default_in_range(id, param)?;
        }
    }
    for info in &description.scorers {
        for (at, given) in info.provides.iter().enumerate() {
            if info.provides[at + 1..].iter().any(|other| other.name == given.name) {
                return failed(format!("`{}` provides `{}` twice", info.id, given.name));
            }
        }
    }
    Ok(())
}

fn default_in_range(id: &str, param: &Param) -> Result<(), Stop> {
    if let Domain::Choice { values, .. } = &param.domain
        && values.is_empty()
    {
        return failed(format!("the parameter `{}` of `{id}` has no values to choose from", param.name));
    }
    match params::check(param, &param.domain.default_value()) {
        Ok(_) => Ok(()),
        Err(what) => failed(format!("the default of `{id}`: {what}")),
    }
}

/// Looks at what is left behind by mapping and describing. What it prints is looked at from outside.
pub(super) fn describe_quiet(bench: &Bench) -> Finding {
    let folders = [bench.folder.join("work"), bench.folder.join("temporary")];
    let files = || folders.iter().flat_map(|folder| watch::files(folder)).collect::<Vec<_>>();
    let (files_before, threads, descriptors) = (files(), watch::threads(), watch::descriptors());
    let library = bench.library()?;
    for _ in 0..3 {
        describe(bench, library)?;
    }
    let new: Vec<_> = files().into_iter().filter(|file| !files_before.contains(file)).collect();
    if let Some(file) = new.first() {
        let name = file.strip_prefix(&bench.folder).unwrap_or(file);
        return failed(format!("{} files were written, such as `{}`", new.len(), shown(name)));
    }
    if let (Some(before), Some(now)) = (threads, threads.and_then(watch::threads_settled))
        && now > before
    {
        return failed(format!("{} more threads run than before", now - before));
    }
    if let (Some(before), Some(now)) = (descriptors, watch::descriptors())
        && now > before
    {
        return failed(format!("{} more descriptors are open than before", now - before));
    }
    Ok(if threads.is_none() { "threads and descriptors are not seen here".into() } else { String::new() })
}

/// A file as the plugin sees it: relative to its working directory, or in the folder for temporary files.
fn shown(name: &Path) -> String {
    name.strip_prefix("work").unwrap_or(name).display().to_string()
}
