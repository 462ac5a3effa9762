//! Every backend that runs on this machine gives the same statistics, the same score
//! maps and the same tokens, to the bit; and one that does not run, or breaks down in the
//! middle, costs a reason and nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::sync::Arc;

use arrcoc::{Config, Decision, Engine, Limits, Photo, Request, Search};
use arrcoc_host::{Attributes, Catalogue, Grant, Isolation, Request as Call, Scorer, TensorView};
use arrcoc_sdk::abi::DType;
use arrcoc_stats::{EDGE_THRESHOLD, FIELDS, Grid, Pixels, Tiling, Vectors, reference, scan_with};
use support::{Desk, Noise, drawing, photographs, plugins};

/// Images that the backends are compared on.
const IMAGES: u64 = 520;

fn search() -> Search {
    Search { folders: vec![plugins()], ..Search::default() }
}

/// The backends beside the CPU's that run here. What does not is told, and is no failure.
fn others() -> Vec<String> {
    let mut catalogue = Catalogue::open(&search(), &Isolation::default());
    catalogue.load_devices();
    let mut here = Vec::new();
    for id in ["wgpu", "cuda"] {
        match catalogue.scorer_info(id).unwrap().unavailable() {
            None => here.push(id.to_owned()),
            Some(reason) => eprintln!("passed over: backend `{id}`: {reason}"),
        }
    }
    here
}

/// An image of an awkward size with a grid that fits it.
struct Case {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
    grid: Grid,
}

fn case(number: u64) -> Case {
    let mut noise = Noise(number);
    let mut within = |from: u32, to: u32| from + noise.below(to - from + 1);
    let (width, height) = match number % 13 {
        0 => (1, within(1, 400)),
        1 => (within(1, 400), 1),
        2 => (16_384, within(1, 5)),
        3 => (within(1, 5), 9_973),
        4 => (131, 137),
        5 => (128, 128),
        6 => (257, 251),
        7 => (within(1, 9), within(1, 9)),
        8 => (1021, 64),
        _ => (within(2, 200), within(2, 200)),
    };
    // From one patch for all to a patch for every pixel.
    let mut side = |pixels: u32| match within(0, 4) {
        0 => 1,
        1 => pixels.min(128),
        2 => pixels.min(24),
        _ => within(1, pixels.min(128)),
    };
    let grid = Grid::new(side(height), side(width)).unwrap();
    let kind = noise.below(6);
    let mut rgb = Vec::with_capacity(3 * width as usize * height as usize);
    let flat = [0; 3].map(|_: u8| noise.below(256) as u8);
    for y in 0..height {
        for x in 0..width {
            let any = [0; 3].map(|_: u8| noise.below(256) as u8);
            rgb.extend(match kind {
                0 => any,
                1 => flat,
                // The steepest edges that there are.
                2 => [if (x / 2 + y / 2) % 2 == 0 { 0 } else { 255 }; 3],
                3 => [(x * 255 / width) as u8, (y * 255 / height) as u8, (x ^ y) as u8],
                // Few values and long runs.
                4 => [[0, 100, 110, 255][usize::from(any[0] > 250) + usize::from(any[1] > 128)]; 3],
                _ => [flat[0] ^ (any[0] & 3), flat[1], if y % 7 == 0 { 255 } else { any[2] & 15 }],
            });
        }
    }
    Case { width, height, rgb, grid }
}

fn counted(scorer: &Arc<Scorer>, case: &Case) -> Vec<i64> {
    let shape = [case.height.into(), case.width.into(), 3];
    let pixels = TensorView::new("pixels", DType::U8, &shape, &case.rgb).unwrap();
    let attrs = Attributes { grid: Some([case.grid.rows, case.grid.cols]), ..Attributes::default() };
    let (outputs, _) = scorer.prepare(&Call::new(&[pixels], &attrs), &Grant::threads(2)).unwrap();
    outputs[0].view().unwrap().as_slice::<i64>().unwrap().to_vec()
}

#[test]
fn every_backend_counts_what_is_defined() {
    let mut catalogue = Catalogue::open(&search(), &Isolation::default());
    catalogue.load_devices();
    let make = |id: &str| catalogue.make_scorer(id, &Default::default(), None).unwrap();
    let mut backends = vec![("cpu".to_owned(), make("cpu"))];
    backends.extend(others().into_iter().map(|id| (id.clone(), make(&id))));
    for number in 0..IMAGES {
        let case = case(number);
        let pixels = Pixels::new(case.width, case.height, &case.rgb).unwrap();
        let tiling = Tiling::new(case.grid, case.width, case.height).unwrap();
        let expected = reference(&pixels, &tiling, EDGE_THRESHOLD).into_raw();
        let what = format!("image {number}, {}x{}, grid {}", case.width, case.height, case.grid);
        for vectors in Vectors::here() {
            let mut table = vec![0; case.grid.patches() * FIELDS];
            scan_with(vectors, &pixels, &tiling, EDGE_THRESHOLD, 0..case.height, &mut table);
            assert!(table == expected, "{vectors:?}: {what}");
        }
        for (id, scorer) in &backends {
            assert!(counted(scorer, &case) == expected, "{id}: {what}");
        }
    }
}

fn engine(backend: &str) -> Engine {
    let mut config = Config::default();
    config.search = search();
    config.backend = Some(backend.to_owned());
    Engine::open(config).unwrap()
}

#[test]
fn every_backend_leads_to_the_same_decision() {
    let cpu = engine("cpu");
    let others: Vec<(String, Engine)> = others().into_iter().map(|id| (id.clone(), engine(&id))).collect();
    let decide = |engine: &Engine, request: &Request| -> Decision {
        let decision = engine.allocate(request).unwrap();
        let failures: Vec<&String> = decision.reasons.iter().filter(|r| r.contains("in place of")).collect();
        assert!(failures.is_empty(), "{failures:?}");
        decision
    };
    let generated = (0..IMAGES).map(|number| {
        let case = case(number);
        (Photo::from_rgb(case.width, case.height, case.rgb).unwrap(), case.grid)
    });
    let photographs: Vec<_> = photographs();
    let real =
        photographs.iter().map(|path| (Photo::read(path, &Limits::default()).unwrap(), Grid::default()));
    for (number, (photo, grid)) in real.chain(generated).enumerate() {
        let request = Request::new(photo).grid(grid);
        let expected = decide(&cpu, &request);
        for (id, engine) in &others {
            let found = decide(engine, &request);
            assert_eq!(found.tokens, expected.tokens, "{id}: image {number}");
            assert_eq!(found.scores, expected.scores, "{id}: image {number}");
            assert!(found.plugins.iter().any(|plugin| plugin.part == *id));
        }
    }
}

/// A decision of the command on a page.
fn allocate(desk: &Desk, args: &[&str], variables: &[(&str, &str)]) -> Decision {
    let mut all = vec!["allocate", "big.png", "--json", "d.json"];
    all.extend(args);
    desk.run_with(&all, variables).well();
    Decision::read(&desk.path("d.json")).unwrap()
}

/// A desk with a page that is several blocks of a MiB.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("big.png", &arrcoc_picture::encode_png(&drawing(1500, 1000)).unwrap());
    desk
}

#[test]
fn a_backend_that_cannot_run_costs_a_reason() {
    let desk = desk();
    let expected = allocate(&desk, &[], &[]);
    assert_eq!(expected.reasons, [""; 0]);

    // No driver is found; or the driver that is found is none.
    let garbage = desk.write("driver.so", b"not a library");
    let manifest = format!(
        r#"{{"file_format_version": "1.0.0", "ICD": {{"library_path": "{}", "api_version": "1.3.0"}}}}"#,
        garbage.display()
    );
    let broken = desk.write("broken.json", manifest.as_bytes());
    for files in ["/nowhere.json", broken.to_str().unwrap()] {
        let variables = [("VK_DRIVER_FILES", files), ("VK_ICD_FILENAMES", files)];
        let decision = allocate(&desk, &["--backend", "wgpu"], &variables);
        assert_eq!((&decision.tokens, &decision.scores), (&expected.tokens, &expected.scores));
        let reason = "scorer `wgpu` did not run: it is unavailable: gpu: there is no graphics adapter";
        assert!(decision.reasons.iter().any(|r| r.starts_with(reason)), "{:?}", decision.reasons);
    }
}

#[test]
fn a_device_that_breaks_down_in_the_middle_costs_a_reason() {
    let desk = desk();
    let expected = allocate(&desk, &[], &[]);
    for id in others() {
        for (mishap, said) in [("lost", "DeviceLost"), ("memory", "OutOfMemory")] {
            let (mishap, block) = (format!("{id}.mishap={mishap}"), format!("{id}.block=1"));
            let args = ["--backend", &id, "--param", &mishap, "--param", &block];
            let decision = allocate(&desk, &args, &[]);
            assert_eq!((&decision.tokens, &decision.scores), (&expected.tokens, &expected.scores));
            let [first, second] = decision.reasons.as_slice() else { panic!("{:?}", decision.reasons) };
            assert!(first.starts_with(&format!("scorer `{id}` failed: {said}")), "{first}");
            assert_eq!(*second, format!("`cpu` ran in place of `{id}`"));
        }
    }
}
