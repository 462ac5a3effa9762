//! Writes a folder of labelled pages: images, and the list of what is asked of them and where the answers are.
//!
//! `draw_labelled FOLDER [--kind documents|scenes] [--pages N] [--side PIXELS] [--asks N] [--seed K] [--reporting]`
//!
//! For `arrcoc calibrate`, and for anything else that fits on pages whose answers are known. Pages are of a tuning
//! seed, so that nothing which is fitted on them was seen by a report; `--reporting` draws those that reports are
//! measured on, for judging alone.

#![forbid(unsafe_code)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use arrcoc_datasets::files::{MANIFEST_NAME, lines};
use arrcoc_datasets::item::Item;
use arrcoc_datasets::{Seed, documents, scenes};
use arrcoc_picture::encode_png;

const USAGE: &str =
    "FOLDER [--kind documents|scenes] [--pages N] [--side PIXELS] [--asks N] [--seed K] [--reporting]";

struct Arguments {
    folder: PathBuf,
    scenes: bool,
    pages: u32,
    side: u32,
    asks: u32,
    seed: u32,
    reporting: bool,
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut folder = None;
    let mut out = Arguments {
        folder: PathBuf::new(),
        scenes: false,
        pages: 40,
        side: 1344,
        asks: 8,
        seed: 0,
        reporting: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = |most: u32| -> Result<u32, Box<dyn Error>> {
            let text = words.next().ok_or_else(|| format!("`{word}` takes a number"))?;
            let number = text.parse::<u32>().ok().filter(|number| *number <= most);
            number.ok_or_else(|| format!("`{word} {text}`: give a whole number from 0 to {most}").into())
        };
        match word.as_str() {
            "--pages" => out.pages = number(1 << 20)?,
            "--side" => out.side = number(1 << 16)?,
            "--asks" => out.asks = number(1 << 10)?,
            "--seed" => out.seed = number(u32::MAX)?,
            "--reporting" => out.reporting = true,
            "--kind" => {
                out.scenes = match words.next().as_deref() {
                    Some("documents") => false,
                    Some("scenes") => true,
                    _ => return Err("`--kind` is `documents` or `scenes`".into()),
                };
            }
            other if other.starts_with('-') => return Err(format!("`{other}` is not known: {USAGE}").into()),
            other if folder.is_none() => folder = Some(PathBuf::from(other)),
            other => return Err(format!("`{other}` is one folder too many: {USAGE}").into()),
        }
    }
    out.folder = folder.ok_or_else(|| format!("name a folder to write to: {USAGE}"))?;
    Ok(out)
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let folder = &arguments.folder;
    let failed = |path: &Path, error: std::io::Error| format!("cannot write `{}`: {error}", path.display());
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let list = folder.join(MANIFEST_NAME);
    if list.exists() {
        return Err(format!("`{}` is there already: name another folder", list.display()).into());
    }
    let mut text = String::new();
    let mut questions = 0;
    for index in 0..arguments.pages {
        let page = draw(arguments, index)?;
        let name = format!("{}.png", page.name);
        let path = folder.join(&name);
        std::fs::write(&path, encode_png(&page.image)?).map_err(|error| failed(&path, error))?;
        text += &lines(&name, &page)?;
        questions += page.asks.len();
    }
    // Last, so that a folder with a list is whole.
    std::fs::write(&list, text).map_err(|error| failed(&list, error))?;
    println!("{}: {} pages, {questions} questions", folder.display(), arguments.pages);
    Ok(())
}

fn draw(arguments: &Arguments, index: u32) -> Result<Item, Box<dyn Error>> {
    let seed = if arguments.reporting { Seed::reporting } else { Seed::tuning }(arguments.seed);
    let side = arguments.side;
    if arguments.scenes {
        let options = scenes::Options { size: [side, side], ..scenes::Options::default() };
        return Ok(scenes::draw(seed, index, &options)?);
    }
    let options =
        documents::Options { size: (side, side), asks: arguments.asks, ..documents::Options::default() };
    Ok(documents::draw(seed, index, &options)?)
}
