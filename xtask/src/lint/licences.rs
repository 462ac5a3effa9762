//! Every dependency's licence is one that deny.toml allows.
//!
//! cargo-deny does this and more, but it is a tool to install and it wants the
//! network. This check needs cargo alone and reads the same lists, so that a
//! dependency with a licence that nobody looked at does not wait for the day
//! on which somebody runs the other. Only what a build on this kind of machine
//! uses is looked at; several versions of a crate are no concern.

use std::fs;

use spdx::{Expression, Licensee, ParseMode};
use toml::{Table, Value};

use super::{Finding, Outcome};
use crate::failure::Failure;
use crate::workspace::Workspace;

const FILE: &str = "deny.toml";

pub(super) fn check(workspace: &Workspace) -> Result<Outcome, Failure> {
    let path = workspace.root.join(FILE);
    let text = fs::read_to_string(&path).map_err(|error| Failure::file("read", &path, error))?;
    let allowed = Allowed::parse(&text)?;
    let mut findings = Vec::new();
    for package in workspace.resolved_packages()? {
        let field = |key: &str| package[key].as_str();
        let name = field("name").unwrap_or_default();
        if let Err(what) = allowed.judge(name, field("license")) {
            let version = field("version").unwrap_or_default();
            findings.push(Finding::file(FILE, format!("`{name}` {version} {what}")));
        }
    }
    Ok(Outcome::Findings(findings))
}

/// The allow list and the exceptions of deny.toml.
struct Allowed {
    everywhere: Vec<Licensee>,
    exceptions: Vec<(String, Vec<Licensee>)>,
}

impl Allowed {
    fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::new(format!("`{FILE}` {what}"));
        let table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| wrong(format!("is not TOML: {}", error.message())))?;
        let licences = table
            .get("licenses")
            .and_then(Value::as_table)
            .ok_or_else(|| wrong("has no table `[licenses]`".to_owned()))?;
        let list = |table: &Table, place: &str| -> Result<Vec<Licensee>, Failure> {
            let names = table
                .get("allow")
                .and_then(Value::as_array)
                .ok_or_else(|| wrong(format!("has no list `allow` in {place}")))?;
            names
                .iter()
                .map(|name| {
                    let name = name.as_str().unwrap_or_default();
                    Licensee::parse(name)
                        .map_err(|_| wrong(format!("allows `{name}`, which is no SPDX licence, in {place}")))
                })
                .collect()
        };
        let everywhere = list(licences, "`[licenses]`")?;
        let mut exceptions = Vec::new();
        for exception in licences.get("exceptions").and_then(Value::as_array).into_iter().flatten() {
            let place = "an exception";
            let exception = exception.as_table().ok_or_else(|| wrong(format!("has no table in {place}")))?;
            let name = exception
                .get("crate")
                .or_else(|| exception.get("name"))
                .and_then(Value::as_str)
                .ok_or_else(|| wrong(format!("names no crate in {place}")))?;
            exceptions.push((name.to_owned(), list(exception, place)?));
        }
        Ok(Self { everywhere, exceptions })
    }

    /// `Err` says what is wrong with this package's licence.
    fn judge(&self, name: &str, licence: Option<&str>) -> Result<(), String> {
        let licence = licence.ok_or("states no licence")?;
        // Older crates write `MIT/Apache-2.0`.
        let expression = Expression::parse_mode(licence, ParseMode::LAX)
            .map_err(|_| format!("states `{licence}`, which is no SPDX expression"))?;
        let excepted = self.exceptions.iter().filter(|(crate_, _)| crate_ == name).flat_map(|(_, list)| list);
        let allowed: Vec<&Licensee> = self.everywhere.iter().chain(excepted).collect();
        let satisfied =
            expression.evaluate(|wanted| allowed.iter().any(|licensee| licensee.satisfies(wanted)));
        if satisfied { Ok(()) } else { Err(format!("states `{licence}`, which is not allowed")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> Allowed {
        Allowed::parse(
            r#"
            [licenses]
            allow = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]
            exceptions = [{ crate = "fonts", allow = ["OFL-1.1"] }]
            "#,
        )
        .unwrap()
    }

    #[test]
    fn expressions_are_evaluated() {
        for good in ["MIT", "GPL-3.0-only OR MIT", "MIT/Apache-2.0", "MIT AND Apache-2.0 WITH LLVM-exception"]
        {
            assert_eq!(allowed().judge("a", Some(good)), Ok(()), "{good}");
        }
        for bad in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "OFL-1.1"] {
            assert_eq!(
                allowed().judge("a", Some(bad)),
                Err(format!("states `{bad}`, which is not allowed")),
                "{bad}"
            );
        }
    }

    #[test]
    fn an_exception_holds_for_its_crate_alone() {
        assert_eq!(allowed().judge("fonts", Some("MIT AND OFL-1.1")), Ok(()));
        assert!(allowed().judge("other", Some("MIT AND OFL-1.1")).is_err());
    }

    #[test]
    fn a_licence_that_is_missing_or_unreadable_is_a_finding() {
        assert_eq!(allowed().judge("a", None), Err("states no licence".to_owned()));
        assert_eq!(
            allowed().judge("a", Some("as is")),
            Err("states `as is`, which is no SPDX expression".to_owned())
        );
    }

    #[test]
    fn a_list_with_a_misspelt_licence_is_refused() {
        let error = Allowed::parse("[licenses]\nallow = [\"MTI\"]").err().unwrap();
        assert_eq!(error.to_string(), "`deny.toml` allows `MTI`, which is no SPDX licence, in `[licenses]`");
    }
}
