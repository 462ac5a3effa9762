//! One library in the place of another, in a host that goes on.
//!
//! A catalogue does not change: the one in which a library was replaced is
//! another, and both are good. They share every library but that one, with its
//! process, so that nothing but the new file is loaded. What is offered by
//! name comes from the same place in the search order as before. A file is
//! replaced as a whole, whatever it offers: scorers and allocators of one
//! library share code, and were tried together.

use std::{path::Path, sync::Arc};

use arrcoc_sdk::describe::Description;

use super::{Catalogue, Found, Library, Origin};
use crate::{
    refusal::Refusal,
    vet::{Identity, vet},
};

/// A catalogue in which a library was replaced.
pub struct Replacement {
    /// The catalogue.
    pub catalogue: Catalogue,
    /// The library that was there before.
    pub before: Arc<Identity>,
    /// The library that is in its place.
    pub after: Arc<Identity>,
}

impl Catalogue {
    /// This catalogue with a file in the place of the library with its id, which is vetted and loaded by the rules of
    /// every other file. This one stays as it is.
    ///
    /// # Errors
    /// When the file is refused; when no loaded library has its id; when it is that library itself, byte for byte;
    /// when it offers what another library offers.
    pub fn replacing(&self, file: &Path) -> Result<Replacement, Refusal> {
        let vetted = vet(file)?;
        self.check_lock(&vetted)?;
        let identity = vetted.identity();
        let refuse = |reason: String, hint: String| Refusal::new(file, reason, hint);
        let Some(place) = self.libraries.iter().position(|library| library.identity.id == identity.id) else {
            let reason = format!("no library that is in use has its id, `{}`", identity.id);
            return Err(refuse(reason, self.ids_in_use()));
        };
        let before = &self.libraries[place];
        if before.identity.blake3 == identity.blake3 {
            let reason = format!("`{}` {} is in use already, byte for byte", identity.id, identity.version);
            return Err(refuse(reason, "give the file of another version".into()));
        }
        let mut found = Found::vetted(file.to_owned(), Origin::File, &vetted);
        let library = self.bring(&vetted, &self.isolation.shipped(), &mut found)?;
        if let Some((id, owner)) = self.taken(place, &library) {
            let reason = format!("it offers `{id}`, which the library `{owner}` offers");
            return Err(refuse(reason, "give what it offers another id".into()));
        }
        let (before, after) = (Arc::clone(&before.identity), Arc::clone(&library.identity));
        let mut libraries = self.libraries.clone();
        libraries[place] = library;
        let is_it = |old: &Found| {
            let same = old.identity.as_ref().is_some_and(|old| old.blake3 == before.blake3);
            same && old.level.is_some()
        };
        let all = self.found.iter().map(|old| if is_it(old) { &found } else { old });
        let catalogue = Catalogue {
            found: all.cloned().collect(),
            libraries,
            isolation: self.isolation.clone(),
            lock: self.lock.clone(),
        };
        Ok(Replacement { catalogue, before, after })
    }

    /// Who a loaded library is and what it offers, by its id.
    #[must_use]
    pub fn offered_by(&self, library: &str) -> Option<(&Identity, &Description)> {
        let library = self.libraries.iter().find(|loaded| loaded.identity.id == library)?;
        Some((&library.identity, &library.description))
    }

    /// What a library would take from another: an id, and whose it is.
    fn taken<'a>(&'a self, place: usize, library: &'a Library) -> Option<(&'a str, &'a str)> {
        let others = self.libraries.iter().enumerate().filter(|(other, _)| *other != place);
        let owned = others.flat_map(|(_, other)| other.ids().map(|id| (id, other.identity.id.as_str())));
        let own = |(id, _): &(&str, &str)| {
            let had = self.libraries[place].ids().any(|had| had == *id);
            !had && library.ids().any(|offered| offered == *id)
        };
        owned.into_iter().find(own)
    }

    fn ids_in_use(&self) -> String {
        let ids: Vec<&str> = self.libraries.iter().map(|library| library.identity.id.as_str()).collect();
        format!("in use are {}", ids.join(", "))
    }
}

impl Library {
    /// The ids of everything that it offers.
    fn ids(&self) -> impl Iterator<Item = &str> {
        let scorers = self.description.scorers.iter().map(|scorer| scorer.id.as_str());
        scorers.chain(self.description.allocators.iter().map(|allocator| allocator.id.as_str()))
    }
}
