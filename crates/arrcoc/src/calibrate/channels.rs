//! What scorers said on all pages, by channel.

use std::collections::BTreeMap;

use arrcoc_decide::{
    Way,
    fit::{Labelled, MOST_LABELLED},
};
use arrcoc_host::Scale;

use crate::{error::Error, scoring::RawChannel};

/// Which numbers: those of a channel that a scorer gives, from an encoder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Source {
    pub(super) encoder: String,
    pub(super) channel: String,
    pub(super) scorer: String,
}

/// The numbers of every raw channel that answers questions, one entry a question.
#[derive(Default)]
pub(super) struct Channels {
    said: BTreeMap<Source, Vec<Labelled>>,
    questions: usize,
    patches: usize,
}

impl Channels {
    /// Takes what was said to a question of a page; `reasons` are those of scorers that said nothing.
    pub(super) fn take(
        &mut self,
        page: usize,
        holds: &[bool],
        said: Vec<RawChannel>,
        reasons: &[String],
    ) -> Result<(), Error> {
        // Of a channel that was given, the reasons say that it has no weight yet.
        let given = |reason: &str| {
            said.iter().any(|c| reason.starts_with(&format!("channel `{}` of `{}`", c.name, c.plugin)))
        };
        let because = reasons.iter().find(|reason| !given(reason)).cloned();
        let raw = said.into_iter().filter(|c| c.way == Way::Participatory && c.scale == Scale::Raw);
        for channel in raw {
            let source = source(&channel)?;
            let RawChannel { values, .. } = channel;
            self.patches += values.len();
            if self.patches > MOST_LABELLED {
                return Err(Error::new(
                    format!("there are more than {MOST_LABELLED} patches"),
                    "take fewer pages with --limit",
                ));
            }
            self.check_alone(&source)?;
            self.said.entry(source).or_default().push(Labelled { page, values, holds: holds.to_vec() });
        }
        self.questions += 1;
        if self.said.is_empty() {
            return Err(Error::new(
                because.unwrap_or_else(|| "no scorer answers questions with raw numbers".into()),
                "name a scorer with a raw participatory channel, or give --tensors-dir for `features`",
            ));
        }
        match self.said.iter().find(|(_, questions)| questions.len() != self.questions) {
            None => Ok(()),
            // Earlier questions had no such channel, or this one has none.
            Some((Source { encoder, channel, scorer }, _)) => Err(Error::new(
                because.unwrap_or_else(|| {
                    format!(
                        "`{channel}` of `{scorer}` does not come from the encoder `{encoder}` on every page"
                    )
                }),
                "every question must be answered, by one encoder",
            )),
        }
    }

    /// A file has one map for a channel of an encoder.
    fn check_alone(&self, new: &Source) -> Result<(), Error> {
        let twin = |old: &&Source| {
            old.encoder == new.encoder && old.channel == new.channel && old.scorer != new.scorer
        };
        match self.said.keys().find(twin) {
            None => Ok(()),
            Some(old) => Err(Error::new(
                format!("`{}` and `{}` both give `{}`", old.scorer, new.scorer, new.channel),
                "fit one of them at a time, with --scorer",
            )),
        }
    }
}

impl IntoIterator for Channels {
    type Item = (Source, Vec<Labelled>);
    type IntoIter = std::collections::btree_map::IntoIter<Source, Vec<Labelled>>;

    fn into_iter(self) -> Self::IntoIter {
        self.said.into_iter()
    }
}

fn source(channel: &RawChannel) -> Result<Source, Error> {
    let RawChannel { plugin, name, encoder, .. } = channel;
    match encoder {
        Ok(Some(encoder)) => {
            Ok(Source { encoder: encoder.clone(), channel: name.clone(), scorer: plugin.clone() })
        }
        Ok(None) => Err(Error::new(
            format!("`{name}` of `{plugin}` comes from an encoder without a name"),
            "give the tensors' metadata an `encoder`, a name that changes when the numbers' meaning does",
        )),
        Err(why) => Err(Error::new(
            format!("`{name}` of `{plugin}` comes from no one encoder: {why}"),
            "make all tensors with one encoder",
        )),
    }
}
