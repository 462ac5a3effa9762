//! How much memory the command needs for a large image: the most that was resident, as Linux tells it.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{statistics::image, table::Row};

const SIDE: u32 = 4096;
/// What the goal adds to the image, in bytes.
const MORE: f64 = 64e6;

/// The row: `arrcoc allocate` on an image of [`SIDE`]² pixels.
pub(crate) fn row(command: &Path, folder: &Path) -> Row {
    let what = format!("memory of `arrcoc allocate`, {SIDE}² PPM: most resident");
    let goal = "≤ image + 64 MB";
    if !cfg!(target_os = "linux") {
        return Row::not_measured(what, goal, "only Linux tells it of a process that runs");
    }
    match most_resident(command, folder) {
        Ok(bytes) => {
            let image = 3.0 * f64::from(SIDE) * f64::from(SIDE);
            let more = bytes - image;
            let megabytes = |bytes: f64| format!("{:.1} MB", bytes / 1e6);
            Row::told(
                what,
                goal.to_owned(),
                megabytes(bytes),
                format!("the image: {}", megabytes(image)),
                format!("image + {}", megabytes(more)),
                Some(more <= MORE),
            )
        }
        Err(error) => Row::failed(what, error),
    }
}

fn most_resident(command: &Path, folder: &Path) -> Result<f64, String> {
    let file = folder.join("image.ppm");
    let write = || {
        let mut ppm = File::create(&file)?;
        write!(ppm, "P6\n{SIDE} {SIDE}\n255\n")?;
        ppm.write_all(&image(SIDE))
    };
    write().map_err(|error| format!("cannot write the image: {error}"))?;
    let mut child = Command::new(command)
        .arg("allocate")
        .arg(&file)
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot run `{}`: {error}", command.display()))?;
    let most = watch(&mut child);
    let status = child.wait().map_err(|error| error.to_string())?;
    let _ = fs::remove_file(&file);
    match most {
        Some(bytes) if status.success() => Ok(bytes),
        Some(_) => Err(format!("`arrcoc allocate` ended with {status}")),
        None => Err("the system does not tell".to_owned()),
    }
}

/// The last that is told of a process until it ends: the number only grows.
fn watch(child: &mut Child) -> Option<f64> {
    let status = format!("/proc/{}/status", child.id());
    let mut most = None;
    while let Ok(None) = child.try_wait() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        most = peak(&text).or(most);
        std::thread::sleep(Duration::from_millis(1));
    }
    most
}

/// `VmHWM` in bytes.
fn peak(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::peak;

    #[test]
    fn the_peak_is_read_in_bytes() {
        assert_eq!(peak("Name:\tx\nVmPeak:\t 900 kB\nVmHWM:\t     512 kB\nVmRSS:\t 8 kB\n"), Some(524_288.0));
        assert_eq!(peak("Name:\tx\nState:\tZ (zombie)\n"), None);
    }
}
