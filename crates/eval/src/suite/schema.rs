//! The form of suite files twice more, both from its types: as a JSON schema for editors, and as the tables of keys in
//! `docs/suites.md`.
//!
//! A key costs a doc comment: that is its description in both. The tests here fail until both are written anew, and
//! hold every suite of the project to the schema.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write as _, fs, path::Path};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};
use serde_json::Value;

use super::{
    file::{DefinitionFile, MethodFile, SuiteFile},
    yaml::{Text, Written},
};
use crate::generated;

impl<T: Written> JsonSchema for Text<T> {
    fn schema_name() -> Cow<'static, str> {
        T::FORM.trim_start_matches("a ").replace(' ', "-").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({"type": "string", "title": T::FORM, "description": T::HINT});
        if let Some(pattern) = pattern(T::FORM) {
            schema.insert("pattern".into(), pattern.into());
        }
        schema
    }
}

/// What an editor can check of a value that is written as text.
fn pattern(form: &str) -> Option<&'static str> {
    match form {
        "a size" => Some("^ *[0-9]+ *[x×] *[0-9]+ *$"),
        "a grid" => Some("^ *[0-9]+ *[xX×] *[0-9]+ *$"),
        "bounds" => Some("^ *[0-9]+ *\\.\\. *[0-9]+ *$"),
        _ => None,
    }
}

impl JsonSchema for MethodFile {
    fn schema_name() -> Cow<'static, str> {
        "MethodFile".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "string"}, generator.subschema_for::<DefinitionFile>()]})
    }
}

/// The schema, in the same order whatever map is below it.
fn schema() -> Value {
    let mut schema = plain(schema_for!(SuiteFile).to_value());
    schema["title"] = "A suite file of ARR-COC".into();
    schema
}

/// Without what says nothing to those who write suites: a key that may be left out is left out, not null.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(plain).collect(),
        Value::Object(fields) => {
            let mut fields: BTreeMap<String, Value> =
                fields.into_iter().map(|(k, v)| (k, plain(v))).collect();
            fields.retain(|key, value| key != "format" && !(key == "default" && value.is_null()));
            if let Some(Value::Array(kinds)) = fields.get_mut("type") {
                kinds.retain(|kind| kind != "null");
                let only = kinds.first().filter(|_| kinds.len() == 1).cloned();
                fields.extend(only.map(|only| ("type".into(), only)));
            }
            if let Some(Value::Array(forms)) = fields.get_mut("anyOf") {
                forms.retain(|form| form["type"] != "null");
                if let [Value::Object(only)] = forms.as_slice() {
                    let only = only.clone();
                    fields.remove("anyOf");
                    for (key, value) in only {
                        fields.entry(key).or_insert(value);
                    }
                }
            }
            if let Some(Value::String(text)) = fields.get_mut("description") {
                *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            Value::Object(fields.into_iter().collect())
        }
        other => other,
    }
}

/// The keys of a mapping: those that are needed as they stand in the file, then the others by name.
fn keys(mapping: &Value) -> Vec<(&str, bool, &Value)> {
    let Some(properties) = mapping["properties"].as_object() else { return Vec::new() };
    let needed: Vec<&str> =
        mapping["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut others: Vec<&str> =
        properties.keys().map(String::as_str).filter(|k| !needed.contains(k)).collect();
    others.sort_unstable();
    let first = needed.iter().map(|key| (*key, true, &properties[*key]));
    first.chain(others.iter().map(|key| (*key, false, &properties[*key]))).collect()
}

fn resolved<'a>(value: &'a Value, root: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(place) => {
            root.pointer(place.trim_start_matches('#')).unwrap_or_else(|| panic!("{place} is missing"))
        }
        None => value,
    }
}

/// The forms of which a value has one.
fn forms(value: &Value) -> Option<&Vec<Value>> {
    value["anyOf"].as_array().or_else(|| value["oneOf"].as_array())
}

/// What a value is, in words.
fn words(value: &Value, root: &Value, many: bool) -> String {
    let value = resolved(value, root);
    let number = |one: &str, several: &str| if many { several.to_owned() } else { one.to_owned() };
    if let Some(form) = value["title"].as_str() {
        let bare = form.trim_start_matches("a ");
        return number(form, &if bare == form { bare.to_owned() } else { format!("{bare}s") });
    }
    if let Some(constant) = value.get("const") {
        return format!("`{}`", constant.as_str().unwrap_or_default());
    }
    if let Some(names) = value["enum"].as_array() {
        let names: Vec<String> =
            names.iter().map(|n| format!("`{}`", n.as_str().unwrap_or_default())).collect();
        return names.join(" or ");
    }
    if let Some(forms) = forms(value) {
        return forms.iter().map(|form| words(form, root, many)).collect::<Vec<_>>().join(" or ");
    }
    match value["type"].as_str().unwrap_or_default() {
        "string" => number("text", "texts"),
        "integer" => number("a whole number", "whole numbers"),
        "number" => number("a number", "numbers"),
        "boolean" => "true or false".into(),
        "array" => {
            let items = words(&value["items"], root, true);
            let of = value["maxItems"].as_u64().map_or(items.clone(), |count| format!("{count} {items}"));
            number(&format!("a list of {of}"), &format!("lists of {of}"))
        }
        "object" if value["additionalProperties"].is_object() => {
            let values = words(&value["additionalProperties"], root, true);
            number(&format!("names, each with {values}"), &format!("names, each with {values}"))
        }
        "object" if keys(value).is_empty() => "`{}`".into(),
        _ => number("a mapping", "mappings"),
    }
}

/// The mappings that a value may be, each with its place in a file.
fn mappings<'a>(value: &'a Value, at: &str, root: &'a Value, found: &mut Vec<(&'a Value, Vec<String>)>) {
    let value = resolved(value, root);
    forms(value).into_iter().flatten().for_each(|form| mappings(form, at, root, found));
    if value["items"].is_object() {
        mappings(&value["items"], &format!("{at}[]"), root, found);
    }
    if keys(value).is_empty() {
        return;
    }
    if let Some((_, places)) = found.iter_mut().find(|(known, _)| std::ptr::eq(*known, value)) {
        places.push(at.to_owned());
        return;
    }
    found.push((value, vec![at.to_owned()]));
    for (key, _, inner) in keys(value) {
        let inside = if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
        mappings(inner, &inside, root, found);
    }
}

/// A table for each mapping of a suite file.
fn tables(root: &Value) -> String {
    let mut found = Vec::new();
    mappings(root, "", root, &mut found);
    let mut page = String::new();
    for (mapping, places) in found {
        let title = match places.as_slice() {
            [whole] if whole.is_empty() => "The file".to_owned(),
            places => places.iter().map(|at| format!("`{at}`")).collect::<Vec<_>>().join(", "),
        };
        let about = mapping["description"].as_str().unwrap_or_default();
        writeln!(page, "### {title}\n\n{about}\n\n| key | takes | |\n|---|---|---|").unwrap();
        for (key, needed, value) in keys(mapping) {
            let own = value["description"].as_str().unwrap_or_default();
            let choices =
                forms(resolved(value, root)).into_iter().flatten().filter(|form| form.get("const").is_some());
            let choice = |choice: &Value| {
                let (name, about) = (choice["const"].as_str(), choice["description"].as_str());
                format!(" `{}`: {}", name.unwrap_or_default(), about.unwrap_or_default())
            };
            let choices: String = choices.map(choice).collect();
            let key = if needed { format!("**`{key}`**") } else { format!("`{key}`") };
            writeln!(page, "| {key} | {} | {own}{choices} |", words(value, root, false)).unwrap();
        }
        page.push('\n');
    }
    page
}

/// Follows a value through the parts of JSON Schema that the generator uses, a key that is not named being an error.
fn follow(value: &Value, schema: &Value, root: &Value, at: &str) -> Result<(), String> {
    let schema = resolved(schema, root);
    if let Some(forms) = forms(schema) {
        let errors: Vec<String> =
            forms.iter().filter_map(|form| follow(value, form, root, at).err()).collect();
        return if errors.len() < forms.len() { Ok(()) } else { Err(errors.join("; ")) };
    }
    let fits = match schema["type"].as_str().unwrap_or_default() {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => return Err(format!("{at}: a schema of type `{other}`")),
    };
    let named = schema["enum"].as_array().is_none_or(|names| names.contains(value));
    if !fits || !named || schema.get("const").is_some_and(|constant| constant != value) {
        return Err(format!("{at}: {value} is not {}", words(schema, root, false)));
    }
    let length = value.as_array().map(|values| values.len() as u64);
    if schema["maxItems"].as_u64().zip(length).is_some_and(|(most, length)| length > most) {
        return Err(format!("{at}: too many values"));
    }
    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
        follow(item, &schema["items"], root, &format!("{at}[{i}]"))?;
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        let known =
            schema["properties"].get(key).or(Some(&schema["additionalProperties"]).filter(|s| s.is_object()));
        let known = known.ok_or_else(|| format!("{at}: the key `{key}` is not in the schema"))?;
        follow(inner, known, root, &format!("{at}.{key}"))?;
    }
    let missing = keys(schema).into_iter().find(|(key, needed, _)| *needed && value.get(key).is_none());
    missing.map_or(Ok(()), |(key, ..)| Err(format!("{at}: the key `{key}` is missing")))
}

#[test]
fn the_committed_schema_is_that_of_the_types() {
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    generated::file("docs/suite.schema.json", &text, "schema");
}

#[test]
fn the_tables_of_keys_are_those_of_the_schema() {
    generated::part("docs/suites.md", "keys", &tables(&schema()), "schema");
}

#[test]
fn every_key_is_described() {
    let root = schema();
    let mut found = Vec::new();
    mappings(&root, "", &root, &mut found);
    for (mapping, places) in found {
        for (key, _, value) in keys(mapping) {
            assert!(value["description"].is_string(), "`{key}` of `{}` has no doc comment", places[0]);
        }
    }
}

#[test]
fn every_suite_of_the_project_follows_the_schema() {
    let (root, crate_root) = (schema(), Path::new(env!("CARGO_MANIFEST_DIR")));
    let mut seen = 0;
    for folder in ["../../suites", "tests/suites"] {
        for entry in fs::read_dir(crate_root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let suite = serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
                follow(&suite, &root, &root, "suite").unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                seen += 1;
            }
        }
    }
    assert!(seen >= 6, "{seen}");
}

#[test]
fn what_the_reader_refuses_does_not_follow_the_schema() {
    let root = schema();
    let text = include_str!("../../tests/suites/small.yaml");
    for (from, to, at) in [
        ("pages: 2", "pagse: 2", "suite.datasets[0]: the key `pagse` is not in the schema"),
        ("repeat: {times: 2}", "repeat: {}", "suite.measure.repeat: the key `times` is missing"),
        ("[[1, 0]]", "[[1, 0, 0]]", "suite.measure.shift.pixels[0]: too many values"),
        ("kind: codes", "kind: tea", "suite.datasets[0].kind: \"tea\" is not `codes`"),
        ("backends: {}", "backends: {x: 1}", "suite.measure.backends: the key `x` is not in the schema"),
    ] {
        let bent = text.replace(from, to);
        assert!(super::yaml::read::<SuiteFile>(&bent).is_err(), "{to}");
        let error = follow(&serde_yaml::from_str(&bent).unwrap(), &root, &root, "suite").unwrap_err();
        assert!(error.starts_with(at), "{error}");
    }
}

#[test]
fn the_example_of_the_page_is_a_suite() {
    let page = include_str!("../../../../docs/suites.md");
    let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    super::yaml::read::<SuiteFile>(example).unwrap();
    let root = schema();
    follow(&serde_yaml::from_str(example).unwrap(), &root, &root, "example").unwrap();
}
