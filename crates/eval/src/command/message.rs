//! The lines that go to and fro. `docs/command.md` describes them for whoever
//! writes the program.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Question;

/// The form of a question.
pub(super) const SCHEMA: &str = "arrcoc.ask/1";

#[derive(Serialize)]
struct Ask<'a> {
    schema: &'static str,
    id: u64,
    image: String,
    width: u32,
    height: u32,
    question: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    average: Option<f64>,
}

/// What a program says of itself.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Hello {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) version: String,
}

/// A line as it may come. Keys that are not known are left alone: a program may write more than we read.
#[derive(Deserialize)]
struct Said {
    hello: Option<Hello>,
    id: Option<u64>,
    answer: Option<String>,
    confidence: Option<f64>,
    error: Option<String>,
}

/// A line that was understood.
#[derive(Debug, PartialEq)]
pub(super) enum Line {
    Hello(Hello),
    Answer {
        text: String,
        confidence: Option<f64>,
    },
    /// The program is well and has no answer.
    Refused(String),
}

/// A question as a line, with its end.
pub(super) fn ask(id: u64, image: &Path, question: &Question<'_>) -> Vec<u8> {
    let ask = Ask {
        schema: SCHEMA,
        id,
        image: image.to_string_lossy().into_owned(),
        width: question.image.width(),
        height: question.image.height(),
        question: question.question,
        average: question.average.filter(|average| average.is_finite()),
    };
    // Numbers and text have no value that JSON could not say.
    let mut line = serde_json::to_vec(&ask).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Reads a line that came while `id` was waited for. The error says what is wrong with it.
pub(super) fn read(line: &[u8], id: u64) -> Result<Line, String> {
    let text = std::str::from_utf8(line).map_err(|_| "a line that is not UTF-8".to_owned())?;
    let said: Said = serde_json::from_str(text).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "a line of another form",
            _ => "a line that is not JSON",
        };
        format!("{what}: `{}`", shown(text))
    })?;
    if let Some(hello) = said.hello {
        return Ok(Line::Hello(hello));
    }
    match said.id {
        None => return Err(format!("a line without an id: `{}`", shown(text))),
        Some(other) if other != id => return Err(format!("an answer to question {other} instead of {id}")),
        Some(_) => {}
    }
    if let Some(why) = said.error {
        return Ok(Line::Refused(shown(&why)));
    }
    if let Some(confidence) = said.confidence.filter(|confidence| !(0.0..=1.0).contains(confidence)) {
        return Err(format!("a confidence of {confidence}, which is not in 0..1"));
    }
    match said.answer {
        Some(text) => Ok(Line::Answer { text, confidence: said.confidence }),
        None => Err(format!("a line with neither answer nor error: `{}`", shown(text))),
    }
}

/// Text from outside as a part of one line: short, and without what moves a cursor.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 120;
    let mut shown: String =
        text.trim().chars().take(MOST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.trim().chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_question_is_one_line_whatever_it_says() {
        let image = arrcoc_picture::Image::from_rgb(2, 1, vec![0; 6]).unwrap();
        let question =
            Question { image: &image, question: "which \"word\"\nfollows ü?", average: Some(144.0) };
        let line = String::from_utf8(ask(7, Path::new("/images/7.png"), &question)).unwrap();
        assert_eq!(
            line,
            "{\"schema\":\"arrcoc.ask/1\",\"id\":7,\"image\":\"/images/7.png\",\"width\":2,\"height\":1,\
             \"question\":\"which \\\"word\\\"\\nfollows ü?\",\"average\":144.0}\n"
        );
    }

    #[test]
    fn lines_are_understood_or_refused_with_the_reason() {
        let answer = |text: &str, confidence| Ok(Line::Answer { text: text.into(), confidence });
        let hello = Hello { name: "mine".into(), version: "2".into() };
        for (line, expected) in [
            (&br#"{"id":7,"answer":"a","confidence":0.5}"#[..], answer("a", Some(0.5))),
            (br#"{"answer":"","id":7,"more":[1]}"#, answer("", None)),
            (br#"{"hello":{"name":"mine","version":"2"}}"#, Ok(Line::Hello(hello))),
            (br#"{"id":7,"error":"no\nmemory"}"#, Ok(Line::Refused("no memory".into()))),
            (b"Loading...", Err("a line that is not JSON: `Loading...`".into())),
            (b"", Err("a line that is not JSON: ``".into())),
            (b"{\"id\":7,\"answer\":\"a\xff\"}", Err("a line that is not UTF-8".into())),
            (br#"{"id":7,"answer":3}"#, Err(r#"a line of another form: `{"id":7,"answer":3}`"#.into())),
            (br#"{"id":8,"answer":"a"}"#, Err("an answer to question 8 instead of 7".into())),
            (br#"{"answer":"a"}"#, Err(r#"a line without an id: `{"answer":"a"}`"#.into())),
            (br#"{"id":7}"#, Err(r#"a line with neither answer nor error: `{"id":7}`"#.into())),
            (
                br#"{"id":7,"answer":"a","confidence":90}"#,
                Err("a confidence of 90, which is not in 0..1".into()),
            ),
        ] {
            assert_eq!(read(line, 7), expected, "{}", String::from_utf8_lossy(line));
        }
    }

    proptest! {
        #[test]
        fn no_line_is_a_panic_and_every_reason_is_one_short_line(line in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Err(reason) = read(&line, 7) {
                prop_assert!(!reason.chars().any(char::is_control) && reason.chars().count() < 200);
            }
        }
    }
}
