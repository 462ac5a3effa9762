//! Images that share one total: exact sums, each image within what it may have, and tokens where the answer is.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use arrcoc::{Config, Decision, Engine, Photo, Policy, Request, Total};
use arrcoc_datasets::{Seed, documents};
use support::{Desk, Noise, plugins, png};

fn engine() -> Engine {
    let mut config = Config::default();
    config.search.folders = vec![plugins()];
    Engine::open(config).unwrap()
}

fn decisions(told: &str) -> Vec<Decision> {
    told.lines().map(|line| Decision::from_json(line).unwrap()).collect()
}

/// Which the form answers, and none of the others.
const QUESTION: &str = "What is the licence plate?";

/// A desk with a form, a receipt, a table of contents and a page of prose.
fn pages() -> Desk {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("pages")).unwrap();
    let options = documents::Options { size: (1344, 1344), asks: 8, ..documents::Options::default() };
    for n in 0..4 {
        let page = documents::draw(Seed::tuning(0), n, &options).unwrap();
        desk.write(&format!("pages/{n}.png"), &arrcoc_picture::encode_png(&page.image).unwrap());
    }
    desk
}

#[test]
fn the_page_that_holds_the_answer_gets_the_tokens() {
    let desk = pages();
    let args = ["allocate", "pages", "--together", "--average", "66", "--query", QUESTION];
    let told = desk.run(&[&args[..], &["--json", "-", "--log", "decisions.ledger"]].concat()).well();
    let shared = decisions(&told);
    assert_eq!(shared.iter().map(|d| d.applied).sum::<u64>(), 4 * 576 * 66);
    for (index, decision) in shared.iter().enumerate() {
        let batch = decision.policy.batch.as_ref().unwrap();
        assert_eq!((batch.images, batch.index, batch.requested, batch.even), (4, index, 4 * 38_016, 38_016));
        assert_eq!((batch.applied, batch.reasons.len()), (4 * 38_016, 0), "{batch:?}");
        assert_eq!(decision.flat_tokens().iter().map(|&k| u64::from(k)).sum::<u64>(), decision.applied);
        assert!(decision.flat_tokens().iter().all(|k| (64..=400).contains(k)));
    }
    let totals: Vec<u64> = shared.iter().map(|d| d.applied).collect();
    assert!(totals[0] > 38_016 && totals[1] < totals[0] && totals[2] < totals[0], "{totals:?}");
    let text = desk.run(&["explain", &shared[0].id[..12], "--log", "decisions.ledger"]).well();
    assert!(
        text.contains("shared      image 1 of 4 that share 152064 tokens; 38016 if all patches were alike"),
        "{text}"
    );
    // They are ordinary decisions of their totals, and replayed as such.
    let replayed = desk.run(&["log", "replay", "decisions.ledger"]).well();
    assert_eq!(replayed, "4 the same, bit for bit; 0 differ; 0 cannot be replayed\n");
    // Each may have a least and a most.
    let told = desk.run(&[&args[..], &["--json", "-", "--each", "37900..38100"]].concat()).well();
    let held = decisions(&told);
    assert_eq!(held.iter().map(|d| d.applied).sum::<u64>(), 4 * 38_016);
    assert!(held.iter().all(|d| (37_900..=38_100).contains(&d.applied)));
    assert_eq!(held[0].applied, 38_100);
}

#[test]
fn each_line_may_ask_otherwise() {
    let desk = pages();
    let line = |n: usize, query: &str| format!("{{\"image\": \"pages/{n}.png\", \"query\": {query:?}}}\n");
    let lines: String = (0..4).map(|n| line(n, if n == 0 { QUESTION } else { "" })).collect();
    let told =
        desk.run_fed(&["allocate", "-", "--together", "--average", "80", "--json", "-"], &lines).well();
    let shared = decisions(&told);
    assert_eq!(shared.iter().map(|d| d.applied).sum::<u64>(), 4 * 576 * 80);
    // What is heard of one image alone cannot be compared, and that is said.
    let reasons = &shared[0].policy.batch.as_ref().unwrap().reasons;
    assert!(
        reasons.iter().all(|r| r.contains("is not there for every image")) && !reasons.is_empty(),
        "{reasons:?}"
    );
    assert_eq!(shared[1].query, None);
}

#[test]
fn what_cannot_be_shared_is_told_before_anything_runs() {
    let desk = Desk::new();
    desk.write("other.png", &png(96, 96));
    let both = ["allocate", "page.png", "other.png", "--together"];
    for (args, expected) in [
        (&["--budget", "50000"][..], "total 50000 is below the least this policy allows"),
        (&["--budget", "80000..90000"], "the total of several images together is the range `80000..90000`"),
        (&["--average", "100", "--each", "60000..70000"], "total"),
        (&["--each", "7"], "--each is `7`"),
        (&["--each", "9..x"], "--each is `9..x`"),
        (&["--each", "10..20"], "below the least"),
        (&["--log", "a.ledger", "--continue"], "--continue"),
    ] {
        let refused = desk.run(&[&both[..], args].concat()).refused();
        assert!(refused.contains(expected), "{args:?}: {refused}");
    }
    let refused =
        desk.run(&["allocate", "page.png", "none.png", "--together", "--log", "a.ledger"]).refused();
    assert!(refused.contains("none.png"), "{refused}");
    assert_eq!(desk.run(&["log", "list", "a.ledger"]).well(), "", "all of them or none");
    let lines = "{\"image\": \"page.png\", \"average\": 90}";
    let refused = desk.run_fed(&["allocate", "-", "--together"], lines);
    assert!(refused.stderr.contains("stdin:1: it has a total of its own, and all share one"), "{refused:?}");
    let refused = desk.run_fed(&["allocate", "-", "--together"], "");
    assert!(refused.stderr.contains("there are no images to share among"), "{refused:?}");
}

/// Images of all sizes, grids and policies: the sums are exact, and everybody keeps within bounds.
#[test]
fn sums_are_exact_at_every_level() {
    let engine = engine();
    let mut chance = Noise(10);
    for trial in 0..60 {
        let images = 1 + chance.below(5);
        let requests: Vec<Request> = (0..images)
            .map(|_| {
                let (width, height) = (40 + chance.below(90), 40 + chance.below(90));
                let drawing = support::drawing(width, height);
                let photo = Photo::from_rgb(width, height, drawing.data().to_vec()).unwrap();
                let grid = arrcoc::Grid::new(1 + chance.below(12), 1 + chance.below(12)).unwrap();
                let bounds = [(64, 400), (0, 1), (3, 90)][chance.below(3) as usize];
                let bounds = arrcoc::Bounds::new(bounds.0, bounds.1).unwrap();
                let query = ["", "the red square"][chance.below(2) as usize];
                Request::new(photo).grid(grid).query(query).policy(Policy::new(bounds, Total::Average(1.0)))
            })
            .collect();
        let ends = |end: fn(&arrcoc::Bounds) -> u32| {
            requests.iter().map(|r| r.grid.patches() as u64 * u64::from(end(&r.policy.bounds))).sum::<u64>()
        };
        let (least, most) = (ends(arrcoc::Bounds::min), ends(arrcoc::Bounds::max));
        let total = least + ((most - least) as f64 * f64::from(chance.unit())) as u64;
        let decisions = engine.allocate_together(&requests, Total::Exact(total)).unwrap();
        assert_eq!(decisions.iter().map(|d| d.applied).sum::<u64>(), total, "trial {trial}");
        for (decision, request) in decisions.iter().zip(&requests) {
            let tokens = decision.flat_tokens();
            let bounds = request.policy.bounds;
            assert!(tokens.iter().all(|k| (bounds.min()..=bounds.max()).contains(k)), "trial {trial}");
            assert_eq!(tokens.iter().map(|&k| u64::from(k)).sum::<u64>(), decision.applied);
        }
    }
}
