//! A small copy of an image, made while its bands pass.

use arrcoc_stats::Band;

use crate::raster::Image;

/// The most pixels of a copy.
const MOST: u64 = 1 << 22;

/// Rows whose sums fit in 16 bits: 257 · 255 = 65 535.
const ROWS: u32 = 257;

/// A copy of an image in which each pixel is the mean of k × k of the image's, at the right and lower border of those
/// that there are, in integers and rounded half up. k is the least that leaves at most 4 194 304 pixels.
pub struct Reduced {
    width: u32,
    height: u32,
    factor: u32,
    /// Sums down the columns, of the rows of this row of blocks that have come.
    sums: Vec<u16>,
    rows: u32,
    /// Sums of blocks, where a block has more rows than sums of columns can take.
    blocks: Vec<[u64; 3]>,
    flushed: u32,
    data: Vec<u8>,
}

impl Reduced {
    /// A copy of an image of this size, of which nothing has come.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Reduced {
        let factor = Reduced::factor(width, height);
        let (sums, blocks) = (vec![0; 3 * width as usize], vec![[0; 3]; width.div_ceil(factor) as usize]);
        let pixels = u64::from(width.div_ceil(factor)) * u64::from(height.div_ceil(factor));
        let data = Vec::with_capacity(3 * pixels as usize);
        Reduced { width, height, factor, sums, rows: 0, blocks, flushed: 0, data }
    }

    /// Width and height of the copy of an image of this size.
    #[must_use]
    pub fn size(width: u32, height: u32) -> (u32, u32) {
        let factor = Reduced::factor(width, height);
        (width.div_ceil(factor), height.div_ceil(factor))
    }

    /// How many pixels of an image of this size there are to one of the copy, along each side: the least that leaves
    /// few enough.
    #[must_use]
    pub fn factor(width: u32, height: u32) -> u32 {
        let left = |k: u32| u64::from(width.div_ceil(k)) * u64::from(height.div_ceil(k));
        let pixels = u64::from(width) * u64::from(height);
        // Rounding up leaves more than pixels/k², so it is at least this.
        let least = (pixels as f64 / MOST as f64).sqrt() as u32;
        (least.max(1)..=u32::MAX).find(|&k| left(k) <= MOST).unwrap_or(u32::MAX)
    }

    /// Adds the rows of a band. They come from the top, without gaps.
    ///
    /// # Panics
    ///
    /// When the band is of an image of another width.
    pub fn add(&mut self, band: &Band<'_>) {
        assert_eq!(band.width(), self.width, "the band is of another image");
        for y in band.rows() {
            for (sum, &value) in self.sums.iter_mut().zip(band.row(y)) {
                *sum += u16::from(value);
            }
            self.rows += 1;
            if self.rows == ROWS {
                self.flush();
            }
            if (y + 1).is_multiple_of(self.factor) || y + 1 == self.height {
                self.flush();
                self.close();
            }
        }
    }

    /// Adds the sums of columns to those of their blocks.
    fn flush(&mut self) {
        let columns = self.sums.chunks(3 * self.factor as usize);
        for (block, columns) in self.blocks.iter_mut().zip(columns) {
            for pixel in columns.as_chunks::<3>().0 {
                for (sum, &value) in block.iter_mut().zip(pixel) {
                    *sum += u64::from(value);
                }
            }
        }
        self.sums.fill(0);
        self.flushed += self.rows;
        self.rows = 0;
    }

    /// Ends a row of blocks.
    fn close(&mut self) {
        let mut left = self.width;
        for block in &mut self.blocks {
            let count = u64::from(left.min(self.factor)) * u64::from(self.flushed);
            left = left.saturating_sub(self.factor);
            self.data.extend(block.map(|sum| ((sum + count / 2) / count) as u8));
            *block = [0; 3];
        }
        self.flushed = 0;
    }

    /// The copy; `None` unless all rows have come.
    #[must_use]
    pub fn finish(self) -> Option<Image> {
        let (width, height) = Reduced::size(self.width, self.height);
        Image::from_rgb(width, height, self.data).ok()
    }
}

#[cfg(test)]
mod tests {
    use arrcoc_stats::{Pixels, Rect};
    use proptest::prelude::*;

    use super::*;
    use crate::area_average;

    fn reduced(image: &Image, factor: u32, rows: u32) -> Image {
        let (width, height) = (image.width(), image.height());
        let mut reduced = Reduced::new(width, height);
        reduced.factor = factor;
        reduced.blocks = vec![[0; 3]; width.div_ceil(factor) as usize];
        let stride = 3 * width as usize;
        let mut from = 0;
        while from < height {
            let to = (from + rows).min(height);
            let around = Band::around(&(from..to), height);
            let data = &image.data()[around.start as usize * stride..around.end as usize * stride];
            let held = Pixels::new(width, around.end - around.start, data).unwrap();
            reduced.add(&Band::new(held, height, from..to).unwrap());
            from = to;
        }
        Image::from_rgb(width.div_ceil(factor), height.div_ceil(factor), reduced.data).unwrap()
    }

    #[test]
    fn the_factor_is_the_least_that_leaves_few_enough() {
        for (width, height, k, size) in [
            (2048, 2048, 1, (2048, 2048)),
            (2049, 2048, 2, (1025, 1024)),
            (32_768, 32_768, 16, (2048, 2048)),
            (40_000, 25_000, 16, (2500, 1563)),
            (2_000_000, 300, 12, (166_667, 25)),
            (1, 1, 1, (1, 1)),
        ] {
            assert_eq!(
                (Reduced::factor(width, height), Reduced::size(width, height)),
                (k, size),
                "{width}x{height}"
            );
        }
    }

    #[test]
    fn the_brightest_rows_do_not_overflow() {
        let image = Image::from_rgb(2, 600, vec![255; 3600]).unwrap();
        assert_eq!(reduced(&image, 600, 100).data(), [255; 3]);
    }

    proptest! {
        #[test]
        fn each_pixel_is_the_mean_of_its_block(
            width in 1u32..40,
            height in 1u32..40,
            factor in 1u32..12,
            rows in 1u32..12,
            seed: u8,
        ) {
            let data: Vec<u8> = (0..3 * width * height).map(|i| (i * i + 31 * i) as u8 ^ seed).collect();
            let image = Image::from_rgb(width, height, data).unwrap();
            let small = reduced(&image, factor, rows);
            for y in 0..small.height() {
                for x in 0..small.width() {
                    let (left, top) = (x * factor, y * factor);
                    let block = Rect {
                        x: left,
                        y: top,
                        width: factor.min(width - left),
                        height: factor.min(height - top),
                    };
                    let at = 3 * (y * small.width() + x) as usize;
                    prop_assert_eq!(area_average(&image, block, 1, 1), &small.data()[at..at + 3]);
                }
            }
        }
    }
}
