//! `arrcoc log`: what stands in a ledger, and whether it was changed.

use std::path::Path;

use arrcoc::{
    Error, Mode, autonomy,
    ledger::{Filter, Head, Ledger, LedgerError, Record},
    live, log,
    plain::one_line,
};

use super::{
    Done, Stdout,
    args::{ExportArgs, LogCommand, LogListArgs},
    outputs, replay, report_line, say,
};

/// Digits of an id in a list: what tells decisions apart.
const DIGITS: usize = 12;

pub(crate) fn run(command: LogCommand) -> Result<Done, Error> {
    match command {
        LogCommand::List(args) => list(args),
        LogCommand::Show { ledger, id } => {
            say(&(log::show(&Ledger::open_to_read(&ledger)?, &ledger, &id)? + "\n"));
            Ok(Done::Well)
        }
        LogCommand::Replay(args) => replay::run(&args),
        LogCommand::Export(args) => export(&args),
        LogCommand::Verify { ledger, head } => verify(&ledger, head.as_deref()),
        LogCommand::Head { ledger } => {
            say(&format!("{}\n", Ledger::open_to_read(&ledger)?.head()?));
            Ok(Done::Well)
        }
    }
}

fn list(args: LogListArgs) -> Result<Done, Error> {
    if let Some(mode) = &args.mode {
        let modes = [Mode::Coupled, Mode::Content, Mode::Uniform].map(|mode| mode.to_string());
        if !modes.contains(mode) {
            return Err(Error::new(
                format!("there is no mode `{mode}`"),
                format!("it is {}", modes.join(", ")),
            ));
        }
    }
    let filter = Filter {
        kind: None,
        subject: args.id,
        image: args.image,
        query: args.query,
        mode: args.mode,
        request: None,
        since: args.since.map(|text| time("since", text)).transpose()?,
        until: args.until.map(|text| time("until", text)).transpose()?,
        last: args.last,
        ..Filter::default()
    };
    Ledger::open_to_read(&args.ledger)?.each_record(&filter, |record| {
        say(&(line(&record) + "\n"));
        Ok::<(), Error>(())
    })?;
    Ok(Done::Well)
}

fn export(args: &ExportArgs) -> Result<Done, Error> {
    let to_stdout = args.jsonl.as_deref() == Some(Path::new("-"));
    let jsonl = args.jsonl.as_deref().filter(|_| !to_stdout);
    for path in jsonl.iter().copied().chain(args.parquet.as_deref()) {
        outputs::check_writable(path)?;
    }
    let ledger = Ledger::open_to_read(&args.ledger)?;
    let filter = Filter {
        since: args.since.clone().map(|text| time("since", text)).transpose()?,
        until: args.until.clone().map(|text| time("until", text)).transpose()?,
        ..Filter::default()
    };
    if let Some(path) = jsonl {
        let rows = outputs::write_with(path, |file| log::json_lines(&ledger, &filter, file))?;
        say(&format!("{}: {rows} lines\n", path.display()));
    }
    if let Some(path) = &args.parquet {
        let rows = outputs::write_with(path, |file| log::parquet(&ledger, &filter, file))?;
        say(&format!("{}: {rows} rows\n", path.display()));
    }
    if to_stdout {
        log::json_lines(&ledger, &filter, &mut Stdout)?;
    }
    Ok(Done::Well)
}

/// A time as far as it is given. Times are compared as texts, which for these is the same.
fn time(option: &str, text: String) -> Result<String, Error> {
    const FORM: &str = "0000-00-00T00:00:00";
    let fits = |(form, given): (char, char)| if form == '0' { given.is_ascii_digit() } else { form == given };
    if (4..=FORM.len()).contains(&text.len()) && FORM.chars().zip(text.chars()).all(fits) {
        return Ok(text);
    }
    Err(Error::new(
        format!("--{option} is `{text}`"),
        "write a time in UTC as far as it matters, such as 2026-11-29 or 2026-11-29T12:00",
    ))
}

/// As much of an id as a list shows.
pub(crate) fn short(id: &str) -> String {
    id.chars().take(DIGITS).collect()
}

fn line(record: &Record) -> String {
    let outcome = log::Feedback::of(record).map(|feedback| format!(" {}", feedback.outcome));
    let swap = || live::Swap::of(record).map(|swap| format!(" {swap}"));
    let outcome = outcome.or_else(|| autonomy::said(record)).or_else(swap);
    let record = &record.summary;
    let id = short(&record.subject);
    let mut line = format!("{:>6}  {}  {id}  {}", record.number, record.created, record.kind);
    line.extend(outcome);
    if let Some(mode) = &record.mode {
        line += &format!(" {mode}");
    }
    if let Some(image) = &record.image {
        line += &format!("  {image}");
    }
    if let Some(query) = &record.query {
        line += &format!("  {query:?}");
    }
    one_line(&line).into_owned()
}

fn verify(path: &Path, head: Option<&str>) -> Result<Done, Error> {
    let kept = match head.map(str::parse::<Head>) {
        None => None,
        Some(Ok(head)) => Some(head),
        Some(Err(e)) => return Err(Error::new(e.to_string(), "give what `arrcoc log head` has printed")),
    };
    let ledger = Ledger::open_to_read(path)?;
    match ledger.verify(kept.as_ref()) {
        Ok(head) => {
            let records = if head.number == 1 { "record" } else { "records" };
            let against = match &kept {
                Some(kept) => format!("; record {} is the one whose head was kept", kept.number),
                None => "; only a head that was kept elsewhere shows whether its end was cut off".to_owned(),
            };
            say(&format!("{}: {} {records}, in order{against}\nhead {head}\n", path.display(), head.number));
            Ok(Done::Well)
        }
        Err(e @ LedgerError::Broken { .. }) => {
            report_line(&format!("{e}\n{}", e.hint()));
            Ok(Done::NotAsRequired)
        }
        Err(e) => Err(e.into()),
    }
}
