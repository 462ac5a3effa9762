//! What pages can be asked for.

use std::ops::RangeInclusive;

use arrcoc_stats::PixelsError;

/// The least and the greatest side of a page in pixels.
pub const SIDES: RangeInclusive<u32> = 672..=4096;

/// The least and the greatest em of the type in pixels, on a page of 1344 × 1344.
pub const TYPE_PX: RangeInclusive<u32> = 18..=36;

/// Questions that a page can have.
pub const ASKS: RangeInclusive<u32> = 1..=16;

/// The greatest angle in degrees by which pages lie askew.
pub const SKEW: f32 = 1.5;

/// The greatest share of light that is lost on the dark side of a page.
pub const SHADING: f32 = 0.5;

/// How a page is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layout {
    /// At least 25 labels with values, in columns.
    Form,
    /// Items and prices, with sums below.
    Receipt,
    /// Titles and page numbers.
    Contents,
    /// Dense prose: which word follows some others?
    Prose,
}

impl Layout {
    /// All layouts.
    pub const ALL: [Self; 4] = [Self::Form, Self::Receipt, Self::Contents, Self::Prose];

    /// As it stands in names and traits of items.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Receipt => "receipt",
            Self::Contents => "contents",
            Self::Prose => "prose",
        }
    }
}

/// What pages are like.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Width and height in pixels, each 672 to 4096.
    pub size: (u32, u32),
    /// The layouts that pages go through, at least one.
    pub layouts: Vec<Layout>,
    /// The ems that pages go through, at least one: in pixels of a page of 1344 × 1344, 18
    /// to 36. On a page of another size type is larger or smaller by as much as the page:
    /// by the root of the area, or on strips by the shorter side over 672, whichever is less.
    pub type_px: Vec<u32>,
    /// Questions on a page, 1 to 16. A page with fewer things to ask for has fewer; every
    /// page has 6 or more.
    pub asks: u32,
    /// How much grain, blur, noise and compression the scan adds: 0 for none to 1 for as much
    /// as still leaves the smallest type readable.
    pub noise: f32,
    /// The greatest angle in degrees by which pages are turned, 0 to 1.5. A third of the pages
    /// is not turned.
    pub skew: f32,
    /// The greatest share of light that is lost from the bright side of a page to the dark one,
    /// 0 to 0.5.
    pub shading: f32,
}

impl Default for Options {
    /// 1344 × 1344 pixels, all layouts, ems of 18, 22, 28 and 36 pixels, 8 questions, a scan of
    /// everyday quality.
    fn default() -> Self {
        Self {
            size: (1344, 1344),
            layouts: Layout::ALL.to_vec(),
            type_px: vec![18, 22, 28, 36],
            asks: 8,
            noise: 0.4,
            skew: 0.8,
            shading: 0.15,
        }
    }
}

/// What one page of them is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageKind {
    pub(super) layout: Layout,
    pub(super) type_px: u32,
}

impl Options {
    /// Whether there are such pages.
    ///
    /// # Errors
    ///
    /// The first option that is out of range.
    pub fn check(&self) -> Result<(), DocumentsError> {
        self.kind(0).map(|_| ())
    }

    /// What page `index` is, once all is in range.
    pub(super) fn kind(&self, index: u32) -> Result<PageKind, DocumentsError> {
        let (width, height) = self.size;
        if !SIDES.contains(&width) || !SIDES.contains(&height) {
            return Err(DocumentsError::Side { width, height });
        }
        if let Some(&px) = self.type_px.iter().find(|px| !TYPE_PX.contains(px)) {
            return Err(DocumentsError::Type { px });
        }
        if !ASKS.contains(&self.asks) {
            return Err(DocumentsError::Asks { asks: self.asks });
        }
        for (name, value, most) in
            [("noise", self.noise, 1.0), ("skew", self.skew, SKEW), ("shading", self.shading, SHADING)]
        {
            // Not a number is not in a range.
            if !(0.0..=most).contains(&value) {
                return Err(DocumentsError::Strength {
                    name,
                    value: value.to_string(),
                    most: most.to_string(),
                });
            }
        }
        let at = |place: usize, length: usize| place.checked_rem(length);
        let index = index as usize;
        let layout = at(index, self.layouts.len()).ok_or(DocumentsError::Empty { name: "layouts" })?;
        let round = index / self.layouts.len();
        let size = at(round, self.type_px.len()).ok_or(DocumentsError::Empty { name: "type_px" })?;
        Ok(PageKind { layout: self.layouts[layout], type_px: self.type_px[size] })
    }
}

/// Why there is no such page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentsError {
    /// A side is outside 672..=4096.
    #[error("a page of `{width}x{height}` pixels is out of range")]
    Side {
        /// Width asked for, in pixels.
        width: u32,
        /// Height asked for, in pixels.
        height: u32,
    },
    /// A size of type is outside 18..=36.
    #[error("type of `{px}` pixels is out of range")]
    Type {
        /// The em asked for, in pixels of the nominal page.
        px: u32,
    },
    /// The number of questions is outside 1..=16.
    #[error("`{asks}` questions a page are out of range")]
    Asks {
        /// Questions asked for.
        asks: u32,
    },
    /// A strength is outside its range, or not a number.
    #[error("a {name} of `{value}` is out of range")]
    Strength {
        /// `noise`, `skew` or `shading`.
        name: &'static str,
        /// What was asked for.
        value: String,
        /// The greatest there is.
        most: String,
    },
    /// A list is empty.
    #[error("`{name}` is empty")]
    Empty {
        /// `layouts` or `type_px`.
        name: &'static str,
    },
    /// A font could not be read; none of those that are built in is so.
    #[error("the font `{face}` could not be read")]
    Font {
        /// The face.
        face: &'static str,
    },
    /// The image was refused; no page of these sizes is.
    #[error(transparent)]
    Image(#[from] PixelsError),
}

impl DocumentsError {
    /// What would be right.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Side { .. } => format!("each side is {} to {}", SIDES.start(), SIDES.end()),
            Self::Type { .. } => {
                format!("the em is {} to {} pixels on a page of 1344x1344", TYPE_PX.start(), TYPE_PX.end())
            }
            Self::Asks { .. } => format!("a page has {} to {} questions", ASKS.start(), ASKS.end()),
            Self::Strength { name, most, .. } => format!("{name} is 0 to {most}"),
            Self::Empty { name } => format!("put at least one value into `{name}`"),
            Self::Font { .. } => {
                "build again with the versions of the fonts that the lock file names".to_owned()
            }
            Self::Image(_) => format!("ask for sides of {} to {}", SIDES.start(), SIDES.end()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_go_through_layouts_and_then_through_sizes() {
        let options = Options { type_px: vec![18, 36], ..Options::default() };
        let found: Vec<_> = (0..10).map(|index| options.kind(index).unwrap()).collect();
        assert_eq!(found[..4].iter().map(|kind| kind.layout).collect::<Vec<_>>(), Layout::ALL);
        assert!(found[..4].iter().all(|kind| kind.type_px == 18));
        assert!(found[4..8].iter().all(|kind| kind.type_px == 36));
        assert_eq!(found[8], found[0]);
    }
}
