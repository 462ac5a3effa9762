//! `arrcoc recalibrate`: a calibration from how tasks ended.

use arrcoc::{Error, Rerun, autonomy, calibration::Calibration, ledger::Ledger, recalibrate::Lessons};

use super::{Done, allocate::config, args::RecalibrateArgs, outputs, say};

pub(crate) fn run(args: &RecalibrateArgs) -> Result<Done, Error> {
    if let Some(path) = &args.out {
        outputs::check_writable(path)?;
    }
    let ledger = Ledger::open_to_read(&args.ledger)?;
    let base = match (&args.calibration, autonomy::in_force(&ledger)?) {
        (Some(path), _) => Calibration::read(path)?,
        (None, Some(now)) => now.configuration.calibration.calibration()?,
        (None, None) => Calibration::reference()?,
    };
    let lessons = Lessons::read(&ledger, &base)?;
    let made = lessons.recalibrated();
    say(&lessons.to_string());
    let made = made.map_err(|e| e.in_file(&args.ledger))?;
    say(&format!("\n{made}"));
    let mut rerun = Rerun::new(config(&args.search)?).configured_by(&ledger)?;
    rerun = args.images.iter().fold(rerun, |rerun, folder| rerun.images_in(folder));
    say(&lessons.moved(&ledger, &mut rerun, &made.found.refit.map())?.to_string());
    if let Some(path) = &args.out {
        outputs::write(path, made.text.as_bytes())?;
        say(&format!("\nwrote {}, version {}\n", path.display(), made.version));
    }
    Ok(Done::Well)
}
