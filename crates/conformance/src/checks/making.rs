//! Tests of making instances: from defaults, and not from what was not declared.

use arrcoc_sdk::{
    abi::FaultCode,
    describe::{Domain, Param},
    fault::Fault,
    foreign::{self, Grant},
};
use serde_json::{Map, Value, json};

use crate::{
    bench::{Bench, Finding, Stop, failed},
    subject::Part,
};

/// Makes an instance with defaults, then with what must be refused.
pub(super) fn make(bench: &Bench) -> Finding {
    let skipped = match bench.subject() {
        Ok(_) => None,
        Err(Stop::Skipped(why)) => Some(why),
        Err(failed) => return Err(failed),
    };
    let id = part_id(bench)?;
    let unknown = json!({ "no-such-parameter": 1 });
    refused(bench, &id, &unknown, FaultCode::INVALID_INPUT, "an undeclared parameter")?;
    let mut tried = 0;
    for param in bench.declared()? {
        for value in outside(param) {
            let what = format!("`{}` = {value}", param.name);
            let mut given = Map::new();
            given.insert(param.name.clone(), value);
            refused(bench, &id, &Value::Object(given), FaultCode::INVALID_INPUT, &what)?;
            tried += 1;
        }
    }
    refused(bench, "no-such-part", &json!({}), FaultCode::UNSUPPORTED, "an unknown id")?;
    match skipped {
        Some(why) => Err(Stop::Skipped(why)),
        None => Ok(if tried > 0 {
            format!("{tried} values outside their range were refused")
        } else {
            String::new()
        }),
    }
}

fn part_id(bench: &Bench) -> Result<String, Stop> {
    Ok(match bench.part()? {
        Part::Scorer(info) => info.id.clone(),
        Part::Allocator(info) => info.id.clone(),
    })
}

/// Values that a parameter does not take.
fn outside(param: &Param) -> Vec<Value> {
    match &param.domain {
        Domain::Float { min, max, .. } => {
            vec![json!(min - min.abs().max(1.0)), json!(max + max.abs().max(1.0)), json!("many")]
        }
        Domain::Integer { min, max, .. } => {
            let ends = [min.checked_sub(1), max.checked_add(1)];
            ends.into_iter().flatten().map(Value::from).chain([json!(0.5), json!("many")]).collect()
        }
        Domain::Boolean { .. } => vec![json!("perhaps"), json!(2)],
        Domain::Choice { .. } => vec![json!("none of these words"), json!(1)],
        Domain::Text { .. } | Domain::Path { .. } => vec![json!(1), json!(["a"])],
    }
}

/// Whether making an instance fails with this code.
fn refused(bench: &Bench, id: &str, params: &Value, code: FaultCode, what: &str) -> Result<(), Stop> {
    bench.at(format!("making an instance with {what}"));
    let made = made(bench, id, &params.to_string())?;
    match made {
        Err(fault) if fault.code == code => Ok(()),
        Err(fault) => failed(format!("{what} was {}", bench.lost(fault))),
        Ok(()) => failed(format!("{what} was accepted")),
    }
}

fn made(bench: &Bench, id: &str, params: &str) -> Result<Result<(), Fault>, Stop> {
    let (root, grant) = (&bench.library()?.root, Grant::threads(1));
    Ok(match bench.part()? {
        Part::Scorer(_) => {
            let make = root.make_scorer();
            foreign::make_scorer(|id, attrs, call| make(id, attrs, call), id, params, &grant).map(drop)
        }
        Part::Allocator(_) => {
            let make = root.make_allocator();
            foreign::make_allocator(|id, attrs, call| make(id, attrs, call), id, params, &grant).map(drop)
        }
    })
}
