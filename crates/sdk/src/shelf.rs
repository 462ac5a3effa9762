//! A place beside a tensor for what the calling side has made of it: a copy of
//! its bytes in memory that another process can map is made once, however many
//! calls the tensor takes part in, and goes when the tensor goes.

use std::{
    any::Any,
    sync::{Arc, OnceLock},
};

/// A place that is filled at most once.
#[derive(Default)]
pub struct Shelf(OnceLock<Arc<dyn Any + Send + Sync>>);

impl Shelf {
    /// What is there, made if nothing is; `None` when something of another type is there.
    ///
    /// # Errors
    /// That of `make`; nothing is kept then.
    pub fn get_or_make<T: Any + Send + Sync, E>(
        &self,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Option<Arc<T>>, E> {
        let kept = match self.0.get() {
            Some(kept) => Arc::clone(kept),
            None => {
                let made: Arc<dyn Any + Send + Sync> = Arc::new(make()?);
                // Of two that make it at once, one is kept.
                Arc::clone(self.0.get_or_init(|| made))
            }
        };
        Ok(kept.downcast().ok())
    }
}

impl Clone for Shelf {
    /// An empty one: it is beside another tensor.
    fn clone(&self) -> Shelf {
        Shelf::default()
    }
}

impl std::fmt::Debug for Shelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.get().is_some() { "Shelf(full)" } else { "Shelf(empty)" })
    }
}
