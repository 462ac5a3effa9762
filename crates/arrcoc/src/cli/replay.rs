//! `arrcoc log replay`: decide again what was decided, and compare bit for bit.

use arrcoc::{
    Decision, Error, Rerun,
    ledger::{Filter, Kind, Ledger},
    rerun::Replay,
};

use super::{Done, allocate::config, args::ReplayArgs, log::short, progress::Progress, report_line, say};

pub(crate) fn run(args: &ReplayArgs) -> Result<Done, Error> {
    let ledger = Ledger::open_to_read(&args.ledger)?;
    let base = Rerun::new(config(&args.search)?).configured_by(&ledger)?;
    let mut rerun = args.images.iter().fold(base, |rerun, folder| rerun.images_in(folder));
    let filter =
        Filter { kind: Some(Kind::Decision), subject: args.id.clone(), last: args.last, ..Filter::default() };
    let all = usize::try_from(ledger.head()?.number).unwrap_or(usize::MAX);
    let progress = Progress::new("records", all);
    let (mut same, mut differ, mut cannot) = (0_u64, 0_u64, 0_u64);
    ledger.each_record(&filter, |record| {
        progress.at(usize::try_from(record.summary.number).unwrap_or(all));
        let named = format!("record {} ({})", record.summary.number, short(&record.summary.subject));
        let decision = Decision::from_json(&record.content).map_err(|e| e.in_file(&args.ledger));
        match decision.and_then(|decision| rerun.replay(&decision)) {
            Ok(Replay::Same) => same += 1,
            Ok(Replay::Differs(lines)) => {
                differ += 1;
                say(&format!("{named}: differs\n"));
                lines.iter().for_each(|line| say(&format!("  {line}\n")));
            }
            Ok(_) => {}
            Err(e) => {
                cannot += 1;
                say(&format!("{named}: cannot replay: {e}\n"));
                if let Some(hint) = &e.hint {
                    say(&format!("  {hint}\n"));
                }
            }
        }
        Ok::<(), Error>(())
    })?;
    drop(progress);
    if same + differ + cannot == 0 {
        return Err(Error::new(
            format!("{}: there is no such decision", args.ledger.display()),
            "`arrcoc log list` has what there is",
        ));
    }
    let text = format!("{same} the same, bit for bit; {differ} differ; {cannot} cannot be replayed");
    if differ + cannot > 0 {
        report_line(&text);
        return Ok(Done::NotAsRequired);
    }
    say(&(text + "\n"));
    Ok(Done::Well)
}
