//! What the tests of the command share: the real binary, the real plugins
//! (built when they are not), a folder of their own, and pictures.

#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(unreachable_pub, reason = "shared by test files, which export nothing")]

mod assembled;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// The folder that holds `plugins/` and `fixtures/`. Builds them the first time.
pub fn assembled() -> &'static Path {
    assembled::assembled_for(env!("CARGO_BIN_EXE_arrcoc"))
}

/// The good plugins.
pub fn plugins() -> PathBuf {
    assembled().join("plugins")
}

/// The plugin that misbehaves on purpose.
pub fn fixture() -> PathBuf {
    library(&assembled().join("fixtures"), "arrcoc_bad")
}

/// The path of a library in a folder.
pub fn library(folder: &Path, name: &str) -> PathBuf {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    folder.join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"))
}

/// The photographs, where they are. Tests that need them say so and pass without.
pub fn photographs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/images");
    let mut found: Vec<PathBuf> = std::fs::read_dir(&folder)
        .map(|entries| entries.filter_map(|e| Some(e.ok()?.path())).collect())
        .unwrap_or_default();
    found.retain(|p| p.extension().is_some_and(|e| e == "png" || e == "jpg"));
    found.sort();
    if found.is_empty() {
        println!("skipped: no photographs in {}", folder.display());
    }
    found
}

/// A folder with a picture in it, from which the command is run.
pub struct Desk {
    folder: TempDir,
}

impl Desk {
    pub fn new() -> Desk {
        let desk = Desk { folder: TempDir::new().unwrap() };
        desk.write("page.png", &png(240, 192));
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Names of everything in the folder.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Runs the command as it stands, with the good plugins in its search path.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, &[])
    }

    /// The same with more variables in its environment.
    pub fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        Ran::of(&self.command(args).envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap())
    }

    /// The same with a text on its stdin.
    pub fn run_fed(&self, args: &[&str], text: &str) -> Ran {
        let pipes = (Stdio::piped(), Stdio::piped(), Stdio::piped());
        let mut child = self.command(args).stdin(pipes.0).stdout(pipes.1).stderr(pipes.2).spawn().unwrap();
        let (mut stdin, text) = (child.stdin.take().unwrap(), text.to_owned());
        // Fed on the side: it may fill the pipe of what it writes first.
        let feeder = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, text.as_bytes()));
        let output = child.wait_with_output().unwrap();
        let _ = feeder.join();
        Ran::of(&output)
    }

    /// The command as it stands, to be started.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_arrcoc"));
        command.args(args).current_dir(self.folder.path());
        command.env("ARRCOC_PLUGIN_PATH", plugins()).env("NO_COLOR", "1").env("COLUMNS", "100");
        command
    }
}

/// What a run of the command came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: &Output) -> Ran {
        Ran {
            code: output.status.code().expect("the command was not killed"),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// Asserts that all went well; returns stdout.
    pub fn well(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        assert!(self.stderr.is_empty(), "{self:?}");
        self.stdout
    }

    /// Asserts a refused request: exit 2, nothing on stdout, one line and a hint.
    pub fn refused(self) -> String {
        assert_eq!(self.code, 2, "{self:?}");
        assert!(self.stdout.is_empty(), "{self:?}");
        let lines: Vec<&str> = self.stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{self:?}");
        assert!(lines[0].starts_with("error: ") && lines[1].starts_with("hint: "), "{self:?}");
        self.stderr
    }
}

/// A picture as PNG: paper, lines of marks, and a bright square.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    arrcoc_picture::encode_png(&drawing(width, height)).unwrap()
}

pub fn drawing(width: u32, height: u32) -> arrcoc_picture::Image {
    let mut rgb = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            let mark = y / 12 % 3 == 1 && (x * 7 + y * 3) % 11 < 4 && x > width / 8 && x < width * 3 / 4;
            let square = x > width * 4 / 5 && y < height / 4;
            rgb.extend(match (mark, square) {
                (true, _) => [40, 40, 50],
                (_, true) => [200, 60, 40],
                _ => [240, 238, 230],
            });
        }
    }
    arrcoc_picture::Image::from_rgb(width, height, rgb).unwrap()
}

/// SplitMix64 (Steele, Lea and Flood 2014).
pub struct Noise(pub u64);

impl Noise {
    /// From 0 to 1, in steps of 2⁻²⁴.
    pub fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u32 << 24) as f32
    }

    /// From -1 to 1.
    pub fn signed(&mut self) -> f32 {
        2.0 * self.unit() - 1.0
    }

    /// A whole number below `n`.
    pub fn below(&mut self, n: u32) -> u32 {
        ((self.unit() * n as f32) as u32).min(n - 1)
    }
}

/// Text for a snapshot: paths, hashes, times and versions replaced.
pub fn stable(text: &str, desk: &Desk) -> String {
    let mut text = text.replace(&desk.folder.path().display().to_string(), "DIR");
    text = text.replace(&assembled().display().to_string(), "TARGET");
    text
}
