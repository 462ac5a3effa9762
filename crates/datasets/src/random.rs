//! A stream of random numbers that is fixed for ever.
//!
//! A seed written in a report must draw the same picture years from now. Crates
//! of random numbers reserve the right to change the stream of a distribution, or
//! of their standard generator, with a new version; so the two short algorithms and
//! the few distributions needed here are written out, with the published outputs
//! as tests.
//!
//! The generator is xoshiro256++ (Blackman and Vigna 2021, "Scrambled linear
//! pseudorandom number generators"). Its state is filled by SplitMix64 (Steele, Lea
//! and Flood 2014, "Fast splittable pseudorandom number generators"), as its authors
//! advise: seeds that differ in one bit then give unrelated streams.

use std::ops::Range;

/// SplitMix64: turns one number into a sequence of well mixed ones.
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// A generator whose first output is that of the state `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// xoshiro256++ with the distributions that generators of images need.
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut fill = SplitMix64::new(seed);
        Self { state: std::array::from_fn(|_| fill.next_u64()) }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A stream of its own, so that a part of a picture may draw more or fewer numbers
    /// without moving what comes after it.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self::new(self.next_u64())
    }

    /// Uniform in `0..1`, in steps of 2⁻²⁴.
    pub fn unit(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / (1u32 << 24) as f32
    }

    /// Uniform in `range`.
    pub fn between(&mut self, range: Range<f32>) -> f32 {
        range.start + (range.end - range.start) * self.unit()
    }

    /// Uniform in `0..n`; 0 for `n` of 0. By multiplication (Lemire 2019): values
    /// differ in frequency by less than n·2⁻⁶⁴.
    pub fn below(&mut self, n: u32) -> u32 {
        ((u128::from(self.next_u64()) * u128::from(n)) >> 64) as u32
    }

    /// Uniform in `range`; its start when the range is empty.
    pub fn whole(&mut self, range: Range<u32>) -> u32 {
        range.start + self.below(range.end.saturating_sub(range.start))
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f32) -> bool {
        self.unit() < p
    }

    /// One of `choices`, each equally likely.
    pub fn pick<T: Copy, const N: usize>(&mut self, choices: [T; N]) -> T {
        const { assert!(N > 0, "there is nothing to pick from") };
        choices[self.below(N as u32) as usize]
    }

    /// Puts things in random order, each order equally likely (Fisher and Yates, as given by
    /// Knuth, The Art of Computer Programming 2, algorithm P).
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            // There are far fewer than 2³² of them.
            things.swap(last, self.below(last as u32 + 1) as usize);
        }
    }

    /// Nearly normal, with mean 0 and variance 1: the sum of four uniform numbers of
    /// 16 bits. It never exceeds 3.47 in size, which suits sensor noise, and takes one
    /// draw.
    pub fn normal(&mut self) -> f32 {
        let bits = self.next_u64();
        let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
        // Variance of one part is (2³² − 1) / 12.
        (sum as f32 - 131_070.0) * (1.732_050_8 / 65_536.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outputs of the authors' splitmix64.c from the state 1234567.
    #[test]
    fn splitmix64_gives_the_published_stream() {
        let mut random = SplitMix64::new(1_234_567);
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(expected.map(|_| random.next_u64()), expected);
    }

    /// Outputs of the authors' xoshiro256plusplus.c from the state 1, 2, 3, 4.
    #[test]
    fn xoshiro256plusplus_gives_the_published_stream() {
        let mut random = Random { state: [1, 2, 3, 4] };
        let expected = [
            41_943_041,
            58_720_359,
            3_588_806_011_781_223,
            3_591_011_842_654_386,
            9_228_616_714_210_784_205,
            9_973_669_472_204_895_162,
            14_011_001_112_246_962_877,
            12_406_186_145_184_390_807,
            15_849_039_046_786_891_736,
            10_450_023_813_501_588_000,
        ];
        assert_eq!(expected.map(|_| random.next_u64()), expected);
    }

    #[test]
    fn distributions_have_their_range_mean_and_variance() {
        let mut random = Random::new(7);
        let n = 100_000;
        let (mut sum, mut squares, mut units) = (0.0, 0.0, 0.0);
        let mut counts = [0u32; 5];
        for _ in 0..n {
            let normal = f64::from(random.normal());
            sum += normal;
            squares += normal * normal;
            let unit = random.unit();
            assert!((0.0..1.0).contains(&unit));
            units += f64::from(unit);
            counts[random.below(5) as usize] += 1;
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 0.02, "mean {}", sum / n);
        assert!((squares / n - 1.0).abs() < 0.02, "variance {}", squares / n);
        assert!((units / n - 0.5).abs() < 0.005, "mean of units {}", units / n);
        assert!(counts.iter().all(|&count| count.abs_diff(20_000) < 600), "{counts:?}");
        assert_eq!(random.below(0), 0);
        assert_eq!(random.whole(3..3), 3);
    }

    #[test]
    fn every_order_is_as_likely() {
        let mut random = Random::new(5);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..60_000 {
            let mut things = [0, 1, 2];
            random.shuffle(&mut things);
            *counts.entry(things).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| count.abs_diff(10_000) < 400), "{counts:?}");
    }

    #[test]
    fn a_fork_does_not_move_with_what_it_draws() {
        let (mut one, mut other) = (Random::new(3), Random::new(3));
        let mut part = one.fork();
        part.next_u64();
        let _ = other.fork();
        assert_eq!(one.next_u64(), other.next_u64());
    }
}
