//! The one place that reads YAML, and that knows where in a file a value stands.
//!
//! Whatever is wrong with a suite file is told with line and column. The reader
//! gives those for what it finds itself (a wrong type, an unknown key). For what
//! is found later (a name that no plugin has, a budget below the floor) the file
//! is read once more, down to the value in question, and stopped there on
//! purpose: the place of that error is the place of the value.

use std::{fmt, marker::PhantomData, str::FromStr};

use arrcoc_host::NameError;
use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess,
    SeqAccess, Visitor,
};

/// What is wrong at one place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Line and column, from 1; none where the whole file is meant.
    pub(crate) place: Option<(usize, usize)>,
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// A step from a value into a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Step {
        Step::Key(key.into())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Step {
        Step::Index(index)
    }
}

/// Reads a document.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_yaml::from_str(text).map_err(|error| fault(&error))
}

/// The place of a value, or of the nearest one around it that exists.
pub(crate) fn place(text: &str, path: &[Step]) -> Option<(usize, usize)> {
    (0..=path.len()).rev().find_map(|length| {
        let probe = Probe(&path[..length]);
        let error = probe.deserialize(serde_yaml::Deserializer::from_str(text)).err()?;
        let at = error.location().filter(|_| error.to_string().contains(HERE))?;
        Some((at.line(), at.column()))
    })
}

/// Separates a message from its hint on the way through the reader.
const HINT: char = '\u{1f}';
const HERE: &str = "the value is here";

fn fault(error: &serde_yaml::Error) -> Fault {
    let place = error.location().map(|at| (at.line(), at.column()));
    let mut text = error.to_string();
    if let Some((line, column)) = place {
        // The reader ends its messages with the place, and begins them with the path.
        text = text.replace(&format!(" at line {line} column {column}"), "");
    }
    let (message, hint) = match text.split_once(HINT) {
        Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
        None => (text, None),
    };
    let text = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let (path, message) = split_path(&text);
    let names = backticked(message);
    let (message, found) = match (message.split_once(", expected "), names.split_first()) {
        _ if message.starts_with("unknown ") && names.len() > 1 => {
            let what = if message.starts_with("unknown field") { "key" } else { "value" };
            let valid = names[1..].iter().map(String::as_str);
            let known = NameError::new(what, &names[0], valid);
            (known.to_string(), Some(known.hint))
        }
        (_, Some((key, _))) if message.starts_with("missing field") => {
            let hint = format!("add `{key}:`; docs/suites.md has every key");
            (format!("the key `{key}` is missing"), Some(hint))
        }
        (Some((what, wanted)), _) if message.starts_with("invalid ") => {
            let (_, what) = what.split_once(": ").unwrap_or(("", what));
            (format!("it is {what}, not {}", plainly(wanted)), None)
        }
        _ => (message.to_owned(), None),
    };
    let message = if path.is_empty() { message } else { format!("in `{path}`: {message}") };
    let hint = hint.or(found).unwrap_or_else(|| "docs/suites.md says what each key takes".into());
    Fault { place, message, hint }
}

/// The reader begins a message with the path to the value: `measure.repeat: unknown field …`.
fn split_path(message: &str) -> (&str, &str) {
    let of_path = |c: char| c.is_ascii_alphanumeric() || "-_.[]".contains(c);
    match message.split_once(": ") {
        Some((path, rest)) if path.chars().all(of_path) => (path.trim_start_matches('.'), rest),
        _ => ("", message),
    }
}

/// A type, for those who write YAML.
fn plainly(wanted: &str) -> String {
    match wanted {
        "u32" | "u64" | "usize" => "a whole number from 0".into(),
        "f64" => "a number".into(),
        "a sequence" => "a list".into(),
        _ if wanted.starts_with("struct ") => "a mapping of keys".into(),
        _ => wanted.into(),
    }
}

fn backticked(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Goes down a path and stops with an error at its end.
struct Probe<'a>(&'a [Step]);

impl<'de> DeserializeSeed<'de> for Probe<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Probe<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HERE)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.0.split_first() else { return Err(A::Error::custom(HERE)) };
        while let Some(key) = map.next_key::<String>()? {
            match first {
                Step::Key(wanted) if *wanted == key => return map.next_value_seed(Probe(rest)),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.0.split_first() else { return Err(A::Error::custom(HERE)) };
        let Step::Index(wanted) = first else { return Ok(()) };
        for _ in 0..*wanted {
            if seq.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        seq.next_element_seed(Probe(rest)).map(|_| ())
    }
}

/// A value written as text that is read by [`FromStr`], such as `24x24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text<T>(pub(crate) T);

impl<'de, T: Written> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<T>, D::Error> {
        deserializer.deserialize_str(TextVisitor(PhantomData)).map(Text)
    }
}

/// What can be written as text in a suite file.
pub(crate) trait Written: FromStr<Err: fmt::Display> {
    /// Completes "it is …", for a value of another type.
    const FORM: &'static str;
    /// What would be right.
    const HINT: &'static str;
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: Written> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::FORM)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(|error| E::custom(format!("{error}{HINT}{}", T::HINT)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a: 1\nlist:\n  - x\n  - {name: y, deep: [1, 2, 3]}\nlast: {k: v}\n";

    fn at(path: &[Step]) -> Option<(usize, usize)> {
        place(TEXT, path)
    }

    #[test]
    fn every_kind_of_value_has_its_place() {
        assert_eq!(at(&["a".into()]), Some((1, 4)));
        assert_eq!(at(&["list".into(), 0.into()]), Some((3, 5)));
        assert_eq!(at(&["list".into(), 1.into(), "deep".into(), 2.into()]), Some((4, 28)));
        assert_eq!(at(&["last".into(), "k".into()]), Some((5, 11)));
    }

    #[test]
    fn what_is_not_there_has_the_place_of_what_is_around_it() {
        assert_eq!(at(&["last".into(), "missing".into()]), at(&["last".into()]));
        assert_eq!(at(&["list".into(), 7.into()]), at(&["list".into()]));
    }

    #[test]
    fn unknown_keys_and_wrong_types_are_placed_at_themselves() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code, reason = "read for its errors")]
        struct File {
            pages: u32,
            inner: Inner,
        }
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code, reason = "read for its errors")]
        struct Inner {
            budget: u32,
        }
        let unknown = read::<File>("pages: 3\ninner:\n  budget: 3\n  bugdet: 4\n").unwrap_err();
        assert_eq!(unknown.place, Some((4, 3)));
        assert_eq!(unknown.message, "in `inner`: unknown key `bugdet`");
        assert_eq!(unknown.hint, "did you mean `budget`?");
        let wrong = read::<File>("pages: many\ninner: {budget: 1}\n").unwrap_err();
        assert_eq!(wrong.place, Some((1, 8)));
        assert_eq!(wrong.message, "in `pages`: it is string \"many\", not a whole number from 0");
        let missing = read::<File>("pages: 3\ninner: {}\n").unwrap_err();
        assert_eq!(missing.message, "in `inner`: the key `budget` is missing");
        let broken = read::<File>("pages: [3\n").unwrap_err();
        assert!(broken.place.is_some(), "{broken:?}");
    }
}
