//! A method that decides, on one page: it looks once, and decides for each
//! question, wording and budget by itself.
//!
//! What is seen is drawn as seldom as can be. Many methods decide the same
//! whatever is asked, and the same in whatever words: the same tokens show the
//! same page, and what was found on it holds.

use std::{collections::BTreeMap, ops::Range};

use arrcoc::{Decision, Error, Request, Way, together};
use arrcoc_picture::Image;
use arrcoc_stats::Tiling;

use super::{Cell, WORDED, hearing, place, sure};
use crate::{
    measure::paraphrase, method::Decider, row::Row, seen::seen, statistics::rank_correlation, task::Task,
};

/// One question in one wording at one budget.
#[derive(Clone, Copy)]
struct Asked {
    /// The question, from 0.
    ask: usize,
    /// 0 for its own words.
    wording: u8,
    average: f64,
}

/// What a question in its own words came to.
struct First {
    tokens: Vec<u32>,
    /// The rows that say so.
    rows: Range<usize>,
}

/// What came of a method on a page so far.
pub(super) struct Decided<'a> {
    cell: &'a Cell<'a>,
    tiling: &'a Tiling,
    /// Which patches hold an answer, question by question.
    answers: Vec<Vec<u8>>,
    averages: Vec<f64>,
    rows: Vec<Row>,
    /// By question and budget.
    first: BTreeMap<(usize, u64), First>,
    /// What was drawn last, and for which tokens.
    drawn: Option<(Vec<u32>, Image)>,
}

impl<'a> Decided<'a> {
    pub(super) fn new(cell: &'a Cell<'a>, tiling: &'a Tiling, averages: Vec<f64>) -> Decided<'a> {
        let answers = cell.page.item.asks.iter().map(|ask| ask.answer_mask(tiling)).collect();
        Decided { cell, tiling, answers, averages, rows: Vec::new(), first: BTreeMap::new(), drawn: None }
    }

    /// Asks everything.
    pub(super) fn rows(self, decider: &Decider) -> Result<Vec<Row>, Error> {
        let Cell { suite, page, .. } = *self.cell;
        let [least, ..] = self.averages[..] else { return Ok(Vec::new()) };
        let requests = decider.requests(&page.photo, suite.grid, &suite.policy(least), &self.answers)?;
        if let Some(pages) = decider.batch() {
            return self.in_batches(decider, &requests, pages);
        }
        let mut looks = match decider.looks(&requests) {
            Ok(looks) => looks,
            Err(error) => return Ok(self.all_failed(&error)),
        };
        self.ask_all(|asked, question| {
            let look = asked.ask.min(looks.len() - 1);
            looks[look].allocate(question, &suite.policy(asked.average))
        })
    }

    /// The same where the page shares its total with those that follow it, all of which are asked what this one is.
    fn in_batches(self, decider: &Decider, own: &[Request], pages: u32) -> Result<Vec<Row>, Error> {
        let Cell { suite, page, dataset, .. } = *self.cell;
        let others = (1..pages).map(|next| {
            let photo = dataset.page(page.index + next)?.photo;
            decider.request(&photo, suite.grid, suite.policy(self.averages[0]), &[])
        });
        let others: Vec<Request> = match others.collect() {
            Ok(others) => others,
            Err(error) => return Ok(self.all_failed(&error)),
        };
        // Now here, now there: no place among the pages shall be the best.
        let place = (page.index % pages) as usize;
        let mut looks = match (decider.looks(own), decider.looks(&others)) {
            (Ok(own), Ok(mut looks)) => {
                looks.splice(place..place, own);
                looks
            }
            (Err(error), _) | (_, Err(error)) => return Ok(self.all_failed(&error)),
        };
        self.ask_all(|asked, question| {
            let policy = suite.policy(asked.average);
            let asks = vec![(question, &policy); looks.len()];
            let mut decisions = together::allocate(&mut looks, &asks, policy.total)?;
            Ok(decisions.swap_remove(place))
        })
    }

    fn all_failed(&self, error: &Error) -> Vec<Row> {
        let failed = |average: &f64| self.cell.failed(self.cell.row(Some(*average)), error.to_string());
        self.averages.iter().map(failed).collect()
    }

    /// Asks each question in each wording at each budget.
    fn ask_all(
        mut self,
        mut decide: impl FnMut(Asked, &str) -> Result<Decision, Error>,
    ) -> Result<Vec<Row>, Error> {
        let page = self.cell.page;
        for wording in self.cell.wordings() {
            for average in self.averages.clone() {
                for (ask, words) in page.item.asks.iter().enumerate() {
                    let Some(question) = words.wording(wording) else { continue };
                    let asked = Asked { ask, wording, average };
                    match decide(asked, question) {
                        Ok(decision) => self.decision(asked, &decision)?,
                        Err(error) => {
                            let failed = self.cell.failed(self.row(asked), error.to_string());
                            self.rows.push(failed);
                        }
                    }
                }
            }
        }
        Ok(self.rows)
    }

    fn row(&self, asked: Asked) -> Row {
        let own = self.cell.row(Some(asked.average));
        let worded = (asked.wording > 0).then(|| format!("{WORDED}{}", asked.wording));
        Row { ask: Some(asked.ask as u32), condition: worded.or(own.condition.clone()), ..own }
    }

    fn decision(&mut self, asked: Asked, decision: &Decision) -> Result<(), Error> {
        let row = Row {
            applied: Some(decision.applied),
            reason: decision.reasons.join("; "),
            decision: decision.id.clone(),
            ..self.row(asked)
        };
        let tokens = decision.flat_tokens();
        if self.cell.condition.is_none() {
            self.moved(asked, &tokens, &row);
        }
        self.heard(asked, decision, &row);
        match self.first.get(&(asked.ask, asked.average.to_bits())) {
            Some(first) if first.tokens == tokens => self.again(first.rows.clone(), &row),
            _ => self.looked_at(asked, decision, tokens, &row)?,
        }
        self.sure(decision, &row);
        Ok(())
    }

    /// How sure the decision is, where it was just seen whether the answer is read.
    fn sure(&mut self, decision: &Decision, row: &Row) {
        let of_this = self.rows.iter().rev().take_while(|found| found.decision == decision.id);
        let read = of_this.into_iter().find(|found| found.metric == Task::Read.names().score);
        let Some((read, confidence)) = read.map(|found| found.value == 1.0).zip(decision.confidence.as_ref())
        else {
            return;
        };
        self.rows.extend(sure::rows(row, confidence.probability, read));
    }

    /// How far these words move the tokens, and another question does, where the suite asks in other words and does
    /// not measure that by itself.
    fn moved(&mut self, asked: Asked, tokens: &[u32], row: &Row) {
        let suite = self.cell.suite;
        if suite.wordings.is_empty() || suite.measures.paraphrase.is_some() {
            return;
        }
        let at = asked.average.to_bits();
        let Asked { ask, wording, .. } = asked;
        let before = match wording {
            0 => ask.checked_sub(1),
            _ => Some(ask),
        };
        let before = before.and_then(|before| self.first.get(&(before, at)));
        self.rows.extend(before.map(|before| paraphrase::moved(row, wording, &before.tokens, tokens)));
    }

    /// How true it is what the method made of the question: said once, since no budget changes it.
    fn heard(&mut self, asked: Asked, decision: &Decision, row: &Row) {
        if self.averages.first() != Some(&asked.average) {
            return;
        }
        if let Some(probability) = probability(decision) {
            let ask = &self.cell.page.item.asks[asked.ask];
            let (held, label) = (ask.held_patches(self.tiling), ask.label_patches(self.tiling));
            let row = Row { average: None, applied: None, ..row.clone() };
            self.rows.extend(hearing::rows(&row, &probability, &held, label.as_deref()));
        }
    }

    /// The same tokens as in the question's own words: the same was found.
    fn again(&mut self, of: Range<usize>, row: &Row) {
        let found: Vec<Row> = self.rows[of].to_vec();
        let found = found.into_iter().filter(|found| found.metric != place::CONTRIBUTION);
        self.rows.extend(found.map(|found| Row {
            condition: row.condition.clone(),
            decision: row.decision.clone(),
            ..found
        }));
    }

    /// Where the tokens went, and what the judges see.
    fn looked_at(
        &mut self,
        asked: Asked,
        decision: &Decision,
        tokens: Vec<u32>,
        row: &Row,
    ) -> Result<(), Error> {
        let Asked { ask, wording, average } = asked;
        let Cell { suite, page, .. } = *self.cell;
        let start = self.rows.len();
        let answer = &self.answers[ask];
        for (metric, value) in place::where_tokens_went(&tokens, suite.bounds.min(), answer) {
            self.rows.push(Row { metric, value, ..row.clone() });
        }
        if let Some(contribution) = self.cell.contribution(ask, wording, self.tiling, answer) {
            let tokens: Vec<f64> = tokens.iter().map(|t| f64::from(*t)).collect();
            let value = rank_correlation(&tokens, &contribution);
            self.rows.push(Row { metric: place::CONTRIBUTION, value, ..row.clone() });
        }
        if self.drawn.as_ref().is_none_or(|(of, _)| *of != tokens) {
            self.drawn = Some((tokens.clone(), seen(page.image(), decision)?));
        }
        if let Some((_, image)) = &self.drawn {
            self.cell.judge(image, ask, (self.tiling, answer), row, &mut self.rows);
        }
        if wording == 0 {
            let rows = start..self.rows.len();
            self.first.insert((ask, average.to_bits()), First { tokens, rows });
        }
        Ok(())
    }
}

/// What a decision made of its question: the surest of its channels, also where they say the same of every patch and
/// the question had no say. None where nothing hears.
fn probability(decision: &Decision) -> Option<Vec<f64>> {
    let heard = decision.channels.iter().filter(|c| c.way == Way::Participatory && c.theta > 0.0);
    let surest = |a: Vec<f64>, b: Vec<f64>| a.iter().zip(&b).map(|(a, b)| a.max(*b)).collect();
    heard.map(|channel| channel.values.clone()).reduce(surest)
}
