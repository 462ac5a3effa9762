//! The committed calibration, as the command embeds it.

use arrcoc_datasets::{Calibration, SCHEMA};
use arrcoc_stats::{PERSPECTIVAL, PROPOSITIONAL};

const COMMITTED: &str = include_str!("../../arrcoc/calibration/reference.json");

#[test]
fn it_has_a_rising_map_for_every_channel() {
    // Reading checks that maps are monotone.
    let reference: Calibration = serde_json::from_str(COMMITTED).expect("a calibration");
    assert_eq!(reference.schema, SCHEMA);
    assert_eq!(reference.channels.len(), PROPOSITIONAL.len() + PERSPECTIVAL.len());
    for name in PROPOSITIONAL.into_iter().chain(PERSPECTIVAL) {
        let knots = reference.channels[name].knots();
        assert_eq!(knots.len(), 64, "{name}");
        assert_eq!((knots[0].1, knots[63].1), (0.0, 1.0), "{name}");
        assert!(knots.windows(2).all(|pair| pair[0].1 < pair[1].1), "{name} is level somewhere");
        // No jump: over a thousandth of the channel's range at most a fifth of the scale.
        let range = knots[63].0 - knots[0].0;
        for pair in knots.windows(2) {
            let slope = (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0) * range;
            assert!(slope < 200.0, "{name} rises {slope} times too fast at {}", pair[0].0);
        }
    }
}

#[test]
fn weights_are_shares_of_one() {
    let reference: Calibration = serde_json::from_str(COMMITTED).expect("a calibration");
    assert!(reference.theta.keys().eq(reference.channels.keys()));
    assert!(reference.theta.values().all(|&theta| theta >= 0.0));
    assert!((reference.theta.values().sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn the_file_is_as_it_would_be_written() {
    let reference: Calibration = serde_json::from_str(COMMITTED).expect("a calibration");
    assert_eq!(reference.to_json().expect("finite"), COMMITTED);
}
