//! Tests of proposals: over demands of all kinds, each is checked as the host
//! checks it.

use arrcoc_decide::Levels;
use arrcoc_sdk::foreign::Grant;

use crate::{
    answer,
    bench::{Bench, Finding, Stop, failed},
    scene::{Case, Order, Scene, Weights},
    subject::PLAINLY,
};

/// A demand: what it is about, the weights, the bounds of every patch, the levels, and the total.
type Demanded = (&'static str, Weights, Vec<(u32, u32)>, Levels, u64);

const GRID: Case = Case { width: 96, height: 64, rows: 4, cols: 6 };
const PATCHES: u64 = 24;

fn demands() -> Vec<Demanded> {
    use Weights::{Half, One, Ramp};
    let all = |bounds: (u32, u32)| vec![bounds; PATCHES as usize];
    let list = || Levels::List(vec![64, 100, 144, 196, 256, 400]);
    let mixed: Vec<(u32, u32)> =
        (0..PATCHES).map(|patch| [(64, 400), (0, 0), (200, 200), (1, 400)][patch as usize % 4]).collect();
    vec![
        ("64..400, any count", Ramp, all((64, 400)), Levels::Any, 150 * PATCHES),
        ("64..400, squares", Ramp, all((64, 400)), Levels::Squares, 150 * PATCHES),
        ("64..400, a list of levels", Ramp, all((64, 400)), list(), 150 * PATCHES),
        ("0..1, a quarter kept", Ramp, all((0, 1)), Levels::Any, PATCHES / 4),
        ("0..1, all weight on one patch", One, all((0, 1)), Levels::Any, PATCHES / 2),
        ("64..400, all weight on one patch", One, all((64, 400)), Levels::Any, 150 * PATCHES),
        ("0..400, no weight on every other patch", Half, all((0, 400)), Levels::Any, 300 * PATCHES),
        (
            "64..400, squares, no weight on every other patch",
            Half,
            all((64, 400)),
            Levels::Squares,
            300 * PATCHES,
        ),
        ("the least that is possible", Ramp, all((64, 400)), Levels::Any, 64 * PATCHES),
        ("the most that is possible", Ramp, all((64, 400)), Levels::Any, 400 * PATCHES),
        ("one token above the least", Half, all((64, 400)), Levels::Any, 64 * PATCHES + 1),
        ("nothing to hand out", Ramp, all((0, 400)), Levels::Any, 0),
        ("pinned and banned patches", Ramp, mixed.clone(), Levels::Any, 120 * PATCHES),
        ("pinned and banned patches, squares", Half, mixed, Levels::Squares, 120 * PATCHES),
        ("levels above every bound", Ramp, all((64, 400)), Levels::List(vec![1000]), 150 * PATCHES),
        ("one patch", Ramp, vec![(64, 400)], Levels::Any, 150),
        ("one patch that is not kept", Ramp, vec![(0, 1)], Levels::Any, 0),
    ]
}

/// Asks for a proposal for each demand.
pub(super) fn admitted(bench: &Bench) -> Finding {
    let subject = bench.subject()?;
    // Says why nothing can be asked, where that is so.
    bench.scene(GRID)?;
    let needs = bench.part()?.needs();
    let demands = demands();
    let count = demands.len();
    for (about, weights, bounds, levels, total) in demands {
        let case = if bounds.len() == 1 { Case { rows: 1, cols: 1, ..GRID } } else { GRID };
        let order = Order::new(weights, bounds, levels, total)?;
        let scene = Scene::ordered(case, &needs, order)?;
        bench.at(format!("asking for a proposal: {about}"));
        match bench.ask(&subject, &scene, PLAINLY, &Grant::threads(1)) {
            Ok(answer) => {
                answer::admitted(&answer, &scene).map_err(|what| Stop::Failed(format!("{what} ({about})")))?
            }
            Err(trouble) => return failed(format!("{trouble} ({about})")),
        }
    }
    Ok(format!("{count} demands"))
}
