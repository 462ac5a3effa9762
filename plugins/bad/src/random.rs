//! `bad-random` and `bad-random-allocator`: another fault at every call, for
//! stress. Which one is known beforehand and written down, so that a test can
//! hold what the host says against what was done to it.
//!
//! | parameter | what |
//! |---|---|
//! | `log` | a file; one byte, the letter of the fault, is appended before the fault is committed. Empty: no log |
//! | `seed` | of the order of the faults |
//! | `kinds` | the faults to choose from, comma-separated; `all` for all |
//!
//! With n bytes in the log (0 without one) and K kinds, the fault is entry
//! n mod K of the kinds in an order that is drawn from the seed and n div K:
//! every K calls in a row hold each kind once. The count lives in the file
//! because the process that commits the fault does not.
//!
//! | kind | letter | in | what it does |
//! |---|---|---|---|
//! | `panic` | p | both | panics |
//! | `segfault` | s | both | writes to an address it does not have |
//! | `abort` | a | both | aborts the process |
//! | `exit` | e | both | ends the process with code 3 |
//! | `hang` | h | both | never returns, deaf to cancel and deadline |
//! | `late` | l | both | answers rightly 60 ms past the deadline, or after 200 ms where there is none |
//! | `memory` | m | both | takes memory, and touches it, without end |
//! | `nan` | n | scorer | one score is not a number |
//! | `unwritten` | u | scorer | one score is left unwritten |
//! | `overrun` | o | both | a scorer writes all of its output and 8 bytes beyond; an allocator, which does not see its output, writes 64 bytes of zeros beyond the end of its own proposal, in the heap |
//! | `sum` | t | allocator | hands out one token too many, or too few where every patch is full |
//! | `bounds` | b | allocator | takes the first patch to one beyond its most |
//! | `length` | k | allocator | forgets the last patch |
//! | `good` | g | both | answers rightly |

use std::{
    fs::{self, File},
    io::{self, Write},
    path::PathBuf,
};

use arrcoc_sdk::{describe::Determinism, prelude::*};

use crate::{allocators::shared, ends, scorers::plain};

/// A kind of fault, and the letter that stands for it in the log.
type Kind = (&'static str, u8);

const SCORER: &[Kind] = &[
    ("panic", b'p'),
    ("segfault", b's'),
    ("abort", b'a'),
    ("exit", b'e'),
    ("hang", b'h'),
    ("late", b'l'),
    ("memory", b'm'),
    ("nan", b'n'),
    ("unwritten", b'u'),
    ("overrun", b'o'),
    ("good", b'g'),
];

const ALLOCATOR: &[Kind] = &[
    ("panic", b'p'),
    ("segfault", b's'),
    ("abort", b'a'),
    ("exit", b'e'),
    ("hang", b'h'),
    ("late", b'l'),
    ("memory", b'm'),
    ("sum", b't'),
    ("bounds", b'b'),
    ("length", b'k'),
    ("overrun", b'o'),
    ("good", b'g'),
];

fn params() -> [Param; 3] {
    [
        Param::text("log", "", "file that a letter is appended to before each fault; empty for none"),
        Param::integer("seed", 0..=i64::MAX, 0, "seed of the order of the faults"),
        Param::text("kinds", "all", "the faults to choose from, comma-separated"),
    ]
}

/// The faults to come.
struct Faults {
    log: Option<PathBuf>,
    seed: u64,
    kinds: Vec<Kind>,
}

impl Faults {
    fn new(params: &Params, all: &[Kind]) -> Result<Faults, Fault> {
        let kinds = match params.text("kinds")? {
            "all" => all.to_vec(),
            list => list.split(',').map(|name| kind(all, name.trim())).collect::<Result<_, _>>()?,
        };
        let log = Some(params.text("log")?).filter(|path| !path.is_empty()).map(PathBuf::from);
        Ok(Faults { log, seed: params.integer("seed")?.unsigned_abs(), kinds })
    }

    /// Chooses the fault of this call and writes it down.
    fn next(&self) -> Result<&'static str, Fault> {
        let unreadable = |e: io::Error| Fault::internal(format!("the log of faults: {e}"));
        let before = match self.log.as_deref().map(fs::metadata) {
            None => 0,
            Some(Ok(file)) => file.len(),
            Some(Err(e)) if e.kind() == io::ErrorKind::NotFound => 0,
            Some(Err(e)) => return Err(unreadable(e)),
        };
        let kinds = self.kinds.len() as u64;
        let order = shuffled(&self.kinds, self.seed, before / kinds);
        let (name, letter) = order[(before % kinds) as usize];
        if let Some(path) = &self.log {
            let append = File::options().create(true).append(true).open(path);
            append.and_then(|mut file| file.write_all(&[letter])).map_err(unreadable)?;
        }
        Ok(name)
    }
}

fn kind(all: &[Kind], name: &str) -> Result<Kind, Fault> {
    all.iter().copied().find(|(known, _)| *known == name).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|(known, _)| *known).collect();
        Fault::invalid(format!("there is no kind `{name}`; there are {}", names.join(", ")))
    })
}

/// The kinds in the order of a round.
fn shuffled(kinds: &[Kind], seed: u64, round: u64) -> Vec<Kind> {
    let mut state = mix(seed) ^ round;
    let mut order = kinds.to_vec();
    for last in (1..order.len()).rev() {
        state = mix(state);
        order.swap(last, (state % (last as u64 + 1)) as usize);
    }
    order
}

/// The step of SplitMix64 (Steele, Lea, Flood 2014, figure 13).
fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Commits a fault that a scorer and an allocator have in common.
fn commit(kind: &str, call: &Call<'_>) -> Result<(), Fault> {
    match kind {
        "panic" => panic!("a fault that was asked for"),
        "segfault" => ends::segfault(),
        "abort" => std::process::abort(),
        "exit" => std::process::exit(3),
        "hang" => ends::hang(),
        "late" => return ends::late(call),
        "memory" => ends::memory(),
        _ => {}
    }
    Ok(())
}

/// A scorer with another fault at every call.
pub(crate) struct BadRandom(Faults);

impl Scorer for BadRandom {
    type Prepared = ();

    fn info() -> ScorerInfo {
        let info = crate::scorers::info("bad-random", "another fault at every call");
        params().into_iter().fold(info.determinism(Determinism::None), ScorerInfo::param)
    }

    fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(BadRandom(Faults::new(params, SCORER)?))
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<(), Fault> {
        let kind = self.0.next()?;
        if kind == "unwritten" {
            input.patch_stats()?;
            output.slice::<f32>("badness")?[1..].fill(0.5);
            return Ok(());
        }
        let badness = plain(input, output)?;
        match kind {
            "nan" => badness[0] = f32::NAN,
            "overrun" => ends::overrun(badness),
            other => commit(other, call)?,
        }
        Ok(())
    }
}

/// An allocator with another fault at every call.
pub(crate) struct BadRandomAllocator(Faults);

impl Allocator for BadRandomAllocator {
    fn info() -> AllocatorInfo {
        let info = AllocatorInfo::new("bad-random-allocator", "fixture: another fault at every call");
        params().into_iter().fold(info, AllocatorInfo::param)
    }

    fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(BadRandomAllocator(Faults::new(params, ALLOCATOR)?))
    }

    fn allocate(&self, ask: &Ask<'_>, call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let kind = self.0.next()?;
        let mut tokens = shared(ask)?;
        match kind {
            "sum" => match (0..tokens.len()).find(|&i| tokens[i] < ask.demand.max()[i]) {
                Some(i) => tokens[i] += 1,
                None => tokens[0] = tokens[0].saturating_sub(1),
            },
            "bounds" => tokens[0] = ask.demand.max()[0] + 1,
            "length" => {
                tokens.pop();
            }
            "overrun" => {
                tokens.shrink_to_fit();
                let end = tokens.as_mut_ptr_range().end.cast::<[u8; 64]>();
                // SAFETY: none; the heap beyond belongs to others, which is what this is for.
                unsafe { end.write_unaligned(std::hint::black_box([0; 64])) };
            }
            other => commit(other, call)?,
        }
        Ok(tokens)
    }
}

#[cfg(test)]
mod tests {
    use arrcoc_sdk::{stats::Grid, testing::Scene};

    use super::*;

    #[test]
    fn every_round_holds_each_kind_once_in_another_order() {
        let rounds: Vec<Vec<Kind>> = (0..8).map(|round| shuffled(SCORER, 7, round)).collect();
        for round in &rounds {
            let mut kinds = round.clone();
            kinds.sort_by_key(|kind| SCORER.iter().position(|known| known == kind));
            assert_eq!(kinds, SCORER);
        }
        assert_ne!(rounds[0], rounds[1]);
        assert_ne!(rounds[0], shuffled(SCORER, 8, 0));
        assert_eq!(rounds[3], shuffled(SCORER, 7, 3));
    }

    #[test]
    fn the_log_says_what_was_done_and_counts() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let scene = Scene::stripes(Grid::new(3, 3).unwrap()).unwrap();
        let params = [
            ("log", log.to_str().unwrap().into()),
            ("kinds", "good,unwritten,panic".into()),
            ("seed", 5.into()),
        ];
        let mut done = String::new();
        for _ in 0..9 {
            done.push(match scene.run::<BadRandom>(&params) {
                Ok(_) => 'g',
                Err(fault) if fault.message.contains("a fault that was asked for") => 'p',
                Err(fault) => {
                    assert!(fault.message.contains("1 of 9 elements were not written"), "{fault}");
                    'u'
                }
            });
        }
        assert_eq!(fs::read_to_string(log).unwrap(), done);
        for round in 0..3 {
            let mut letters: Vec<char> = done[3 * round..3 * round + 3].chars().collect();
            letters.sort_unstable();
            assert_eq!(letters, ['g', 'p', 'u']);
        }
    }

    #[test]
    fn an_unknown_kind_is_refused() {
        let scene = Scene::stripes(Grid::new(2, 2).unwrap()).unwrap();
        let fault = scene.run::<BadRandom>(&[("kinds", "good,terrible".into())]).unwrap_err();
        assert!(
            fault.message.starts_with("there is no kind `terrible`; there are panic, segfault"),
            "{fault}"
        );
    }
}
