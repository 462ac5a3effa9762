//! An engine in which one library is another version.
//!
//! It is another engine, which shares with the first whatever the library has no part in: the other libraries, their
//! processes and instances, what they have taken, and the steering. So it costs what the new file costs, and may be
//! dropped at any time. What the engine was set up to do must still be possible: a version that lacks something in use
//! is refused here, because later it would be an error of a request that was right before.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use arrcoc_host::{Description, Identity, Replacement, ScorerInfo};

use super::{Engine, named_ids};
use crate::{
    config::{AUTO, STANDARD_ALLOCATOR},
    error::Error,
    feeding::is_fed,
    instances::Instances,
    lineup::{Lineup, provides},
};

/// An engine that may take the place of another.
pub(crate) struct Succession {
    pub(crate) engine: Engine,
    /// The library as it is in the other.
    pub(crate) before: Arc<Identity>,
    /// The library in its place.
    pub(crate) after: Arc<Identity>,
}

impl Engine {
    /// An engine like this one with a file in the place of the library that has its id, ready to decide.
    ///
    /// # Errors
    /// When the file is refused, lacks what is in use, or what is in use cannot be made of it.
    pub(crate) fn replacing(&self, file: &Path) -> Result<Succession, Error> {
        let Replacement { catalogue, before, after } = self.catalogue.replacing(file)?;
        catalogue.grant_paths(&self.config.params);
        let is_other = |id: &str| !offers(self.description(&before.id), id);
        let ids = catalogue.scorers().map(|info| info.id.as_str());
        let instances = Instances::beside(&self.instances, ids, is_other);
        let engine = Engine {
            config: self.config.clone(),
            steering: Arc::clone(&self.steering),
            measurement: self.measurement.clone(),
            threads: self.threads,
            catalogue,
            instances,
        };
        let refused =
            |e: Error| Error { message: format!("plugin {}: {}", file.display(), e.message), hint: e.hint };
        engine
            .serves_as(self, &before.id)
            .and_then(|()| engine.make_parts(self, &before.id))
            .map_err(refused)?;
        Ok(Succession { engine, before, after })
    }

    /// What a library offers.
    fn description(&self, library: &str) -> Option<&Description> {
        self.catalogue.offered_by(library).map(|(_, description)| description)
    }

    /// Whether everything that another engine does with a library can be done with this one's.
    fn serves_as(&self, other: &Engine, library: &str) -> Result<(), Error> {
        let (had, has) = (other.description(library), self.description(library));
        let allocator = self.config.allocator.as_deref().unwrap_or(STANDARD_ALLOCATOR);
        if let Some(id) =
            named_ids(&self.config).chain([allocator]).find(|id| offers(had, id) && !offers(has, id))
        {
            return Err(Error::new(
                format!("it does not offer `{id}`, which is in use"),
                "give a version that does, or set up an engine without it",
            ));
        }
        self.catalogue.check_params(&self.config.params)?;
        let given = other.given_by_callers();
        let given: BTreeSet<&str> = given.iter().map(String::as_str).collect();
        // Where the other cannot line up, either, nothing is lost.
        let Ok(was) = other.trial(&given) else { return Ok(()) };
        let will = self.trial(&given)?;
        let runs = |lineup: &Lineup, id: &str| lineup.order.iter().any(|runs| runs == id);
        if let Some(id) = other.wanted().find(|id| runs(&was, id) && !runs(&will, id)) {
            let reason = will.left_out.iter().find(|(left, _)| left == id).map(|(_, reason)| reason.as_str());
            return Err(Error::new(
                format!("with it `{id}` could not run: {}", reason.unwrap_or("no plugin offers it")),
                "give a version that needs no more than the one in use, and gives no less",
            ));
        }
        self.gives_what_is_shared_by(other, &was, &will)?;
        had.into_iter().flat_map(|had| &had.scorers).filter(|had| runs(&was, &had.id)).try_for_each(|had| {
            match self.catalogue.scorer_info(&had.id) {
                Ok(has) => is_no_less(has, had),
                Err(_) => Ok(()),
            }
        })
    }

    /// Whether the tensors that the allocator requires are still made.
    fn gives_what_is_shared_by(&self, other: &Engine, was: &Lineup, will: &Lineup) -> Result<(), Error> {
        let gives = |engine: &Engine, lineup: &Lineup, tensor: &str| {
            let infos = lineup.order.iter().filter_map(|id| engine.catalogue.scorer_info(id).ok());
            infos.into_iter().any(|info| provides(info, tensor))
        };
        let mut required = self.allocator_requires().iter();
        match required.find(|tensor| gives(other, was, tensor) && !gives(self, will, tensor)) {
            Some(tensor) => Err(Error::new(
                format!("with it nothing provides `{tensor}`, which the allocator requires"),
                "give a version that provides it",
            )),
            None => Ok(()),
        }
    }

    /// Who would run for an image with these tensors.
    fn trial(&self, given: &BTreeSet<&str>) -> Result<Lineup, Error> {
        let backend = self.config.backend.as_deref().filter(|id| *id != AUTO);
        let wanted: Vec<String> = self.wanted().map(str::to_owned).collect();
        self.casting(given.clone(), backend, None).lineup(&wanted, self.allocator_requires())
    }

    /// The tensors that come with a request or not at all: pixels, and those that are required and that nothing makes.
    fn given_by_callers(&self) -> BTreeSet<String> {
        let required = self.catalogue.scorers().flat_map(|info| &info.requires);
        let required = required.chain(self.allocator_requires());
        let is_made = |tensor: &str| {
            self.catalogue.scorers().any(|info| provides(info, tensor) && !self.lacks_a_path(info))
        };
        let orphans = required.filter(|tensor| !is_made(tensor)).cloned();
        orphans.chain(["pixels".to_owned()]).collect()
    }

    /// Makes what is in use of a library, and looks at a small image with it. What cannot be made in the other engine,
    /// either, is passed over.
    fn make_parts(&self, other: &Engine, library: &str) -> Result<(), Error> {
        let has = self.description(library);
        let given = other.given_by_callers();
        let lineup = self.trial(&given.iter().map(String::as_str).collect()).unwrap_or_default();
        let parts: Vec<String> = lineup.order.into_iter().filter(|id| offers(has, id)).collect();
        for id in &parts {
            if let Err(reason) = self.scorer(id, None)?
                && other.scorer(id, None)?.is_ok()
            {
                return Err(Error::new(
                    reason,
                    "`arrcoc-conformance` shows where a plugin fails; the version in use is left as it is",
                ));
            }
        }
        let allocator = self.allocator_info().filter(|info| offers(has, &info.id));
        if allocator.is_some() && other.make_allocator(None).is_ok() {
            self.make_allocator(None)?;
        }
        // What fails here is told by the decisions that miss it.
        let _ = self.warm_up(parts);
        Ok(())
    }
}

/// Whether a description has a scorer or an allocator.
fn offers(description: Option<&Description>, id: &str) -> bool {
    let has = |description: &Description| {
        let scorers = description.scorers.iter().any(|scorer| scorer.id == id);
        scorers || description.allocators.iter().any(|allocator| allocator.id == id)
    };
    description.is_some_and(has)
}

/// Whether a scorer runs wherever another version of it does.
fn is_no_less(has: &ScorerInfo, had: &ScorerInfo) -> Result<(), Error> {
    match (had.unavailable(), has.unavailable()) {
        (None, Some(reason)) => {
            return Err(Error::new(
                format!("`{}` is unavailable: {reason}", has.id),
                "give a version that runs on this machine",
            ));
        }
        _ if is_fed(had) && !is_fed(has) => {
            return Err(Error::new(
                format!("`{}` cannot look at an image in bands of rows, as the version in use does", has.id),
                "give a version that takes bands",
            ));
        }
        _ => {}
    }
    Ok(())
}
