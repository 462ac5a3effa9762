//! The vector instructions of this processor, and the two loops that a compiler does
//! not turn into the best of them.
//!
//! Luma reads pixels of three bytes, which do not lie where lanes of a vector begin;
//! and products of 16 bits want the instruction that multiplies and adds pairs. Both
//! are written out for AVX2 and AVX-512, and as plain loops for every other processor.

use crate::statistics::luma;

/// The vector instructions that a scan uses. The table is the same with all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Vectors {
    /// What every processor of the architecture has.
    Portable,
    /// AVX2 and what comes with it: x86-64-v3.
    Avx2,
    /// AVX-512 and what comes with it: x86-64-v4.
    Avx512,
}

impl Vectors {
    /// All that this processor has, the narrowest first; never empty.
    pub fn here() -> impl DoubleEndedIterator<Item = Vectors> {
        [Self::Portable, Self::Avx2, Self::Avx512].into_iter().filter(|vectors| vectors.is_here())
    }

    /// The widest that this processor has.
    #[must_use]
    pub fn widest() -> Vectors {
        Self::here().next_back().unwrap_or(Self::Portable)
    }

    #[cfg(target_arch = "x86_64")]
    fn is_here(self) -> bool {
        match self {
            Self::Portable => true,
            Self::Avx2 => pulp::x86::V3::try_new().is_some(),
            Self::Avx512 => pulp::x86::V4::try_new().is_some(),
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn is_here(self) -> bool {
        self == Self::Portable
    }

    /// Runs work that is compiled for these vectors, or for those that every processor has where it lacks them.
    pub(crate) fn run(self, work: impl Work) {
        #[cfg(target_arch = "x86_64")]
        {
            if let (Self::Avx512, Some(simd)) = (self, pulp::x86::V4::try_new()) {
                return simd.vectorize(Compiled(simd, work));
            }
            if let (Self::Avx2, Some(simd)) = (self, pulp::x86::V3::try_new()) {
                return simd.vectorize(Compiled(simd, work));
            }
        }
        work.with(Portable);
    }
}

/// What can be done with any vectors. Implementations are `#[inline(always)]`: only what is inlined is compiled with the
/// vectors of whoever calls.
pub(crate) trait Work {
    fn with<U: Unit>(self, unit: U);
}

/// Some work with the vectors for which it is compiled.
#[cfg(target_arch = "x86_64")]
struct Compiled<U, W>(U, W);

#[cfg(target_arch = "x86_64")]
impl<U: Unit, W: Work> pulp::NullaryFnOnce for Compiled<U, W> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.1.with(self.0);
    }
}

/// A vector unit.
pub(crate) trait Unit: Copy {
    /// The luma of every pixel of a row: three bytes each, red first.
    fn luma(self, rgb: &[u8], into: &mut [u8]);

    /// Adds xx, yy and xy of two gradients in every column.
    fn products(self, of: [&[[i16; 2]]; 2], into: [&mut [i32]; 3]);
}

/// Plain loops.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

impl Unit for Portable {
    #[inline(always)]
    fn luma(self, rgb: &[u8], into: &mut [u8]) {
        for (value, pixel) in into.iter_mut().zip(rgb.as_chunks::<3>().0) {
            *value = luma(pixel[0], pixel[1], pixel[2]);
        }
    }

    #[inline(always)]
    fn products(self, of: [&[[i16; 2]]; 2], into: [&mut [i32]; 3]) {
        let dot =
            |a: [i16; 2], b: [i16; 2]| i32::from(a[0]) * i32::from(b[0]) + i32::from(a[1]) * i32::from(b[1]);
        let [xx, yy, xy] = into;
        for ((((&x, &y), xx), yy), xy) in of[0].iter().zip(of[1]).zip(xx).zip(yy).zip(xy) {
            *xx += dot(x, x);
            *yy += dot(y, y);
            *xy += dot(x, y);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{__m256i, __m512i};

    use pulp::cast;
    use pulp::x86::{V3, V4};

    use super::{Portable, Unit};

    // A pixel becomes the four bytes r, g, b, 0, which are multiplied with 77, 150, 29, 0 and added in two steps. The
    // first takes weights without and values with a sign: so 128 is taken from every value, and as the weights are 256 in
    // all, 128 from the luma. Luma is the upper byte of the sum and 128, so of 16 bits: -32 768 + 128 to 32 512 + 128.

    /// For each lane of 16 bytes: the places of r, g, b and of a zero, for four pixels.
    const fn spread<const N: usize>() -> [u8; N] {
        let mut places = [0; N];
        let mut at = 0;
        while at < N {
            let (pixel, colour) = (at as u8 % 16 / 4, at as u8 % 4);
            places[at] = if colour == 3 { 128 } else { 3 * pixel + colour };
            at += 1;
        }
        places
    }

    /// The weights of r, g, b and of the zero.
    const fn weights<const N: usize>() -> [u8; N] {
        let mut weights = [0; N];
        let mut at = 0;
        while at < N {
            weights[at] = [77, 150, 29, 0][at % 4];
            at += 1;
        }
        weights
    }

    impl Unit for V3 {
        #[inline(always)]
        fn luma(self, rgb: &[u8], into: &mut [u8]) {
            let avx = self.avx2;
            let (blocks, rest) = into.as_chunks_mut::<32>();
            let (pixels, last) = rgb.as_chunks::<96>();
            for (values, pixels) in blocks.iter_mut().zip(pixels) {
                // Four groups of eight pixels; the last is read from eight bytes before it.
                let sums = |bytes: &[u8], words: [u32; 8]| {
                    let bytes = bytes.first_chunk::<32>().map_or([0; 32], |bytes| *bytes);
                    let signed = avx._mm256_xor_si256(cast(bytes), cast([128u8; 32]));
                    let lanes = avx._mm256_permutevar8x32_epi32(signed, cast(words));
                    let spread = avx._mm256_shuffle_epi8(lanes, cast(const { spread::<32>() }));
                    let pairs = avx._mm256_maddubs_epi16(cast(const { weights::<32>() }), spread);
                    avx._mm256_madd_epi16(pairs, cast([1i16; 16]))
                };
                const WORDS: [u32; 8] = [0, 1, 2, 3, 3, 4, 5, 6];
                let early = avx._mm256_packs_epi32(sums(pixels, WORDS), sums(&pixels[24..], WORDS));
                let late = avx._mm256_packs_epi32(
                    sums(&pixels[48..], WORDS),
                    sums(&pixels[64..], WORDS.map(|w| w + 2)),
                );
                let rounded =
                    |sum: __m256i| avx._mm256_srai_epi16::<8>(avx._mm256_add_epi16(sum, cast([128i16; 16])));
                let bytes = avx._mm256_packs_epi16(rounded(early), rounded(late));
                let bytes = avx._mm256_permutevar8x32_epi32(bytes, cast([0u32, 4, 1, 5, 2, 6, 3, 7]));
                *values = cast(avx._mm256_xor_si256(bytes, cast([128u8; 32])));
            }
            Portable.luma(last, rest);
        }

        #[inline(always)]
        fn products(self, of: [&[[i16; 2]]; 2], into: [&mut [i32]; 3]) {
            let avx = self.avx2;
            let [(x, x_rest), (y, y_rest)] = of.map(|all| all.as_chunks::<8>());
            let [(xx, xx_rest), (yy, yy_rest), (xy, xy_rest)] = into.map(|all| all.as_chunks_mut::<8>());
            for ((((x, y), xx), yy), xy) in x.iter().zip(y).zip(xx).zip(yy).zip(xy) {
                let (x, y): (__m256i, __m256i) = (cast(*x), cast(*y));
                let add = |sum: &mut [i32; 8], a, b| {
                    *sum = cast(avx._mm256_add_epi32(cast(*sum), avx._mm256_madd_epi16(a, b)));
                };
                add(xx, x, x);
                add(yy, y, y);
                add(xy, x, y);
            }
            Portable.products([x_rest, y_rest], [xx_rest, yy_rest, xy_rest]);
        }
    }

    impl Unit for V4 {
        #[inline(always)]
        fn luma(self, rgb: &[u8], into: &mut [u8]) {
            let (avx, avx_bw) = (self.avx512f, self.avx512bw);
            let (blocks, rest) = into.as_chunks_mut::<64>();
            let (pixels, last) = rgb.as_chunks::<192>();
            for (values, pixels) in blocks.iter_mut().zip(pixels) {
                // Four groups of sixteen pixels; the last is read from sixteen bytes before it.
                let sums = |bytes: &[u8], words: [u32; 16]| {
                    let bytes = bytes.first_chunk::<64>().map_or([0; 64], |bytes| *bytes);
                    let signed = avx._mm512_xor_si512(cast(bytes), cast([128u8; 64]));
                    let lanes = avx._mm512_permutexvar_epi32(cast(words), signed);
                    let spread = avx_bw._mm512_shuffle_epi8(lanes, cast(const { spread::<64>() }));
                    let pairs = avx_bw._mm512_maddubs_epi16(cast(const { weights::<64>() }), spread);
                    avx_bw._mm512_madd_epi16(pairs, cast([1i16; 32]))
                };
                const WORDS: [u32; 16] = [0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12];
                let early = avx_bw._mm512_packs_epi32(sums(pixels, WORDS), sums(&pixels[48..], WORDS));
                let late = avx_bw._mm512_packs_epi32(
                    sums(&pixels[96..], WORDS),
                    sums(&pixels[128..], WORDS.map(|w| w + 4)),
                );
                let rounded = |sum: __m512i| {
                    avx_bw._mm512_srai_epi16::<8>(avx_bw._mm512_add_epi16(sum, cast([128i16; 32])))
                };
                let bytes = avx_bw._mm512_packs_epi16(rounded(early), rounded(late));
                let order = [0u32, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15];
                let bytes = avx._mm512_permutexvar_epi32(cast(order), bytes);
                *values = cast(avx._mm512_xor_si512(bytes, cast([128u8; 64])));
            }
            Portable.luma(last, rest);
        }

        #[inline(always)]
        fn products(self, of: [&[[i16; 2]]; 2], into: [&mut [i32]; 3]) {
            Portable.products(of, into);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of every length around those of the vectors, of every colour in some of them.
    struct Rows;

    impl Work for Rows {
        fn with<U: Unit>(self, unit: U) {
            let mut state = 1u32;
            let mut byte = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // The ends of the range are where sums are the greatest.
                match state >> 29 {
                    0 => 0,
                    1 => 255,
                    _ => (state >> 20) as u8,
                }
            };
            for width in 0..=200 {
                for _ in 0..50 {
                    let rgb: Vec<u8> = (0..3 * width).map(|_| byte()).collect();
                    let mut row = vec![7; width];
                    unit.luma(&rgb, &mut row);
                    let wanted: Vec<u8> = rgb.chunks_exact(3).map(|p| luma(p[0], p[1], p[2])).collect();
                    assert_eq!(row, wanted);
                }
            }
        }
    }

    #[test]
    fn every_unit_has_the_same_luma() {
        for vectors in Vectors::here() {
            vectors.run(Rows);
        }
    }
}
