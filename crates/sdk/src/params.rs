//! Parameters: values checked against what the plugin declared. The host checks
//! them when a user gives them, to name the nearest valid one; the plugin's
//! side checks them again, because it need not trust the host.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    describe::{ASSET, Domain, Param},
    fault::Fault,
};

/// The values of an instance's parameters: every declared one, and no other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    values: BTreeMap<String, Value>,
}

impl Params {
    /// Checks given values against the declared parameters and adds defaults.
    ///
    /// # Errors
    /// `InvalidInput`, naming the parameter and what it takes.
    pub fn resolve(declared: &[Param], given: &serde_json::Map<String, Value>) -> Result<Params, Fault> {
        if let Some(name) = given.keys().find(|name| declared.iter().all(|p| p.name != **name)) {
            return Err(Fault::invalid(format!("there is no parameter `{name}`")));
        }
        let mut values = BTreeMap::new();
        for param in declared {
            let value = match given.get(&param.name) {
                Some(value) => check(param, value).map_err(Fault::invalid)?,
                None => param.domain.default_value(),
            };
            values.insert(param.name.clone(), value);
        }
        Ok(Params { values })
    }

    /// The values as a JSON object, in the order of their names.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Map<String, Value> {
        self.values.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn get<'a, T>(
        &'a self,
        name: &str,
        kind: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<T, Fault> {
        let value = self.values.get(name);
        value
            .and_then(read)
            .ok_or_else(|| Fault::internal(format!("the plugin declared no {kind} parameter `{name}`")))
    }

    /// The value of a declared float.
    ///
    /// # Errors
    /// `Internal`, when the plugin declared no such parameter.
    pub fn float(&self, name: &str) -> Result<f64, Fault> {
        self.get(name, "float", Value::as_f64)
    }

    /// The value of a declared integer.
    ///
    /// # Errors
    /// `Internal`, when the plugin declared no such parameter.
    pub fn integer(&self, name: &str) -> Result<i64, Fault> {
        self.get(name, "integer", Value::as_i64)
    }

    /// The value of a declared boolean.
    ///
    /// # Errors
    /// `Internal`, when the plugin declared no such parameter.
    pub fn boolean(&self, name: &str) -> Result<bool, Fault> {
        self.get(name, "boolean", Value::as_bool)
    }

    /// The value of a declared choice or text.
    ///
    /// # Errors
    /// `Internal`, when the plugin declared no such parameter.
    pub fn text(&self, name: &str) -> Result<&str, Fault> {
        self.get(name, "text", Value::as_str)
    }

    /// The value of a declared path; empty when it was not given and has no default.
    ///
    /// # Errors
    /// `Internal`, when the plugin declared no such parameter.
    pub fn path(&self, name: &str) -> Result<&Path, Fault> {
        self.get(name, "path", Value::as_str).map(Path::new)
    }

    /// These with every path `asset:FOLDER` put where `place` says that the folder is;
    /// one that has no place stays as it is written.
    #[must_use]
    pub fn located(&self, declared: &[Param], place: impl Fn(&str) -> Option<PathBuf>) -> Params {
        let mut located = self.clone();
        for param in declared.iter().filter(|param| matches!(param.domain, Domain::Path { .. })) {
            let Some(value) = located.values.get_mut(&param.name) else { continue };
            let folder = value.as_str().and_then(|path| path.strip_prefix(ASSET));
            let found = folder.and_then(&place).and_then(|path| Some(Value::from(path.to_str()?)));
            *value = found.unwrap_or_else(|| value.take());
        }
        located
    }

    /// The files and folders among the values: those of the parameters that are declared as paths, and not empty.
    #[must_use]
    pub fn paths(&self, declared: &[Param]) -> Vec<String> {
        let declared = declared.iter().filter(|param| matches!(param.domain, Domain::Path { .. }));
        let values = declared.filter_map(|param| self.values.get(&param.name)?.as_str());
        values.filter(|path| !path.is_empty()).map(str::to_owned).collect()
    }
}

impl Domain {
    /// The value used when none is given.
    #[must_use]
    pub fn default_value(&self) -> Value {
        match self {
            Domain::Float { default, .. } => Value::from(*default),
            Domain::Integer { default, .. } => Value::from(*default),
            Domain::Boolean { default } => Value::from(*default),
            Domain::Choice { default, .. } | Domain::Text { default } | Domain::Path { default } => {
                Value::from(default.as_str())
            }
        }
    }

    /// What the parameter takes, for an error message.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Domain::Float { min, max, .. } => format!("a number from {min} to {max}"),
            Domain::Integer { min, max, .. } => format!("a whole number from {min} to {max}"),
            Domain::Boolean { .. } => "true or false".into(),
            Domain::Choice { values, .. } => format!("one of {}", values.join(", ")),
            Domain::Text { .. } => "a text".into(),
            Domain::Path { .. } => "a path".into(),
        }
    }
}

/// Checks one value; whole numbers are accepted where a float is declared.
///
/// # Errors
/// One clause that names the parameter, the value and what it takes.
pub fn check(param: &Param, value: &Value) -> Result<Value, String> {
    let accepted = match &param.domain {
        Domain::Float { min, max, .. } => {
            value.as_f64().filter(|x| (*min..=*max).contains(x)).map(Value::from)
        }
        Domain::Integer { min, max, .. } => {
            value.as_i64().filter(|x| (*min..=*max).contains(x)).map(Value::from)
        }
        Domain::Boolean { .. } => value.as_bool().map(Value::from),
        Domain::Choice { values, .. } => {
            value.as_str().filter(|x| values.iter().any(|v| v == x)).map(Value::from)
        }
        Domain::Text { .. } | Domain::Path { .. } => value.as_str().map(Value::from),
    };
    accepted.ok_or_else(|| {
        format!("parameter `{}` takes {}, not `{}`", param.name, param.domain.expected(), plain(value))
    })
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Reads the text that a user gave for a parameter.
///
/// # Errors
/// One clause that names the parameter, the value and what it takes.
pub fn parse(param: &Param, text: &str) -> Result<Value, String> {
    let value = match &param.domain {
        Domain::Choice { .. } | Domain::Text { .. } | Domain::Path { .. } => Value::from(text),
        _ => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
    };
    check(param, &value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Vec<Param> {
        vec![
            Param::float("gain", 0.0..=2.0, 1.0, ""),
            Param::integer("radius", 1..=9, 3, ""),
            Param::choice("mode", &["soft", "hard"], "soft", ""),
            Param::boolean("invert", false, ""),
        ]
    }

    #[test]
    fn defaults_fill_what_is_not_given() {
        let given = serde_json::from_str(r#"{"gain": 2}"#).unwrap();
        let params = Params::resolve(&declared(), &given).unwrap();
        assert_eq!(params.float("gain").unwrap(), 2.0);
        assert_eq!(params.integer("radius").unwrap(), 3);
        assert_eq!(params.text("mode").unwrap(), "soft");
        assert!(!params.boolean("invert").unwrap());
        assert!(params.float("radiu").is_err());
    }

    #[test]
    fn what_was_not_declared_or_is_out_of_range_is_refused() {
        let refused = |json: &str| {
            let given = serde_json::from_str(json).unwrap();
            Params::resolve(&declared(), &given).unwrap_err().message
        };
        assert!(refused(r#"{"gian": 1}"#).contains("`gian`"));
        assert!(refused(r#"{"gain": 2.5}"#).contains("from 0 to 2, not `2.5`"));
        assert!(refused(r#"{"radius": 1.5}"#).contains("whole number"));
        assert!(refused(r#"{"mode": "loud"}"#).contains("soft, hard"));
        assert!(refused(r#"{"invert": "yes"}"#).contains("true or false"));
    }

    #[test]
    fn an_asset_is_put_in_its_place_and_other_paths_and_texts_are_left_alone() {
        let declared = [
            Param::path("models", "asset:ocr-1", ""),
            Param::path("lost", "asset:nowhere", ""),
            Param::path("own", "", ""),
            Param::text("said", "asset:ocr-1", ""),
        ];
        let given = serde_json::from_str(r#"{"own": "/mine"}"#).unwrap();
        let params = Params::resolve(&declared, &given).unwrap();
        let located =
            params.located(&declared, |name| (name == "ocr-1").then(|| PathBuf::from("/cache").join(name)));
        assert_eq!(located.path("models").unwrap(), Path::new("/cache/ocr-1"));
        assert_eq!(located.path("lost").unwrap(), Path::new("asset:nowhere"));
        assert_eq!(located.path("own").unwrap(), Path::new("/mine"));
        assert_eq!(located.text("said").unwrap(), "asset:ocr-1");
        assert_eq!(
            params.path("models").unwrap(),
            Path::new("asset:ocr-1"),
            "the record keeps what was written"
        );
    }

    #[test]
    fn a_users_text_is_read_by_the_declared_type() {
        let params = declared();
        assert_eq!(parse(&params[0], "1.5").unwrap(), Value::from(1.5));
        assert_eq!(parse(&params[2], "hard").unwrap(), Value::from("hard"));
        assert!(parse(&params[0], "NaN").unwrap_err().contains("`NaN`"));
    }
}
