//! Sides that take turns, so that what else the machine does falls on all of them alike.
//!
//! In every round each side has one turn, which is the fastest of a few calls: what is slower was interrupted. A ratio is
//! the median over the rounds of the ratio within a round, and a time the median of its own. The first round warms up and
//! does not count.
//!
//! What one thread does is timed by the time that its process had a processor, on both sides: on an idle machine that is
//! the time that passed, and on a busy one a long call is not charged with the turns of other programs, of which a short
//! one has none. Nobody gains by a second thread: all threads are added up.

use std::time::{Duration, Instant};

/// What a side does when it is its turn: it says how many seconds its fastest call took.
pub(crate) type Turn<'a> = Box<dyn FnMut() -> Result<f64, String> + 'a>;

/// The sides of a comparison, in the order of their turns.
#[derive(Default)]
pub(crate) struct Sides<'a>(Vec<(&'static str, Turn<'a>)>);

impl<'a> Sides<'a> {
    pub(crate) fn add(&mut self, name: &'static str, turn: impl FnMut() -> Result<f64, String> + 'a) {
        self.0.push((name, Box::new(turn)));
    }

    /// Lets every side have its turn, so many times.
    ///
    /// # Errors
    ///
    /// That of the first turn that failed.
    pub(crate) fn run(mut self, rounds: usize) -> Result<Rounds, String> {
        let mut times: Vec<(&'static str, Times)> =
            self.0.iter().map(|(name, _)| (*name, Times(Vec::new()))).collect();
        for round in 0..=rounds {
            for ((_, turn), (_, times)) in self.0.iter_mut().zip(&mut times) {
                let seconds = turn()?;
                if round > 0 {
                    times.0.push(seconds);
                }
            }
        }
        Ok(Rounds(times))
    }
}

/// What all sides took.
pub(crate) struct Rounds(Vec<(&'static str, Times)>);

impl Rounds {
    /// The times of a side, where there was one of this name.
    pub(crate) fn of(&self, name: &str) -> Option<&Times> {
        self.0.iter().find(|(side, _)| *side == name).map(|(_, times)| times)
    }
}

/// Seconds of a call, round by round.
#[derive(Clone, Debug)]
pub(crate) struct Times(pub(crate) Vec<f64>);

impl Times {
    /// The median, in seconds.
    pub(crate) fn median(&self) -> f64 {
        median(self.0.clone())
    }

    /// The median over the rounds of these times over the other's.
    pub(crate) fn over(&self, other: &Times) -> f64 {
        median(self.0.iter().zip(&other.0).map(|(own, other)| own / other).collect())
    }

    /// What each of `parts` equal parts of a call took.
    pub(crate) fn per(&self, parts: usize) -> Times {
        Times(self.0.iter().map(|seconds| seconds / parts as f64).collect())
    }
}

/// Of an even number the mean of the two in the middle; of none, not a number.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.as_slice() {
        [] => f64::NAN,
        all if all.len() % 2 == 1 => all[middle],
        all => f64::midpoint(all[middle - 1], all[middle]),
    }
}

/// What a call is timed by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// The time that this process had processors; where the system does not tell it, the time that passed.
    Processor,
    /// The time that passed, for what several threads or processes do at once.
    Wall,
}

impl Clock {
    /// A function that says how many seconds it has been.
    fn start(self) -> impl Fn() -> f64 {
        let passed = Instant::now();
        let used = processor_time();
        move || match (self, used, processor_time()) {
            (Clock::Processor, Some(before), Some(now)) => (now - before).as_secs_f64(),
            _ => passed.elapsed().as_secs_f64(),
        }
    }
}

/// How long this process has had processors, all threads together.
#[cfg(unix)]
fn processor_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

#[cfg(not(unix))]
fn processor_time() -> Option<Duration> {
    None
}

/// Calls without a clock, then with one: seconds of the fastest.
pub(crate) fn timed(
    clock: Clock,
    warm: u32,
    calls: u32,
    mut call: impl FnMut() -> Result<(), String>,
) -> Result<f64, String> {
    for _ in 0..warm {
        call()?;
    }
    let mut fastest = f64::INFINITY;
    for _ in 0..calls {
        let seconds = clock.start();
        call()?;
        fastest = fastest.min(seconds());
    }
    Ok(fastest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_taken_within_a_round() {
        // The second round was ten times slower for both: by medians of times alone the ratio would be 2.5.
        let ours = Times(vec![1.0, 10.0, 2.0]);
        let theirs = Times(vec![4.0, 40.0, 5.0]);
        assert_eq!([ours.median(), theirs.median()], [2.0, 5.0]);
        assert_eq!(theirs.over(&ours), 4.0);
        assert_eq!(ours.per(2).0, [0.5, 5.0, 1.0]);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), 3.0);
    }

    #[test]
    fn sides_take_turns_and_the_first_round_does_not_count() {
        let order = std::cell::RefCell::new(String::new());
        let mut sides = Sides::default();
        for name in ["a", "b"] {
            let order = &order;
            sides.add(name, move || {
                order.borrow_mut().push_str(name);
                Ok(order.borrow().len() as f64)
            });
        }
        let rounds = sides.run(2).unwrap();
        assert_eq!(rounds.of("a").unwrap().0, [3.0, 5.0]);
        assert_eq!(rounds.of("b").unwrap().0, [4.0, 6.0]);
        assert!(rounds.of("c").is_none());
        assert_eq!(*order.borrow(), "ababab");
    }

    #[test]
    fn waiting_takes_no_processor() {
        let wait = || {
            std::thread::sleep(Duration::from_millis(200));
            Ok(())
        };
        assert!(timed(Clock::Wall, 0, 1, wait).unwrap() >= 0.2);
        if processor_time().is_some() {
            // The other tests share the process, and are short.
            assert!(timed(Clock::Processor, 0, 3, wait).unwrap() < 0.1);
        }
    }

    #[test]
    fn a_turn_that_fails_ends_the_rounds() {
        let mut sides = Sides::default();
        sides.add("a", || Ok(1.0));
        sides.add("b", || Err("gone".to_owned()));
        assert_eq!(sides.run(2).err().as_deref(), Some("gone"));
    }
}
