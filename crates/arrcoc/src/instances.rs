//! What an engine keeps of each scorer from one decision to the next: its instance, and what it has taken.
//!
//! Each has a lock of its own, so that one which is being made holds up nobody who asks for another. An engine that
//! came from another by replacing a library shares all of it but what that library offers: nothing is made twice, and
//! what one has learned the other knows.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arrcoc_host::Scorer;

use crate::costs::Costs;

/// What is kept of every scorer, by id.
#[derive(Default)]
pub(crate) struct Instances(BTreeMap<String, Arc<Kept>>);

/// What is kept of one.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) costs: Costs,
    scorer: Mutex<Option<Arc<Scorer>>>,
}

impl Instances {
    /// Places for scorers with these ids, of which `is_shared` takes those that another engine has.
    pub(crate) fn beside<'a>(
        other: &Instances,
        ids: impl Iterator<Item = &'a str>,
        is_shared: impl Fn(&str) -> bool,
    ) -> Instances {
        let place = |id: &str| other.0.get(id).filter(|_| is_shared(id)).map(Arc::clone).unwrap_or_default();
        Instances(ids.map(|id| (id.to_owned(), place(id))).collect())
    }

    pub(crate) fn of(&self, id: &str) -> Option<&Kept> {
        self.0.get(id).map(Arc::as_ref)
    }
}

impl Kept {
    /// The instance, made if there is none.
    pub(crate) fn scorer<E>(&self, make: impl FnOnce() -> Result<Arc<Scorer>, E>) -> Result<Arc<Scorer>, E> {
        let mut kept = self.lock();
        if let Some(scorer) = &*kept {
            return Ok(Arc::clone(scorer));
        }
        let made = make()?;
        *kept = Some(Arc::clone(&made));
        Ok(made)
    }

    /// Forgets the instance.
    pub(crate) fn forget(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Scorer>>> {
        self.scorer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
