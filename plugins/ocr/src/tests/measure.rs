//! How much of a page is read, and how long that takes; measurements, not tests.
//!
//! `cargo test --release -p arrcoc-ocr --lib tests::measure::recall -- --ignored --nocapture`
//! prints a table over pages of a tuning seed. What [`tried`] reads may be set from
//! outside, to try other values: `PAGES`, `THREADS`, and the constants of finding and
//! reading. Times are those of the processor, so that a busy machine tells the same.

use std::{collections::BTreeMap, fs, time::Instant};

use arrcoc_datasets::{
    Seed, documents,
    item::{Item, Region},
};
use serde_json::json;

use super::*;

/// A number that may be set from outside, to try others.
fn setting(name: &str, or: f64) -> f64 {
    std::env::var(name).ok().map_or(or, |text| text.parse().unwrap())
}

fn tried() -> Reader {
    let mut reader = reader().expect("the asset");
    let detail = &mut reader.detail;
    detail.pixels = setting("PIXELS", detail.pixels);
    detail.band = setting("BAND", detail.band as f64) as usize;
    detail.around = setting("AROUND", detail.around as f64) as usize;
    let manner = &mut reader.manner;
    manner.margin = setting("MARGIN", manner.margin.into()) as f32;
    manner.stretch = setting("STRETCH", manner.stretch.into()) as f32;
    manner.longest = setting("LONGEST", manner.longest as f64) as usize;
    reader
}

/// The words on the page that a question names.
fn label(question: &str) -> &str {
    if let Some(quoted) = question.split(['“', '”']).nth(1) {
        return quoted;
    }
    let rest = question.trim_end_matches('?');
    let rest = rest.strip_prefix("What is the price of the ").unwrap_or(rest);
    let rest = rest.strip_prefix("What is the ").unwrap_or(rest);
    rest.strip_prefix("Who is the ").unwrap_or(rest)
}

/// Whether a text was read within a region: by its letters, or with the spaces between its words too.
fn found(lines: &[Line], text: &str, region: &Region, page: &Item) -> [bool; 2] {
    let place = region.bounds(page.image.width(), page.image.height());
    let (left, top) = (place.x as f32, place.y as f32);
    let (right, bottom) = (left + place.width as f32, top + place.height as f32);
    let meets =
        |line: &&Line| line.left < right && left < line.right && line.top < bottom && top < line.bottom;
    let at: Vec<&Line> = lines.iter().filter(meets).collect();
    let spaced = |text: &str| text.split_whitespace().map(bare).collect::<Vec<_>>().join(" ");
    [
        at.iter().any(|line| bare(&line.text).contains(&bare(text))),
        at.iter().any(|line| spaced(&line.text).contains(&spaced(text))),
    ]
}

/// Seconds of processor time that this process has had: what else the machine does adds little to it.
fn spent() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // After the name in parentheses, fields 14 and 15 of proc(5), in ticks of which Linux tells 100 a second.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// Found, found with spaces, all.
type Count = [usize; 3];

#[test]
#[ignore = "a measurement, not a test: it prints what is read, and how fast"]
fn recall() {
    let reader = tried();
    let count = setting("PAGES", 48.0) as u32;
    let verbose = setting("VERBOSE", 0.0) > 0.0;
    let mut counts: BTreeMap<String, [Count; 2]> = BTreeMap::new();
    let mut times: BTreeMap<String, [f64; 3]> = BTreeMap::new();
    for index in 0..count {
        let page = documents::draw(Seed::tuning(11), index, &documents::Options::default()).unwrap();
        let pixels = page.image.pixels();
        let leave = Leave { threads: setting("THREADS", 1.0) as usize, check: &|| Ok(()) };
        let hands = crate::threads::Hands::default();
        let (start, before) = (Instant::now(), spent());
        let frames =
            crate::detect::lines(&reader.models.detector, &pixels, reader.detail, &hands, &leave).unwrap();
        let seen = (spent() - before) * 1e3;
        let before = spent();
        let lines = reader.read(&pixels, &leave).unwrap();
        let all = (spent() - before) * 1e3;
        let wall = start.elapsed().as_secs_f64() * 1e3 - seen;
        let time = times.entry(page.traits["layout"].clone()).or_default();
        *time = [time[0] + seen, time[1] + all, time[2] + 1.0];
        if verbose {
            println!(
                "{} {:?}: {} frames, {} lines, detect {seen:.0}, all {all:.0} ms, wall {wall:.0}",
                page.name,
                page.traits,
                frames.len(),
                lines.len()
            );
        }
        for ask in &page.asks {
            let answer = (&ask.answers[0].text, &ask.answers[0].region);
            let name = label(&ask.question).to_owned();
            for (kind, (text, region)) in
                [answer, (&name, ask.label.as_ref().unwrap())].into_iter().enumerate()
            {
                let found = found(&lines, text, region, &page);
                if verbose && !found[0] {
                    let place = region.bounds(1344, 1344);
                    println!("  {} `{text}` at {place:?}", ["answer", "label"][kind]);
                    let near = |line: &&Line| {
                        (line.left < (place.x + place.width) as f32 && (place.x as f32) < line.right)
                            && (line.top < (place.y + place.height) as f32 && (place.y as f32) < line.bottom)
                    };
                    for line in lines.iter().filter(near) {
                        println!("      `{}` {:.2}", line.text, line.confidence);
                    }
                }
                for key in [page.traits["layout"].clone(), page.traits["type"].clone(), "all".into()] {
                    let count = &mut counts.entry(key).or_default()[kind];
                    count[0] += usize::from(found[0]);
                    count[1] += usize::from(found[1]);
                    count[2] += 1;
                }
            }
        }
    }
    println!("| pages | answers | with spaces | labels | with spaces | of |");
    for (key, [answers, labels]) in counts {
        let share = |part: usize, of: usize| format!("{:.1} %", 100.0 * part as f64 / of as f64);
        let [a, b, n] = answers;
        let [c, d, _] = labels;
        println!("| {key} | {} | {} | {} | {} | {n} |", share(a, n), share(b, n), share(c, n), share(d, n));
    }
    for (layout, [seen, all, n]) in times {
        println!("{layout}: detect {:.0} ms, all {:.0} ms", seen / n, all / n);
    }
}

#[test]
#[ignore = "it writes files: pages, their truth, and what was read, to the folder that DUMP names"]
fn dump() {
    let folder = std::path::PathBuf::from(std::env::var_os("DUMP").expect("DUMP names a folder"));
    fs::create_dir_all(&folder).unwrap();
    let reader = tried();
    for index in 0..setting("PAGES", 48.0) as u32 {
        let page = documents::draw(Seed::tuning(11), index, &documents::Options::default()).unwrap();
        let size = [page.image.width(), page.image.height()];
        let bounds = |region: &Region| {
            let place = region.bounds(size[0], size[1]);
            json!([place.x, place.y, place.x + place.width, place.y + place.height])
        };
        let asks: Vec<Value> = (page.asks.iter())
            .map(|ask| {
                json!({
                    "question": ask.question, "paraphrases": ask.paraphrases,
                    "answer": ask.answers[0].text, "answer_box": bounds(&ask.answers[0].region),
                    "label": label(&ask.question), "label_box": ask.label.as_ref().map(bounds),
                })
            })
            .collect();
        let lines: Vec<Value> = (read(&reader, &page.image.pixels(), 2).iter())
            .map(|line| {
                let chars: Vec<Value> =
                    line.chars.iter().map(|c| json!([c.c, c.left, c.right, c.confidence])).collect();
                json!({
                    "text": line.text, "confidence": line.confidence,
                    "box": [line.left, line.top, line.right, line.bottom], "chars": chars,
                })
            })
            .collect();
        let write = |what: &str, bytes: &[u8]| {
            fs::write(folder.join(format!("{}.{what}", page.name)), bytes).unwrap()
        };
        let truth = json!({ "name": page.name, "size": size, "traits": page.traits, "asks": asks });
        write("truth.json", truth.to_string().as_bytes());
        write("json", json!({ "size": size, "lines": lines }).to_string().as_bytes());
        write("png", &arrcoc_picture::encode_png(&page.image).unwrap());
    }
}
