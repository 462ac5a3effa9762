//! Several images that share one total.
//!
//! Each image is heard on its own. What all of them need is put together, and the rule that shares the tokens of an image
//! shares those of all: what the patches of an image get there is the image's total, and its own decision shares
//! that. So a batch of pages spends its tokens on the page that holds the answer, and every sum is exact.

use arrcoc_decide::{Channel, Policy, Proportional, ScoreMaps, Terms, Together, Total, Totals};
use arrcoc_host::{Allocator, TensorBuf};

use crate::{
    decision::{BatchRecord, Decision},
    engine::Engine,
    error::Error,
    look::{Heard, Look},
    request::Request,
};

impl Engine {
    /// Decides for images that share one total. Of the total of a request's own policy a range counts, as the
    /// least and the most that this image may have; the rest of its policy holds as ever.
    ///
    /// ```
    /// # use arrcoc::{Config, Engine, Photo, Request, Total};
    /// # let engine = Engine::open(Config::default())?;
    /// let page = |shade: u8| Photo::from_rgb(96, 96, vec![shade; 96 * 96 * 3]);
    /// let requests = [Request::new(page(200)?), Request::new(page(90)?)];
    /// let decisions = engine.allocate_together(&requests, Total::Average(100.0))?;
    /// assert_eq!(decisions.iter().map(|d| d.applied).sum::<u64>(), 2 * 24 * 24 * 100);
    /// # Ok::<(), arrcoc::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Engine::allocate`], for any of the images; and when no shares can satisfy all of them. The error does not
    /// name the image: check them with [`terms`] first.
    pub fn allocate_together(&self, requests: &[Request], total: Total) -> Result<Vec<Decision>, Error> {
        // What cannot be carried out is told before anything is looked at.
        let each = requests.iter().map(|request| terms(&request.policy, request.grid.patches()));
        check(&each.collect::<Result<Vec<_>, Error>>()?, total)?;
        let mut looks: Vec<Look<'_>> =
            requests.iter().map(|request| self.look(request)).collect::<Result<_, Error>>()?;
        let asks: Vec<(&str, &Policy)> = requests.iter().map(|r| (r.query.as_str(), &r.policy)).collect();
        allocate(&mut looks, &asks, total)
    }

    /// The total of each image, and why anything retreated.
    fn share_together(
        &self,
        together: &Together,
        looks: &[Look<'_>],
        heard: &[Heard<'_>],
    ) -> (Totals, Vec<String>) {
        let mut reasons = Vec::new();
        let channels = pooled_channels(together, heard, &mut reasons);
        let maps = ScoreMaps::from_channels(&channels, together.patches()).unwrap_or_else(|e| {
            reasons.push(format!("the score maps of all images were dropped: {e}"));
            ScoreMaps { patches: together.patches(), ..ScoreMaps::default() }
        });
        // All of them began with the same, unless somebody changed it in between; then the first counts.
        let uncalibrated = heard.iter().all(Heard::is_uncalibrated);
        let ruling = looks.first().map(|look| look.steering.ruling(uncalibrated));
        let setting = self.setting(ruling.map_or(1.0, |ruling| ruling.autonomy));
        let deadline = self.deadline();
        let totals = match self.make_allocator_or_say(deadline, &mut reasons) {
            None => together.share(&maps, &setting, &Proportional),
            Some(allocator) => {
                let tensors = pooled_tensors(together, &allocator, looks, heard);
                let views = tensors.iter().filter_map(|tensor| tensor.view().ok()).collect();
                // The patches of all images are a grid of one column.
                let rows = u32::try_from(together.patches()).unwrap_or(u32::MAX);
                let bound = allocator.bind([rows, 1], views, self.threads(), deadline);
                together.share(&maps, &setting, &bound)
            }
        };
        reasons.extend(totals.retreats.iter().cloned());
        (totals, reasons)
    }
}

/// The same for images that were looked at, with a question and a policy for each.
///
/// # Errors
/// Those of [`Engine::allocate_together`]; and when there is not one question for each image, or they were looked at by
/// different engines.
pub fn allocate(
    looks: &mut [Look<'_>],
    asks: &[(&str, &Policy)],
    total: Total,
) -> Result<Vec<Decision>, Error> {
    if looks.len() != asks.len() {
        let message = format!("{} images and {} questions", looks.len(), asks.len());
        return Err(Error::new(message, "give a question for each image, an empty one for none"));
    }
    let patches = |look: &Look<'_>| look.request.grid.patches();
    let each = looks.iter().zip(asks).map(|(look, (_, policy))| terms(policy, patches(look)));
    let together = Together::new(&each.collect::<Result<Vec<_>, Error>>()?, total)?;
    let Some(engine) = looks.first().map(|look| look.engine) else { return Ok(Vec::new()) };
    if looks.iter().any(|look| !std::ptr::eq(look.engine, engine)) {
        return Err(Error::new("the images were looked at by different engines", "take one engine for all"));
    }
    let mut heard: Vec<Heard<'_>> = Vec::with_capacity(looks.len());
    for (look, (query, _)) in looks.iter_mut().zip(asks) {
        heard.push(look.hear_all(query)?);
    }
    let (totals, reasons) = engine.share_together(&together, looks, &heard);
    let mut decisions = Vec::with_capacity(looks.len());
    for (index, (look, heard)) in looks.iter().zip(heard).enumerate() {
        let (query, policy) = asks[index];
        let policy = Policy { total: Total::Exact(totals.totals[index]), ..policy.clone() };
        let batch = BatchRecord {
            images: looks.len(),
            index,
            requested: together.total(),
            applied: totals.totals.iter().sum(),
            even: totals.even[index],
            coupling: totals.coupling,
            reasons: reasons.clone(),
        };
        decisions.push(look.settle(query, &policy, heard, Some(&batch))?);
    }
    Ok(decisions)
}

/// A policy on so many patches, whose total is left open unless it is a range.
///
/// # Errors
/// When no allocation can satisfy it.
pub fn terms(policy: &Policy, patches: usize) -> Result<Terms, Error> {
    Ok(match policy.total {
        Total::Range { .. } => Terms::new(policy, patches)?,
        _ => Terms::open(policy, patches)?,
    })
}

/// Checks that images with these terms can share a total.
///
/// # Errors
/// When no shares can satisfy all of them.
pub fn check(each: &[Terms], total: Total) -> Result<(), Error> {
    Together::new(each, total)?;
    Ok(())
}

/// The channels that every image has, over the patches of all. One that only some have cannot be compared.
fn pooled_channels(together: &Together, heard: &[Heard<'_>], reasons: &mut Vec<String>) -> Vec<Channel> {
    let Some(first) = heard.first() else { return Vec::new() };
    let same = |a: &Channel, b: &Channel| a.plugin == b.plugin && a.name == b.name && a.theta == b.theta;
    let mut pooled = Vec::new();
    for channel in first.channels() {
        let everywhere: Option<Vec<&[f64]>> = heard
            .iter()
            .map(|heard| {
                heard.channels().iter().find(|other| same(channel, other)).map(|c| c.values.as_slice())
            })
            .collect();
        match everywhere.and_then(|values| together.pool(&values, 1)) {
            Some(values) => pooled.push(Channel { values, ..channel.clone() }),
            None => reasons.push(format!(
                "channel `{}` of `{}` is not there for every image, and has no part in their shares",
                channel.name, channel.plugin
            )),
        }
    }
    pooled
}

/// The tensors that the allocator shares by, over the patches of all images: those that every image has, with the same
/// numbers a patch.
fn pooled_tensors(
    together: &Together,
    allocator: &Allocator,
    looks: &[Look<'_>],
    heard: &[Heard<'_>],
) -> Vec<TensorBuf> {
    let names = allocator.info().requires.iter().chain(&allocator.info().optional);
    names.filter_map(|name| pooled_tensor(together, name, looks, heard)).collect()
}

fn pooled_tensor(
    together: &Together,
    name: &str,
    looks: &[Look<'_>],
    heard: &[Heard<'_>],
) -> Option<TensorBuf> {
    let views: Vec<_> =
        looks.iter().zip(heard).map(|(look, heard)| look.tensor(heard, name)).collect::<Option<_>>()?;
    let (first, rest) = views.split_first()?;
    let (_, row) = first.shape().split_first()?;
    let alike = |other: &arrcoc_host::TensorView<'_>| {
        other.dtype() == first.dtype() && other.shape().split_first().is_some_and(|(_, r)| r == row)
    };
    let patches = usize::try_from(*first.shape().first()?).ok().filter(|patches| *patches > 0)?;
    let width = first.bytes().len() / patches;
    let bytes: Vec<&[u8]> = views.iter().map(arrcoc_host::TensorView::bytes).collect();
    let pooled = together.pool(&bytes, width).filter(|_| rest.iter().all(alike))?;
    let shape: Vec<u64> = [together.patches() as u64].into_iter().chain(row.iter().copied()).collect();
    TensorBuf::from_bytes(name, first.dtype(), &shape, &pooled).ok()
}
