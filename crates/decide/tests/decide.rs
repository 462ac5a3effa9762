//! The whole decision: it never fails, it says why it retreated, its account adds up, and order does not matter.
#![allow(clippy::expect_used, reason = "a fixture that cannot be made fails the run")]

use arrcoc_decide::{
    Account, Allocator, Bounds, Channel, Demand, Held, Levels, Mode, Outcome, Override, Policy, Proportional,
    Rule, ScoreMaps, Setting, Tensions, Terms, Total, Uniform, Way, decide, fill_in_order, normalised,
    share_by_weight, uniform,
};
use proptest::prelude::*;

/// An allocator made of a function.
struct By<F>(F);

impl<F: Fn(&[f64], &Demand) -> Result<Vec<u32>, String>> Allocator for By<F> {
    fn id(&self) -> &str {
        "x"
    }

    fn propose(&self, weights: &[f64], demand: &Demand) -> Result<Vec<u32>, String> {
        (self.0)(weights, demand)
    }
}

/// A set rule: the heaviest first, of equal weights the lowest index.
fn heaviest_first(weights: &[f64], demand: &Demand) -> Result<Vec<u32>, String> {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]));
    fill_in_order(&order, demand).map_err(|error| error.to_string())
}

/// Fails for most weights, to exercise the retreat inside the account.
fn moody(weights: &[f64], demand: &Demand) -> Result<Vec<u32>, String> {
    if weights[0].to_bits().is_multiple_of(3) {
        heaviest_first(weights, demand)
    } else {
        Err("not today".into())
    }
}

fn terms(total: Total, patches: usize) -> Terms {
    Terms::new(&Policy::new(Bounds::default(), total), patches).expect("feasible")
}

fn maps(p: Option<&[f64]>, s: Option<&[f64]>, q: Option<&[f64]>) -> ScoreMaps {
    let patches = p.or(s).or(q).map_or(0, <[f64]>::len);
    let own = |map: Option<&[f64]>| map.map(<[f64]>::to_vec);
    ScoreMaps { p: own(p), s: own(s), q: own(q), theta_p: 1.0, theta_s: 0.5, patches }
}

fn ramp(patches: usize) -> Vec<f64> {
    (0..patches).map(|i| i as f64 / patches as f64).collect()
}

fn run(maps: &ScoreMaps, terms: &Terms) -> Outcome {
    decide(maps, terms, &Setting::default(), &Proportional)
}

#[test]
fn the_mode_is_what_the_decision_rests_on() {
    let (ramp, weak) = (ramp(20), [0.5; 20]);
    let terms = terms(Total::Average(100.0), 20);
    let mode = |maps: ScoreMaps| {
        let outcome = run(&maps, &terms);
        (outcome.mode, outcome.retreats)
    };
    assert_eq!(mode(maps(Some(&ramp), None, Some(&weak))), (Mode::Coupled, vec![]));
    assert_eq!(mode(maps(None, None, Some(&ramp))), (Mode::Coupled, vec![]));
    assert_eq!(mode(maps(Some(&ramp), None, None)), (Mode::Content, vec![]));
    assert_eq!(mode(maps(None, Some(&ramp), None)), (Mode::Content, vec![]));
    let nothing = ["no way has a score map; the allocation is uniform".to_owned()];
    assert_eq!(mode(ScoreMaps::default()), (Mode::Uniform, nothing.to_vec()));
}

#[test]
fn a_forced_uniform_allocation_is_uniform() {
    let ramp = ramp(20);
    let policy = Policy {
        force_uniform: true,
        overrides: vec![Override { patch: 3, rule: Rule::Pin(400) }],
        ..Policy::new(Bounds::default(), Total::Average(100.0))
    };
    let terms = Terms::new(&policy, 20).expect("feasible");
    let outcome =
        decide(&maps(Some(&ramp), None, Some(&ramp)), &terms, &Setting::default(), &By(heaviest_first));
    let demand = terms.demand(2000).expect("the total");
    assert_eq!(outcome.allocation.tokens(), uniform(&demand));
    assert_eq!((outcome.mode, outcome.weights), (Mode::Uniform, vec![0.05; 20]));
    assert_eq!(outcome.retreats, ["the policy forces the uniform allocation"]);
    let still = [outcome.account.allocator, outcome.account.propositional, outcome.account.participatory];
    assert!(still.iter().flatten().all(|&sixths| sixths == 0));
}

#[test]
fn an_allocator_that_fails_is_replaced_with_the_true_reason() {
    let ramp = ramp(576);
    let maps = maps(Some(&ramp), None, None);
    let terms = terms(Total::Exact(86_400), 576);
    let right = run(&maps, &terms);
    let one_more = By(|weights: &[f64], demand: &Demand| {
        let mut tokens = share_by_weight(weights, demand).expect("usable");
        tokens[0] += 1;
        Ok(tokens)
    });
    let refused =
        "allocator `x`: proposal refused: the tokens sum to 86401, not 86400; `proportional` shared instead";
    let failed = "allocator `x`: device lost; `proportional` shared instead";
    let lost = By(|_: &[f64], _: &Demand| Err("device lost".to_owned()));
    let cases: [(&dyn Allocator, &str); 2] = [(&one_more, refused), (&lost, failed)];
    for (allocator, reason) in cases {
        let outcome = decide(&maps, &terms, &Setting::default(), allocator);
        assert_eq!(outcome.retreats, [reason]);
        assert_eq!(Outcome { retreats: vec![], ..outcome }, right);
    }
}

#[test]
fn unusable_maps_are_left_out_and_the_rest_decides() {
    let good = ramp(20);
    let mut nan = ramp(20);
    nan[3] = f64::NAN;
    let terms = terms(Total::Average(100.0), 20);
    let content = run(&maps(Some(&good), None, None), &terms);
    let outcome = run(&maps(Some(&good), None, Some(&nan)), &terms);
    let reason = "the participatory map is `NaN` at patch 3, not a number in [0, 1]; it is left out";
    assert_eq!(outcome.retreats, [reason]);
    assert_eq!(Outcome { retreats: vec![], ..outcome }, content);
    let outcome = run(&maps(Some(&good), Some(&[0.5; 3]), None), &terms);
    assert_eq!(outcome.retreats, ["the perspectival map has 3 values for 20 patches; it is left out"]);
    let wrong = ScoreMaps { theta_p: -1.0, ..maps(Some(&good), None, None) };
    let outcome = run(&wrong, &terms);
    assert_eq!((outcome.mode, outcome.retreats.len()), (Mode::Uniform, 2));
}

#[test]
fn an_unusable_setting_does_not_reach_the_allocation() {
    let good = ramp(20);
    let terms = terms(Total::Average(100.0), 20);
    let lawless = Setting { autonomy: f64::NAN, ..Setting::default() };
    let outcome = decide(&maps(Some(&good), None, None), &terms, &lawless, &By(heaviest_first));
    assert_eq!(outcome.mode, Mode::Uniform);
    assert_eq!(outcome.retreats, ["the autonomy is `NaN`, not a number; the allocation is uniform"]);
    assert_eq!(outcome.weights, [0.05; 20]);
    let held = Held { focus_diversify: Some(f64::NAN), ..Held::default() };
    let outcome = decide(
        &maps(Some(&good), None, None),
        &terms,
        &Setting { held, ..Setting::default() },
        &Proportional,
    );
    assert_eq!(outcome.retreats, ["tension focus_diversify cannot be held at `NaN`; it is computed"]);
    assert_eq!(outcome.weights, run(&maps(Some(&good), None, None), &terms).weights);
}

#[test]
fn a_range_is_spent_by_need() {
    let range = terms(Total::Range { lo: 2000, hi: 6000 }, 20);
    let ramp = ramp(20);
    let content = run(&maps(Some(&ramp), None, None), &range);
    assert_eq!(content.requested, 4000, "no question names where to save, but P and S do not disagree");
    let raised = content.raised.expect("a range");
    assert_eq!(
        (raised.from, raised.by_coupling, raised.by_disagreement, raised.by_confidence),
        (2000, 2000, 0, None)
    );
    let mut point = [0.0; 20];
    point[4] = 1.0;
    let sharp = run(&maps(Some(&ramp), None, Some(&point)), &range);
    assert_eq!((sharp.coupling, sharp.requested), (1.0, 2000));
    assert_eq!(sharp.allocation.total(), 2000);
    let half = Held { compress_particularize: Some(0.5), ..Held::default() };
    let setting = Setting { held: half, ..Setting::default() };
    assert_eq!(decide(&maps(Some(&ramp), None, None), &range, &setting, &Proportional).requested, 4000);
}

#[test]
fn autonomy_bounds_the_way_from_uniform_whatever_the_rule() {
    let ramp = ramp(20);
    let terms = terms(Total::Average(100.0), 20);
    let even = uniform(&terms.demand(2000).expect("the total"));
    // One that shares by weight, and one that does not care.
    let rules: [&dyn Allocator; 2] = [&Proportional, &By(heaviest_first)];
    for rule in rules {
        let distance = |autonomy: f64| {
            let setting = Setting { autonomy, ..Setting::default() };
            let outcome = decide(&maps(Some(&ramp), None, None), &terms, &setting, rule);
            let tokens = outcome.allocation.tokens();
            // 36 of 100 are surplus.
            let kept = |(&token, &even): (&u32, &u32)| {
                token >= 64 + ((1.0 - autonomy) * f64::from(even - 64)) as u32
            };
            assert!(tokens.iter().zip(&even).all(kept), "{tokens:?}");
            tokens.iter().zip(&even).map(|(&t, &e)| u64::from(t.abs_diff(e))).sum::<u64>()
        };
        assert_eq!(distance(0.0), 0);
        assert!(distance(0.0) < distance(0.5) && distance(0.5) < distance(1.0));
        assert_eq!(distance(1.0), distance(7.0));
    }
}

#[test]
fn with_levels_the_request_and_what_was_applied_are_both_there() {
    let rungs = vec![64, 100, 144, 256, 400];
    let levels = Levels::List(rungs.clone());
    let policy = Policy { levels, ..Policy::new(Bounds::default(), Total::Exact(1991)) };
    let terms = Terms::new(&policy, 20).expect("feasible");
    let outcome = run(&maps(Some(&ramp(20)), None, None), &terms);
    assert_eq!(outcome.requested, 1991);
    let applied = outcome.allocation.total();
    assert!(applied < 1991 && applied > 1991 - 36, "all rungs are even, the smallest step is 36: {applied}");
    assert!(outcome.allocation.tokens().iter().all(|tokens| rungs.contains(tokens)));
    assert!(outcome.retreats.is_empty());
}

#[test]
fn the_uniform_allocator_owes_nothing_to_the_ways() {
    let ramp = ramp(20);
    let terms = terms(Total::Average(100.0), 20);
    let outcome = decide(&maps(Some(&ramp), None, Some(&ramp)), &terms, &Setting::default(), &Uniform);
    assert_eq!(outcome.mode, Mode::Coupled);
    assert!(
        outcome.account.propositional.iter().chain(&outcome.account.participatory).all(|&sixths| sixths == 0)
    );
    assert!(outcome.account.uniform.iter().all(|&sixths| sixths == 600));
}

#[test]
fn a_rule_that_ignores_weights_is_credited_itself() {
    let terms = terms(Total::Average(100.0), 20);
    let order = By(|_: &[f64], demand: &Demand| {
        Ok(fill_in_order(&(0..20).collect::<Vec<_>>(), demand).expect("an order"))
    });
    let account = decide(&maps(Some(&ramp(20)), None, None), &terms, &Setting::default(), &order).account;
    assert_eq!((account.uniform[0], account.allocator[0], account.propositional[0]), (600, 6 * 300, 0));
}

#[test]
fn outcomes_parts_read_naturally_in_json() {
    assert_eq!(serde_json::to_string(&Mode::Coupled).expect("plain"), "\"coupled\"");
    assert_eq!(Mode::Coupled.to_string(), "coupled");
    let tensions = Tensions { exploit_explore: 0.1, focus_diversify: 0.5, compress_particularize: 0.9 };
    let json = r#"{"exploit_explore":0.1,"focus_diversify":0.5,"compress_particularize":0.9}"#;
    assert_eq!(serde_json::to_string(&tensions).expect("plain"), json);
    assert_eq!(serde_json::from_str::<Tensions>(json).expect(json), tensions);
    let account = run(&maps(Some(&ramp(3)), None, None), &terms(Total::Average(100.0), 3)).account;
    let json = serde_json::to_string(&account).expect("plain");
    assert_eq!(serde_json::from_str::<Account>(&json).expect("just written"), account);
}

/// Scores in `[0, 1]` with ties and extremes.
fn score() -> impl Strategy<Value = f64> {
    prop_oneof![4 => 0.0..=1.0f64, 2 => (0u8..5).prop_map(|n| f64::from(n) / 4.0), 1 => Just(0.0), 1 => Just(1e-300)]
}

fn any_maps(patches: usize) -> impl Strategy<Value = ScoreMaps> {
    let map = || prop::option::weighted(0.7, prop::collection::vec(score(), patches));
    (map(), map(), map(), 0.0..2.0f64, prop_oneof![Just(0.0), 0.0..2.0f64])
        .prop_map(move |(p, s, q, theta_p, theta_s)| ScoreMaps { p, s, q, theta_p, theta_s, patches })
}

fn any_terms(patches: usize) -> impl Strategy<Value = Terms> {
    let levels = prop_oneof![3 => Just(Levels::Any), 1 => Just(Levels::Squares), 1 => Just(Levels::List(vec![3, 9, 11]))];
    (0u32..10, 0u32..40, 0.0..1.0f64, any::<bool>(), any::<bool>(), levels).prop_map(
        move |(min, room, share, range, force_uniform, levels)| {
            let (least, span) = (u64::from(min) * patches as u64, u64::from(room) * patches as u64);
            let lo = least + (share * span as f64) as u64;
            let total = if range { Total::Range { lo, hi: least + span } } else { Total::Exact(lo) };
            let policy = Policy::new(Bounds::new(min, min + room).expect("in order"), total);
            let force_uniform = force_uniform && lo.is_multiple_of(4);
            Terms::new(&Policy { levels, force_uniform, ..policy }, patches).expect("feasible")
        },
    )
}

fn any_setting() -> impl Strategy<Value = Setting<'static>> {
    let held = || prop::option::weighted(0.2, -0.1..1.1f64);
    (prop_oneof![Just(1.0), -0.2..1.2f64], held(), held(), held()).prop_map(|(autonomy, x, d, p)| Setting {
        autonomy,
        held: Held { exploit_explore: x, focus_diversify: d, compress_particularize: p },
        reading: None,
    })
}

fn any_case() -> impl Strategy<Value = (ScoreMaps, Terms, Setting<'static>)> {
    (1usize..50).prop_flat_map(|patches| (any_maps(patches), any_terms(patches), any_setting()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn every_decision_holds_together((maps, terms, setting) in any_case(), which in 0usize..4) {
        let rules: [&dyn Allocator; 4] = [&Proportional, &Uniform, &By(heaviest_first), &By(moody)];
        let outcome = decide(&maps, &terms, &setting, rules[which]);
        let (tokens, account) = (outcome.allocation.tokens(), &outcome.account);
        let demand = terms.demand(outcome.requested).expect("within the terms");
        prop_assert!(arrcoc_decide::admit(tokens.to_vec(), &demand).is_ok());
        for tension in [
            outcome.tensions.exploit_explore, outcome.tensions.focus_diversify, outcome.tensions.compress_particularize,
        ] {
            prop_assert!((0.1..=0.9).contains(&tension));
        }
        prop_assert!((outcome.weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        prop_assert_eq!(outcome.verdicts.len(), tokens.len());
        let even = uniform(&demand);
        for patch in 0..tokens.len() {
            let ways = [account.propositional[patch], account.perspectival[patch], account.participatory[patch]];
            let sum = account.uniform[patch] + account.allocator[patch] + ways.iter().sum::<i64>();
            prop_assert_eq!(sum, 6 * i64::from(tokens[patch]));
            prop_assert_eq!(account.uniform[patch], 6 * i64::from(even[patch]));
            if outcome.mode == Mode::Uniform {
                prop_assert_eq!((ways, account.allocator[patch]), ([0; 3], 0));
            }
        }
        if which == 0 {
            prop_assert!(account.allocator.iter().all(|&sixths| sixths == 0));
        }
        let absent = [
            (maps.p.is_none(), &account.propositional),
            (maps.s.is_none(), &account.perspectival),
            (maps.q.is_none(), &account.participatory),
        ];
        prop_assert!(absent.iter().filter(|(absent, _)| *absent).all(|(_, column)| column.iter().all(|&c| c == 0)));
    }

    #[test]
    fn the_order_of_the_patches_does_not_matter(
        ((maps, terms, setting), order) in any_case().prop_flat_map(|case| {
            let order: Vec<usize> = (0..case.1.patches()).collect();
            (Just(case), Just(order).prop_shuffle())
        }),
    ) {
        let shuffle = |map: &Option<Vec<f64>>| map.as_ref().map(|map| order.iter().map(|&i| map[i]).collect());
        let shuffled = ScoreMaps { p: shuffle(&maps.p), s: shuffle(&maps.s), q: shuffle(&maps.q), ..maps.clone() };
        let plain = decide(&maps, &terms, &setting, &Proportional);
        let other = decide(&shuffled, &terms, &setting, &Proportional);
        prop_assert_eq!(plain.coupling.to_bits(), other.coupling.to_bits());
        prop_assert_eq!(plain.disagreement.to_bits(), other.disagreement.to_bits());
        prop_assert_eq!(plain.tensions, other.tensions);
        prop_assert_eq!(plain.requested, other.requested);
        let demand = terms.demand(plain.requested).expect("within");
        let any_level = *demand.levels() == Levels::Any;
        // What is kept of the uniform allocation, whose remainder lies by index: how many of its tokens lie on other
        // patches in the other order. Each leaves a token more or less for the rest, wherever that goes.
        let kept: Vec<u32> = uniform(&demand).iter().zip(demand.min())
            .map(|(even, min)| ((1.0 - setting.autonomy) * f64::from(even - min)) as u32).collect();
        let moved: u32 = order.iter().enumerate().map(|(place, &patch)| kept[place].saturating_sub(kept[patch])).sum();
        for (place, &patch) in order.iter().enumerate() {
            prop_assert_eq!(plain.weights[patch].to_bits(), other.weights[place].to_bits());
            prop_assert_eq!(plain.verdicts[patch], other.verdicts[place]);
            if any_level {
                // The last of tied tokens goes by index too.
                let (here, there) = (plain.allocation.tokens()[patch], other.allocation.tokens()[place]);
                prop_assert!(here.abs_diff(there) <= 1 + moved + kept[patch].abs_diff(kept[place]));
            }
        }
    }

    /// One channel of edge densities, no question, the poles held: sharing by edge density, to the bit.
    #[test]
    fn content_alone_reduces_to_edge_density(
        edges in prop::collection::vec(score(), 1..80), share in 0.0..1.0f64, theta in prop_oneof![Just(1.0), 1e-3..9.0f64],
    ) {
        let patches = edges.len();
        let channel = Channel {
            plugin: "ways".into(), name: "edge_density".into(), way: Way::Propositional, theta, values: edges.clone(),
        };
        let maps = ScoreMaps::from_channels(&[channel], patches).expect("sound");
        let total = 64 * patches as u64 + (share * (336 * patches) as f64) as u64;
        let terms = terms(Total::Exact(total), patches);
        let held = Held { focus_diversify: Some(0.9), compress_particularize: Some(0.1), ..Held::default() };
        let outcome = decide(&maps, &terms, &Setting { held, ..Setting::default() }, &Proportional);
        let weights = normalised(&edges);
        let bits = |weights: &[f64]| weights.iter().map(|w| w.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&outcome.weights), bits(&weights));
        let demand = terms.demand(total).expect("the total");
        prop_assert_eq!(outcome.allocation.tokens(), share_by_weight(&weights, &demand).expect("usable"));
        prop_assert_eq!(outcome.mode, Mode::Content);
    }
}
