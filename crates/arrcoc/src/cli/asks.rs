//! What `arrcoc allocate` is asked for: images that are named, all images of a folder, or one line of JSON on stdin
//! for each decision.

use std::{
    collections::BTreeSet,
    fs,
    io::BufRead as _,
    path::{Path, PathBuf},
};

use arrcoc::{Error, Total};
use serde::Deserialize;

/// One decision that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) image: PathBuf,
    /// The question, where it is not that of all.
    pub(crate) query: Option<String>,
    /// The total, where it is not that of all.
    pub(crate) total: Option<Total>,
    /// The line of stdin that asks for it, from 1.
    pub(crate) line: Option<usize>,
}

impl Ask {
    /// An error with the line that asked, where one did.
    pub(crate) fn placed(&self, mut e: Error) -> Error {
        if let Some(line) = self.line {
            e.message = format!("stdin:{line}: {}", e.message);
        }
        e
    }
}

/// Where asks come from.
pub(crate) enum Source {
    /// Files.
    Images(Vec<PathBuf>),
    /// Lines of JSON on stdin.
    Stdin,
}

/// What a file's name ends with when a folder's images are meant.
const EXTENSIONS: [&str; 12] =
    ["png", "jpg", "jpeg", "pnm", "pbm", "pgm", "ppm", "bmp", "webp", "tif", "tiff", "gif"];

/// The longest line that is read: a question of that length is none.
const LONGEST_LINE: usize = 1 << 20;

/// A line of stdin.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    image: PathBuf,
    query: Option<String>,
    budget: Option<u64>,
    average: Option<f64>,
}

impl Source {
    /// Finds the images that arguments name: files as they are, and of a folder its images in the order of their names.
    pub(crate) fn of(args: &[PathBuf]) -> Result<Source, Error> {
        if args.iter().any(|arg| arg == Path::new("-")) {
            return match args {
                [_] => Ok(Source::Stdin),
                _ => {
                    Err(Error::new("- stands for lines on stdin, and there are other images", "give - alone"))
                }
            };
        }
        let mut images = Vec::new();
        for arg in args {
            if arg.is_dir() { images.extend(images_in(arg)?) } else { images.push(arg.clone()) }
        }
        Ok(Source::Images(images))
    }

    /// The files, as far as they are known beforehand.
    pub(crate) fn images(&self) -> &[PathBuf] {
        match self {
            Source::Images(images) => images,
            Source::Stdin => &[],
        }
    }

    /// What is asked for, one after the other.
    pub(crate) fn asks(self) -> Box<dyn Iterator<Item = Result<Ask, Error>> + Send> {
        match self {
            Source::Images(images) => Box::new(
                images.into_iter().map(|image| Ok(Ask { image, query: None, total: None, line: None })),
            ),
            Source::Stdin => Box::new(lines()),
        }
    }
}

/// The images of a folder, by name.
fn images_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let read = || {
        let paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
        paths.collect::<std::io::Result<BTreeSet<PathBuf>>>()
    };
    let paths = read().map_err(|e| Error::file(folder, "read the folder", &e))?;
    let is_image = |path: &PathBuf| {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        EXTENSIONS.contains(&extension.as_str()) && !path.is_dir()
    };
    let images: Vec<PathBuf> = paths.into_iter().filter(is_image).collect();
    if images.is_empty() {
        return Err(Error::new(
            format!("{}: there is no image in this folder", folder.display()),
            format!("images are files that end with {}", EXTENSIONS.join(", ")),
        ));
    }
    Ok(images)
}

/// What the lines of stdin ask for. A line that cannot be read as one is an error of its own; what comes after it is read.
fn lines() -> impl Iterator<Item = Result<Ask, Error>> + Send {
    let mut line = 0;
    let mut is_over = false;
    std::iter::from_fn(move || {
        loop {
            if is_over {
                return None;
            }
            line += 1;
            match next_line() {
                Ok(None) => return None,
                Ok(Some(text)) if text.trim().is_empty() => {}
                Ok(Some(text)) => return Some(ask(&text, line)),
                Err(e) => {
                    is_over = true;
                    return Some(Err(Error::new(
                        format!("stdin:{line}: cannot be read: {e}"),
                        "pipe lines of JSON in",
                    )));
                }
            }
        }
    })
}

/// The next line, or as much of it as is more than any line has.
fn next_line() -> std::io::Result<Option<String>> {
    let mut stdin = std::io::stdin().lock();
    let mut bytes = Vec::new();
    loop {
        let buffer = stdin.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let taken = end.map_or(buffer.len(), |end| end + 1);
        // The rest of a line that is too long is passed over.
        let room = (LONGEST_LINE + 1).saturating_sub(bytes.len());
        bytes.extend_from_slice(&buffer[..taken.min(room)]);
        stdin.consume(taken);
        if end.is_some() {
            break;
        }
    }
    Ok((!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

fn ask(text: &str, line: usize) -> Result<Ask, Error> {
    let wrong = |why: String| {
        Error::new(
            format!("stdin:{line}: not a request: {why}"),
            "write one a line, such as {\"image\": \"page.png\", \"query\": \"what is the total?\"}",
        )
    };
    if text.len() > LONGEST_LINE {
        return Err(wrong(format!("the line is longer than {} KiB", LONGEST_LINE >> 10)));
    }
    let Line { image, query, budget, average } =
        serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
    let total = match (budget, average) {
        (None, None) => None,
        (Some(tokens), None) => Some(Total::Exact(tokens)),
        (None, Some(average)) => Some(Total::Average(average)),
        (Some(_), Some(_)) => return Err(wrong("it has a budget and an average".into())),
    };
    Ok(Ask { image, query, total, line: Some(line) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_or_says_what_is_wrong() {
        let full = ask(r#"{"image": "a.png", "query": "who?", "average": 90.5}"#, 3).unwrap();
        assert_eq!(
            (full.image.to_str(), full.query.as_deref(), full.line),
            (Some("a.png"), Some("who?"), Some(3))
        );
        assert_eq!(full.total, Some(Total::Average(90.5)));
        for (text, expected) in [
            ("nothing", "expected ident"),
            ("{}", "missing field `image`"),
            (r#"{"image": "a", "budgett": 1}"#, "unknown field `budgett`"),
            (r#"{"image": "a", "budget": -1}"#, "invalid value"),
            (r#"{"image": "a", "budget": 1, "average": 2}"#, "a budget and an average"),
        ] {
            let error = ask(text, 7).unwrap_err();
            assert!(error.message.starts_with("stdin:7: not a request: "), "{error}");
            assert!(error.message.contains(expected), "{error}");
        }
        assert!(ask(&" ".repeat(LONGEST_LINE + 1), 1).unwrap_err().message.contains("longer than 1024 KiB"));
    }
}
