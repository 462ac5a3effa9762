//! The divisor rule against its definition, and the properties it is chosen for.
#![allow(clippy::expect_used, reason = "a fixture that cannot be made fails the run")]

use arrcoc_decide::{
    Demand, Levels, ShareError, admit, fill_in_order, normalised, share, share_by_weight, uniform,
};
use proptest::prelude::*;

/// The rule as it is defined: all pairs, sorted.
fn brute_force(weights: &[f64], caps: &[u32], surplus: u64) -> Vec<u32> {
    let mut pairs: Vec<(f64, u32, usize)> = Vec::new();
    for (i, (&weight, &cap)) in weights.iter().zip(caps).enumerate() {
        // Adding 0 makes -0 a 0, so that the two tie.
        pairs.extend((1..=cap).map(|m| (weight / (f64::from(m) - 0.5) + 0.0, m, i)));
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut shares = vec![0; weights.len()];
    for &(_, _, i) in &pairs[..surplus as usize] {
        shares[i] += 1;
    }
    shares
}

/// Weights of every kind: ordinary, tied, zero, subnormal, huge.
fn weight() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0..1.0f64,
        3 => (0u8..6).prop_map(|n| f64::from(n) / 5.0),
        2 => Just(0.0),
        1 => Just(-0.0),
        1 => (0u64..4000).prop_map(f64::from_bits),
        1 => (0u64..1 << 52).prop_map(f64::from_bits),
        1 => (-300.0..308.0f64).prop_map(libm::exp10),
        1 => Just(1e308),
        1 => Just(f64::MAX),
        1 => Just(f64::MIN_POSITIVE),
    ]
}

/// Weights that are all of one kind, which makes the hard cases hard: all subnormal, all tied, all huge.
fn weights(patches: usize) -> impl Strategy<Value = Vec<f64>> {
    let all = move |one: BoxedStrategy<f64>| prop::collection::vec(one, patches).boxed();
    prop_oneof![
        all(weight().boxed()),
        all((0.0..1.0f64).boxed()),
        all((0u64..50).prop_map(f64::from_bits).boxed()),
        all((0u8..3).prop_map(f64::from).boxed()),
        all((1e307..f64::MAX).boxed()),
        weight().prop_flat_map(move |one| all(Just(one).boxed())),
    ]
}

/// Weights, caps, and a surplus that fits.
fn request(most_patches: usize, most_cap: u32) -> impl Strategy<Value = (Vec<f64>, Vec<u32>, u64)> {
    (1..=most_patches)
        .prop_flat_map(move |patches| {
            let cap = prop_oneof![1 => Just(0), 1 => Just(most_cap), 3 => 0..=most_cap];
            (weights(patches), prop::collection::vec(cap, patches))
        })
        .prop_flat_map(|(weights, caps)| {
            let room: u64 = caps.iter().map(|&cap| u64::from(cap)).sum();
            (Just(weights), Just(caps), 0..=room)
        })
}

fn sum(tokens: &[u32]) -> u64 {
    tokens.iter().map(|&t| u64::from(t)).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6000))]

    #[test]
    fn shares_are_the_first_pairs((weights, caps, surplus) in request(60, 40)) {
        prop_assert_eq!(share(&weights, &caps, surplus), Ok(brute_force(&weights, &caps, surplus)));
    }

    #[test]
    fn few_patches_with_much_room((weights, caps, surplus) in request(4, 3000)) {
        prop_assert_eq!(share(&weights, &caps, surplus), Ok(brute_force(&weights, &caps, surplus)));
    }

    #[test]
    fn no_patch_loses_when_the_total_grows((weights, caps, surplus) in request(40, 30)) {
        let fewer = share(&weights, &caps, surplus.saturating_sub(1)).expect("fits");
        let more = share(&weights, &caps, surplus).expect("fits");
        prop_assert!(fewer.iter().zip(&more).all(|(fewer, more)| fewer <= more));
        prop_assert_eq!(sum(&more), surplus);
        prop_assert!(more.iter().zip(&caps).all(|(share, cap)| share <= cap));
    }

    #[test]
    fn no_patch_loses_when_its_weight_grows(
        (weights, caps, surplus) in request(40, 30), patch in any::<prop::sample::Index>(), heavier in weight(),
    ) {
        let patch = patch.index(weights.len());
        let mut other = weights.clone();
        other[patch] = heavier;
        let (before, after) = (share(&weights, &caps, surplus).expect("fits"), share(&other, &caps, surplus).expect("fits"));
        if heavier >= weights[patch] {
            prop_assert!(after[patch] >= before[patch]);
        } else {
            prop_assert!(after[patch] <= before[patch]);
        }
    }

    #[test]
    fn zero_weights_fill_last_and_evenly((mut weights, caps, surplus) in request(40, 30), every in 1usize..5) {
        // Normal weights, whose keys stay above 0.
        weights.iter_mut().enumerate().for_each(|(i, w)| *w = if i % every == 0 { 0.0 } else { w.max(1e-200) });
        let shares = share(&weights, &caps, surplus).expect("fits");
        let zeros: Vec<usize> = (0..weights.len()).filter(|&i| weights[i] == 0.0).collect();
        if zeros.iter().any(|&i| shares[i] > 0) {
            prop_assert!((0..weights.len()).all(|i| weights[i] == 0.0 || shares[i] == caps[i]));
        }
        let most = zeros.iter().map(|&i| shares[i]).max().unwrap_or(0);
        prop_assert!(zeros.iter().all(|&i| shares[i] + 1 >= most || shares[i] == caps[i]));
    }

    #[test]
    fn equal_weights_are_the_uniform_allocation((_, caps, surplus) in request(40, 30), one in weight()) {
        // Keys of the smallest numbers round to ties of their own.
        let one = if one == 0.0 { 0.0 } else { one.max(1e-290) };
        let min = vec![3; caps.len()];
        let max: Vec<u32> = caps.iter().map(|cap| cap + 3).collect();
        let demand = Demand::new(min, max, Levels::Any, surplus + 3 * caps.len() as u64).expect("fits");
        let even = uniform(&demand);
        prop_assert_eq!(share_by_weight(&vec![one; caps.len()], &demand), Ok(even.clone()));
        let most = even.iter().max().copied().unwrap_or(0);
        prop_assert!(even.iter().zip(demand.max()).all(|(tokens, max)| tokens + 1 >= most || tokens == max));
    }

    #[test]
    fn a_ladder_of_all_numbers_is_the_plain_rule((weights, caps, surplus) in request(20, 12)) {
        let demand = |levels| Demand::new(vec![0; caps.len()], caps.clone(), levels, surplus).expect("fits");
        let ladder = share_by_weight(&weights, &demand(Levels::List((0..=12).collect())));
        prop_assert_eq!(&ladder, &share_by_weight(&weights, &demand(Levels::Any)));
        prop_assert_eq!(ladder, share(&weights, &caps, surplus));
    }

    #[test]
    fn unusable_weights_are_refused(
        (mut weights, caps, surplus) in request(20, 12),
        patch in any::<prop::sample::Index>(),
        wrong in prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-f64::INFINITY), Just(-5e-324), -1.0..-1e-9f64],
    ) {
        let patch = patch.index(weights.len());
        weights[patch] = wrong;
        let refused = matches!(share(&weights, &caps, surplus), Err(ShareError::Weight { patch: p, .. }) if p <= patch);
        prop_assert!(refused);
    }

    #[test]
    fn normalised_weights_sum_to_one(weights in weights(50)) {
        let weights = normalised(&weights);
        prop_assert!(weights.iter().all(|w| (0.0..=1.0).contains(w)));
        prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn normalised_keeps_its_bits_in_any_order(
        (weights, order) in (1usize..80).prop_flat_map(|n| (weights(n), Just((0..n).collect::<Vec<_>>()).prop_shuffle())),
    ) {
        let shuffled: Vec<f64> = order.iter().map(|&i| weights[i]).collect();
        let (plain, shuffled) = (normalised(&weights), normalised(&shuffled));
        for (place, &patch) in order.iter().enumerate() {
            prop_assert_eq!(shuffled[place].to_bits(), plain[patch].to_bits());
        }
    }

    #[test]
    fn set_rules_fill_in_their_order(
        (caps, order, surplus) in (1usize..30).prop_flat_map(|n| (
            prop::collection::vec(0u32..9, n), Just((0..n).collect::<Vec<_>>()).prop_shuffle(), 0.0..1.0f64,
        )),
        squares in any::<bool>(),
    ) {
        let surplus = (surplus * sum(&caps) as f64) as u64;
        let levels = if squares { Levels::Squares } else { Levels::Any };
        let max = caps.iter().map(|cap| cap + 1).collect();
        let demand = Demand::new(vec![1; caps.len()], max, levels, surplus + caps.len() as u64).expect("fits");
        let tokens = fill_in_order(&order, &demand).expect("a permutation");
        prop_assert!(admit(tokens.clone(), &demand).is_ok());
        if !squares {
            let full = order.iter().take_while(|&&i| tokens[i] == demand.max()[i]).count();
            prop_assert!(order.iter().skip(full + 1).all(|&i| tokens[i] == 1));
        }
    }
}

#[test]
fn lengths_rooms_and_orders_are_checked() {
    let line = |result: Result<Vec<u32>, ShareError>| result.expect_err("wrong").to_string();
    assert_eq!(line(share(&[1.0], &[1, 1], 1)), "1 weights for 2 patches");
    let room = "a surplus of 3 tokens does not fit: the patches have room for 2";
    assert_eq!(line(share(&[1.0, 1.0], &[1, 1], 3)), room);
    let nan = "the weight of patch 1 is `NaN`, not a finite number of at least 0";
    assert_eq!(line(share(&[1.0, f64::NAN], &[1, 1], 1)), nan);
    let demand = Demand::new(vec![0; 3], vec![5; 3], Levels::Any, 7).expect("fits");
    assert_eq!(fill_in_order(&[2, 0, 1], &demand), Ok(vec![2, 0, 5]));
    assert_eq!(line(fill_in_order(&[2, 0], &demand)), "the order has 2 places for 3 patches");
    let twice = "the order is not a permutation of 3 patches: place 2 names patch 2";
    assert_eq!(line(fill_in_order(&[2, 0, 2], &demand)), twice);
    assert!(fill_in_order(&[0, 1, 3], &demand).is_err());
}

#[test]
fn nothing_to_share_among_is_nothing() {
    assert_eq!(share(&[], &[], 0), Ok(vec![]));
    assert!(share(&[], &[], 1).is_err());
}

/// Large remainders give the third state of Alabama fewer seats of 11 than of 10; a divisor rule does not.
#[test]
fn the_alabama_paradox_does_not_occur() {
    let weights = [6.0, 6.0, 2.0];
    let shares: Vec<_> = (0..=20).map(|seats| share(&weights, &[20; 3], seats).expect("fits")).collect();
    assert!(shares.windows(2).all(|pair| pair[0].iter().zip(&pair[1]).all(|(a, b)| a <= b)));
}

#[test]
fn the_largest_counts_do_not_overflow() {
    let caps = [u32::MAX; 3];
    let room = 3 * u64::from(u32::MAX);
    for weights in [[1.0, 1.0, 1.0], [1.0, 0.0, 1e-300], [5e-324, 1e308, 0.5]] {
        for surplus in [1, u64::from(u32::MAX), u64::from(u32::MAX) + 1, room / 2, room - 1, room] {
            let shares = share(&weights, &caps, surplus).expect("fits");
            assert_eq!(sum(&shares), surplus, "{weights:?}");
        }
    }
    let demand = Demand::new(vec![0; 3], vec![u32::MAX; 3], Levels::Any, room - 1).expect("fits");
    assert_eq!(uniform(&demand), [u32::MAX, u32::MAX, u32::MAX - 1]);
}

/// Sizes at which sorting would be slow: the neighbours of the threshold prove the order instead.
#[test]
fn a_large_grid_stands_between_its_neighbouring_keys() {
    let patches = 20_000u32;
    let weights: Vec<f64> = (0..patches).map(|i| f64::from(i * 7919 % 10_007) / 10_007.0).collect();
    let caps: Vec<u32> = (0..patches).map(|i| 300 + i % 50).collect();
    let shares = share(&weights, &caps, 1_000_000).expect("fits");
    assert_eq!(sum(&shares), 1_000_000);
    let key = |i: usize, m: u32| (weights[i] / (f64::from(m) - 0.5), std::cmp::Reverse((m, i)));
    let given = (0..shares.len()).filter(|&i| shares[i] > 0).map(|i| key(i, shares[i]));
    let refused = (0..shares.len()).filter(|&i| shares[i] < caps[i]).map(|i| key(i, shares[i] + 1));
    let order = |a: &(f64, _), b: &(f64, _)| a.partial_cmp(b).expect("numbers");
    assert!(given.min_by(order).expect("some") > refused.max_by(order).expect("some"));
}
