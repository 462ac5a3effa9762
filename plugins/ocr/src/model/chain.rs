//! The models in segments, with their depthwise convolutions done here.
//!
//! The runtime does depthwise convolutions one number at a time; more than half of all
//! time went there. The trunk of both models (PP-LCNetV3) is a chain with 14 of them.
//! So a model is run up to one, the convolution is done by loops that the compiler
//! turns into vector instructions, and the model is run on from there. What is read
//! beside the trunk, by the detector's head, is kept for the last segment. Tests compare
//! that with a run of the whole.

use arrcoc_sdk::Fault;
use rten::{Model, NodeId, Value, ValueOrView};

use super::first_line;
use crate::threads::Hand;

/// Where the depthwise convolutions of a pinned file are.
pub(super) struct Cuts {
    /// The number in the name of the first one's weights. They count up by two; outputs count up from 0.
    weights: usize,
    /// In order: input, side of the kernel, steps down and across, and whether the head reads the input too.
    links: [(&'static str, usize, [usize; 2], bool); 14],
}

pub(super) const DETECTOR: Cuts = Cuts {
    weights: 394,
    links: [
        ("batch_norm_67.tmp_2", 3, [1, 1], false),
        ("p2o.Add.15", 3, [2, 2], false),
        ("p2o.Add.27", 3, [1, 1], false),
        ("p2o.Add.43", 3, [2, 2], true),
        ("p2o.Add.55", 3, [1, 1], false),
        ("p2o.Add.71", 3, [2, 2], true),
        ("p2o.Add.83", 5, [1, 1], false),
        ("p2o.Add.99", 5, [1, 1], false),
        ("p2o.Add.115", 5, [1, 1], false),
        ("p2o.Add.131", 5, [1, 1], false),
        ("p2o.Add.147", 5, [2, 2], true),
        ("p2o.Add.163", 5, [1, 1], false),
        ("p2o.Add.183", 5, [1, 1], false),
        ("p2o.Add.199", 5, [1, 1], false),
    ],
};

pub(super) const RECOGNISER: Cuts = Cuts {
    weights: 157,
    links: [
        ("batch_norm_2.tmp_2", 3, [1, 1], false),
        ("p2o.Add.15", 3, [1, 1], false),
        ("p2o.Add.31", 3, [1, 1], false),
        ("p2o.Add.47", 3, [2, 1], false),
        ("p2o.Add.63", 3, [1, 1], false),
        ("p2o.Add.79", 3, [1, 2], false),
        ("p2o.Add.95", 5, [1, 1], false),
        ("p2o.Add.111", 5, [1, 1], false),
        ("p2o.Add.127", 5, [1, 1], false),
        ("p2o.Add.143", 5, [1, 1], false),
        ("p2o.Add.159", 5, [2, 1], false),
        ("p2o.Add.179", 5, [1, 1], false),
        ("p2o.Add.199", 5, [2, 1], false),
        ("p2o.Add.215", 5, [1, 1], false),
    ],
};

/// A model that is a chain of segments.
pub(crate) struct Chain {
    model: Model,
    input: NodeId,
    links: Vec<Link>,
    output: NodeId,
}

/// A depthwise convolution between two segments.
struct Link {
    input: NodeId,
    output: NodeId,
    kernel: usize,
    steps: [usize; 2],
    /// Whether the last segment reads the input too.
    kept: bool,
    /// kernel × kernel numbers for each plane.
    weights: Vec<f32>,
    /// A number for each plane.
    bias: Vec<f32>,
}

impl Chain {
    /// Finds the links of a model.
    pub(super) fn new(model: Model, cuts: &Cuts, hand: &Hand) -> Result<Chain, String> {
        let place = |name: &str| model.node_id(name).map_err(|error| first_line(&error));
        let constant = |name: String| -> Result<Value, String> {
            let [value] =
                hand.run_between(&model, Vec::new(), [place(&name)?]).map_err(|fault| fault.message)?;
            Ok(value)
        };
        let links = cuts.links.iter().enumerate().map(|(i, &(input, kernel, steps, kept))| {
            let name = |part: &str| format!("conv2d_{}.{part}_0", cuts.weights + 2 * i);
            let odd = || format!("the weights of depthwise convolution {i} are of another shape");
            let weights = constant(name("w"))?.into_shape_vec::<f32, 4>();
            let bias = constant(name("b"))?.into_shape_vec::<f32, 1>();
            let (Ok((shape, weights)), Ok(([planes], bias))) = (weights, bias) else { return Err(odd()) };
            if shape != [planes, 1, kernel, kernel] {
                return Err(odd());
            }
            let output = place(&format!("depthwise_conv2d_{i}.tmp_0"))?;
            Ok(Link { input: place(input)?, output, kernel, steps, kept, weights, bias })
        });
        let links = links.collect::<Result<Vec<Link>, String>>()?;
        let ([input], [output]) = (model.input_ids(), model.output_ids()) else {
            return Err("the model has not one input and one output".into());
        };
        Ok(Chain { input: *input, output: *output, links, model })
    }

    /// Runs all of it on one image.
    pub(crate) fn run(&self, hand: &Hand, input: Value) -> Result<Value, Fault> {
        let (mut at, mut value) = (self.input, input);
        let mut kept: Vec<(NodeId, ValueOrView<'_>)> = Vec::new();
        for link in &self.links {
            let [before] = hand.run_between(&self.model, vec![(at, value.into())], [link.input])?;
            let odd = || Fault::internal("the model has planes of another shape inside");
            if link.kept {
                kept.push((link.input, before.clone().into()));
            }
            let ([images, planes, rows, columns], values) =
                before.into_shape_vec::<f32, 4>().map_err(|_| odd())?;
            if images != 1 || planes != link.bias.len() || rows * columns == 0 {
                return Err(odd());
            }
            let ([rows, columns], values) = link.convolve(&values, [rows, columns]);
            value = Value::from_shape([1, planes, rows, columns], values).map_err(|_| odd())?;
            at = link.output;
        }
        kept.push((at, value.into()));
        let [output] = hand.run_between(&self.model, kept, [self.output])?;
        Ok(output)
    }
}

impl Link {
    /// Convolves each plane with its kernel, half of the kernel beyond the border, where there is nothing.
    fn convolve(&self, values: &[f32], [rows, columns]: [usize; 2]) -> ([usize; 2], Vec<f32>) {
        let size = [rows.div_ceil(self.steps[0]), columns.div_ceil(self.steps[1])];
        let mut out = vec![0.0; self.bias.len() * size[0] * size[1]];
        let kernels = self.weights.chunks_exact(self.kernel * self.kernel);
        let planes = values.chunks_exact(rows * columns).zip(out.chunks_exact_mut(size[0] * size[1]));
        for ((plane, out), (kernel, &bias)) in planes.zip(kernels.zip(&self.bias)) {
            match self.kernel {
                3 => convolve::<3>(plane, columns, kernel, bias, self.steps, out, size[1]),
                _ => convolve::<5>(plane, columns, kernel, bias, self.steps, out, size[1]),
            }
        }
        (size, out)
    }
}

/// One plane, by a kernel of `K` × `K`.
fn convolve<const K: usize>(
    plane: &[f32],
    columns: usize,
    kernel: &[f32],
    bias: f32,
    [down, across]: [usize; 2],
    out: &mut [f32],
    width: usize,
) {
    let rows = plane.len() / columns;
    let mut padded = vec![0.0f32; columns + K - 1];
    for (y, out) in out.chunks_exact_mut(width).enumerate() {
        out.fill(bias);
        for (k, kernel) in kernel.as_chunks::<K>().0.iter().enumerate() {
            let Some(row) = (y * down + k).checked_sub(K / 2).filter(|row| *row < rows) else { continue };
            padded[K / 2..K / 2 + columns].copy_from_slice(&plane[row * columns..][..columns]);
            if across == 1 {
                let shifted: [&[f32]; K] = std::array::from_fn(|k| &padded[k..k + columns]);
                for (x, out) in out.iter_mut().enumerate() {
                    *out += (0..K).map(|k| kernel[k] * shifted[k][x]).sum::<f32>();
                }
            } else {
                for (out, window) in out.iter_mut().zip(padded.windows(K).step_by(across)) {
                    *out += (0..K).map(|k| kernel[k] * window[k]).sum::<f32>();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_convolved_as_worked_out_by_hand() {
        // 1 2 3 / 4 5 6, by a kernel that takes the left neighbour and twice the one below, and adds 10.
        let kernel = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0];
        let mut out = [0.0; 6];
        convolve::<3>(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3, &kernel, 10.0, [1, 1], &mut out, 3);
        assert_eq!(out, [18.0, 21.0, 24.0, 10.0, 14.0, 15.0]);
        let mut out = [0.0; 2];
        convolve::<3>(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3, &kernel, 10.0, [2, 2], &mut out, 2);
        assert_eq!(out, [18.0, 24.0]);
    }

    #[test]
    fn segments_give_what_the_whole_gives() {
        let Some(asset) = crate::tests::asset() else { return };
        let models = super::super::Models::open(&asset).unwrap_or_else(|fault| panic!("{fault}"));
        let hand = Hand::new();
        for (chain, rows, columns) in [
            (&models.recogniser, 48, 64),
            (&models.recogniser, 48, 161),
            (&models.detector, 64, 96),
            (&models.detector, 32, 160),
        ] {
            let noise: Vec<f32> = (0..3 * rows * columns).map(|i| (i * i % 97) as f32 / 48.5 - 1.0).collect();
            let value = || Value::from_shape([1, 3, rows, columns], noise.clone()).unwrap();
            let inputs = vec![(chain.input, value().into())];
            let [whole] = hand.run_between(&chain.model, inputs, [chain.output]).unwrap();
            let (whole, parts) = (whole.into_tensor::<f32>().unwrap(), chain.run(&hand, value()).unwrap());
            let parts = parts.into_tensor::<f32>().unwrap();
            let (whole, parts) = (whole.into_data(), parts.into_data());
            assert_eq!(whole.len(), parts.len());
            for (a, b) in whole.iter().zip(&parts) {
                assert!((a - b).abs() < 1e-3, "{rows}x{columns}: {a} {b}");
            }
        }
    }
}
