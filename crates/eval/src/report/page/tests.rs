//! The page in a real browser: what a reader clicks, reads and sees.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

#[path = "../../../tests/support/browser.rs"]
mod browser;

use std::path::PathBuf;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use browser::{Browser, Screen};
use serde_json::json;

use super::{sample, *};

const WIDE: Screen = Screen { width: 1280, height: 800, dark: false };
const NARROW: Screen = Screen { width: 400, height: 800, dark: false };

/// A page in a file, and a browser to look at it.
struct Reader {
    browser: Browser,
    folder: tempfile::TempDir,
}

impl Reader {
    /// None, with the reason on stderr, where there is no browser.
    fn new() -> Option<Reader> {
        match Browser::start() {
            Ok(browser) => Some(Reader { browser, folder: tempfile::TempDir::new().unwrap() }),
            Err(reason) if reason.starts_with("missing") => {
                eprintln!("not tested: {reason}");
                None
            }
            Err(reason) => panic!("{reason}"),
        }
    }

    fn file(&self, page: &Page) -> PathBuf {
        let file = self.folder.path().join("index.html");
        std::fs::write(&file, html(page).unwrap()).unwrap();
        file
    }

    /// That nothing was loaded, thrown or complained about, nothing is wider than the
    /// window, and no name became an element.
    fn is_well(&mut self, what: &str) {
        let b = &mut self.browser;
        assert_eq!(b.complaints(), Vec::<String>::new(), "{what}");
        assert_eq!(b.requests(), Vec::<String>::new(), "{what}");
        assert_eq!(b.eval("window.broken ?? null"), json!(null), "{what}");
        assert_eq!(
            b.eval("document.querySelectorAll('[onerror], iframe, script:not([nonce]):not(#data)').length"),
            0,
            "{what}"
        );
        let wide = b.eval(
            "document.documentElement.scrollWidth <= innerWidth ? null
             : [...document.querySelectorAll('body *')].filter(e => !e.closest('.table') && e.getBoundingClientRect().right > innerWidth + 1)
                 .slice(0, 6).map(e => `${e.tagName}.${e.getAttribute('class')} ${e.getBoundingClientRect().right}`)",
        );
        assert_eq!(wide, json!(null), "{what}: wider than the window");
    }
}

/// Sixths, back from what a person reads: `−3⅓` is −20.
fn sixths(text: &str) -> i64 {
    let sign = if text.starts_with('−') { -1 } else { 1 };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let rest = ["⅙", "⅓", "½", "⅔", "⅚"].iter().position(|f| text.ends_with(f)).map_or(0, |i| i as i64 + 1);
    sign * (6 * digits.parse::<i64>().unwrap_or(0) + rest)
}

/// The account on the screen: a name and the sixths of each part, the last their sum.
fn account(b: &mut Browser, panel: &str) -> Vec<(String, i64)> {
    let rows = b.eval(&format!(
        "[...document.querySelectorAll('[data-panel={panel}] .account tbody tr')].map(r => [r.cells[0].textContent, r.cells[3].textContent])"
    ));
    let rows = rows.as_array().unwrap().iter();
    rows.map(|r| (r[0].as_str().unwrap().to_owned(), sixths(r[1].as_str().unwrap()))).collect()
}

fn expected(view: &View, patch: usize) -> Vec<i64> {
    let mut parts = vec![view.uniform_sixths[patch]];
    parts.extend(view.ways.iter().map(|way| way.sixths[patch]));
    parts.push(view.allocator_sixths[patch]);
    parts.push(6 * i64::from(view.tokens[patch]));
    parts
}

#[test]
fn data_cannot_leave_its_element() {
    let page = Page { title: sample::HOSTILE.into(), ..Page::default() };
    let html = html(&page).unwrap();
    let data = html.split_once("id=\"data\">").unwrap().1.split_once("</script>").unwrap().0;
    assert!(!data.contains('<') && !data.contains('\u{2028}'), "{data}");
    let back: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(back["title"], sample::HOSTILE);
    assert_eq!(html.matches("</script>").count(), 3, "the theme, the data, the scripts");
    assert!(html.contains("<title>&lt;/script&gt;"));
}

#[test]
fn what_is_put_in_is_not_looked_at_again() {
    assert_eq!(filled("a {{x}} b {{y}}{{z}}", &[("x", "{{y}}"), ("y", "2")]), "a {{y}} b 2");
}

#[test]
fn the_page_is_light() {
    let bytes = html(&Page::default()).unwrap().len();
    assert!(bytes < 120_000, "{bytes} bytes without data");
}

#[test]
fn the_first_screen_answers() {
    let Some(mut reader) = Reader::new() else { return };
    let file = reader.file(&sample::page());
    let b = &mut reader.browser;
    b.screen(WIDE);
    b.open(&file, "");
    let lede = b.text(".lede");
    assert_eq!(
        lede,
        "The system beats uniform, downsample, random, centre and stride; it beats edge-density in part; it shows no \
         difference from entropy-quadtree; it is behind top-k in part."
    );
    for part in ["#answers", "#costs", "#failed"] {
        let bottom =
            b.eval(&format!("document.querySelector('{part}').getBoundingClientRect().bottom")).as_f64();
        assert!(bottom.unwrap() <= 800.0, "{part} ends at {bottom:?}");
    }
    let first = b.text(".answer[data-outcome=better] .outcome");
    assert!(first.contains("+21.4") && first.contains("[18.3, 24.5]"), "{first}");
    let worse = b.text(".answer[data-outcome=worse]");
    assert!(
        worse.contains('▼') && worse.contains("−2.1") && worse.contains("exploratory · 24 pages"),
        "{worse}"
    );
    let unclear = b.text(".answer[data-outcome=unclear]");
    assert!(unclear.contains("p = 0.41") && unclear.contains("6.1 points would be found"), "{unclear}");
    assert!(b.text("#answers").contains("too few pages to tell · 1 page"));
    assert!(b.text("#failed").contains("item 17 of receipts: its image is cut short"));
    assert!(b.text("#head").contains("1 of 4 gates failed"), "{}", b.text("#head"));
    // The bar says what the number says: the interval lies right of the line.
    let right = b.eval(
        "(() => { const bar = document.querySelector('.answer .bar'); const x = c => bar.querySelector(c).getBoundingClientRect();
           return x('.span').left > x('.zero').right && x('.dot').left < x('.span').right; })()",
    );
    assert_eq!(right, true);
    b.screen(NARROW);
    b.open(&file, "");
    for part in ["#answers", "#costs", "#failed"] {
        let bottom =
            b.eval(&format!("document.querySelector('{part}').getBoundingClientRect().bottom")).as_f64();
        assert!(bottom.unwrap() <= 1600.0, "{part} ends at {bottom:?} on a narrow screen");
    }
}

#[test]
fn a_patch_is_accounted_for() {
    let Some(mut reader) = Reader::new() else { return };
    let page = sample::page();
    let file = reader.file(&page);
    let b = &mut reader.browser;
    b.screen(WIDE);
    b.open(&file, "");
    b.eval("(s => { s.value = 1; s.dispatchEvent(new Event('change')); })(document.querySelector('#item'))");
    let item = &page.explorer[1];
    let (row, col) = (5, 7);
    b.click(".stage", (f64::from(col) + 0.5) / 24.0, (f64::from(row) + 0.5) / 24.0);
    let patch = (row * 24 + col) as usize;
    let parts: Vec<i64> = account(b, "first").into_iter().map(|(_, part)| part).collect();
    assert_eq!(parts, expected(&item.views[0], patch));
    assert_eq!(parts[..5].iter().sum::<i64>(), parts[5], "without a rest");
    let said = b.text("[data-panel=first] .why");
    assert!(said.contains("Row 6, column 8"), "{said}");
    assert!(said.contains(&format!("{} tokens", item.views[0].tokens[patch])), "{said}");
    assert!(said.contains(&item.views[0].verdicts[patch]), "{said}");
    let words = b.eval("document.querySelector('.words pre').textContent");
    assert_eq!(words, json!(item.views[0].summary));
    let score = item.views[0].ways[0].score.as_ref().unwrap()[patch];
    assert!(said.contains(&format!("{score:.2}")) && said.contains("absent"), "{said}");
    // The arrow keys move by a patch, and stop at the edge.
    b.press("ArrowDown");
    b.press("ArrowRight");
    assert!(b.text(".why").contains("Row 7, column 9"));
    let parts: Vec<i64> = account(b, "first").into_iter().map(|(_, part)| part).collect();
    assert_eq!(parts, expected(&item.views[0], patch + 25));
    b.press("End");
    b.press("ArrowRight");
    assert!(b.text(".why").contains("Row 7, column 24"));
    // The address leads back to it, in a new visit and without one.
    let hash = b.eval("location.hash").as_str().unwrap().to_owned();
    assert_eq!(hash, "#item=1&view=0&look=tokens&patch=167");
    b.open(&file, &hash);
    assert!(b.text(".why").contains("Row 7, column 24"));
    b.eval("location.hash = '#item=0&view=0&with=3&look=divided&patch=30'");
    b.settle();
    for (panel, view) in [("first", 0), ("second", 3)] {
        let parts: Vec<i64> = account(b, panel).into_iter().map(|(_, part)| part).collect();
        assert_eq!(parts, expected(&page.explorer[0].views[view], 30), "{panel}");
    }
    // One divider moves both.
    b.eval(
        "(r => { r.value = 25; r.dispatchEvent(new Event('input')); })(document.querySelector('.divide'))",
    );
    let splits =
        b.eval("[...document.querySelectorAll('.stage')].map(s => s.style.getPropertyValue('--split'))");
    assert_eq!(splits, json!(["25%", "25%"]));
    // What an address cannot mean is left out.
    b.eval("location.hash = '#item=99&view=-1&with=x&look=constructor&patch=1e9'");
    b.settle();
    assert_eq!(b.eval("document.querySelectorAll('.panel').length"), 1);
    reader.is_well("explorer");
}

#[test]
fn names_stay_text_and_fractions_exact() {
    let Some(mut reader) = Reader::new() else { return };
    let page = sample::page();
    let file = reader.file(&page);
    let b = &mut reader.browser;
    b.screen(WIDE);
    b.open(&file, "#item=2&patch=0");
    let rows = account(b, "first");
    assert_eq!(rows.iter().map(|r| r.1).collect::<Vec<_>>(), [11, 46, -20, 4, 1, 42]);
    let texts =
        b.eval("[...document.querySelectorAll('.account tbody tr')].map(r => r.cells[3].textContent)");
    assert_eq!(texts, json!(["1⅚", "+7⅔", "−3⅓", "+⅔", "+⅙", "7"]));
    assert_eq!(rows[2].0, "__proto__");
    assert!(b.text("#explorer").contains("<img src=x onerror"));
    assert!(b.text("#suite-2").contains("</script><img src=x"));
    for look in ["image", "rendered", "divided", "tokens"] {
        b.eval(&format!("document.querySelector('#look-{look}').click()"));
        b.settle();
    }
    reader.is_well("hostile names");
}

#[test]
fn tables_sort_by_mouse_and_key() {
    let Some(mut reader) = Reader::new() else { return };
    let file = reader.file(&sample::page());
    let b = &mut reader.browser;
    b.screen(WIDE);
    b.open(&file, "");
    let names =
        "[...document.querySelectorAll('#suite-0 > .table tbody tr')].map(r => r.cells[0].textContent)";
    let sorts = "[...document.querySelectorAll('#suite-0 > .table thead th')].map(h => h.ariaSort)";
    let given = b.eval(names);
    assert_eq!(given[0], "attention");
    b.click("#suite-0 > .table th:nth-child(3) button", 0.5, 0.5);
    assert_eq!(b.eval(sorts), json!(["none", "none", "descending", "none", "none"]));
    let sorted = b.eval(names);
    assert_eq!(
        [&sorted[0], &sorted[1], &sorted[9]],
        ["oracle", "system", "attention"],
        "absent numbers come last"
    );
    b.press("Enter");
    assert_eq!(b.eval(sorts)[2], "ascending");
    let sorted = b.eval(names);
    assert_eq!([&sorted[0], &sorted[9]], ["random", "attention"], "absent numbers come last, either way");
    b.press(" ");
    assert_eq!(b.eval(names), given, "as they came");
    b.click("#suite-0 > .table th:nth-child(1) button", 0.5, 0.5);
    assert_eq!(b.eval(names)[1], "centre");
    reader.is_well("tables");
}

#[test]
fn charts_say_their_values() {
    let Some(mut reader) = Reader::new() else { return };
    let file = reader.file(&sample::page());
    let b = &mut reader.browser;
    b.screen(WIDE);
    b.open(&file, "");
    b.eval("document.querySelector('#suite-0 .plot').focus()");
    for _ in 0..4 {
        b.press("ArrowRight");
    }
    let tip = b.text("#suite-0 .tip");
    assert!(tip.contains("144 tokens a patch"), "{tip}");
    for part in ["system", "74.0", "[69.0", "n 24"] {
        assert!(tip.contains(part), "{part}: {tip}");
    }
    // A method that is switched off is gone from the drawing and from the values.
    b.click("#suite-0 .legend button[title^='system']", 0.5, 0.5);
    b.eval("document.querySelector('#suite-0 .plot').focus()");
    b.press("End");
    let tip = b.text("#suite-0 .tip");
    assert!(!tip.contains("system"), "{tip}");
    assert_eq!(b.eval("document.querySelectorAll('#suite-0 .chart:first-child .band.system').length"), 0);
    assert_eq!(b.eval("document.querySelectorAll('#suite-0 .frontier').length"), 1);
    // The ramp gets darker in even steps, whatever the colour vision.
    let image = b.eval(
        "(() => { const c = document.createElement('canvas'); const p = c.getContext('2d');
           const e = document.querySelector('.ramp'); const text = getComputedStyle(e).backgroundImage;
           return text.match(/rgb\\([^)]*\\)/g).map(rgb => rgb.match(/\\d+/g).map(Number)); })()",
    );
    let lightness: Vec<f64> = image
        .as_array()
        .unwrap()
        .iter()
        .map(|rgb| {
            let linear = |i: usize| {
                let v = rgb[i].as_f64().unwrap() / 255.0;
                if v <= 0.04045 { v / 12.92 } else { libm::pow((v + 0.055) / 1.055, 2.4) }
            };
            // CIE L*, which the ramp was not made with.
            116.0 * libm::cbrt(0.2126 * linear(0) + 0.7152 * linear(1) + 0.0722 * linear(2)) - 16.0
        })
        .collect();
    let steps: Vec<f64> = lightness.windows(2).map(|w| w[0] - w[1]).collect();
    let mean = steps.iter().sum::<f64>() / steps.len() as f64;
    assert!(mean > 1.5 && steps.iter().all(|s| (s / mean - 1.0).abs() < 0.6), "{lightness:?}");
    reader.is_well("charts");
}

#[test]
fn light_and_dark_wide_and_narrow() {
    let Some(mut reader) = Reader::new() else { return };
    let file = reader.file(&sample::page());
    for screen in [WIDE, NARROW] {
        for dark in [false, true] {
            let b = &mut reader.browser;
            b.screen(Screen { dark, ..screen });
            b.open(&file, "");
            let paper = "getComputedStyle(document.body).backgroundColor";
            let before = b.eval(paper);
            b.click("#theme", 0.5, 0.5);
            let after = b.eval(paper);
            assert_ne!(before, after);
            // Remembered, where the browser remembers for a page from a disk.
            b.open(&file, "");
            assert_eq!(b.eval(paper), after);
            b.eval("localStorage.clear()");
            b.open(&file, "");
            assert_eq!(b.eval(paper), before);
            for look in ["image", "rendered", "divided", "tokens"] {
                reader.browser.eval(&format!("location.hash = '#item=0&view=0&with=3&look={look}'"));
                reader.browser.settle();
                reader.is_well(&format!("{} pixels, dark {dark}, {look}", screen.width));
            }
        }
    }
}

#[test]
fn a_page_without_data_is_a_page() {
    let Some(mut reader) = Reader::new() else { return };
    let bare =
        Item { views: vec![], rows: 0, cols: 0, width: 0, height: 0, ..sample::page().explorer[2].clone() };
    for (what, page) in [
        ("nothing", Page { holds: true, ..Page::default() }),
        ("a bare suite", Page { suites: vec![SuiteView::default()], ..Page::default() }),
        ("an item without views", Page { explorer: vec![bare], ..Page::default() }),
    ] {
        let file = reader.file(&page);
        for screen in [WIDE, NARROW] {
            reader.browser.screen(screen);
            reader.browser.open(&file, "");
            let text = reader.browser.text("body");
            assert!(
                text.contains("Nothing was compared") && text.contains("Nothing failed"),
                "{what}: {text}"
            );
            reader.is_well(what);
        }
    }
}

/// Writes the sample and pictures of it, to be looked at: `target/page/`.
#[test]
#[ignore = "is for people: run it with --ignored"]
fn pictures() {
    let Some(mut reader) = Reader::new() else { return };
    let program = std::env::current_exe().unwrap();
    let folder = program.ancestors().nth(3).unwrap().join("page");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("index.html"), html(&sample::page()).unwrap()).unwrap();
    let file = reader.file(&sample::page());
    let b = &mut reader.browser;
    let save = |b: &mut Browser, name: String, whole| {
        std::fs::write(folder.join(name), STANDARD.decode(b.screenshot(whole)).unwrap()).unwrap();
    };
    for (size, screen) in [("wide", WIDE), ("narrow", NARROW)] {
        for (theme, dark) in [("light", false), ("dark", true)] {
            b.screen(Screen { dark, ..screen });
            b.open(&file, "");
            save(b, format!("{size}-{theme}.png"), false);
            save(b, format!("{size}-{theme}-whole.png"), true);
            b.open(&file, "#suite-0");
            save(b, format!("{size}-{theme}-suite.png"), false);
            b.open(&file, "#item=0&view=0&with=3&look=tokens");
            save(b, format!("{size}-{theme}-two.png"), false);
            b.open(&file, "#item=1&view=0&look=divided");
            save(b, format!("{size}-{theme}-divided.png"), false);
        }
    }
    println!("look at {}", folder.display());
}
