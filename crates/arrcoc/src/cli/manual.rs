//! `arrcoc man`: the manual, as pages for `man`.
//!
//! The pages of the commands are made from the arguments as they are parsed:
//! what `--help` says, in the form in which systems keep it. An example, which
//! help has in its second paragraph, has a section of its own here. What no
//! parser knows stands in tables: the worker, which takes no arguments, and the
//! variables of the environment.

mod tables;

use std::{fs, io, path::Path};

use arrcoc::Error;
use clap::CommandFactory as _;
use clap_mangen::{
    Man,
    roff::{Inline, Roff, bold, roman},
};

use super::{Done, args::LowArgs, outputs, say};
use tables::{ENVIRONMENT, EXIT_STATUS, FILES, WORKER};

/// The manual that every page belongs to.
const MANUAL: &str = "ARR-COC";
/// Begins the paragraph of a help that is an example.
const EXAMPLE: &str = "Example: ";

/// A page: the name of its file, such as `arrcoc-log-list.1`, and its text.
struct Page {
    file: String,
    text: Vec<u8>,
}

/// Writes every page below a folder, `man1/arrcoc.1` and so on, where `man -M FOLDER` finds them.
pub(crate) fn run(folder: &Path) -> Result<Done, Error> {
    let pages = pages().map_err(|e| Error::file(folder, "write the manual", &e))?;
    let place = folder.join("man1");
    fs::create_dir_all(&place).map_err(|e| Error::file(&place, "make the folder", &e))?;
    for page in &pages {
        outputs::write(&place.join(&page.file), &page.text)?;
    }
    say(&format!("{}: {} pages\n", place.display(), pages.len()));
    Ok(Done::Well)
}

fn pages() -> io::Result<Vec<Page>> {
    let mut command = LowArgs::command();
    command.build();
    let mut pages = Vec::new();
    add_pages(&command, &mut pages)?;
    pages.push(worker()?);
    Ok(pages)
}

/// The page of a command, and those of the commands below it.
fn add_pages(command: &clap::Command, pages: &mut Vec<Page>) -> io::Result<()> {
    let page = page(command)?;
    pages.push(page);
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        add_pages(below, pages)?;
    }
    Ok(())
}

fn page(command: &clap::Command) -> io::Result<Page> {
    let (about, example) = parts(command);
    let command = about.into_iter().fold(command.clone(), |command, about| command.long_about(about));
    let root = command.get_display_name().is_none_or(|name| name == "arrcoc");
    let man = Man::new(command.clone()).manual(MANUAL).source(version());
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let mut roff = Roff::new();
    if let Some(example) = example {
        roff.control("SH", ["EXAMPLES"]).text([roman(example)]);
    }
    rest(&mut roff, root);
    roff.to_writer(&mut text)?;
    Ok(Page { file: man.get_filename(), text })
}

/// What a help says, and the example that it ends with.
fn parts(command: &clap::Command) -> (Option<String>, Option<String>) {
    let about = command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string);
    let Some(about) = about else { return (None, None) };
    match about.split_once(EXAMPLE) {
        Some((about, example)) => (Some(about.trim().to_owned()), Some(example.trim().to_owned())),
        None => (Some(about), None),
    }
}

/// What every page ends with. The first page says it in full.
fn rest(roff: &mut Roff, root: bool) {
    if root {
        section(roff, "EXIT STATUS", EXIT_STATUS);
        section(roff, "ENVIRONMENT", ENVIRONMENT);
        section(roff, "FILES", FILES);
    }
    let others: &[(&str, &str)] = if root {
        &[("arrcoc-conformance", ", "), ("arrcoc-worker", "")]
    } else {
        &[("arrcoc", ", which has the exit status and the environment")]
    };
    let line: Vec<Inline> =
        others.iter().flat_map(|(name, then)| [bold(*name), roman("(1)"), roman(*then)]).collect();
    roff.control("SH", ["SEE ALSO"]).text(line);
}

fn section(roff: &mut Roff, title: &str, rows: &[(&str, &str)]) {
    roff.control("SH", [title]);
    for (name, text) in rows {
        roff.control("TP", []).text([bold(*name)]).text([roman(*text)]);
    }
}

/// The worker's page.
fn worker() -> io::Result<Page> {
    let name = "arrcoc-worker";
    let mut roff = Roff::new();
    roff.control("TH", [name, "1", "", &version(), MANUAL]);
    roff.control("SH", ["NAME"]).text([roman(format!("{name} - the process in which a plugin runs apart"))]);
    roff.control("SH", ["SYNOPSIS"]).text([bold(name), roman(" [--version]")]);
    roff.control("SH", ["DESCRIPTION"]);
    for paragraph in WORKER {
        roff.control("PP", []).text([roman(*paragraph)]);
    }
    rest(&mut roff, false);
    let mut text = Vec::new();
    roff.to_writer(&mut text)?;
    Ok(Page { file: format!("{name}.1"), text })
}

fn version() -> String {
    format!("arrcoc {}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(file: &str) -> String {
        let page = pages().unwrap().into_iter().find(|page| page.file == file).unwrap();
        String::from_utf8(page.text).unwrap()
    }

    /// Each command has a page under the name by which `man` is asked for it, and the example stands in its own section.
    #[test]
    fn every_command_has_a_page_with_its_example() {
        let pages = pages().unwrap();
        let names: Vec<&str> = pages.iter().map(|page| page.file.as_str()).collect();
        for name in ["arrcoc.1", "arrcoc-allocate.1", "arrcoc-log-verify.1", "arrcoc-worker.1"] {
            assert!(names.contains(&name), "{names:?}");
        }
        for page in &pages {
            let text = String::from_utf8(page.text.clone()).unwrap();
            let groups =
                ["arrcoc.1", "arrcoc-log.1", "arrcoc-plugins.1", "arrcoc-autonomy.1", "arrcoc-worker.1"];
            let has = text.contains(".SH EXAMPLES\narrcoc ");
            assert_eq!(has, !groups.contains(&page.file.as_str()), "{}", page.file);
            assert!(!text.contains(EXAMPLE), "{}", page.file);
            assert!(text.starts_with(".ie") || text.contains(".TH "), "{text}");
        }
    }

    #[test]
    fn the_first_page_has_the_exit_status_and_every_variable() {
        let first = text("arrcoc.1");
        for (name, _) in EXIT_STATUS.iter().chain(ENVIRONMENT).chain(FILES) {
            let bold = format!("\\fB{}\\fR", name.replace('-', "\\-"));
            assert!(first.contains(&bold), "{bold}: {first}");
        }
    }

    /// The page on the environment and the table are of the same variables.
    #[test]
    fn the_document_on_the_environment_names_the_same_variables() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/environment.md");
        let document = fs::read_to_string(path).unwrap();
        let mut rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        for (name, text) in ENVIRONMENT {
            let (row, said) = rows.next().unwrap();
            assert_eq!((row, said.trim_matches(['|', ' ']).replace('`', "")), (*name, text.replace('`', "")));
        }
    }
}
