//! From a suite file to a suite: every name is looked up, every budget is shown
//! to be possible, and every gate to look at something, before anything runs.

use arrcoc::{Bounds, Error, Grid, request::terms};
use arrcoc_host::NameError;

use super::{Gate, Measures, Source, Suite, Unproved, file::SuiteFile, policy, yaml::Step};
use crate::{
    measure::{self, Kind},
    method::{Definition, Method, Workshop},
};

/// The most comparisons that a suite may name as primary.
const MOST_PRIMARY: usize = 12;

impl Unproved {
    /// Proves the suite. `added` are methods that the command line adds to every comparison.
    pub(crate) fn prove(self, workshop: &Workshop, added: &[Definition]) -> Result<Suite, Error> {
        let Unproved { file, source } = self;
        let grid = file.grid.map_or_else(Grid::default, |g| g.0);
        let bounds = file.bounds.map_or_else(Bounds::default, |b| b.0);
        check_name(&file, &source)?;
        check_dataset(&file, &source)?;
        let averages = check_averages(&file.averages, bounds, grid, &source, &["averages".into()])?;
        check_measures(&file.measure, workshop, bounds, grid, &source)?;
        let methods = methods(&file, workshop, added, &source)?;
        let names: Vec<&str> = methods.iter().map(|m| m.name.as_str()).collect();
        for (i, name) in file.against.iter().enumerate() {
            known("method", name, &names, &source, &["against".into(), i.into()])?;
        }
        let metrics: Vec<&str> = Kind::of(&file.measure).flat_map(|kind| kind.metrics()).copied().collect();
        if file.primary.len() > MOST_PRIMARY {
            return Err(source.error(
                &["primary".into(), MOST_PRIMARY.into()],
                format!("{} primary comparisons", file.primary.len()),
                format!("name at most {MOST_PRIMARY}; all others are reported as exploratory"),
            ));
        }
        for (i, comparison) in file.primary.iter().enumerate() {
            let at = |key: &str| ["primary".into(), i.into(), key.into()];
            known("metric", &comparison.metric, &metrics, &source, &at("metric"))?;
            known("method", &comparison.method, &names, &source, &at("method"))?;
            let against: Vec<&str> = file.against.iter().map(String::as_str).collect();
            known("method", &comparison.against, &against, &source, &at("against"))?;
            check_average(comparison.average, &averages, &source, &at("average"))?;
        }
        let gates = file.gates.into_iter().enumerate().map(|(i, rule)| {
            let at = |key: &str| vec!["gates".into(), i.into(), key.into()];
            known("metric", &rule.metric, &metrics, &source, &at("metric"))?;
            if let Some(method) = &rule.method {
                known("method", method, &names, &source, &at("method"))?;
            }
            if let Some(against) = &rule.against {
                known("method", against, &names, &source, &at("against"))?;
            }
            check_average(rule.average, &averages, &source, &at("average"))?;
            if rule.at_least.is_none() && rule.at_most.is_none() {
                let message = format!("the gate `{}` cannot fail", rule.name);
                return Err(source.error(&at("name"), message, "give it `at-least` or `at-most`"));
            }
            Ok(Gate { place: source.place(&at("name")), rule })
        });
        let gates = gates.collect::<Result<Vec<_>, Error>>()?;
        Ok(Suite {
            name: file.suite,
            version: file.version,
            description: file.description.split_whitespace().collect::<Vec<_>>().join(" "),
            dataset: file.dataset,
            grid,
            bounds,
            averages,
            methods,
            against: file.against,
            measures: file.measure,
            primary: file.primary,
            gates,
            source,
        })
    }
}

fn known(
    what: &'static str,
    name: &str,
    valid: &[&str],
    source: &Source,
    path: &[Step],
) -> Result<(), Error> {
    if valid.contains(&name) {
        return Ok(());
    }
    Err(source.name_error(path, &NameError::new(what, name, valid.iter().copied())))
}

fn check_name(file: &SuiteFile, source: &Source) -> Result<(), Error> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if file.suite.is_empty() || !file.suite.chars().all(fits) {
        return Err(source.error(
            &["suite".into()],
            format!("the name `{}` does not fit", file.suite),
            "use lower-case letters, digits and `-`",
        ));
    }
    Ok(())
}

fn check_dataset(file: &SuiteFile, source: &Source) -> Result<(), Error> {
    for (key, count) in [("pages", file.dataset.pages), ("quick", file.dataset.quick)] {
        if !(1..=10_000).contains(&count) {
            return Err(source.error(
                &["dataset".into(), key.into()],
                match count {
                    0 => format!("the dataset `{}` is empty: `{key}` is 0", file.dataset.name),
                    _ => format!("`{key}` is {count}"),
                },
                "give 1 to 10000 pages",
            ));
        }
    }
    let size = file.dataset.size.0;
    let range = crate::pages::SIDES;
    if !range.contains(&size.width) || !range.contains(&size.height) {
        return Err(source.error(
            &["dataset".into(), "size".into()],
            format!("a page of {size} pixels cannot be drawn"),
            format!("each side is {} to {} pixels", range.start(), range.end()),
        ));
    }
    Ok(())
}

/// Every average can be met: refused before anything runs, with the policy's own words.
fn check_averages(
    averages: &[f64],
    bounds: Bounds,
    grid: Grid,
    source: &Source,
    path: &[Step],
) -> Result<Vec<f64>, Error> {
    if averages.is_empty() {
        return Err(source.error(path, "there is no average", "give at least one, such as [150]"));
    }
    for (i, average) in averages.iter().enumerate() {
        let at: Vec<Step> = path.iter().cloned().chain([i.into()]).collect();
        terms(&policy(bounds, *average), grid).map_err(|e| {
            let hint = e.hint.clone().unwrap_or_default();
            source.error(&at, &e.message, hint)
        })?;
        if averages[..i].contains(average) {
            return Err(source.error(&at, format!("the average {average} is there twice"), "leave one out"));
        }
    }
    let mut sorted = averages.to_vec();
    sorted.sort_by(f64::total_cmp);
    Ok(sorted)
}

fn check_average(
    average: Option<f64>,
    averages: &[f64],
    source: &Source,
    path: &[Step],
) -> Result<(), Error> {
    match average.filter(|x| !averages.contains(x)) {
        Some(x) => {
            let measured: Vec<String> = averages.iter().map(f64::to_string).collect();
            let hint = format!("the suite measures {}", measured.join(", "));
            Err(source.error(path, format!("the average {x} is not measured"), hint))
        }
        None => Ok(()),
    }
}

fn check_measures(
    measures: &Measures,
    workshop: &Workshop,
    bounds: Bounds,
    grid: Grid,
    source: &Source,
) -> Result<(), Error> {
    let at =
        |path: &[&str]| -> Vec<Step> { ["measure"].iter().chain(path).map(|key| Step::from(*key)).collect() };
    if Kind::of(measures).next().is_none() {
        let known: Vec<&str> = measure::NAMES.to_vec();
        let hint = format!("name at least one of {}", known.join(", "));
        return Err(source.error(&at(&[]), "nothing is measured", hint));
    }
    let empty = |path: &[&str]| {
        let what = path.last().copied().unwrap_or_default();
        source.error(&at(path), format!("`{what}` is empty"), "name at least one, or leave the measure out")
    };
    if let Some(repeat) = &measures.repeat
        && !(2..=100).contains(&repeat.times)
    {
        let message = format!("`times` is {}", repeat.times);
        return Err(source.error(&at(&["repeat", "times"]), message, "a repeat is 2 to 100 times"));
    }
    if let Some(shift) = &measures.shift {
        if shift.pixels.is_empty() {
            return Err(empty(&["shift", "pixels"]));
        }
        for (i, [x, y]) in shift.pixels.iter().enumerate() {
            if x.max(y) > &64 || x + y == 0 {
                let mut place = at(&["shift", "pixels"]);
                place.push(i.into());
                let message = format!("a shift by {x} and {y} pixels");
                return Err(source.error(&place, message, "shift by 0 to 64 pixels, and not by none"));
            }
        }
    }
    if let Some(threads) = &measures.threads {
        if threads.counts.len() < 2 {
            let message = "`counts` has fewer than two numbers of threads";
            return Err(source.error(&at(&["threads", "counts"]), message, "give two, such as [1, 2]"));
        }
        if let Some(i) = threads.counts.iter().position(|n| !(1..=1024).contains(n)) {
            let mut place = at(&["threads", "counts"]);
            place.push(i.into());
            return Err(source.error(&place, format!("{} threads", threads.counts[i]), "use 1 to 1024"));
        }
    }
    if let Some(faults) = &measures.faults {
        terms(&policy(bounds, faults.average), grid).map_err(|e| {
            let hint = e.hint.clone().unwrap_or_default();
            source.error(&at(&["faults", "average"]), &e.message, hint)
        })?;
        if faults.parts.is_empty() {
            return Err(empty(&["faults", "parts"]));
        }
        for (i, part) in faults.parts.iter().enumerate() {
            let mut place = at(&["faults", "parts"]);
            place.push(i.into());
            workshop.fault(part).map_err(|e| source.name_error(&place, &e))?;
        }
    }
    if let Some(latency) = &measures.latency {
        if latency.sizes.is_empty() {
            return Err(empty(&["latency", "sizes"]));
        }
        for (key, count) in [("samples", latency.samples), ("quick", latency.quick)] {
            if !(8..=1_000_000).contains(&count) {
                let message = format!("`{key}` is {count}");
                return Err(source.error(&at(&["latency", key]), message, "take 8 to 1000000 samples"));
            }
        }
    }
    if let Some(coverage) = &measures.coverage {
        for (key, length) in [
            ("sizes", coverage.sizes.len()),
            ("grids", coverage.grids.len()),
            ("profiles", coverage.profiles.len()),
        ] {
            if length == 0 {
                return Err(empty(&["coverage", key]));
            }
        }
        for (i, profile) in coverage.profiles.iter().enumerate() {
            for grid in &coverage.grids {
                let mut place = at(&["coverage", "profiles"]);
                place.extend([i.into(), "averages".into()]);
                check_averages(&profile.averages, profile.bounds.0, grid.0, source, &place)?;
            }
        }
    }
    Ok(())
}

fn methods(
    file: &SuiteFile,
    workshop: &Workshop,
    added: &[Definition],
    source: &Source,
) -> Result<Vec<Method>, Error> {
    if file.methods.is_empty() {
        return Err(source.error(&["methods".into()], "there is no method", "name one, such as system"));
    }
    let mut methods: Vec<Method> = Vec::new();
    for (i, written) in file.methods.iter().enumerate() {
        let at = |key: &str| -> Vec<Step> {
            let name = ["methods".into(), i.into()];
            let inner = written.definition.iter().map(|_| Step::from(key));
            name.into_iter().chain(inner).collect()
        };
        if methods.iter().any(|m| m.name == written.name) {
            let message = format!("the method `{}` is there twice", written.name);
            return Err(source.error(&at("name"), message, "leave one out, or give it another name"));
        }
        let definition = match &written.definition {
            None => workshop.by_name(&written.name).map_err(|e| source.name_error(&at("name"), &e))?,
            Some(d) => {
                for (j, scorer) in d.scorers.iter().enumerate() {
                    let place: Vec<Step> = at("scorers").into_iter().chain([j.into()]).collect();
                    workshop.scorer(scorer).map_err(|e| source.name_error(&place, &e))?;
                }
                if let Some(allocator) = &d.allocator {
                    workshop.allocator(allocator).map_err(|e| source.name_error(&at("allocator"), &e))?;
                }
                Definition::engine(&d.name, &d.scorers, d.allocator.as_deref())
            }
        };
        methods.push(workshop.make(&definition).map_err(|e| {
            let hint = e.hint.clone().unwrap_or_default();
            source.error(&at("name"), &e.message, hint)
        })?);
    }
    for definition in added {
        if !methods.iter().any(|m| m.name == definition.name) {
            methods.push(workshop.make(definition)?);
        }
    }
    Ok(methods)
}
