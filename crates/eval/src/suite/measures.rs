//! Measures as a suite file writes them: that each can be carried out.

use arrcoc::{Bounds, Error, Grid, request::terms};

use super::{
    Measures, Source,
    file::{DatasetKind, SuiteFile},
    policy,
    prove::{check_averages, check_sides},
    yaml::Step,
};
use crate::{
    dataset::Dataset,
    measure::{self, Kind},
    method::Workshop,
    task::Task,
};

/// Every measure can be carried out as it is written.
pub(super) fn check(
    file: &SuiteFile,
    first: &Dataset,
    workshop: &Workshop,
    bounds: Bounds,
    grid: Grid,
    source: &Source,
) -> Result<(), Error> {
    let at =
        |path: &[&str]| -> Vec<Step> { ["measure"].iter().chain(path).map(|key| Step::from(*key)).collect() };
    let measures: &Measures = &file.measure;
    let any_task = Task::ALL.iter().any(|task| task.of(&file.tasks).is_some());
    if Kind::of(any_task, measures).next().is_none() {
        let known: Vec<&str> = measure::NAMES.to_vec();
        let tasks: Vec<&str> = Task::ALL.iter().map(|task| task.names().score).collect();
        let hint = format!("name a task ({}) or a measure ({})", tasks.join(", "), known.join(", "));
        return Err(source.error(&[], "nothing is measured", hint));
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
    if let Some(batch) = &measures.batch
        && !(2..=64).contains(&batch.threads)
    {
        let message = format!("`threads` is {}", batch.threads);
        return Err(source.error(&at(&["batch", "threads"]), message, "use 2 to 64 threads"));
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
        for (i, size) in latency.sizes.iter().enumerate() {
            let mut place = at(&["latency", "sizes"]);
            place.push(i.into());
            check_sides(size.0, first, source, &place)?;
        }
        for (i, size) in latency.sweep.iter().enumerate() {
            let (w, h) = (size.0.width, size.0.height);
            if w < grid.cols || h < grid.rows {
                let mut place = at(&["latency", "sweep"]);
                place.push(i.into());
                let message = format!("an image of {} pixels is smaller than the grid {grid}", size.0);
                return Err(source.error(&place, message, "use a larger image"));
            }
        }
        if let Some(i) = latency.batches.iter().position(|batch| !(1..=1024).contains(batch)) {
            let mut place = at(&["latency", "batches"]);
            place.push(i.into());
            let message = format!("a batch of {} requests", latency.batches[i]);
            return Err(source.error(&place, message, "use 1 to 1024"));
        }
        if latency.calls > 100_000 {
            let message = format!("`calls` is {}", latency.calls);
            return Err(source.error(&at(&["latency", "calls"]), message, "take 0 to 100000 rounds"));
        }
        for (key, count) in [("samples", latency.samples), ("quick", latency.quick)] {
            if !(8..=1_000_000).contains(&count) {
                let message = format!("`{key}` is {count}");
                return Err(source.error(&at(&["latency", key]), message, "take 8 to 1000000 samples"));
            }
        }
    }
    if let Some(scorers) = &measures.scorers {
        if scorers.threads.is_empty() {
            return Err(empty(&["scorers", "threads"]));
        }
        if let Some(i) = scorers.threads.iter().position(|n| !(1..=1024).contains(n)) {
            let mut place = at(&["scorers", "threads"]);
            place.push(i.into());
            return Err(source.error(&place, format!("{} threads", scorers.threads[i]), "use 1 to 1024"));
        }
        for (key, count) in [("samples", scorers.samples), ("quick", scorers.quick)] {
            if !(1..=1000).contains(&count) {
                let message = format!("`{key}` is {count}");
                return Err(source.error(&at(&["scorers", key]), message, "look 1 to 1000 times"));
            }
        }
    }
    if let Some(ranges) = &measures.ranges {
        for (key, average) in [("from", ranges.from), ("to", ranges.to)] {
            terms(&policy(bounds, average), grid).map_err(|e| {
                let hint = e.hint.clone().unwrap_or_default();
                source.error(&at(&["ranges", key]), &e.message, hint)
            })?;
        }
        if ranges.from >= ranges.to {
            let message = format!("the range goes from {} to {}", ranges.from, ranges.to);
            return Err(source.error(&at(&["ranges", "to"]), message, "give more than `from`"));
        }
        if file.tasks.read.is_none() {
            let message = "what a range is worth is told by the task `read`, which is not there";
            return Err(source.error(&at(&["ranges"]), message, "add `read: {}` below `tasks`"));
        }
    }
    if let Some(unknowns) = &measures.unknowns {
        terms(&policy(bounds, unknowns.average), grid).map_err(|e| {
            let hint = e.hint.clone().unwrap_or_default();
            source.error(&at(&["unknowns", "average"]), &e.message, hint)
        })?;
        if !file.datasets.iter().any(|dataset| dataset.kind == DatasetKind::Documents) {
            let message = "pages that are unlike all others are made of drawn documents, and there are none";
            return Err(source.error(&at(&["unknowns"]), message, "add a dataset of the kind `documents`"));
        }
    }
    if let Some(coverage) = &measures.coverage {
        if let Some(drawn) = first.size().filter(|_| first.sides().is_some()) {
            check_sides(drawn, first, source, &at(&["coverage"]))?;
        } else {
            let message = format!("`{}` has pages of its own sizes", first.name);
            return Err(source.error(&at(&["coverage"]), message, "put a dataset that is drawn first"));
        }
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
