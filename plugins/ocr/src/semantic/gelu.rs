//! What follows a product of matrices in the encoder, in place: its bias, and in
//! the middle of a layer GELU.
//!
//! GELU (Hendrycks and Gimpel 2016, section 2) is x·Φ(x), with Φ the normal
//! distribution: x/2·(1 + erf(x/√2)). A page of 150 phrases needs ten million of
//! them, and candle's takes each from `libm`, one after the other. Here erf is a
//! quotient of polynomials without a branch, which the compiler turns into
//! vectors; nothing is fused, so the bits are the same on every processor.

use candle_core::{CpuStorage, Error, InplaceOp2, Layout, Result};

/// Adds a row to each row of a matrix.
pub(super) struct Bias;

/// Adds a row to each row of a matrix, then takes GELU of each number.
pub(super) struct BiasGelu;

impl InplaceOp2 for Bias {
    fn name(&self) -> &'static str {
        "bias"
    }

    fn cpu_fwd(&self, rows: &mut CpuStorage, of: &Layout, bias: &CpuStorage, _: &Layout) -> Result<()> {
        each_row(rows, of, bias, |row, bias| row.iter_mut().zip(bias).for_each(|(x, b)| *x += b))
    }
}

impl InplaceOp2 for BiasGelu {
    fn name(&self) -> &'static str {
        "bias-gelu"
    }

    fn cpu_fwd(&self, rows: &mut CpuStorage, of: &Layout, bias: &CpuStorage, _: &Layout) -> Result<()> {
        each_row(rows, of, bias, |row, bias| row.iter_mut().zip(bias).for_each(|(x, b)| *x = gelu(*x + b)))
    }
}

/// Calls `change` on each row of a fresh matrix, with the widest vectors that the processor has.
fn each_row(
    rows: &mut CpuStorage,
    of: &Layout,
    bias: &CpuStorage,
    change: impl Fn(&mut [f32], &[f32]),
) -> Result<()> {
    let (CpuStorage::F32(rows), CpuStorage::F32(bias), Some((from, to))) =
        (rows, bias, of.contiguous_offsets())
    else {
        return Err(Error::Msg("rows and bias are to be dense and of 32 bits".into()));
    };
    let rows = rows.get_mut(from..to).unwrap_or_default();
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || rows.chunks_exact_mut(bias.len().max(1)).for_each(|row| change(row, bias)),
    );
    Ok(())
}

#[inline(always)]
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The error function within 5e-7: x·P(x²)/Q(x²) between −4 and 4, beyond which it is 1 within 2e-8. The coefficients
/// are those of `ErfImpl32` in XLA (xla/hlo/builder/lib/math.cc).
#[inline(always)]
fn erf(x: f32) -> f32 {
    const P: [f32; 7] = [
        -2.726_142_3e-10,
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_6e-5,
        -7.349_906_3e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const Q: [f32; 5] = [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_826_9e-3, -7.373_329_2e-3, -1.426_473_9e-2];
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    let horner = |polynomial: &[f32]| polynomial.iter().fold(0.0, |sum, c| sum * square + c);
    x * horner(&P) / horner(&Q)
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;

    #[test]
    fn erf_is_the_error_function() {
        for step in -60_000..=60_000 {
            let x = step as f32 / 10_000.0;
            let (is, should) = (erf(x), libm::erf(f64::from(x)));
            assert!((f64::from(is) - should).abs() < 5e-7, "erf({x}) is {should}, not {is}");
        }
        assert!(erf(f32::NAN).is_nan());
        assert_eq!(erf(f32::INFINITY), erf(4.0));
    }

    #[test]
    fn gelu_has_its_published_values() {
        // x·Φ(x), with Φ(1) = 0.841344746, Φ(−2) = 0.022750132.
        for (x, should) in [(0.0, 0.0), (1.0, 0.841_344_7), (-2.0, -0.045_500_26), (20.0, 20.0), (-20.0, 0.0)]
        {
            assert!((gelu(x) - should).abs() < 2e-6, "{x}: {}", gelu(x));
        }
    }

    #[test]
    fn a_bias_is_added_to_each_row_and_gelu_follows_it() {
        let rows = || Tensor::new(&[[0.0_f32, 1.0], [-2.0, 3.0]], &Device::Cpu).unwrap();
        let bias = Tensor::new(&[1.0_f32, -1.0], &Device::Cpu).unwrap();
        let plain = rows();
        plain.inplace_op2(&bias, &Bias).unwrap();
        assert_eq!(plain.to_vec2::<f32>().unwrap(), [[1.0, 0.0], [-1.0, 2.0]]);
        let curved = rows();
        curved.inplace_op2(&bias, &BiasGelu).unwrap();
        let expected = [1.0, 0.0, -1.0, 2.0].map(gelu);
        assert_eq!(curved.flatten_all().unwrap().to_vec1::<f32>().unwrap(), expected);
    }
}
