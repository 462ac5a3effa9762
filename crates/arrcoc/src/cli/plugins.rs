//! `arrcoc plugins list` and `inspect`.

use std::{fmt::Write as _, path::Path};

use arrcoc::{Catalogue, Config, Error, Search};
use arrcoc_host::{Found, IsolationLevel, Lock, Status};
use arrcoc_sdk::describe::{AllocatorInfo, Determinism, Param, ScorerInfo};
use serde_json::json;

use super::{
    Done,
    allocate::config,
    args::{ListArgs, LockArgs},
    outputs, say,
};

pub(crate) fn list(args: &ListArgs) -> Result<Done, Error> {
    let config = config(&args.search)?;
    let (mut catalogue, missing) = config.found()?;
    catalogue.load_devices();
    if args.json {
        let all: Vec<_> = catalogue.found().iter().map(as_json).collect();
        say(&format!("{}\n", json!({ "plugins": all })));
    } else {
        say(&as_table(&catalogue));
    }
    missing.map_or(Ok(Done::Well), Err)
}

/// Lists what is found in a lock file.
pub(crate) fn lock(args: &LockArgs) -> Result<Done, Error> {
    if args.search.locked.is_some() {
        let message = "`plugins lock` writes the file that --locked reads";
        return Err(Error::new(message, "leave --locked away; `plugins list --locked` compares"));
    }
    let mut config = config(&args.search)?;
    let path =
        args.file.clone().or_else(|| config.lock.take()).unwrap_or_else(arrcoc_host::lock::standard_place);
    config.lock = None;
    outputs::check_writable(&path)?;
    let mut catalogue = config.catalogue()?;
    catalogue.load_devices();
    if let Some(refusal) = catalogue.refused_by_name() {
        return Err(refusal.clone().into());
    }
    let lock = Lock::of(&catalogue, &path);
    if lock.libraries().is_empty() {
        return Err(Error::new("no plugins were found to lock", "name a folder with --plugin-dir"));
    }
    outputs::write(&path, lock.to_text().as_bytes())?;
    let libraries = lock.libraries().len();
    say(&format!(
        "locked {libraries} {} in {}\n",
        if libraries == 1 { "library" } else { "libraries" },
        path.display()
    ));
    Ok(Done::Well)
}

fn as_table(catalogue: &Catalogue) -> String {
    let found = catalogue.found();
    if found.is_empty() {
        return "no plugins found\nhint: name a folder with --plugin-dir, or put `plugins/` beside the executable\n"
            .into();
    }
    let mut out = String::new();
    for f in found {
        let name = match &f.facts {
            Some(facts) => format!("{} {}", facts.id, facts.version),
            None => f.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        let _ = writeln!(out, "{:<11} {name:<20} {}", status_word(&f.status), f.path.display());
        if let Some(level) =
            f.level.filter(|level| *level != IsolationLevel::InProcess && f.description.is_some())
        {
            let _ = writeln!(out, "            {}", place(level));
        }
        let description = f.description.iter();
        for d in description {
            let ids = |ids: Vec<&str>| ids.join(", ");
            if !d.scorers.is_empty() {
                let _ = writeln!(
                    out,
                    "            scorers     {}",
                    ids(d.scorers.iter().map(|s| s.id.as_str()).collect())
                );
            }
            if !d.allocators.is_empty() {
                let _ = writeln!(
                    out,
                    "            allocators  {}",
                    ids(d.allocators.iter().map(|a| a.id.as_str()).collect())
                );
            }
        }
        if let Some(reason) = status_reason(&f.status) {
            let _ = writeln!(out, "            {reason}");
        }
        for warning in &f.warnings {
            let _ = writeln!(out, "            warning: {warning}");
        }
    }
    out
}

fn place(level: IsolationLevel) -> &'static str {
    match level {
        IsolationLevel::InProcess => "in this process",
        IsolationLevel::Sandbox => "in a sandbox, a process of its own",
        _ => "in a process of its own",
    }
}

fn status_word(status: &Status) -> &'static str {
    match status {
        Status::Usable => "usable",
        Status::Unavailable(_) => "unavailable",
        Status::Waiting => "not loaded",
        Status::Shadowed(_) => "shadowed",
        Status::Refused(_) => "refused",
        _ => "unknown",
    }
}

fn status_reason(status: &Status) -> Option<String> {
    match status {
        Status::Unavailable(reason) => Some(reason.clone()),
        Status::Waiting => Some("it drives a device, and none was asked for".into()),
        Status::Shadowed(by) => Some(format!("`{}` has the same id and comes first", by.display())),
        Status::Refused(refusal) => Some(format!("{}; hint: {}", refusal.reason, refusal.hint)),
        _ => None,
    }
}

fn as_json(f: &Found) -> serde_json::Value {
    json!({
        "path": f.path,
        "origin": f.origin.text(),
        "status": status_word(&f.status),
        "reason": status_reason(&f.status),
        "id": f.facts.as_ref().map(|x| &x.id),
        "version": f.facts.as_ref().map(|x| &x.version),
        "licence": f.facts.as_ref().map(|x| &x.licence),
        "vendor": f.facts.as_ref().map(|x| &x.vendor),
        "build": f.facts.as_ref().map(|x| &x.build),
        "abi": f.identity.as_ref().map(|x| &x.abi),
        "blake3": f.identity.as_ref().map(|x| &x.blake3),
        "description": f.description,
        "isolation": f.level.map(IsolationLevel::name),
        "warnings": f.warnings,
    })
}

pub(crate) fn inspect(file: &Path, verbose: bool, isolation: Option<&str>) -> Result<Done, Error> {
    let search = Search { files: vec![file.to_owned()], ..Search::default() };
    let mut config = Config::default();
    isolation.map_or(Ok(()), |level| config.set_isolation(level))?;
    let catalogue = Catalogue::open(&search, &config.isolation);
    let Some(f) = catalogue.found().first() else {
        return Err(Error::new(format!("{}: nothing was found", file.display()), "check the path"));
    };
    if let Status::Refused(refusal) = &f.status {
        if let Some(detail) = refusal.detail.as_ref().filter(|_| verbose) {
            say(&format!("{detail}\n"));
        }
        return Err(refusal.clone().into());
    }
    say(&sheet(f));
    Ok(Done::Well)
}

fn sheet(f: &Found) -> String {
    let mut out = String::new();
    if let (Some(facts), Some(identity)) = (&f.facts, &f.identity) {
        let _ = writeln!(out, "{} {}", facts.id, facts.version);
        let _ = writeln!(out, "  file     {}", f.path.display());
        let _ = writeln!(out, "  blake3   {}", identity.blake3);
        let _ = writeln!(out, "  abi      {}", identity.abi);
        let _ = writeln!(out, "  licence  {}", facts.licence);
        let _ = writeln!(out, "  vendor   {}", facts.vendor);
        let _ = writeln!(out, "  build    {}", facts.build);
        if let Some(level) = f.level {
            let _ = writeln!(out, "  runs     {}", place(level));
        }
    }
    let Some(d) = &f.description else { return out };
    for s in &d.scorers {
        scorer(&mut out, s);
    }
    for a in &d.allocators {
        allocator(&mut out, a);
    }
    out
}

fn scorer(out: &mut String, s: &ScorerInfo) {
    let _ = writeln!(out, "\nscorer {}: {}", s.id, s.doc);
    needs(out, &s.requires, &s.optional);
    for given in &s.provides {
        let kind = match &given.channel {
            Some(c) => format!("{} channel", c.way),
            None => "tensor".into(),
        };
        let _ = writeln!(out, "  gives    {} ({kind}): {}", given.name, given.doc);
    }
    parameters(out, &s.id, &s.params);
    for device in &s.devices {
        let reason =
            device.unavailable.as_ref().map(|why| format!(" (unavailable: {why})")).unwrap_or_default();
        let _ = writeln!(out, "  device   {}{reason}", device.name);
    }
    repeats(out, s.determinism);
    let _ = writeln!(out, "  threads  {}", if s.parallel { "as many as it is granted" } else { "one" });
    if !s.verbs.is_empty() {
        let _ = writeln!(out, "  verbs    {}", s.verbs.join(", "));
    }
}

fn allocator(out: &mut String, a: &AllocatorInfo) {
    let _ = writeln!(out, "\nallocator {}: {}", a.id, a.doc);
    needs(out, &a.requires, &a.optional);
    parameters(out, &a.id, &a.params);
    repeats(out, a.determinism);
}

fn needs(out: &mut String, requires: &[String], optional: &[String]) {
    if !requires.is_empty() {
        let _ = writeln!(out, "  needs    {}", requires.join(", "));
    }
    if !optional.is_empty() {
        let _ = writeln!(out, "  uses     {}", optional.join(", "));
    }
}

fn parameters(out: &mut String, id: &str, params: &[Param]) {
    for p in params {
        let default = p.domain.default_value();
        let _ = writeln!(out, "  param    {id}.{} = {default}: {} ({})", p.name, p.doc, p.domain.expected());
    }
}

fn repeats(out: &mut String, determinism: Determinism) {
    let text = match determinism {
        Determinism::BitExact => "the same bits on every machine".into(),
        Determinism::RunToRun => "the same bits on one machine".into(),
        Determinism::Tolerance { abs, rel } => format!("within {abs} absolute and {rel} relative"),
        Determinism::None => "no promise".into(),
    };
    let _ = writeln!(out, "  repeats  {text}");
}
