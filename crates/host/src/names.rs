//! Names that users type: an unknown one is answered with the nearest valid one.

/// A name that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {kind} `{name}`")]
#[non_exhaustive]
pub struct NameError {
    /// What was looked for, such as `scorer`.
    pub kind: &'static str,
    /// What was typed.
    pub name: String,
    /// What would be right.
    pub hint: String,
}

impl NameError {
    /// An unknown name among these valid ones.
    #[must_use]
    pub fn new<'a>(kind: &'static str, name: &str, valid: impl IntoIterator<Item = &'a str>) -> NameError {
        let mut valid: Vec<&str> = valid.into_iter().collect();
        valid.sort_unstable();
        valid.dedup();
        let hint = match (nearest(name, &valid), valid.is_empty()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, true) => format!("no {kind} is available; see `arrcoc plugins list`"),
            (None, false) => format!("available: {}", valid.join(", ")),
        };
        NameError { kind, name: name.into(), hint }
    }
}

/// The valid name that a typing mistake most likely stood for.
#[must_use]
pub fn nearest<'a>(name: &str, valid: &[&'a str]) -> Option<&'a str> {
    valid
        .iter()
        .map(|&v| (strsim::damerau_levenshtein(&name.to_lowercase(), &v.to_lowercase()), v))
        .filter(|(distance, v)| *distance <= (v.chars().count().max(3) / 3))
        .min()
        .map(|(_, v)| v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_name_and_other_words_do_not() {
        let valid = ["proportional", "uniform", "edge-density"];
        assert_eq!(nearest("proportionl", &valid), Some("proportional"));
        assert_eq!(nearest("edge_density", &valid), Some("edge-density"));
        assert_eq!(nearest("Uniform", &valid), Some("uniform"));
        assert_eq!(nearest("random", &valid), None);
        assert!(NameError::new("allocator", "random", valid).hint.starts_with("available: edge-density"));
    }
}
