//! What docs/reasons.md shows is what the commands print. With `ARRCOC_UPDATE=1` it is written anew.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::path::Path;

use arrcoc_datasets::{Seed, documents};
use support::Desk;

/// The words of a command line, in which only double quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    let mut words = Vec::new();
    for (at, part) in parts {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

/// Times are of the machine.
fn timeless(text: &str) -> String {
    let of_line = |line: &str| match line.rsplit_once(", ") {
        Some((before, time)) if time.ends_with(" µs") => format!("{before}, … µs"),
        _ => line.trim_end().to_owned(),
    };
    text.lines().map(|line| of_line(line) + "\n").collect()
}

#[test]
fn the_documented_answers_are_what_the_commands_print() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("pages")).unwrap();
    // What `draw_labelled` draws first.
    let options = documents::Options { size: (1344, 1344), asks: 8, ..documents::Options::default() };
    let page = documents::draw(Seed::tuning(0), 0, &options).unwrap();
    desk.write("pages/form-0.png", &arrcoc_picture::encode_png(&page.image).unwrap());
    let photograph = support::photographs().into_iter().find(|path| path.ends_with("coffee.png"));
    if let Some(path) = &photograph {
        std::fs::copy(path, desk.path("coffee.png")).unwrap();
    }
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reasons.md");
    let document = std::fs::read_to_string(&place).unwrap();
    let (mut made, mut ran) = (String::new(), 0);
    for (at, block) in document.split("```").enumerate() {
        let Some(body) = block.strip_prefix("console\n").filter(|_| at % 2 == 1) else {
            made += block;
            made += "```";
            continue;
        };
        made += "console\n";
        let commands: Vec<&str> = body.lines().filter(|line| line.starts_with("$ ")).collect();
        let about_photo =
            |line: &&&str| ["coffee", "photo.json", "by-hand"].iter().any(|word| line.contains(word));
        if photograph.is_none() && commands.iter().any(|line| about_photo(&line)) {
            made += body;
            made += "```";
            continue;
        }
        for (n, command) in commands.iter().enumerate() {
            let words = words(command);
            let output = match words[1].as_str() {
                "arrcoc" => {
                    ran += 1;
                    let args: Vec<&str> = words[2..].iter().map(String::as_str).collect();
                    timeless(&desk.run(&args).well())
                }
                _ => String::new(),
            };
            let space = if n > 0 && !output.is_empty() { "\n" } else { "" };
            made += &format!("{space}{command}\n{output}");
        }
        made += "```";
    }
    let made = made.strip_suffix("```").unwrap();
    assert!(ran >= 6, "{ran} commands ran");
    if std::env::var_os("ARRCOC_UPDATE").is_some() {
        std::fs::write(&place, made).unwrap();
        return;
    }
    assert!(
        made == document,
        "docs/reasons.md is not what the commands print; ARRCOC_UPDATE=1 cargo test -p arrcoc --test reasons writes it anew"
    );
}
