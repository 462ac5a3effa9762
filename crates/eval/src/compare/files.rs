//! A run as it was written: what is needed of `run.json`, and all rows.

use std::{collections::BTreeMap, path::Path};

use arrcoc::Error;
use serde::Deserialize;

use crate::{machine::Machine, parquet, row::Row, run_record::SCHEMA};

/// A run.
pub(crate) struct RunFiles {
    /// How it is called.
    pub(crate) shown: String,
    pub(crate) processor: String,
    /// Suites, with their versions.
    pub(crate) suites: BTreeMap<String, u32>,
    pub(crate) rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Record {
    schema: String,
    machine: MachineRecord,
    suites: Vec<SuiteRecord>,
}

#[derive(Deserialize)]
struct MachineRecord {
    processor: String,
}

#[derive(Deserialize)]
struct SuiteRecord {
    name: String,
    version: u32,
}

/// The largest record that is read, in bytes.
const LARGEST: u64 = 256 << 20;

impl RunFiles {
    /// Reads the folder of a run.
    ///
    /// # Errors
    /// When it is not one, or one of another version.
    pub(crate) fn read(folder: &Path) -> Result<RunFiles, Error> {
        let path = folder.join("run.json");
        let not_a_run = |reason: String| {
            Error::new(
                format!("{}: {reason}", folder.display()),
                "name the folder of a run, such as reports/baseline",
            )
        };
        let size =
            std::fs::metadata(&path).map_err(|_| not_a_run("there is no run.json in it".into()))?.len();
        if size > LARGEST {
            return Err(not_a_run(format!("its run.json has {size} bytes")));
        }
        let text = std::fs::read(&path).map_err(|e| Error::file(&path, "read the record", &e))?;
        let record: Record = serde_json::from_slice(&text)
            .map_err(|e| not_a_run(format!("its run.json cannot be read: {e}")))?;
        if record.schema != SCHEMA {
            return Err(not_a_run(format!(
                "its run.json is `{}`; this version reads `{SCHEMA}`",
                record.schema
            )));
        }
        Ok(RunFiles {
            shown: folder.display().to_string(),
            processor: record.machine.processor,
            suites: record.suites.into_iter().map(|suite| (suite.name, suite.version)).collect(),
            rows: parquet::read(&folder.join("results.parquet"))?,
        })
    }

    /// A run that has just been made.
    pub(crate) fn here(machine: &Machine, suites: BTreeMap<String, u32>, rows: Vec<Row>) -> RunFiles {
        RunFiles { shown: "this run".into(), processor: machine.processor.clone(), suites, rows }
    }
}
