//! The committed JSON schema is the generated one, and real decisions follow it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::{fs, path::Path};

use serde_json::Value;
use support::Desk;

#[test]
fn the_committed_schema_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/decision.schema.json");
    let committed = fs::read_to_string(path).unwrap();
    assert!(
        committed == arrcoc::schema::decision(),
        "run: cargo run --release -p arrcoc --example decision_schema > docs/decision.schema.json"
    );
}

#[test]
fn real_decisions_follow_the_schema() {
    let desk = Desk::new();
    let root: Value = serde_json::from_str(&arrcoc::schema::decision()).unwrap();
    for args in [
        &["--query", "what?"][..],
        &[
            "--budget",
            "50000..60000",
            "--pin",
            "0,0=400",
            "--ban",
            "0,1",
            "--floor",
            "0,2=100",
            "--who",
            "R. Ito",
        ],
        &["--levels", "64,100,400", "--allocator", "random"],
        &["--bounds", "0..1", "--budget", "99", "--levels", "any", "--uniform"],
    ] {
        let all = [&["allocate", "page.png", "--json", "-"], args].concat();
        let decision: Value = serde_json::from_str(&desk.run(&all).well()).unwrap();
        follow(&decision, &root, &root, "decision").unwrap_or_else(|e| panic!("{args:?}: {e}"));
    }
    let mut bent: Value =
        serde_json::from_str(&desk.run(&["allocate", "page.png", "--json", "-"]).well()).unwrap();
    bent["tensions"]["mood"] = 0.5.into();
    assert!(follow(&bent, &root, &root, "decision").unwrap_err().contains("mood"));
}

/// Follows a value through the parts of JSON Schema that the generator uses.
/// Stricter than the standard: a key that the schema does not name is an error.
fn follow(value: &Value, schema: &Value, root: &Value, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target =
            root.pointer(reference.trim_start_matches('#')).ok_or(format!("{reference} is missing"))?;
        return follow(value, target, root, at);
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(choices) = schema[choice].as_array() {
            let errors: Vec<String> =
                choices.iter().filter_map(|c| follow(value, c, root, at).err()).collect();
            return if errors.len() < choices.len() { Ok(()) } else { Err(errors.join("; ")) };
        }
    }
    if let Some(names) = schema["enum"].as_array() {
        return if names.contains(value) {
            Ok(())
        } else {
            Err(format!("{at}: {value} is not one of {names:?}"))
        };
    }
    if let Some(constant) = schema.get("const") {
        return if constant == value { Ok(()) } else { Err(format!("{at}: {value} is not {constant}")) };
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = &schema["type"];
    let fits = |t: &Value| t == kind || (t == "number" && kind == "integer");
    let any = allowed.as_array().map_or_else(|| allowed.is_null() || fits(allowed), |ts| ts.iter().any(fits));
    if !any {
        return Err(format!("{at}: a {kind} where {allowed} belongs"));
    }
    if let Some(items) = value.as_array() {
        for (i, item) in items.iter().enumerate() {
            follow(item, &schema["items"], root, &format!("{at}[{i}]"))?;
        }
    }
    if let Some(object) = value.as_object() {
        let named = schema["properties"].as_object();
        for (key, item) in object {
            let inner = named.and_then(|n| n.get(key)).or(schema.get("additionalProperties"));
            match inner {
                Some(inner) if inner.is_object() => follow(item, inner, root, &format!("{at}.{key}"))?,
                Some(Value::Bool(true)) => {}
                _ => return Err(format!("{at}: the schema has no key `{key}`")),
            }
        }
        for required in schema["required"].as_array().into_iter().flatten() {
            if !object.contains_key(required.as_str().unwrap()) {
                return Err(format!("{at}: the key {required} is missing"));
            }
        }
    }
    Ok(())
}
