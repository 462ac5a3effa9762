//! `index.html` of a real run, in a real browser: it opens without a word of
//! complaint, and what the explorer says of a patch is what was decided.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

#[path = "support/browser.rs"]
mod browser;
mod support;

use browser::{Browser, Screen};
use support::{Desk, SMALL};

#[test]
fn the_page_of_a_run_is_opened_and_explored() {
    let mut browser = match Browser::start() {
        Ok(browser) => browser,
        Err(reason) if reason.starts_with("missing") => {
            eprintln!("not tested: {reason}");
            return;
        }
        Err(reason) => panic!("{reason}"),
    };
    let desk = Desk::new();
    desk.write("small.yaml", SMALL);
    let ran = desk.run(&["--suite", "small.yaml", "--quick", "--out", "run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let page = desk.path("run/index.html");
    for (width, dark) in [(1280, false), (400, true)] {
        browser.screen(Screen { width, height: 800, dark });
        browser.open(&page, "");
        assert_eq!(browser.complaints(), Vec::<String>::new());
        assert_eq!(browser.requests(), Vec::<String>::new());
        let overflow = browser.eval("document.documentElement.scrollWidth - innerWidth");
        assert!(overflow.as_i64().unwrap() <= 0, "{width}: {overflow} pixels too wide");
    }
    // The data in the page is what the engine decided: tokens sum to what was applied, parts to tokens.
    let parts = browser.eval(
        "(() => {
            const view = JSON.parse(document.getElementById('data').textContent).explorer[0].views[0];
            const sum = values => values.reduce((a, b) => a + b, 0);
            const parts = view.tokens.map((_, i) =>
                view.uniform_sixths[i] + view.allocator_sixths[i] + sum(view.ways.map(way => way.sixths[i])));
            return [sum(view.tokens) === view.applied, view.tokens.every((t, i) => 6 * t === parts[i]), view.tokens.length];
        })()",
    );
    assert_eq!(parts, serde_json::json!([true, true, 576]));
    let account = browser.eval("document.querySelectorAll('.account tbody tr').length");
    assert!(account.as_u64().unwrap() >= 6, "the account of a patch is on the screen: {account}");
}
