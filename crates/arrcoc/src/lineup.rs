//! Which scorers run, and in which order: those that were asked for, after
//! whatever provides what they require.

use std::collections::BTreeSet;

use arrcoc_host::ScorerInfo;

use crate::{error::Error, feeding::is_fed};

/// The scorers that run, in order, and those that cannot.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Lineup {
    /// Ids in the order in which they run.
    pub(crate) order: Vec<String>,
    /// Id and reason.
    pub(crate) left_out: Vec<(String, String)>,
    /// What a user may want to know about it.
    pub(crate) notes: Vec<String>,
}

/// What decides about the lineup.
pub(crate) struct Casting<'a> {
    /// Every scorer there is, in search order.
    pub(crate) scorers: Vec<&'a ScorerInfo>,
    /// Tensors that are there before any scorer runs.
    pub(crate) given: BTreeSet<&'a str>,
    /// The backend that was asked for, if one was.
    pub(crate) backend: Option<&'a str>,
    /// Scorers that cannot run until somebody names a file for them: they run when they are wanted, and volunteer
    /// for nothing.
    pub(crate) idle: BTreeSet<&'a str>,
    /// Where the image is read in bands, why a scorer cannot run that needs all of it at once.
    pub(crate) needs_all: Option<String>,
}

enum Stop {
    Missing(String),
    Cycle(Vec<String>),
}

impl Casting<'_> {
    /// Puts the wanted scorers in order, and after them whatever else provides the
    /// tensors that the allocator needs. A wanted scorer that lacks something is
    /// left out with the reason; an allocator that lacks something says so itself.
    ///
    /// # Errors
    /// When scorers require each other in a circle.
    pub(crate) fn lineup(&self, wanted: &[String], needed: &[String]) -> Result<Lineup, Error> {
        let mut lineup = Lineup::default();
        self.fill(&mut lineup, wanted, wanted)?;
        let scored = lineup.left_out.len();
        let lacking = needed.iter().filter(|t| !self.is_given(t));
        let providers: Vec<String> =
            lacking.filter_map(|t| Some(self.provider(t, wanted, &lineup.order)?.id.clone())).collect();
        self.fill(&mut lineup, &providers, wanted)?;
        lineup.left_out.truncate(scored);
        Ok(lineup)
    }

    fn fill(&self, lineup: &mut Lineup, ids: &[String], wanted: &[String]) -> Result<(), Error> {
        for id in ids {
            let before = lineup.order.len();
            match self.add(id, wanted, &mut lineup.order, &mut Vec::new()) {
                Ok(()) => {}
                Err(Stop::Missing(reason)) => {
                    lineup.order.truncate(before);
                    lineup.left_out.push((id.clone(), reason));
                }
                Err(Stop::Cycle(path)) => {
                    return Err(Error::new(
                        format!("scorers require each other in a circle: {}", path.join(" → ")),
                        "leave one of them out, or give the tensor with --tensors",
                    ));
                }
            }
        }
        Ok(())
    }

    fn add(
        &self,
        id: &str,
        wanted: &[String],
        order: &mut Vec<String>,
        path: &mut Vec<String>,
    ) -> Result<(), Stop> {
        if order.iter().any(|o| o == id) {
            return Ok(());
        }
        let Some(info) = self.scorers.iter().find(|s| s.id == id) else {
            return Err(Stop::Missing("no plugin offers it".into()));
        };
        if let Some(start) = path.iter().position(|p| p == id) {
            let circle = path[start..].iter().cloned().chain([id.to_owned()]);
            return Err(Stop::Cycle(circle.collect()));
        }
        path.push(id.into());
        if let Some(needs_all) = self.needs_all.as_ref().filter(|_| !self.can_see(info)) {
            return Err(Stop::Missing(needs_all.clone()));
        }
        for tensor in info.requires.iter().filter(|t| !self.is_given(t)) {
            let Some(provider) = self.provider(tensor, wanted, order) else {
                return Err(Stop::Missing(format!("it needs the tensor `{tensor}`, which nothing provides")));
            };
            self.add(&provider.id, wanted, order, path)?;
        }
        // What it can use but does not need comes first when it runs anyway.
        for tensor in info.optional.iter().filter(|t| !self.is_given(t)) {
            let runs_anyway = wanted.iter().filter_map(|w| self.scorers.iter().find(|s| s.id == *w));
            let mut providers = runs_anyway.filter(|s| provides(s, tensor) && s.id != id);
            if let Some(provider) = providers.next() {
                self.add(&provider.id, wanted, order, path)?;
            }
        }
        path.pop();
        order.push(id.into());
        Ok(())
    }

    /// Whether a tensor is there before any scorer runs. Pixels come to those who can see them, at once or in bands.
    fn is_given(&self, tensor: &str) -> bool {
        self.given.contains(tensor) || tensor == "pixels" && self.needs_all.is_some()
    }

    /// Whether a scorer can look at the image as it comes, if it has to look at it.
    pub(crate) fn can_see(&self, info: &ScorerInfo) -> bool {
        self.needs_all.is_none() || is_fed(info) || info.requires.iter().all(|tensor| tensor != "pixels")
    }

    fn provider(&self, tensor: &str, wanted: &[String], order: &[String]) -> Option<&ScorerInfo> {
        let able: Vec<&ScorerInfo> = self
            .scorers
            .iter()
            .copied()
            .filter(|s| provides(s, tensor) && s.unavailable().is_none())
            .filter(|s| !self.idle.contains(s.id.as_str()) || wanted.contains(&s.id))
            .filter(|s| self.can_see(s))
            .collect();
        let first = |choose: &dyn Fn(&str) -> bool| able.iter().copied().find(|s| choose(&s.id));
        first(&|id| order.iter().any(|o| o == id))
            .or_else(|| first(&|id| wanted.iter().any(|w| w == id)))
            .or_else(|| first(&|id| self.backend == Some(id)))
            .or_else(|| able.first().copied())
    }
}

/// Whether a scorer says that it gives a tensor.
pub(crate) fn provides(info: &ScorerInfo, tensor: &str) -> bool {
    info.provides.iter().any(|p| p.name == tensor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(scorers: &[ScorerInfo], wanted: &[&str], backend: Option<&str>) -> Result<Lineup, Error> {
        let idle = BTreeSet::from(["model"]);
        let (scorers, given) = (scorers.iter().collect(), ["pixels"].into());
        let casting = Casting { scorers, given, backend, idle, needs_all: None };
        casting.lineup(&wanted.iter().map(|&w| w.to_owned()).collect::<Vec<_>>(), &[])
    }

    fn standard() -> Vec<ScorerInfo> {
        vec![
            ScorerInfo::new("edges", "").requires("patch_stats").tensor("edges", ""),
            ScorerInfo::new("cpu", "").requires("pixels").tensor("patch_stats", ""),
            ScorerInfo::new("gpu", "").requires("pixels").tensor("patch_stats", ""),
            ScorerInfo::new("late", "").requires("edges").optional("extra"),
            ScorerInfo::new("extra", "").tensor("extra", ""),
            ScorerInfo::new("lost", "").requires("nowhere"),
            ScorerInfo::new("model", "").tensor("features", ""),
            ScorerInfo::new("near", "").requires("features"),
        ]
    }

    #[test]
    fn what_nobody_gave_a_file_volunteers_for_nothing() {
        let lineup = order(&standard(), &["near"], None).unwrap();
        assert_eq!(lineup.order, [""; 0]);
        assert!(lineup.left_out[0].1.contains("`features`, which nothing provides"), "{lineup:?}");
        assert_eq!(order(&standard(), &["near", "model"], None).unwrap().order, ["model", "near"]);
    }

    #[test]
    fn providers_run_first_and_the_backend_is_a_choice() {
        assert_eq!(order(&standard(), &["late"], None).unwrap().order, ["cpu", "edges", "late"]);
        assert_eq!(order(&standard(), &["late"], Some("gpu")).unwrap().order, ["gpu", "edges", "late"]);
        assert_eq!(order(&standard(), &["edges", "gpu"], None).unwrap().order, ["gpu", "edges"]);
    }

    #[test]
    fn what_is_optional_is_used_only_when_it_runs_anyway() {
        assert_eq!(
            order(&standard(), &["late", "extra"], None).unwrap().order,
            ["cpu", "edges", "extra", "late"]
        );
    }

    #[test]
    fn what_lacks_something_is_left_out_with_the_reason() {
        let lineup = order(&standard(), &["lost", "edges", "none"], None).unwrap();
        assert_eq!(lineup.order, ["cpu", "edges"]);
        assert_eq!(lineup.left_out[0].1, "it needs the tensor `nowhere`, which nothing provides");
        assert_eq!(lineup.left_out[1], ("none".into(), "no plugin offers it".into()));
    }

    #[test]
    fn what_the_allocator_needs_is_provided() {
        let scorers = standard();
        let casting = Casting {
            scorers: scorers.iter().collect(),
            given: ["pixels"].into(),
            backend: None,
            idle: BTreeSet::new(),
            needs_all: None,
        };
        let order = |needed: &[&str]| {
            let needed: Vec<String> = needed.iter().map(|&t| t.to_owned()).collect();
            casting.lineup(&["extra".to_owned()], &needed).unwrap()
        };
        assert_eq!(order(&["edges"]).order, ["extra", "cpu", "edges"]);
        assert_eq!(order(&["pixels", "extra", "nowhere"]), order(&[]));
    }

    #[test]
    fn an_image_in_bands_is_seen_by_those_who_can() {
        let scorers = [
            ScorerInfo::new("edges", "").requires("patch_stats").tensor("edges", ""),
            ScorerInfo::new("gpu", "").requires("pixels").tensor("patch_stats", ""),
            ScorerInfo::new("cpu", "").requires("pixels").tensor("patch_stats", "").feeds(),
            ScorerInfo::new("reader", "").requires("pixels").optional("patch_stats"),
            ScorerInfo::new("late", "").requires("words"),
            ScorerInfo::new("words", "").requires("pixels").tensor("words", ""),
            ScorerInfo::new("glancer", "").optional("pixels"),
        ];
        let order = |wanted: &[&str], backend| {
            let casting = Casting {
                scorers: scorers.iter().collect(),
                given: BTreeSet::new(),
                backend,
                idle: BTreeSet::new(),
                needs_all: Some("it needs all".into()),
            };
            casting.lineup(&wanted.iter().map(|&w| w.to_owned()).collect::<Vec<_>>(), &[]).unwrap()
        };
        let lineup = order(&["reader", "edges", "late", "glancer"], Some("gpu"));
        assert_eq!(lineup.order, ["cpu", "edges", "glancer"]);
        assert_eq!(lineup.left_out[0], ("reader".into(), "it needs all".into()));
        assert_eq!(lineup.left_out[1].1, "it needs the tensor `words`, which nothing provides");
    }

    #[test]
    fn a_circle_is_named() {
        let circle = vec![
            ScorerInfo::new("a", "").requires("y").tensor("x", ""),
            ScorerInfo::new("b", "").requires("x").tensor("y", ""),
        ];
        let error = order(&circle, &["a"], None).unwrap_err();
        assert_eq!(error.message, "scorers require each other in a circle: a → b → a");
    }
}
