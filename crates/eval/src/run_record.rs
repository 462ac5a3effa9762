//! `run.json`: what ran, on what, with which plugins, and what came out. Enough
//! to run it again, and to see why two runs differ.

use std::collections::BTreeMap;

use arrcoc_host::{Catalogue, Status};
use serde::Serialize;

use crate::{
    dataset::Length,
    finding::Finding,
    gate::{Outcome, Verdict},
    machine::Machine,
    row::Row,
    suite::{Suite, shown},
};

/// Name and version of the form.
pub(crate) const SCHEMA: &str = "arrcoc.run/1";

/// The record of a run.
#[derive(Serialize)]
pub(crate) struct RunRecord<'a> {
    schema: &'static str,
    pub(crate) created: String,
    pub(crate) seconds: f64,
    pub(crate) command: &'a str,
    pub(crate) length: Length,
    pub(crate) cells: CellsRecord,
    pub(crate) machine: &'a Machine,
    /// `arrcoc`, and what the caller said of the compiler and the sources.
    pub(crate) versions: BTreeMap<String, String>,
    pub(crate) suites: Vec<SuiteRecord>,
    pub(crate) plugins: Vec<PluginRecord>,
    pub(crate) backends: Vec<String>,
    pub(crate) not_measured: Vec<String>,
    /// Pages and questions that could not be measured.
    pub(crate) failures: Vec<FailureRecord>,
    pub(crate) holds: bool,
    pub(crate) gates: Vec<GateRecord>,
    pub(crate) findings: Vec<FindingRecord>,
}

/// How many cells came from earlier runs, and how many were measured.
#[derive(Clone, Copy, Default, Serialize)]
pub(crate) struct CellsRecord {
    kept: u64,
    measured: u64,
}

impl From<(u64, u64)> for CellsRecord {
    fn from((kept, measured): (u64, u64)) -> CellsRecord {
        CellsRecord { kept, measured }
    }
}

#[derive(Serialize)]
pub(crate) struct FailureRecord {
    suite: String,
    dataset: String,
    item: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ask: Option<u32>,
    #[serde(skip_serializing_if = "String::is_empty")]
    method: String,
    reason: String,
}

#[derive(Serialize)]
pub(crate) struct SuiteRecord {
    name: String,
    version: u32,
    file: String,
    blake3: String,
    pages: u32,
    methods: Vec<String>,
    seconds: f64,
}

#[derive(Serialize)]
pub(crate) struct PluginRecord {
    id: String,
    version: String,
    blake3: String,
    path: String,
}

#[derive(Serialize)]
pub(crate) struct GateRecord {
    suite: String,
    name: String,
    place: String,
    outcome: Outcome,
    why: String,
}

#[derive(Serialize)]
pub(crate) struct FindingRecord {
    suite: String,
    metric: &'static str,
    method: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    dataset: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    average: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
    estimate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<[f64; 2]>,
    n: usize,
    of: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p_holm: Option<f64>,
}

impl FailureRecord {
    fn of(row: &Row) -> FailureRecord {
        FailureRecord {
            suite: row.suite.clone(),
            dataset: row.dataset.clone(),
            item: row.item,
            name: row.name.clone(),
            ask: row.ask,
            method: row.method.clone(),
            reason: row.reason.clone(),
        }
    }
}

impl<'a> RunRecord<'a> {
    pub(crate) fn new(command: &'a str, machine: &'a Machine, versions: &[(String, String)]) -> Self {
        let mut versions: BTreeMap<String, String> = versions.iter().cloned().collect();
        versions.insert("arrcoc".into(), env!("CARGO_PKG_VERSION").into());
        RunRecord {
            schema: SCHEMA,
            created: jiff::Timestamp::now().to_string(),
            seconds: 0.0,
            command,
            length: Length::Standard,
            cells: CellsRecord::default(),
            machine,
            versions,
            suites: Vec::new(),
            plugins: Vec::new(),
            backends: Vec::new(),
            not_measured: Vec::new(),
            failures: Vec::new(),
            holds: true,
            gates: Vec::new(),
            findings: Vec::new(),
        }
    }

    pub(crate) fn suite(&mut self, suite: &Suite, length: Length, seconds: f64) {
        self.suites.push(SuiteRecord {
            name: suite.name.clone(),
            version: suite.version,
            file: suite.source.shown.clone(),
            blake3: suite.source.blake3.clone(),
            pages: suite.pages(length),
            methods: suite.methods.iter().map(|m| m.name.clone()).collect(),
            seconds,
        });
    }

    pub(crate) fn plugins(&mut self, catalogue: &Catalogue) {
        let used = catalogue.found().iter().filter(|found| matches!(found.status, Status::Usable));
        let record = |found: &arrcoc_host::Found| {
            let identity = found.identity.as_ref()?;
            Some(PluginRecord {
                id: identity.id.clone(),
                version: identity.version.clone(),
                blake3: identity.blake3.clone(),
                path: shown(&found.path),
            })
        };
        self.plugins = used.filter_map(record).collect();
    }

    pub(crate) fn results(&mut self, verdicts: &[Verdict], findings: &[Finding], rows: &[Row]) {
        self.holds = !verdicts.iter().any(|v| v.outcome == Outcome::Fails);
        self.failures = rows.iter().filter(|row| row.has_failed()).map(FailureRecord::of).collect();
        self.gates = verdicts
            .iter()
            .map(|v| GateRecord {
                suite: v.suite.clone(),
                name: v.name.clone(),
                place: v.place.clone(),
                outcome: v.outcome,
                why: v.why.clone(),
            })
            .collect();
        self.findings = findings
            .iter()
            .map(|f| FindingRecord {
                suite: f.suite.clone(),
                metric: f.metric,
                method: f.method.clone(),
                dataset: f.dataset.clone(),
                against: f.against.clone(),
                average: f.average,
                condition: f.condition.clone(),
                estimate: f.estimate,
                interval: f.interval.map(|i| [i.low, i.high]),
                n: f.n,
                of: f.of,
                p: f.test.map(|t| t.p),
                p_holm: f.test.and_then(|t| t.holm),
            })
            .collect();
    }
}
