//! Policies: what is refused and how it reads, and that what is not refused can always be met.
#![allow(clippy::expect_used, reason = "a fixture that cannot be made fails the run")]

use arrcoc_decide::{
    Bounds, Demand, Levels, Override, Policy, PolicyError, Refusal, Rule, Terms, Total, admit,
    share_by_weight, uniform,
};
use proptest::prelude::*;

fn policy(total: Total) -> Policy {
    Policy::new(Bounds::default(), total)
}

fn with(total: Total, overrides: &[(usize, Rule)]) -> Policy {
    let overrides = overrides.iter().map(|&(patch, rule)| Override { patch, rule }).collect();
    Policy { overrides, ..policy(total) }
}

fn refused(policy: &Policy, patches: usize) -> PolicyError {
    Terms::new(policy, patches).expect_err("must be refused")
}

#[test]
fn infeasible_totals_show_the_sum_and_the_mend() {
    let cases = [
        (
            policy(Total::Exact(20_000)),
            "total 20000 is below the least this policy allows: 576 patches × 64 = 36864",
            "use a budget from 36864 to 230400, or an average from 64 to 400",
        ),
        (
            policy(Total::Exact(300_000)),
            "total 300000 is above the most this policy allows: 576 patches × 400 = 230400",
            "use a budget from 36864 to 230400, or an average from 64 to 400",
        ),
        (
            policy(Total::Average(30.0)),
            "average 30 (total 17280) is below the least this policy allows: 576 patches × 64 = 36864",
            "use a budget from 36864 to 230400, or an average from 64 to 400",
        ),
        (
            policy(Total::Range { lo: 36_864, hi: 300_000 }),
            "total 300000 (the high end of `36864..300000`) is above the most this policy allows: \
             576 patches × 400 = 230400",
            "use a budget from 36864 to 230400, or an average from 64 to 400",
        ),
        (
            with(Total::Exact(36_900), &[(0, Rule::Pin(200)), (5, Rule::Ban), (9, Rule::Floor(128))]),
            "total 36900 is below the least this policy allows: 576 patches × 64 = 36864 (with 3 overrides: 37000)",
            "use a budget from 37000 to 229800, or an average from 64.24 to 398.95",
        ),
        (
            with(Total::Exact(230_400), &[(3, Rule::Ban)]),
            "total 230400 is above the most this policy allows: 576 patches × 400 = 230400 (with 1 override: 230000)",
            "use a budget from 36800 to 230000, or an average from 63.89 to 399.3",
        ),
        (
            with(Total::Exact(1), &[(3, Rule::Ceil(300))]),
            "total 1 is below the least this policy allows: 576 patches × 64 = 36864",
            "use a budget from 36864 to 230300, or an average from 64 to 399.82",
        ),
        (
            policy(Total::Average(1e300)),
            "average 1e300 is above the most this policy allows: 576 patches × 400 = 230400",
            "use a budget from 36864 to 230400, or an average from 64 to 400",
        ),
    ];
    for (policy, text, hint) in cases {
        let error = refused(&policy, 576);
        assert_eq!(error.to_string(), text);
        assert_eq!(error.hint().as_deref(), Some(hint));
    }
    let keep = Policy::new(Bounds::new(0, 1).expect("in order"), Total::Exact(577));
    let error = refused(&keep, 576);
    assert_eq!(error.to_string(), "total 577 is above the most this policy allows: 576 patches × 1 = 576");
    let hint = "use a budget from 0 to 576, or an average above 0 and up to 1";
    assert_eq!(error.hint().as_deref(), Some(hint));
    let fixed = Policy::new(Bounds::new(7, 7).expect("in order"), Total::Exact(8));
    assert_eq!(refused(&fixed, 1).hint().as_deref(), Some("use a budget of 7"));
}

#[test]
fn requests_without_a_meaning_are_refused() {
    let line = |policy: Policy, patches| refused(&policy, patches).to_string();
    assert_eq!(line(policy(Total::Exact(1)), 0), "there are no patches to give tokens to");
    let many = "16777217 patches are more than the 16777216 that can be shared among";
    assert_eq!(line(policy(Total::Exact(1)), (1 << 24) + 1), many);
    for average in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY] {
        let expected = format!("average `{average}` is not a finite number above 0");
        assert_eq!(line(policy(Total::Average(average)), 576), expected);
    }
    let reversed = "total `9..5` is reversed: its low end is above its high end";
    assert_eq!(line(policy(Total::Range { lo: 9, hi: 5 }), 576), reversed);
    let empty = Policy { levels: Levels::List(vec![]), ..policy(Total::Exact(40_000)) };
    assert_eq!(line(empty, 576), "the list of levels is empty");
}

#[test]
fn overrides_that_cannot_hold_are_refused() {
    let line =
        |overrides: &[(usize, Rule)]| refused(&with(Total::Average(100.0), overrides), 576).to_string();
    let beyond = "override `pin 4` names patch 576, but there are 576 patches, counted from 0";
    assert_eq!(line(&[(576, Rule::Pin(4))]), beyond);
    let pins = "override `pin 101` on patch 7 contradicts the earlier `pin 100`";
    assert_eq!(line(&[(7, Rule::Pin(100)), (8, Rule::Pin(101)), (7, Rule::Pin(101))]), pins);
    let ends = "override `ceil 99` on patch 7 contradicts the earlier `floor 100`";
    assert_eq!(line(&[(7, Rule::Floor(100)), (7, Rule::Ceil(99))]), ends);
    assert_eq!(
        line(&[(7, Rule::Ban), (7, Rule::Floor(1))]),
        "override `floor 1` on patch 7 contradicts the earlier `ban`"
    );
    let floors = refused(&with(Total::Average(100.0), &[(7, Rule::Floor(99)), (7, Rule::Floor(100))]), 576);
    assert_eq!(floors.hint().as_deref(), Some("leave one of the two on patch 7"));
}

#[test]
fn overrides_replace_the_bounds() {
    let overrides = [
        (0, Rule::Pin(500)),
        (1, Rule::Ban),
        (2, Rule::Floor(100)),
        (3, Rule::Ceil(100)),
        (4, Rule::Floor(500)),
        (5, Rule::Ceil(10)),
        (6, Rule::Floor(10)),
        (7, Rule::Floor(100)),
        (7, Rule::Ceil(200)),
        (7, Rule::Pin(150)),
        (7, Rule::Floor(100)),
        (8, Rule::Ceil(200)),
        (8, Rule::Floor(100)),
    ];
    let terms = Terms::new(&with(Total::Average(150.0), &overrides), 10).expect("feasible");
    let demand = terms.demand(1500).expect("the total");
    assert_eq!(demand.min(), [500, 0, 100, 64, 500, 10, 10, 150, 100, 64]);
    assert_eq!(demand.max(), [500, 0, 400, 100, 500, 10, 400, 150, 200, 400]);
}

#[test]
fn totals_resolve_before_any_scorer_runs() {
    let ends = |total, patches| {
        let terms = Terms::new(&policy(total), patches).expect("feasible");
        (terms.lo(), terms.hi(), terms.is_range())
    };
    assert_eq!(ends(Total::Exact(40_000), 576), (40_000, 40_000, false));
    assert_eq!(ends(Total::Average(100.5), 3), (302, 302, false), "halves go up");
    assert_eq!(ends(Total::Range { lo: 300, hi: 600 }, 3), (300, 600, true));
    assert_eq!(ends(Total::Range { lo: 300, hi: 300 }, 3), (300, 300, false));
    let terms = Terms::new(&policy(Total::Range { lo: 300, hi: 600 }), 3).expect("feasible");
    assert_eq!(terms.demand(450).expect("between").surplus(), 450 - 192);
    let error = terms.demand(601).expect_err("beyond");
    assert_eq!(error.to_string(), "total 601 is outside the total `300..600` of these terms");
}

#[test]
fn the_largest_policy_does_not_overflow() {
    let bounds = Bounds::new(u32::MAX, u32::MAX).expect("in order");
    let all = (1u64 << 24) * u64::from(u32::MAX);
    let terms = Terms::new(&Policy::new(bounds, Total::Exact(all)), 1 << 24).expect("feasible");
    assert_eq!(terms.hi(), all);
    assert!(Terms::new(&Policy::new(bounds, Total::Exact(u64::MAX)), 1 << 24).is_err());
}

#[test]
fn bare_demands_are_checked_too() {
    let line = |min: &[u32], max: &[u32], total| {
        Demand::new(min.to_vec(), max.to_vec(), Levels::Any, total).expect_err("wrong").to_string()
    };
    assert_eq!(line(&[1], &[2, 3], 2), "a demand has 1 minima but 2 maxima");
    assert_eq!(line(&[], &[], 0), "there are no patches to give tokens to");
    assert_eq!(line(&[1, 4], &[2, 3], 2), "patch 1 of a demand has minimum 4 above its maximum 3");
    let below = "total 1 is below the least this policy allows: the ends of its 2 patches sum to 2";
    assert_eq!(line(&[1, 1], &[2, 3], 1), below);
    assert!(Demand::new(vec![1], vec![2], Levels::List(vec![]), 1).is_err());
    let sorted = Demand::new(vec![1], vec![9], Levels::List(vec![4, 2, 4]), 3).expect("feasible");
    assert_eq!(sorted.levels(), &Levels::List(vec![2, 4]));
}

fn levels() -> impl Strategy<Value = Levels> {
    let list = prop::collection::vec(0u32..60, 1..8).prop_map(Levels::List);
    prop_oneof![2 => Just(Levels::Any), 1 => Just(Levels::Squares), 2 => list]
}

/// Random policies, most of them feasible, and their number of patches.
fn any_policy() -> impl Strategy<Value = (Policy, usize)> {
    let rule = prop_oneof![
        (0u32..60).prop_map(Rule::Pin),
        (0u32..60).prop_map(Rule::Floor),
        (0u32..60).prop_map(Rule::Ceil),
        Just(Rule::Ban),
    ];
    let overrides = prop::collection::vec((0usize..30, rule), 0..4);
    (1usize..30, 0u32..20, 0u32..30, 0.0..1.1f64, 0.0..0.5f64, 0u8..3, levels(), overrides).prop_map(
        |(patches, min, room, share, span, kind, levels, overrides)| {
            let bounds = Bounds::new(min, min + room).expect("in order");
            let average = f64::from(min) + share * f64::from(room);
            let lo = (average * patches as f64) as u64;
            let total = match kind {
                0 => Total::Exact(lo),
                1 => Total::Average(average),
                _ => Total::Range { lo, hi: lo + (span * f64::from(room)) as u64 },
            };
            let overrides = overrides.into_iter().filter(|(patch, _)| *patch < patches);
            let overrides = overrides.map(|(patch, rule)| Override { patch, rule }).collect();
            (Policy { levels, overrides, ..Policy::new(bounds, total) }, patches)
        },
    )
}

/// The minimum and maximum of each patch, resolved another way: each rule in its turn.
fn ends_by_hand(policy: &Policy, patches: usize) -> Vec<(u32, u32)> {
    let on = |patch: usize| policy.overrides.iter().filter(move |o| o.patch == patch).map(|o| o.rule);
    let ends = |patch: usize| {
        let exact = on(patch).find_map(|rule| match rule {
            Rule::Pin(tokens) => Some(tokens),
            Rule::Ban => Some(0),
            _ => None,
        });
        let floor =
            on(patch).find_map(|rule| if let Rule::Floor(tokens) = rule { Some(tokens) } else { None });
        let ceil = on(patch).find_map(|rule| if let Rule::Ceil(tokens) = rule { Some(tokens) } else { None });
        let min = floor.unwrap_or(policy.bounds.min().min(ceil.unwrap_or(u32::MAX)));
        let max = ceil.unwrap_or(policy.bounds.max().max(floor.unwrap_or(0)));
        exact.map_or((min, max), |tokens| (tokens, tokens))
    };
    (0..patches).map(ends).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn feasible_policies_are_met_and_others_are_refused(
        (policy, patches) in any_policy(), seed in prop::collection::vec(0.0..1.0f64, 30),
    ) {
        let ends = ends_by_hand(&policy, patches);
        let least: u64 = ends.iter().map(|end| u64::from(end.0)).sum();
        let most: u64 = ends.iter().map(|end| u64::from(end.1)).sum();
        let terms = match Terms::new(&policy, patches) {
            Ok(terms) => terms,
            Err(PolicyError::BelowLeast(why)) => {
                prop_assert_eq!((why.least, why.most), (least, most));
                prop_assert!(why.asked.tokens < least);
                return Ok(());
            }
            Err(PolicyError::AboveMost(why)) => {
                prop_assert_eq!((why.least, why.most), (least, most));
                prop_assert!(why.asked.tokens > most);
                return Ok(());
            }
            Err(PolicyError::Contradiction { patch, .. }) => {
                let rules = policy.overrides.iter().filter(|o| o.patch == patch).count();
                prop_assert!(rules >= 2);
                return Ok(());
            }
            Err(PolicyError::Average { average }) => {
                prop_assert_eq!(average, 0.0);
                return Ok(());
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        prop_assert!(least <= terms.lo() && terms.hi() <= most);
        for total in [terms.lo(), terms.hi()] {
            let demand = terms.demand(total).expect("within the terms");
            let resolved: Vec<_> = demand.min().iter().copied().zip(demand.max().iter().copied()).collect();
            prop_assert_eq!(&resolved, &ends);
            let tokens = share_by_weight(&seed[..patches], &demand).expect("usable weights");
            let allocation = admit(tokens.clone(), &demand);
            prop_assert!(allocation.is_ok(), "{:?}", allocation);
            let even = admit(uniform(&demand), &demand);
            prop_assert!(even.is_ok(), "{:?}", even);
            if *demand.levels() == Levels::Any {
                prop_assert_eq!(tokens.iter().map(|&t| u64::from(t)).sum::<u64>(), total);
            }
        }
    }

    #[test]
    fn a_broken_allocation_is_refused(
        (policy, patches) in any_policy(), seed in prop::collection::vec(0.0..1.0f64, 30),
        patch in any::<prop::sample::Index>(), change in prop_oneof![-70i64..0, 1i64..70],
    ) {
        let Ok(terms) = Terms::new(&policy, patches) else { return Ok(()) };
        let demand = terms.demand(terms.lo()).expect("within the terms");
        let good = share_by_weight(&seed[..patches], &demand).expect("usable weights");
        let mut broken = good.clone();
        let patch = patch.index(patches);
        let Ok(changed) = u32::try_from(i64::from(good[patch]) + change) else { return Ok(()) };
        broken[patch] = changed;
        // Beneath a ceiling a changed allocation may be complete too; one that rose from a complete one may not.
        let verdict = admit(broken, &demand);
        if *demand.levels() == Levels::Any || changed > good[patch] {
            prop_assert!(verdict.is_err());
        }
        if changed < demand.min()[patch] || changed > demand.max()[patch] {
            let expected = matches!(verdict, Err(Refusal::OutOfBounds { patch: p, .. }) if p == patch);
            prop_assert!(expected);
        }
        let mut short = good;
        short.pop();
        prop_assert_eq!(admit(short, &demand), Err(Refusal::Length { expected: patches, got: patches - 1 }));
    }
}
