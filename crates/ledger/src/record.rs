//! Records, and what finds them.

use std::str::FromStr;

use crate::chain::Hash;

/// The longest content of a record, in bytes.
pub const MAX_CONTENT: usize = 64 << 20;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A decision that was made.
    Decision,
    /// What came of a decision.
    Feedback,
    /// How decisions are made from now on.
    Configuration,
    /// What was done about a version of a plugin.
    Swap,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 4] = [Kind::Decision, Kind::Feedback, Kind::Configuration, Kind::Swap];

    /// Its name: `decision`, `feedback`, `configuration` or `swap`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Feedback => "feedback",
            Self::Configuration => "configuration",
            Self::Swap => "swap",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or(())
    }
}

/// A record that is to be added.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// What it is.
    pub kind: Kind,
    /// The id of the decision that it is, or is about; of a configuration and of a swap, its hash.
    pub subject: &'a str,
    /// When it was made: UTC, as RFC 3339 has it.
    pub created: &'a str,
    /// The image, as it was named.
    pub image: Option<&'a str>,
    /// The question.
    pub query: Option<&'a str>,
    /// What the decision rests on.
    pub mode: Option<&'a str>,
    /// The key of what was asked, to know it again.
    pub request: Option<&'a str>,
    /// What is logged.
    pub content: &'a str,
}

impl<'a> Entry<'a> {
    /// A record with nothing to find it by, and no content.
    #[must_use]
    pub fn new(kind: Kind, subject: &'a str, created: &'a str) -> Self {
        Self { kind, subject, created, image: None, query: None, mode: None, request: None, content: "" }
    }
}

/// A record without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its number, from 1.
    pub number: u64,
    /// What it is.
    pub kind: Kind,
    /// The id of the decision that it is, or is about; of a configuration and of a swap, its hash.
    pub subject: String,
    /// When it was made.
    pub created: String,
    /// The image, as it was named.
    pub image: Option<String>,
    /// The question.
    pub query: Option<String>,
    /// What the decision rests on.
    pub mode: Option<String>,
    /// The key of what was asked, to know it again.
    pub request: Option<String>,
    /// Its hash.
    pub hash: Hash,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Everything but the content.
    pub summary: Summary,
    /// What was logged.
    pub content: String,
}

impl Record {
    /// What was added.
    #[must_use]
    pub fn entry(&self) -> Entry<'_> {
        let Summary { kind, subject, created, image, query, mode, request, .. } = &self.summary;
        Entry {
            kind: *kind,
            subject,
            created,
            image: image.as_deref(),
            query: query.as_deref(),
            mode: mode.as_deref(),
            request: request.as_deref(),
            content: &self.content,
        }
    }
}

/// Which records are meant: those for which all of it holds. The default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Whose decision's id begins so.
    pub subject: Option<String>,
    /// With this in the image's name.
    pub image: Option<String>,
    /// With this in the question.
    pub query: Option<String>,
    /// Of this mode.
    pub mode: Option<String>,
    /// Of this request.
    pub request: Option<String>,
    /// Made then or later.
    pub since: Option<String>,
    /// Made before.
    pub until: Option<String>,
    /// With this number or a later one.
    pub from: Option<u64>,
    /// With this number or an earlier one.
    pub to: Option<u64>,
    /// Only so many, the latest.
    pub last: Option<u64>,
}
