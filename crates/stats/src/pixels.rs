//! A checked view of an image's pixels.
//!
//! Every loop below assumes that the buffer holds exactly `3 · width · height`
//! bytes. [`Pixels`] is the one place where that is checked.

/// Tightly packed RGB8 pixels (sRGB), row by row from the top left.
#[derive(Clone, Copy, Debug)]
pub struct Pixels<'a> {
    width: u32,
    height: u32,
    data: &'a [u8],
}

impl<'a> Pixels<'a> {
    /// Views `data` as an image of `width` × `height` pixels, three bytes each.
    ///
    /// # Errors
    ///
    /// [`PixelsError::Empty`] when a side is 0, [`PixelsError::Length`] when `data` is
    /// not `3 · width · height` bytes long.
    pub fn new(width: u32, height: u32, data: &'a [u8]) -> Result<Self, PixelsError> {
        if width == 0 || height == 0 {
            return Err(PixelsError::Empty { width, height });
        }
        let expected = 3 * u128::from(width) * u128::from(height);
        if data.len() as u128 != expected {
            return Err(PixelsError::Length { width, height, expected, found: data.len() });
        }
        Ok(Self { width, height, data })
    }

    /// Width in pixels, at least 1.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels, at least 1.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All bytes: `3 · width · height`.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// The `3 · width` bytes of row `y`.
    ///
    /// # Panics
    ///
    /// When `y` is not below the height.
    #[must_use]
    pub fn row(&self, y: u32) -> &'a [u8] {
        let stride = self.width as usize * 3;
        &self.data[y as usize * stride..][..stride]
    }
}

/// Why bytes are not an image of the stated size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PixelsError {
    /// A side is 0.
    #[error("an image of {width}x{height} pixels is empty: each side is at least 1")]
    Empty {
        /// Stated width.
        width: u32,
        /// Stated height.
        height: u32,
    },
    /// The buffer has another length than the size needs.
    #[error("an image of {width}x{height} RGB pixels takes {expected} bytes, but {found} were given")]
    Length {
        /// Stated width.
        width: u32,
        /// Stated height.
        height: u32,
        /// `3 · width · height`.
        expected: u128,
        /// Bytes given.
        found: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_length_is_an_image() {
        assert!(Pixels::new(2, 3, &[0; 18]).is_ok());
        for length in [0, 17, 19] {
            assert!(matches!(
                Pixels::new(2, 3, &vec![0; length]),
                Err(PixelsError::Length { expected: 18, .. })
            ));
        }
        assert_eq!(Pixels::new(0, 3, &[]).unwrap_err(), PixelsError::Empty { width: 0, height: 3 });
        assert!(matches!(Pixels::new(u32::MAX, u32::MAX, &[1, 2, 3]), Err(PixelsError::Length { .. })));
    }

    #[test]
    fn rows_are_found() {
        let data: Vec<u8> = (0..18).collect();
        let pixels = Pixels::new(2, 3, &data).unwrap();
        assert_eq!(pixels.row(1), &[6, 7, 8, 9, 10, 11]);
    }
}
