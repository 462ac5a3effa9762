//! What each metric is: formula, direction, range, source.
//!
//! In one table, so that reports, comparisons and gates agree on which way is
//! better.

use crate::task::Task;

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    Higher,
    Lower,
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Definition {
    pub(crate) name: &'static str,
    /// How it is computed, in a line.
    pub(crate) formula: &'static str,
    pub(crate) better: Better,
    /// The least and the greatest value that it can have.
    pub(crate) range: (f64, f64),
    /// The value that chance, or no effect, gives, where there is one.
    pub(crate) chance: Option<f64>,
    /// The unit; empty for a share or a ratio.
    pub(crate) unit: &'static str,
    /// Where it comes from.
    pub(crate) source: &'static str,
}

const INFINITE: f64 = f64::INFINITY;

/// All of them.
pub(crate) const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "score",
        formula: "what a task finds of what is asked; each task has its own name for it",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "wrong",
        formula: "texts a page that were found and are not there",
        better: Better::Lower,
        range: (0.0, INFINITE),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "errors",
        formula: "edit distance of what was read from what is there / letters that are there",
        better: Better::Lower,
        range: (0.0, INFINITE),
        chance: None,
        unit: "",
        source: "character error rate; Rice 1996, chapter 2; Levenshtein 1966",
    },
    Definition {
        name: "kept",
        formula: "of the questions that uniform answers at the greatest budget, the share that is answered",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "prepares",
        formula: "how often a scorer prepares for all questions on one image",
        better: Better::Lower,
        range: (0.0, INFINITE),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "equal",
        formula: "1 where what must not matter changes no bit of the decision",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "exact",
        formula: "1 where the tokens sum to the total, the parts of the account to the tokens, JSON comes back the same",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "lift",
        formula: "share of the surplus on patches with an answer / share of such patches",
        better: Better::Higher,
        range: (0.0, INFINITE),
        chance: Some(1.0),
        unit: "",
        source: "energy inside the answer (Wang et al. 2020, Score-CAM) over its expectation",
    },
    Definition {
        name: "nss",
        formula: "mean over patches with an answer of (surplus − mean) / standard deviation",
        better: Better::Higher,
        range: (-INFINITE, INFINITE),
        chance: Some(0.0),
        unit: "standard deviations",
        source: "Peters, Iyer, Itti and Koch 2005; Bylinskii et al. 2019",
    },
    Definition {
        name: "auc-judd",
        formula: "chance that a patch with an answer has more tokens than one without, ties counted half",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: Some(0.5),
        unit: "",
        source: "Judd, Ehinger, Durand and Torralba 2009; Hanley and McNeil 1982 for ties",
    },
    Definition {
        name: "recall",
        formula: "share of the patches with an answer among the T patches with most tokens, ties shared",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "Manning, Raghavan and Schütze 2008, Introduction to Information Retrieval, section 8.4",
    },
    Definition {
        name: "contribution",
        formula: "Spearman's rank correlation of tokens with what each patch contributes, average ranks for ties",
        better: Better::Higher,
        range: (-1.0, 1.0),
        chance: Some(0.0),
        unit: "",
        source: "Spearman 1904",
    },
    Definition {
        name: "moved",
        formula: "½ Σ |a − b| / Σ a of two allocations of the same total",
        better: Better::Lower,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "total variation distance; Levin, Peres and Wilmer 2009, proposition 4.2",
    },
    Definition {
        name: "discrimination",
        formula: "mean share moved by another question / max(mean share moved by a paraphrase, 1/total)",
        better: Better::Higher,
        range: (0.0, INFINITE),
        chance: Some(1.0),
        unit: "",
        source: "this project",
    },
    Definition {
        name: "hearing-skill",
        formula: "1 − squared error of the question's probabilities / that of the share of patches that hold the answer or its label",
        better: Better::Higher,
        range: (-INFINITE, 1.0),
        chance: Some(0.0),
        unit: "",
        source: "Brier 1950; Murphy 1973",
    },
    Definition {
        name: "hearing-ece",
        formula: "mean over 15 bins of as many patches each of |probability − share that holds|, of patches with more than 0.05",
        better: Better::Lower,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "Naeini, Cooper and Hauskrecht 2015; Nguyen and O'Connor 2015 for the bins",
    },
    Definition {
        name: "confidence-ece",
        formula: "mean over 15 bins of as many decisions each of |confidence − share whose answer is read|, of all budgets",
        better: Better::Lower,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "Naeini, Cooper and Hauskrecht 2015; Nguyen and O'Connor 2015 for the bins",
    },
    Definition {
        name: "confidence-auroc",
        formula: "chance that a decision whose answer is read is surer than one whose answer is not, ties counted half",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: Some(0.5),
        unit: "",
        source: "Hanley and McNeil 1982",
    },
    Definition {
        name: "confidence-told",
        formula: "share of the decisions that say how sure they are",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "range-gain",
        formula: "share read with totals that decisions choose − share read with their mean for all, by page",
        better: Better::Higher,
        range: (-1.0, 1.0),
        chance: Some(0.0),
        unit: "",
        source: "this project",
    },
    Definition {
        name: "noticed",
        formula: "1 where a decision claims no confidence, or does not hear the question",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "label-found",
        formula: "1 where fewer than 1 % of the patches are as probable as the label's surest and hold neither label nor answer",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "hearing-error",
        formula: "mean over patches of (probability − 1 where it holds the answer or its label, else 0)²",
        better: Better::Lower,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "Brier 1950",
    },
    Definition {
        name: "area",
        formula: "mean of the score over log₂ of the budget, by trapezes",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "drop",
        formula: "largest fall of the score from one budget to the next smaller one; 0 where it never falls",
        better: Better::Lower,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "b90",
        formula: "least budget from which on the score stays at 90 % of the reference or above",
        better: Better::Lower,
        range: (0.0, INFINITE),
        chance: None,
        unit: "tokens a patch",
        source: "this project",
    },
    Definition {
        name: "b95",
        formula: "least budget from which on the score stays at 95 % of the reference or above",
        better: Better::Lower,
        range: (0.0, INFINITE),
        chance: None,
        unit: "tokens a patch",
        source: "this project",
    },
    Definition {
        name: "weighted-ssim",
        formula: "mean over windows of SSIM, each weighted by the relevance of the patch at its centre",
        better: Better::Higher,
        range: (-1.0, 1.0),
        chance: None,
        unit: "",
        source: "Wang et al. 2004, equation 13; Wang and Li 2011 for weighting",
    },
    Definition {
        name: "rho",
        formula: "Spearman's rank correlation of the tokens of two allocations",
        better: Better::Higher,
        range: (-1.0, 1.0),
        chance: Some(0.0),
        unit: "",
        source: "Spearman 1904",
    },
    Definition {
        name: "question-moved",
        formula: "as moved, of two questions about one page",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "ssim",
        formula: "mean structural similarity of windows of what is seen with the page",
        better: Better::Higher,
        range: (-1.0, 1.0),
        chance: None,
        unit: "",
        source: "Wang et al. 2004, equation 13",
    },
    Definition {
        name: "in-bounds",
        formula: "1 where every patch is inside its bounds",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "same-size",
        formula: "1 where what is seen has the size of the image",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "refused",
        formula: "1 where a request that cannot be carried out gets an error with a hint",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "admitted",
        formula: "1 where the allocation keeps total and bounds although a part misbehaves",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "named",
        formula: "1 where a reason names the part that misbehaves",
        better: Better::Higher,
        range: (0.0, 1.0),
        chance: None,
        unit: "",
        source: "this project",
    },
    Definition {
        name: "single-stream",
        formula: "90th percentile of the time of one item, each begun when the one before is done",
        better: Better::Lower,
        range: (0.0, INFINITE),
        chance: None,
        unit: "ms",
        source: "Reddi et al. 2020, MLPerf Inference Benchmark",
    },
    Definition {
        name: "offline",
        formula: "items / time of all of them, given at once",
        better: Better::Higher,
        range: (0.0, INFINITE),
        chance: None,
        unit: "items/s",
        source: "Reddi et al. 2020, MLPerf Inference Benchmark",
    },
    Definition {
        name: "net-saving",
        formula: "modelled prefill time of the tokens that are saved − time of choosing them",
        better: Better::Higher,
        range: (-INFINITE, INFINITE),
        chance: Some(0.0),
        unit: "s, modelled",
        source: "Chowdhery et al. 2022, PaLM, appendix B, for the operations",
    },
];

/// The definition of a metric: its own, or that of its ending, as in `decode-area`.
pub(crate) fn definition(metric: &str) -> Option<&'static Definition> {
    let of = |name: &str| DEFINITIONS.iter().find(|definition| definition.name == name);
    let score = || Task::ALL.iter().any(|task| task.names().score == metric).then(|| of("score")).flatten();
    of(metric)
        .or_else(score)
        .or_else(|| DEFINITIONS.iter().find(|d| metric.ends_with(&format!("-{}", d.name))))
}

/// Which way is better, for metrics that are compared between runs; none for those that only describe.
pub(crate) fn better(metric: &str) -> Option<Better> {
    definition(metric).map(|definition| definition.better)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        generated,
        measure::{self, Kind},
        suite::Measures,
    };

    /// Numbers that describe: nothing says which way is better, or it is told by a ratio and not by the number.
    const DESCRIBE: &[(&str, &str)] = &[
        ("time-p50", "median time of a decision, in ms; from 8 runs"),
        ("time-p90", "90th percentile of the time of a decision, in ms; from 64 runs"),
        ("time-p99", "99th percentile of the time of a decision, in ms; from 662 runs"),
        ("stage-p50", "median time of a stage of a decision, in ms"),
        ("prepare-p50", "median time of a scorer for what does not depend on the question, in ms"),
        ("score-p50", "median time of a scorer for a question on an image that it has prepared, in ms"),
        (
            "time-ratio",
            "time of a decision / time of one by another method in the same round, mean of the middle half over rounds",
        ),
        (
            "stage-ratio",
            "time of a stage / time of a fixed piece of work in the same round, mean of the middle half over rounds",
        ),
        ("locate-margin", "by how much the chosen thing is more alike than the next, likeness in −1 to 1"),
        ("command-seconds", "seconds from a question to the command's answer"),
        ("offline-rate", "decisions a second of requests that are there at once"),
        ("call-p50", "median time of a call to a scorer that does nothing, in µs"),
        ("cold-open", "time to find and load plugins in a new process, in ms"),
        ("cold-first", "time of the first decision of a process, in ms"),
        ("warm-p50", "median time of the decisions after it, in ms"),
        ("memory-beside", "the most memory of a process beside the image, in MiB"),
        (
            "steps-down",
            "1 where a block of decisions about such pages costs a level of autonomy that was earned on others",
        ),
        ("range-spent", "tokens of a decision that chose its total from a range / the mean of all that did"),
        ("range-read", "1 where the answer is read at the total that the decision chose"),
        ("fixed-read", "1 where the answer is read at the mean of the totals that were chosen"),
        (
            "unknown-coupling",
            "how strongly the question separates the patches of a page that is unlike others",
        ),
        ("unknown-claimed", "share of the patches of such a page that the question claims"),
        ("unknown-confidence", "confidence of a decision about such a page, where it claims any"),
        ("confidence-read", "confidence of a decision whose answer was read"),
        ("confidence-unread", "confidence of a decision whose answer was not read"),
        ("hearing-held", "share of the patches that hold the answer or its label"),
        (
            "hearing-hit",
            "a probability above 0.05 that the question gave a patch which holds the answer or its label",
        ),
        ("hearing-miss", "a probability above 0.05 that the question gave a patch which does not"),
        ("tension-least", "least value of a tension over all cells"),
        ("tension-greatest", "greatest value of a tension over all cells"),
        ("tension", "a tension of one decision"),
        ("time", "time of one decision, in ms"),
        ("stage", "time of a stage of one decision, in ms"),
        ("failed", "no number: why there is none stands in `reason`"),
    ];

    fn number(value: f64) -> String {
        match value {
            f64::INFINITY => "∞".into(),
            f64::NEG_INFINITY => "−∞".into(),
            value => value.to_string().replace('-', "−"),
        }
    }

    /// The tables of `docs/metrics.md`.
    fn tables() -> String {
        let mut page = "| metric | formula | better | range | chance | unit | source |\n\
                        |---|---|---|---|---|---|---|\n"
            .to_owned();
        let mut sorted: Vec<&Definition> = DEFINITIONS.iter().collect();
        sorted.sort_unstable_by_key(|d| d.name);
        for Definition { name, formula, better, range, chance, unit, source } in sorted {
            let better = match better {
                Better::Higher => "higher",
                Better::Lower => "lower",
            };
            let range = format!("{} to {}", number(range.0), number(range.1));
            let chance = chance.map(number).unwrap_or_default();
            // A bar would end the cell.
            let formula = formula.replace('|', "\\|");
            page +=
                &format!("| `{name}` | {formula} | {better} | {range} | {chance} | {unit} | {source} |\n");
        }
        page += "\nThese only describe:\n\n| metric | what it is |\n|---|---|\n";
        for (name, what) in DESCRIBE {
            page += &format!("| `{name}` | {what} |\n");
        }
        page
    }

    #[test]
    fn the_page_of_metrics_is_that_of_the_definitions() {
        generated::part("docs/metrics.md", "metrics", &tables(), "definition");
    }

    /// Every metric that stands in a row or a finding of any suite.
    fn known() -> Vec<&'static str> {
        let everything = "{repeat: {times: 2}, shift: {pixels: []}, threads: {counts: []}, paraphrase: {}, \
             batch: {threads: 2}, backends: {}, faults: {average: 1, parts: []}, \
             latency: {sizes: [], samples: 8, quick: 8, warm-up: 1}, \
             scorers: {threads: [1], samples: 1, quick: 1}, \
             coverage: {sizes: [], grids: [], profiles: []}, ranges: {from: 1, to: 2}, unknowns: {average: 1}}";
        let measures: Measures = serde_yaml::from_str(everything).unwrap();
        let kinds: Vec<Kind<'_>> = Kind::of(true, &measures).collect();
        assert_eq!(kinds.len(), measure::NAMES.len() + 1, "a measure is missing here");
        let tasks = Task::ALL.iter().flat_map(|task| task.metrics());
        let findings = kinds.into_iter().flat_map(|kind| kind.metrics().iter().copied()).chain(tasks);
        findings.chain(measure::row_metrics()).collect()
    }

    #[test]
    fn every_metric_is_defined_or_only_describes() {
        let known = known();
        for metric in &known {
            let describes = DESCRIBE.iter().any(|(name, _)| name == metric);
            assert!(definition(metric).is_some() != describes, "`{metric}` is defined twice, or not at all");
        }
        for (name, _) in DESCRIBE {
            assert!(known.contains(name), "`{name}` is no metric");
        }
    }

    #[test]
    fn definitions_are_whole() {
        let mut names: Vec<&str> = DEFINITIONS.iter().map(|d| d.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), DEFINITIONS.len(), "each name is there once");
        for d in DEFINITIONS {
            assert!(d.range.0 < d.range.1, "{}", d.name);
            assert!(d.chance.is_none_or(|c| d.range.0 <= c && c <= d.range.1), "{}", d.name);
            assert!(!d.formula.is_empty() && !d.source.is_empty(), "{}", d.name);
        }
    }
}
