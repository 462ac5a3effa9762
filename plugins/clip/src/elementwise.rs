//! The element-wise steps of a transformer, on the threads that were granted.
//!
//! candle 0.11 spreads its own element-wise operations over a pool of one
//! spinning thread per core that lives as long as the process and heeds no
//! limit. These are candle's operations again, as custom operations that run in
//! the pool of the call (`rayon` uses the pool it is called in, and so do
//! candle's products and softmax). On other devices candle's own are used.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Error, Layout, Module, Result, Shape, Tensor};
use rayon::prelude::*;

/// Elements of one piece of work.
const PIECE: usize = 16 * 1024;

/// The bend in a feed-forward step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    /// x · σ(1.702 x): OpenAI's CLIP.
    QuickGelu,
    /// x · Φ(x), by the error function (Hendrycks, Gimpel 2016, arXiv:1606.08415).
    Gelu,
    /// The same by the paper's tanh formula: SigLIP.
    TanhGelu,
    /// max(0, x).
    Relu,
}

/// Their words in `hidden_act`.
const WORDS: [(&str, Activation); 5] = [
    ("quick_gelu", Activation::QuickGelu),
    ("gelu", Activation::Gelu),
    ("gelu_pytorch_tanh", Activation::TanhGelu),
    ("gelu_new", Activation::TanhGelu),
    ("relu", Activation::Relu),
];

impl Activation {
    /// The activation of a word in `hidden_act`.
    pub(crate) fn named(word: &str) -> Option<Activation> {
        WORDS.iter().find(|(known, _)| *known == word).map(|(_, activation)| *activation)
    }

    /// A word for it.
    pub(crate) fn word(self) -> &'static str {
        WORDS.iter().find(|(_, known)| *known == self).map_or("", |(word, _)| word)
    }

    /// Every word.
    pub(crate) fn words() -> Vec<&'static str> {
        WORDS.iter().map(|(word, _)| *word).collect()
    }

    fn of(self, x: f32) -> f32 {
        match self {
            Activation::QuickGelu => x / (1.0 + libm::expf(-1.702 * x)),
            Activation::Gelu => 0.5 * x * (1.0 + libm::erff(x * std::f32::consts::FRAC_1_SQRT_2)),
            Activation::TanhGelu => {
                const SQRT_2_OVER_PI: f32 = 0.797_884_6;
                0.5 * x * (1.0 + libm::tanhf(SQRT_2_OVER_PI * x * (1.0 + 0.044_715 * x * x)))
            }
            Activation::Relu => x.max(0.0),
        }
    }

    /// Bends every element.
    pub(crate) fn apply(self, x: &Tensor) -> Result<Tensor> {
        if x.device().is_cpu() {
            return x.apply_op1_no_bwd(&self);
        }
        match self {
            Activation::QuickGelu => x * candle_nn::ops::sigmoid(&(x * 1.702)?)?,
            Activation::Gelu => candle_nn::Activation::Gelu.forward(x),
            Activation::TanhGelu => candle_nn::Activation::GeluPytorchTanh.forward(x),
            Activation::Relu => x.relu(),
        }
    }
}

impl CustomOp1 for Activation {
    fn name(&self) -> &'static str {
        "activation"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = elements(storage, layout)?;
        let mut y = vec![0.0f32; x.len()];
        y.par_chunks_mut(PIECE).zip(x.par_chunks(PIECE)).for_each(|(y, x)| {
            for (y, x) in y.iter_mut().zip(x) {
                *y = self.of(*x);
            }
        });
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }
}

/// The sum of two tensors; the second may be one row that is added to every row of the first.
pub(crate) fn add(x: &Tensor, other: &Tensor) -> Result<Tensor> {
    if x.device().is_cpu() { x.apply_op2_no_bwd(other, &Sum) } else { x.broadcast_add(other) }
}

struct Sum;

impl CustomOp2 for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }

    fn cpu_fwd(
        &self,
        left: &CpuStorage,
        left_layout: &Layout,
        right: &CpuStorage,
        right_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, other) = (elements(left, left_layout)?, elements(right, right_layout)?);
        if other.is_empty() || !x.len().is_multiple_of(other.len()) {
            return Err(Error::Msg(format!("a sum of {} and {} elements", x.len(), other.len())));
        }
        let mut y = vec![0.0f32; x.len()];
        // Whole rows of the second, so that a piece begins where it does.
        let (piece, long) = match other.len() == x.len() {
            true => (PIECE, true),
            false => (other.len() * (PIECE / other.len()).max(1), false),
        };
        y.par_chunks_mut(piece).zip(x.par_chunks(piece)).enumerate().for_each(|(i, (y, x))| {
            if long {
                let other = &other[i * piece..][..x.len()];
                y.iter_mut().zip(x).zip(other).for_each(|((y, a), b)| *y = a + b);
                return;
            }
            for (y, x) in y.chunks_mut(other.len()).zip(x.chunks(other.len())) {
                y.iter_mut().zip(x).zip(other).for_each(|((y, a), b)| *y = a + b);
            }
        });
        Ok((CpuStorage::F32(y), left_layout.shape().clone()))
    }
}

fn elements<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (from, to) =
        layout.contiguous_offsets().ok_or_else(|| Error::Msg("a tensor in pieces".to_owned()))?;
    Ok(&storage.as_slice::<f32>()?[from..to])
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn activations_have_their_published_values() {
        // torch.nn.functional.gelu(1) = 0.841345, its tanh form 0.841192; 1 · σ(1.702) = 0.845796.
        for (activation, at_one) in [
            (Activation::Gelu, 0.841_345),
            (Activation::TanhGelu, 0.841_192),
            (Activation::QuickGelu, 0.845_796),
            (Activation::Relu, 1.0),
        ] {
            assert!((activation.of(1.0) - at_one).abs() < 1e-6, "{activation:?}");
            assert_eq!(activation.of(0.0), 0.0);
            assert!(activation.of(-40.0).abs() < 1e-6, "{activation:?}");
        }
    }

    #[test]
    fn they_are_candles_own_operations() {
        let values: Vec<f32> = (0..40_000).map(|i| (i as f32 - 20_000.0) / 3_000.0).collect();
        let x = Tensor::from_vec(values, (200, 200), &Device::Cpu).unwrap();
        let far = |a: &Tensor, b: &Tensor| {
            (a - b).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap().to_scalar::<f32>().unwrap()
        };
        let gelu = Activation::Gelu.apply(&x).unwrap();
        assert!(far(&gelu, &x.gelu_erf().unwrap()) < 1e-6);
        let gelu = Activation::TanhGelu.apply(&x).unwrap();
        assert!(far(&gelu, &x.gelu().unwrap()) < 1e-6);
        let row = x.narrow(0, 7, 1).unwrap();
        assert_eq!(far(&add(&x, &row).unwrap(), &x.broadcast_add(&row).unwrap()), 0.0);
        assert_eq!(far(&add(&x, &x).unwrap(), &(&x * 2.0).unwrap()), 0.0);
        assert!(add(&x, &x.narrow(0, 0, 3).unwrap()).is_err());
    }
}
