//! What is told of a small decision.

use arrcoc_decide::Way;

use super::*;

#[test]
fn a_map_is_the_sum_of_what_its_channels_add() {
    let d = sample::decision();
    for (way, names) in
        [(Way::Propositional, vec!["deviation", "edge_density"]), (Way::Perspectival, vec!["rarity"])]
    {
        let shares = drivers::shares(&d, way);
        assert_eq!(shares.iter().map(|(c, _)| c.name.as_str()).collect::<Vec<_>>(), names);
        for (i, score) in drivers::map(&d, way).unwrap().iter().enumerate() {
            let sum: f64 = shares.iter().map(|(c, share)| share * c.values[i]).sum();
            assert!((sum - score).abs() < 1e-12, "{way} {i}: {sum} {score}");
        }
    }
}

#[test]
fn shares_of_channels_without_weight_or_with_very_much() {
    let mut d = sample::decision();
    let thetas = |d: &mut Decision, of: [f64; 3]| {
        d.channels.iter_mut().zip(of).for_each(|(channel, theta)| channel.theta = theta);
        let shares = drivers::shares(d, Way::Propositional);
        shares.iter().map(|(_, share)| *share).collect::<Vec<_>>()
    };
    assert_eq!(thetas(&mut d, [0.0; 3]), [1.0 / 3.0; 3]);
    assert_eq!(thetas(&mut d, [1e308, 0.0, 1e308]), [0.5; 2]);
    assert_eq!(thetas(&mut d, [1.0, 3.0, 0.0]), [0.75, 0.25]);
}

#[test]
fn what_is_asked_is_the_largest_of_those_that_say_something() {
    let d = sample::decision();
    let counts: Vec<(&str, usize)> =
        drivers::largest(&d).iter().map(|(c, n)| (c.name.as_str(), *n)).collect();
    // The second patch alone is asked for more than the mean is; `flat` says nothing of where.
    assert_eq!(counts, [("named", 1)]);
}

#[test]
fn those_that_got_most_and_those_that_the_question_took_from() {
    let mut d = sample::decision();
    assert_eq!((marked::top(&d), marked::distractors(&d)), (vec![1, 0, 3, 2], vec![3, 0]));
    d.tokens = vec![vec![100, 100], vec![100, 64]];
    assert_eq!(marked::top(&d), [1, 0, 2, 3]);
    d.tokens = vec![vec![100; 2]; 2];
    d.account.participatory = vec![1; 4];
    assert_eq!((marked::top(&d), marked::distractors(&d)), (vec![], vec![]));
}

#[test]
fn the_summary_fits_on_a_screen() {
    let text = summary(&sample::decision());
    insta::assert_snapshot!(text, @r"
    page.png  80×80 pixels, 2×2 patches
    question    where?
    tokens      400 of 400 asked for; 100.0 a patch, from 64 to 148 (allowed 64..400)
    mode        coupled: the question decides together with the content
    allocator   proportional
    tensions    coupling 0.62, disagreement 0.10
         exploit ────────●──────────── explore       0.40
           focus ──────────●────────── diversify     0.50
        compress ─────●─────────────── particularize 0.30
    moved       tokens away from uniform, and what each way is made of
           there   1.5 %  deviation 50 %, edge_density 50 %
      stands out   4.0 %  rarity 100 %
           asked  12.5 %  largest: named on 1 patch
    patches     1 confident, 2 distractor, 1 background

    most tokens
       patch  tokens   uniform  own rule   there  stands out    asked  verdict
         0,1     148       100         0      +4          -6      +50  confident
         0,0     100       100         0      +2         +10      -12  distractor
         1,1      88       100         0       0          +6      -18  distractor
         1,0      64       100         0      -6         -10      -20  background

    distractors, by what the question took from them
         1,1      88       100         0       0          +6      -18  distractor
         0,0     100       100         0      +2         +10      -12  distractor
    ");
    assert!(text.lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn a_decision_without_ways_has_nothing_that_drove_it() {
    let mut d = sample::decision();
    d.scores = crate::decision::Scores::default();
    d.tokens = vec![vec![100; 2]; 2];
    let text = summary(&d);
    assert!(!text.contains("moved") && !text.contains("most tokens"), "{text}");
    assert_eq!(drivers::line(&d), "");
}

#[test]
fn a_patch_says_how_its_scores_are_put_together() {
    insta::assert_snapshot!(patch(&sample::decision(), 0, 1).unwrap(), @r"
    patch 0,1 got 148 tokens: 100 as every patch would, +4 by what is there, -6 by what stands out, +50 by what is asked for.
    verdict     confident: the ways agree
    weight      0.400000, 1.60 times the mean
    there       0.650 = 0.400 deviation + 0.250 edge_density
    stands out  0.200 = 0.200 rarity
    asked       0.800 = the largest of 0.800 named, 0.000 coloured
      entropy                  0.900  × 0.000  (ways)
      deviation                0.800  × 1.000  (ways)
      edge_density             0.500  × 1.000  (ways)
      rarity                   0.200  × 0.500  (ways)
      named                    0.800  × 1.000  (ways)
      coloured                 0.000  × 1.000  (ways)
      flat                     0.900  × 1.000  (ways)
    ");
    assert!(patch(&sample::decision(), 2, 0).unwrap_err().message.contains("2,0"));
}

#[test]
fn what_drove_it_in_one_line() {
    let mut d = sample::decision();
    assert_eq!(drivers::line(&d), "coupling 0.62 · asked moved 12 % · there 2 % · stands out 4 %");
    d.scores.participatory = None;
    d.account.allocator[0] = 60;
    assert_eq!(drivers::line(&d), "there moved 2 % · stands out 4 % · own rule 2 %");
}

#[test]
fn the_table_has_a_row_for_every_patch_and_its_account_adds_up() {
    let mut d = sample::decision();
    d.scores.perspectival = None;
    let text = table(&d);
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 1 + d.patches());
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    assert_eq!(rows[2].join(" "), "0 1 148 600 0 24 -36 300 0.65  0.8 0.4 confident");
    for row in &rows[1..] {
        let number = |column: usize| row[column].parse::<i64>().unwrap();
        assert_eq!((3..=7).map(number).sum::<i64>(), 6 * number(2), "{row:?}");
    }
}
