//! `arrcoc whatif`: what a decision would have been, or what it would take.

use std::path::Path;

use arrcoc::{
    Bounds, Change, Error, Grid, Limits, Rerun, Way, draw,
    ledger::Ledger,
    regions::Regions,
    whatif::{self, Basis, Without},
};

use super::{
    Done,
    allocate::config,
    args::WhatIfArgs,
    budget::{given_total, rules, with_positions},
    explain::{self, position},
    outputs, report_line, say,
};

/// What marks the name of a plugin.
const PLUGIN: &str = "plugin:";

pub(crate) fn run(args: WhatIfArgs) -> Result<Done, Error> {
    let reach = args.reach.as_deref().map(target).transpose()?;
    let to_stdout = args.json.as_deref() == Some(Path::new("-"));
    let json = args.json.as_deref().filter(|_| !to_stdout);
    for path in json.iter().copied().chain(args.overlay.as_deref()) {
        outputs::check_writable(path)?;
    }
    if let Some(path) = &args.overlay {
        draw::check_format(path)?;
    }
    let decision = explain::read(&args.decision)?;
    let grid = Grid::new(decision.grid.rows, decision.grid.cols)?;
    let size = (decision.image.width, decision.image.height);
    let change = change(&args, grid, size)?;
    let changes_nothing = change == Change::default();
    if changes_nothing && reach.is_none() {
        return Err(Error::new(
            "nothing is changed",
            "name what would have been otherwise, such as --without perspectival or --average 100",
        ));
    }
    let mut rerun =
        args.images.iter().fold(Rerun::new(config(&args.search)?), |r, folder| r.images_in(folder));
    if let Some(ledger) = &args.decision.log {
        rerun = rerun.configured_by(&Ledger::open_to_read(ledger)?)?;
    }
    let basis = Basis::new(&mut rerun, decision, change)?;
    let what_if = basis.what_if().map_err(|e| with_positions(e, grid))?;
    what_if.notes().iter().for_each(|note| report_line(&format!("note: {note}")));
    let after = what_if.decide().map_err(|e| with_positions(e, grid))?;
    if let Some(path) = &args.overlay {
        let photo = basis.photo().ok_or_else(|| {
            Error::new(
                "the difference cannot be drawn: the image is not there",
                "name its folder with --images",
            )
        })?;
        outputs::write(path, &draw::difference(photo, what_if.before(), &after, path)?)?;
    }
    let line = after.to_json()? + "\n";
    if let Some(path) = json {
        outputs::write(path, line.as_bytes())?;
    }
    if to_stdout {
        say(&line);
    } else if !changes_nothing {
        let name = arrcoc::explain::name(basis.decision());
        say(&format!("{name}: what if {}\n\n", said(&args)));
        say(&whatif::diff(what_if.before(), &after));
    }
    if let Some(((row, col), tokens)) = reach {
        let found = what_if.reach(row, col, tokens)?.to_string();
        match to_stdout {
            true => report_line(found.trim_end()),
            false => say(&format!("{}{found}", if changes_nothing { "" } else { "\n" })),
        }
    }
    Ok(Done::Well)
}

/// The change that arguments describe, of a decision on this grid and an image of this size.
fn change(args: &WhatIfArgs, grid: Grid, size: (u32, u32)) -> Result<Change, Error> {
    let mut change = Change::default();
    change.query.clone_from(&args.query);
    change.without = args.without.iter().map(|text| without(text)).collect::<Result<_, Error>>()?;
    change.bounds = args.bounds.as_deref().map(str::parse::<Bounds>).transpose()?;
    change.total = given_total(args.budget.as_deref(), args.average.as_deref())?;
    change.levels = args.levels.as_deref().map(str::parse).transpose()?;
    change.overrides =
        Regions::new(&rules(&args.overrides)?, grid, &Limits::default())?.overrides(Some(size))?;
    change.force_uniform = args.uniform.then_some(true);
    change.autonomy = args.autonomy;
    change.allocator.clone_from(&args.allocator);
    for text in &args.hold {
        hold(&mut change, text)?;
    }
    change.check()?;
    Ok(change)
}

fn without(text: &str) -> Result<Without, Error> {
    if let Some(id) = text.strip_prefix(PLUGIN) {
        return Ok(Without::Plugin(id.to_owned()));
    }
    text.parse::<Way>().map(Without::Way).map_err(|_| {
        let ways = Way::ALL.map(|way| way.to_string()).join(", ");
        Error::new(
            format!("`{text}` is no way"),
            format!("the ways are {ways}; a plugin is named as plugin:ID"),
        )
    })
}

fn hold(change: &mut Change, text: &str) -> Result<(), Error> {
    let hint =
        "write exploit-explore, focus-diversify or compress-particularize, `=` and a number from 0.1 to 0.9";
    let wrong = || Error::new(format!("`{text}` holds no tension"), hint);
    let (name, value) = text.split_once('=').ok_or_else(wrong)?;
    let value = Some(value.trim().parse::<f64>().map_err(|_| wrong())?);
    match name.trim() {
        "exploit-explore" => change.held.exploit_explore = value,
        "focus-diversify" => change.held.focus_diversify = value,
        "compress-particularize" => change.held.compress_particularize = value,
        _ => return Err(wrong()),
    }
    Ok(())
}

/// Reads `R,C=K`.
fn target(text: &str) -> Result<((u32, u32), u32), Error> {
    let wrong =
        || Error::new(format!("--reach is `{text}`"), "write row, column and tokens, such as 3,17=400");
    let (patch, tokens) = text.split_once('=').ok_or_else(wrong)?;
    Ok((position(patch)?, tokens.trim().parse().map_err(|_| wrong())?))
}

/// The change as it was typed.
fn said(args: &WhatIfArgs) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut each = |option: &str, values: &[String]| {
        words.extend(values.iter().map(|value| format!("--{option} {value}")));
    };
    each("query", &args.query.iter().map(|query| format!("{query:?}")).collect::<Vec<_>>());
    each("without", &args.without);
    for (option, value) in [
        ("budget", &args.budget),
        ("average", &args.average),
        ("bounds", &args.bounds),
        ("levels", &args.levels),
    ] {
        each(option, value.as_slice());
    }
    each("hold", &args.hold);
    let overrides = &args.overrides;
    for (option, values) in [
        ("pin", &overrides.pin),
        ("floor", &overrides.floor),
        ("ceil", &overrides.ceil),
        ("ban", &overrides.ban),
    ] {
        each(option, values);
    }
    each("autonomy", &args.autonomy.iter().map(f64::to_string).collect::<Vec<_>>());
    each("allocator", args.allocator.as_slice());
    if args.uniform {
        words.push("--uniform".into());
    }
    words.join(" ")
}
