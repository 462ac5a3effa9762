//! The one form in which this crate holds an image: owned RGB8.

use arrcoc_stats::{Pixels, PixelsError, Rect};

/// Tightly packed RGB8 pixels (sRGB), row by row from the top left, at least 1×1.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    width: u32,
    height: u32,
    data: Vec<u8>,
}

impl Image {
    /// Takes `3 · width · height` bytes as an image.
    ///
    /// # Errors
    ///
    /// [`PixelsError`] when a side is 0 or `data` has another length.
    pub fn from_rgb(width: u32, height: u32, data: Vec<u8>) -> Result<Self, PixelsError> {
        Pixels::new(width, height, &data)?;
        Ok(Self { width, height, data })
    }

    /// An image of one colour. A side of 0 counts as 1.
    pub(crate) fn filled(width: u32, height: u32, colour: [u8; 3]) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        Self { width, height, data: colour.repeat(width as usize * height as usize) }
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
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Gives the bytes away.
    #[must_use]
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// The same pixels, as the statistics crate looks at them.
    #[must_use]
    pub fn pixels(&self) -> Pixels<'_> {
        match Pixels::new(self.width, self.height, &self.data) {
            Ok(pixels) => pixels,
            Err(error) => unreachable!("the size was checked when the image was made: {error}"),
        }
    }

    /// The rectangle of all pixels.
    pub(crate) fn bounds(&self) -> Rect {
        Rect { x: 0, y: 0, width: self.width, height: self.height }
    }

    /// Bytes of the columns of `rect` in row `y`.
    pub(crate) fn span(&self, rect: Rect, y: u32) -> &[u8] {
        let start = self.offset(rect.x, y);
        &self.data[start..start + 3 * rect.width as usize]
    }

    /// The same, for writing.
    pub(crate) fn span_mut(&mut self, rect: Rect, y: u32) -> &mut [u8] {
        let start = self.offset(rect.x, y);
        &mut self.data[start..start + 3 * rect.width as usize]
    }

    fn offset(&self, x: u32, y: u32) -> usize {
        3 * (y as usize * self.width as usize + x as usize)
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image({}x{})", self.width, self.height)
    }
}
