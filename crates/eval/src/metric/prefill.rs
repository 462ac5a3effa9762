//! What saved tokens save in the model behind: *modelled*, not measured.
//!
//! Choosing patches costs time, and is worth it only if the model that reads
//! them saves more. That model is not here, and its time depends on where it
//! runs; so the saving is computed from a cost model that has a name, states
//! everything that goes into it, and can be argued with. Whatever is printed
//! from here says [`MODELLED`].
//!
//! Reading T tokens (the prefill) multiplies each by every weight, 2·P·T
//! operations, and each with every other, 4·L·d·T² operations (L layers of width
//! d: 2·d to compare two tokens and 2·d to mix them). This is the forward third
//! of 6N + 12·L·H·Q·T a token in Chowdhery et al. 2022, "PaLM", appendix B. It
//! counts the half of the comparisons that a causal mask throws away, as they do,
//! and no weights read from memory: short prompts are slower than this says.

/// What every number from here is labelled with.
pub(crate) const MODELLED: &str = "modelled";

/// A model that reads tokens, and what it runs on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PrefillModel {
    /// How it is called beside its numbers.
    pub(crate) name: &'static str,
    /// P: weights that every token is multiplied by.
    pub(crate) parameters: f64,
    /// L.
    pub(crate) layers: f64,
    /// d: heads times the width of a head.
    pub(crate) width: f64,
    /// Floating point operations a second that the hardware can do at most.
    pub(crate) peak: f64,
    /// The share of the peak that is reached, 0 to 1.
    pub(crate) utilisation: f64,
}

/// Seven billion weights in 32 layers of width 4096, the shape of LLaMA-7B (Touvron et al. 2023, table 2), on one
/// A100 at 312 · 10¹² operations a second in bfloat16 without sparsity (NVIDIA's data sheet), of which 40 % are
/// reached: an assumption, near the 46 % that PaLM reached in training.
pub(crate) const SEVEN_BILLION: PrefillModel = PrefillModel {
    name: "7B, 32 layers of 4096, 312 TFLOP/s at 40 %",
    parameters: 7e9,
    layers: 32.0,
    width: 4096.0,
    peak: 312e12,
    utilisation: 0.4,
};

/// Seconds in which `model` reads so many tokens: (2·P·T + 4·L·d·T²)/(peak · utilisation).
pub(crate) fn prefill_seconds(tokens: u64, model: &PrefillModel) -> f64 {
    let tokens = tokens as f64;
    let weights = 2.0 * model.parameters * tokens;
    let attention = 4.0 * model.layers * model.width * tokens * tokens;
    (weights + attention) / (model.peak * model.utilisation)
}

/// Seconds that are saved by reading `after` tokens instead of `before`, less the seconds of choosing them. Below 0
/// where choosing costs more than it saves. Both counts are of everything that is read, the words of the question
/// too: attention makes each token dearer the more there are.
pub(crate) fn net_saving(before: u64, after: u64, choosing: f64, model: &PrefillModel) -> f64 {
    prefill_seconds(before, model) - prefill_seconds(after, model) - choosing
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1000 tokens: 2 · 7·10⁹ · 10³ = 1.4·10¹³, and 4 · 32 · 4096 · 10⁶ = 5.24288·10¹¹; over 1.248·10¹⁴ a second.
    #[test]
    fn a_thousand_tokens_by_hand() {
        let expected = (1.4e13 + 5.242_88e11) / 1.248e14;
        let found = prefill_seconds(1000, &SEVEN_BILLION);
        assert!((found - expected).abs() < 1e-15 && (found - 0.1164).abs() < 5e-5, "{found}");
        assert_eq!(prefill_seconds(0, &SEVEN_BILLION), 0.0);
    }

    /// PaLM 540B: 118 layers, 48 heads of 256, sequences of 2048. Training is three times the forward pass: 6N +
    /// 12LHQT.
    #[test]
    fn three_forward_passes_are_the_published_operations_of_training() {
        let model = PrefillModel {
            name: "PaLM 540B",
            parameters: 540e9,
            layers: 118.0,
            width: 48.0 * 256.0,
            peak: 1.0,
            utilisation: 1.0,
        };
        let a_token = 3.0 * prefill_seconds(2048, &model) / 2048.0;
        let published = 6.0 * 540e9 + 12.0 * 118.0 * 48.0 * 256.0 * 2048.0;
        assert!((a_token / published - 1.0).abs() < 1e-12);
    }

    #[test]
    fn choosing_must_cost_less_than_it_saves() {
        let [all, half] = [2000, 1000].map(|tokens| prefill_seconds(tokens, &SEVEN_BILLION));
        assert!(half < all / 2.0, "attention is dearer for more tokens");
        assert!((net_saving(2000, 1000, 0.005, &SEVEN_BILLION) - (all - half - 0.005)).abs() < 1e-15);
        assert!(net_saving(1001, 1000, 0.005, &SEVEN_BILLION) < 0.0);
        assert_eq!(net_saving(1000, 1000, 0.005, &SEVEN_BILLION), -0.005);
    }
}
