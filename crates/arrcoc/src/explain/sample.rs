//! A small decision for tests: three ways, a distractor that the question took from, and a weightless channel.

use serde_json::json;

use crate::decision::{Decision, SCHEMA};

/// Four patches of 100 tokens on average.
pub(crate) fn decision() -> Decision {
    let channel = |way: &str, name: &str, theta: f64, values: [f64; 4]| {
        let plugin = "ways";
        json!({"plugin": plugin, "name": name, "way": way, "theta": theta, "values": values})
    };
    let value = json!({
        "schema": SCHEMA, "id": "", "created": "",
        "host": {"arrcoc": "0", "os": "", "arch": "", "threads": 1},
        "image": {"path": "page.png", "width": 80, "height": 80, "blake3": ""},
        "query": {"text": "where?", "blake3": ""},
        "tensors": [],
        "grid": {"rows": 2, "cols": 2},
        "policy": {"min": 64, "max": 400, "total": 400, "levels": "any", "sampling": "grid", "overrides": []},
        "requested": 400, "applied": 400,
        "tokens": [[100, 148], [64, 88]],
        "scores": {
            "propositional": [0.5, 0.65, 0.1, 0.25],
            "perspectival": [0.9, 0.2, 0.1, 0.7],
            "participatory": [0.1, 0.8, 0.1, 0.05],
        },
        "channels": [
            channel("propositional", "entropy", 0.0, [0.9, 0.9, 0.9, 0.1]),
            channel("propositional", "deviation", 1.0, [0.2, 0.8, 0.1, 0.1]),
            channel("propositional", "edge_density", 1.0, [0.8, 0.5, 0.1, 0.4]),
            channel("perspectival", "rarity", 0.5, [0.9, 0.2, 0.1, 0.7]),
            channel("participatory", "named", 1.0, [0.1, 0.8, 0.1, 0.01]),
            channel("participatory", "coloured", 1.0, [0.1, 0.0, 0.0, 0.05]),
            channel("participatory", "flat", 1.0, [0.9, 0.9, 0.9, 0.9]),
        ],
        "weights": [0.25, 0.4, 0.1, 0.25],
        "tensions": {"exploit_explore": 0.4, "focus_diversify": 0.5, "compress_particularize": 0.3},
        "coupling": 0.62, "disagreement": 0.1, "autonomy": 1.0, "mode": "coupled",
        "reasons": [], "notes": [],
        "verdicts": ["distractor", "confident", "background", "distractor"],
        "account": {
            "uniform": [600, 600, 600, 600],
            "allocator": [0, 0, 0, 0],
            "propositional": [12, 24, -36, 0],
            "perspectival": [60, -36, -60, 36],
            "participatory": [-72, 300, -120, -108],
        },
        "allocator": {"id": "proportional", "parameters": {}},
        "calibration": {"version": "reference"},
        "plugins": [], "timings_us": {"total": 7},
    });
    Decision::from_json(&value.to_string()).unwrap()
}
