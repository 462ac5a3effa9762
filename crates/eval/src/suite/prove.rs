//! From a suite file to a suite: every name is looked up, every budget is shown
//! to be possible, and every gate to look at something, before anything runs.

use std::path::PathBuf;

use arrcoc::{Bounds, Error, Grid, request::terms};
use arrcoc_datasets::{
    corruption::Corruption,
    documents::{self, DocumentsError},
    files::{self, ReadError, Record},
    scenes,
};
use arrcoc_host::NameError;

use super::{
    Asked, Corrupt, Gate, Params, Size, Source, Suite, Unproved,
    file::{DatasetFile, DatasetKind, SuiteFile},
    measures, policy,
    yaml::Step,
};
use crate::{
    dataset::{Counts, Dataset, Origin},
    measure,
    method::{Definition, Method, Workshop},
    parquet_files::{self, Columns},
    task::Task,
};

/// The most methods of a suite.
const MOST_METHODS: usize = 100;

/// The most comparisons that a suite may name as primary.
const MOST_PRIMARY: usize = 12;

impl Unproved {
    /// Proves the suite. `added` are methods that the command line adds to every comparison.
    /// Of its tasks only those of `only` are judged, where there are any.
    pub(crate) fn prove(
        self,
        workshop: &Workshop,
        added: &[Definition],
        only: &[Task],
    ) -> Result<Suite, Error> {
        let Unproved { file, source } = self;
        let grid = file.grid.map_or_else(Grid::default, |g| g.0);
        let bounds = file.bounds.map_or_else(Bounds::default, |b| b.0);
        check_name(&file, &source)?;
        let datasets = datasets(&file, &source)?;
        let averages = check_averages(&file.averages, bounds, grid, &source, &["averages".into()])?;
        let tasks = tasks(&file, &datasets, only, &source)?;
        let wordings = wordings(&file, &source)?;
        let corrupt = corrupt(&file, &averages, &source)?;
        measures::check(&file, &datasets[0], workshop, bounds, grid, &source)?;
        let all = methods(&file, workshop, added, &source)?;
        let names: Vec<String> = all.iter().map(|m| m.name.clone()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (left_out, methods): (Vec<Method>, Vec<Method>) =
            all.into_iter().partition(|m| m.retreats.is_some());
        let left_out = left_out.into_iter().map(|m| (m.name, m.retreats.unwrap_or_default())).collect();
        for (i, name) in file.against.iter().enumerate() {
            known("method", name, &names, &source, &["against".into(), i.into()])?;
        }
        let metrics = measure::metrics_of(&tasks, &file.measure, &file.wordings);
        let data: Vec<&str> = datasets.iter().map(|d| d.name.as_str()).collect();
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
            match &comparison.dataset {
                Some(dataset) => known("dataset", dataset, &data, &source, &at("dataset"))?,
                None => one_dataset(&comparison.metric, &tasks, &datasets, &source, &at("metric"))?,
            }
        }
        let gates = file.gates.into_iter().enumerate().map(|(i, rule)| {
            let at = |key: &str| vec!["gates".into(), i.into(), key.into()];
            known("metric", &rule.metric, &metrics, &source, &at("metric"))?;
            if let Some(dataset) = &rule.dataset {
                known("dataset", dataset, &data, &source, &at("dataset"))?;
            }
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
            datasets,
            tasks,
            wordings,
            corrupt,
            grid,
            bounds,
            averages,
            methods,
            left_out,
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

fn datasets(file: &SuiteFile, source: &Source) -> Result<Vec<Dataset>, Error> {
    if file.datasets.is_empty() {
        let hint = "name one, such as {kind: codes, pages: 24, quick: 6, size: 1344x1344}";
        return Err(source.error(&["datasets".into()], "there is no dataset", hint));
    }
    let mut datasets: Vec<Dataset> = Vec::new();
    for (i, written) in file.datasets.iter().enumerate() {
        let at = |key: &str| -> Vec<Step> { vec!["datasets".into(), i.into(), key.into()] };
        let name = written.name.clone().unwrap_or_else(|| written.kind.to_string());
        if datasets.iter().any(|d| d.name == name) {
            let message = format!("the dataset `{name}` is there twice");
            return Err(source.error(&at("name"), message, "leave one out, or give it another `name`"));
        }
        let full = written.full.unwrap_or(written.pages);
        for (key, count) in [("pages", written.pages), ("quick", written.quick), ("full", full)] {
            // A quick run may leave out what takes long, but for the first dataset, which every measure needs.
            let least = u32::from(key != "quick" || i == 0);
            if !(least..=10_000).contains(&count) {
                let message = match count {
                    0 => format!("the dataset `{name}` is empty: `{key}` is 0"),
                    _ => format!("`{key}` is {count}"),
                };
                return Err(source.error(&at(key), message, "give 1 to 10000 pages"));
            }
        }
        let origin = origin(written, source, &at)?;
        let counts = Counts { quick: written.quick, pages: written.pages, full };
        let dataset = Dataset::new(name, origin, counts);
        if let Some(size) = dataset.size() {
            check_sides(size, &dataset, source, &at("size"))?;
        }
        datasets.push(dataset);
    }
    Ok(datasets)
}

fn origin(written: &DatasetFile, source: &Source, at: &dyn Fn(&str) -> Vec<Step>) -> Result<Origin, Error> {
    let kind = written.kind;
    let generated = matches!(kind, DatasetKind::Codes | DatasetKind::Documents | DatasetKind::Scenes);
    let printed = kind == DatasetKind::Documents;
    let keys = [
        ("size", written.size.is_some(), generated),
        ("asks", written.asks.is_some(), printed || kind == DatasetKind::Scenes),
        ("layouts", written.layouts.is_some(), printed),
        ("type", written.type_px.is_some(), printed),
        ("noise", written.noise.is_some(), printed),
        ("skew", written.skew.is_some(), printed),
        ("shading", written.shading.is_some(), printed),
        ("file", written.file.is_some(), !generated),
        ("images", written.images.is_some(), kind == DatasetKind::Coco),
        ("columns", written.columns.is_some(), kind == DatasetKind::Parquet),
    ];
    if let Some((key, ..)) = keys.iter().find(|(_, given, takes)| *given && !takes) {
        return Err(source.error(&at(key), format!("`{kind}` takes no `{key}`"), "leave it out"));
    }
    let file = |key: &str, path: &Option<PathBuf>| {
        let path = path.as_ref().ok_or_else(|| {
            source.error(&at("kind"), format!("`{kind}` needs `{key}`"), format!("add `{key}:` with a path"))
        })?;
        Ok::<PathBuf, Error>(source.folder.join(path))
    };
    let read = |records: Result<Vec<Record>, ReadError>| {
        let records = records.map_err(|e| {
            let hint = e.hint().unwrap_or_else(|| "mend the file".into());
            source.error(&at("file"), e.to_string(), hint)
        })?;
        if records.is_empty() {
            return Err(source.error(&at("file"), "there is no image in it", "name a file that has some"));
        }
        Ok(Origin::Files(records))
    };
    match kind {
        DatasetKind::Codes => Ok(Origin::Codes(size(written, source, at)?)),
        DatasetKind::Documents => documents(written, source, at),
        DatasetKind::Scenes => {
            let size = size(written, source, at)?;
            let asks = written.asks.unwrap_or(scenes::Options::default().asks);
            if !scenes::ASKS.contains(&asks) {
                let (least, most) = (scenes::ASKS.start(), scenes::ASKS.end());
                let message = format!("{asks} questions about each page");
                return Err(source.error(&at("asks"), message, format!("ask {least} to {most}")));
            }
            Ok(Origin::Scenes(scenes::Options { size: [size.width, size.height], asks }))
        }
        DatasetKind::Manifest => read(files::manifest(&file("file", &written.file)?)),
        DatasetKind::Parquet => {
            let columns = written.columns.as_ref().map_or_else(Columns::default, |given| {
                let standard = Columns::default();
                Columns {
                    image: given.image.clone().unwrap_or(standard.image),
                    question: given.question.clone().unwrap_or(standard.question),
                    answers: given.answers.clone(),
                    name: given.name.clone(),
                    boxes: given.boxes.clone(),
                }
            });
            let most = written.pages.max(written.quick).max(written.full.unwrap_or(0));
            let records = parquet_files::read(&file("file", &written.file)?, &columns, most as usize);
            records.map(Origin::Files).map_err(|e| {
                let hint = e.hint.clone().unwrap_or_else(|| "mend the file".into());
                source.error(&at("file"), &e.message, hint)
            })
        }
        DatasetKind::Coco => {
            read(files::coco(&file("file", &written.file)?, &file("images", &written.images)?))
        }
    }
}

fn documents(
    written: &DatasetFile,
    source: &Source,
    at: &dyn Fn(&str) -> Vec<Step>,
) -> Result<Origin, Error> {
    let Size { width, height } = size(written, source, at)?;
    let mut options = documents::Options { size: (width, height), ..documents::Options::default() };
    if let Some(names) = &written.layouts {
        let all = documents::Layout::ALL;
        let known_names: Vec<&str> = all.iter().map(|layout| layout.name()).collect();
        for (i, name) in names.iter().enumerate() {
            let place: Vec<Step> = at("layouts").into_iter().chain([i.into()]).collect();
            known("layout", name, &known_names, source, &place)?;
        }
        let of = |name: &String| all.into_iter().find(|layout| layout.name() == name);
        options.layouts = names.iter().filter_map(of).collect();
    }
    if let Some(type_px) = &written.type_px {
        options.type_px.clone_from(type_px);
    }
    options.asks = written.asks.unwrap_or(options.asks);
    options.noise = written.noise.unwrap_or(options.noise);
    options.skew = written.skew.unwrap_or(options.skew);
    options.shading = written.shading.unwrap_or(options.shading);
    options.check().map_err(|e| {
        let key = match &e {
            DocumentsError::Side { .. } => "size",
            DocumentsError::Type { .. } => "type",
            DocumentsError::Asks { .. } => "asks",
            DocumentsError::Strength { name, .. } | DocumentsError::Empty { name: name @ "layouts" } => name,
            DocumentsError::Empty { .. } => "type",
            _ => "kind",
        };
        source.error(&at(key), e.to_string(), e.hint())
    })?;
    Ok(Origin::Documents(options))
}

fn size(written: &DatasetFile, source: &Source, at: &dyn Fn(&str) -> Vec<Step>) -> Result<Size, Error> {
    let kind = written.kind;
    written.size.map(|size| size.0).ok_or_else(|| {
        source.error(&at("kind"), format!("pages of `{kind}` need a size"), "add `size: 1344x1344`")
    })
}

pub(super) fn check_sides(
    size: Size,
    dataset: &Dataset,
    source: &Source,
    path: &[Step],
) -> Result<(), Error> {
    let Some(range) = dataset.sides() else {
        let message = format!("`{}` has pages of its own sizes", dataset.name);
        return Err(source.error(path, message, "put a dataset that is drawn first"));
    };
    if range.contains(&size.width) && range.contains(&size.height) {
        return Ok(());
    }
    Err(source.error(
        path,
        format!("a page of {size} pixels cannot be drawn"),
        format!("each side is {} to {} pixels", range.start(), range.end()),
    ))
}

fn tasks(
    file: &SuiteFile,
    datasets: &[Dataset],
    only: &[Task],
    source: &Source,
) -> Result<Vec<Asked>, Error> {
    if let Some(command) = &file.tasks.command {
        let at = |key: &str| -> Vec<Step> { vec!["tasks".into(), "command".into(), key.into()] };
        if command.program.first().is_none_or(String::is_empty) {
            let hint = "give the program and its arguments as a list, such as [python3, answer.py]";
            return Err(source.error(&at("program"), "no program is named", hint));
        }
        for (key, seconds) in [("deadline", Some(command.deadline)), ("start", command.start)] {
            if seconds.is_some_and(|seconds| !(0.01..=86_400.0).contains(&seconds)) {
                let message = format!("`{key}` is {} seconds", seconds.unwrap_or_default());
                return Err(source.error(&at(key), message, "give 0.01 to 86400 seconds"));
            }
        }
    }
    let mut asked = Vec::new();
    for (task, written) in Task::ALL.iter().filter_map(|task| Some((*task, task.of(&file.tasks)?))) {
        let at = |key: &str| -> Vec<Step> { vec!["tasks".into(), task.names().score.into(), key.into()] };
        let (on, by) = written;
        let on = places(task, on.as_deref(), datasets, source, &at("on"))?;
        let judge = match only.is_empty() || only.contains(&task) {
            true => task.open(&file.tasks),
            false => Err("left out by `--task`".into()),
        };
        asked.push(Asked { task, on, by: by.to_vec(), judge });
    }
    Ok(asked)
}

fn wordings(file: &SuiteFile, source: &Source) -> Result<Vec<u8>, Error> {
    let mut wordings: Vec<u8> = Vec::new();
    for (i, &wording) in file.wordings.iter().enumerate() {
        let at = ["wordings".into(), i.into()];
        if !(1..=9).contains(&wording) {
            let hint = "1 is the first of the other wordings; generated pages have 3";
            return Err(source.error(&at, format!("a wording {wording}"), hint));
        }
        if wordings.contains(&wording) {
            return Err(source.error(&at, format!("the wording {wording} is there twice"), "leave one out"));
        }
        wordings.push(wording);
    }
    if !wordings.is_empty() && !Task::ALL.iter().any(|task| task.of(&file.tasks).is_some()) {
        let hint = "tasks ask in other words: name one, or leave `wordings` out";
        return Err(source.error(&["wordings".into()], "there is no task", hint));
    }
    wordings.sort_unstable();
    Ok(wordings)
}

fn corrupt(file: &SuiteFile, averages: &[f64], source: &Source) -> Result<Option<Corrupt>, Error> {
    let Some(written) = &file.corrupt else { return Ok(None) };
    let at = |key: &str| -> Vec<Step> { vec!["corrupt".into(), key.into()] };
    if !Task::ALL.iter().any(|task| task.of(&file.tasks).is_some()) {
        let hint = "pages are made worse for tasks: name one, or leave `corrupt` out";
        return Err(source.error(&["corrupt".into()], "there is no task", hint));
    }
    check_average(Some(written.average), averages, source, &at("average"))?;
    let names: Vec<&str> = Corruption::ALL.iter().map(|c| c.name()).collect();
    let mut families = Vec::new();
    for (i, name) in written.families.iter().enumerate() {
        let place: Vec<Step> = at("families").into_iter().chain([i.into()]).collect();
        known("corruption", name, &names, source, &place)?;
        families.extend(name.parse::<Corruption>().ok());
    }
    if families.is_empty() {
        let hint = format!("name at least one of {}", names.join(", "));
        return Err(source.error(&at("families"), "`families` is empty", hint));
    }
    Ok(Some(Corrupt { families, average: written.average }))
}

/// The datasets that a task is on.
fn places(
    task: Task,
    named: Option<&[String]>,
    datasets: &[Dataset],
    source: &Source,
    at: &[Step],
) -> Result<Vec<usize>, Error> {
    let fits = |i: &usize| task.fits(&datasets[*i].origin);
    let fitting: Vec<usize> = (0..datasets.len()).filter(fits).collect();
    let name = task.names().score;
    let Some(named) = named else {
        return match fitting.is_empty() {
            true => Err(source.error(at, format!("no dataset has what `{name}` needs"), task.needs())),
            false => Ok(fitting),
        };
    };
    let names: Vec<&str> = datasets.iter().map(|d| d.name.as_str()).collect();
    let place = |(i, wanted): (usize, &String)| {
        let path: Vec<Step> = at.iter().cloned().chain([i.into()]).collect();
        known("dataset", wanted, &names, source, &path)?;
        let index = names.iter().position(|name| name == wanted).filter(fits);
        index.ok_or_else(|| {
            source.error(&path, format!("`{wanted}` has not what `{name}` needs"), task.needs())
        })
    };
    named.iter().enumerate().map(place).collect()
}

/// A metric of several datasets is not one comparison.
fn one_dataset(
    metric: &str,
    tasks: &[Asked],
    datasets: &[Dataset],
    source: &Source,
    path: &[Step],
) -> Result<(), Error> {
    let task = tasks.iter().find(|asked| asked.task.metrics().any(|m| m == metric));
    match task.filter(|asked| asked.on.len() > 1) {
        None => Ok(()),
        Some(asked) => {
            let names: Vec<&str> = asked.on.iter().map(|i| datasets[*i].name.as_str()).collect();
            let message = format!("`{metric}` is measured on several datasets");
            Err(source.error(path, message, format!("add `dataset:` with one of {}", names.join(", "))))
        }
    }
}

/// Every average can be met: refused before anything runs, with the policy's own words.
pub(super) fn check_averages(
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
        let definitions = match &written.definition {
            None => vec![workshop.by_name(&written.name).map_err(|e| source.name_error(&at("name"), &e))?],
            Some(d) => {
                for (j, scorer) in d.scorers.iter().enumerate() {
                    let place: Vec<Step> = at("scorers").into_iter().chain([j.into()]).collect();
                    workshop.scorer(scorer).map_err(|e| source.name_error(&place, &e))?;
                }
                if let Some(allocator) = &d.allocator {
                    workshop.allocator(allocator).map_err(|e| source.name_error(&at("allocator"), &e))?;
                }
                let engine = |(name, params): (String, Params)| {
                    Definition::engine(&name, d.parts(params, &source.folder))
                };
                d.expanded().into_iter().map(engine).collect()
            }
        };
        if methods.len() + definitions.len() > MOST_METHODS {
            let message = format!("more than {MOST_METHODS} methods");
            return Err(source.error(
                &at("name"),
                message,
                "leave some out, or give fewer values of parameters",
            ));
        }
        for definition in definitions {
            if methods.iter().any(|m| m.name == definition.name) {
                let message = format!("the method `{}` is there twice", definition.name);
                return Err(source.error(&at("name"), message, "leave one out, or give it another name"));
            }
            methods.push(workshop.make(&definition).map_err(|e| {
                let hint = e.hint.clone().unwrap_or_default();
                source.error(&at("name"), &e.message, hint)
            })?);
        }
    }
    for definition in added {
        if !methods.iter().any(|m| m.name == definition.name) {
            methods.push(workshop.make(definition)?);
        }
    }
    Ok(methods)
}
