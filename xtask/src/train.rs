//! `train`: the weights that are committed, and the one way in which they come
//! about.
//!
//! Training is PyTorch's, in a virtual environment of its own below `target/`:
//! candle takes each channel of a depthwise convolution for itself, forwards and
//! backwards. What comes out is read by Rust alone.

use std::{fs, process::Command};

use crate::arguments::{Given, Switch};
use crate::environment::environment;
use crate::failure::{Failure, say};
use crate::workspace::Workspace;

pub(crate) const DETAILS: &str = "\
Trains a model of this repository; there is one, `glance`. Needs Python 3 with venv,
and the Python package index the first time. A run that was stopped goes on where
it was. Checkpoints, and the curve in `curve.json`, lie below `target/train/`; at the
end the weights in the source tree are replaced, and what its tests compare them with.
Words after `--` go to the training, as in `cargo xtask train glance -- --scale 0.5`.";

pub(crate) const OPTIONS: &[Switch] = &[
    Switch { name: "--steps", value: Some("N"), help: "how long, in steps of eight crops [default: 8000]" },
    Switch { name: "--fresh", value: None, help: "begin anew" },
    Switch { name: "--try", value: None, help: "leave the weights in the source tree as they are" },
];

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    match given.operands.as_slice() {
        [name] if name == "glance" => {}
        [] => return Err(Failure::request("no model is named").hint("there is `glance`")),
        [other, ..] => {
            return Err(Failure::request(format!("there is no model `{other}`")).hint("there is `glance`"));
        }
    }
    let steps = given.value("--steps").unwrap_or("8000");
    if !steps.parse::<u32>().is_ok_and(|steps| steps > 0) {
        return Err(Failure::request(format!("`--steps {steps}`: give a whole number above 0")));
    }
    let workspace = Workspace::find(None)?;
    let model = workspace.root.join("plugins/glance");
    let sources = model.join("train");
    let place = workspace.target.join("train");
    let python = environment(&place.join("venv"), &sources.join("requirements.txt"))?;
    let run = place.join("glance");
    if given.has("--fresh") && run.exists() {
        fs::remove_dir_all(&run).map_err(|error| Failure::file("remove", &run, error))?;
    }
    let script = |name: &str| {
        let mut command = Command::new(&python);
        command.arg(sources.join(name));
        command
    };
    finish(script("train.py").arg("--out").arg(&run).args(["--steps", steps]).args(&given.passed_on))?;
    let checkpoint = run.join("checkpoint.pt");
    let into = if given.has("--try") { run.clone() } else { model };
    for folder in [&into, &into.join("tests")] {
        fs::create_dir_all(folder).map_err(|error| Failure::file("make", folder, error))?;
    }
    let weights = into.join("glance.safetensors");
    finish(script("export.py").arg(&checkpoint).arg(&weights))?;
    finish(script("check.py").arg(&checkpoint).arg(into.join("tests/compare.json")))?;
    say!("the weights are in `{}`", weights.display());
    say!("a calibration is for one set of weights: fit a new one with `arrcoc calibrate --scorer glance`");
    Ok(())
}

fn finish(command: &mut Command) -> Result<(), Failure> {
    let name = command.get_program().display().to_string();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::new(format!("`{name}` failed: its message is above"))),
        Err(error) => Err(Failure::new(format!("cannot run `{name}`: {error}"))),
    }
}
