//! Overrides by region: from a place that somebody points at to the patches that a rule is for.
//!
//! People point at places, not at patches: at some rows of a table, at the rectangle that a
//! detector has found, at what a mask marks. A [`Region`] is such a place as it is written, and a
//! [`RegionRule`] says what holds there. Which patches a place touches depends on the grid and,
//! for pixels, on the size of the image; patches and pixels meet as they do in a decision, by
//! [`Tiling`]. [`Regions`] keeps what is the same for every image, so that a mask is read once
//! however many images there are, and an impossible request is found before one is decoded.
//!
//! | written | patches |
//! |---|---|
//! | `3,17` | the one in row 3, column 17, counted from 0 |
//! | `0..5,3..8`, `3,0..5` | a block, both ends included |
//! | `px:X,Y,WxH` | every one that a rectangle of pixels touches; X to the right, Y down |
//! | `mask:FILE` | every one that a bright pixel of an image touches |
//!
//! A pixel of a mask is bright when its luma is 128 or more. A mask has the size of the image, or
//! one pixel for each patch. It is read like any image: upright, and transparency over white.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    ops::{Range, RangeInclusive},
    path::{Path, PathBuf},
};

use arrcoc_decide::{Override, Rule};
use arrcoc_picture::{Limits, Opened};
use arrcoc_stats::{Band, Grid, Rect, Tiling, luma};

use crate::error::Error;

/// From this luma on a pixel of a mask is bright.
const BRIGHT: u8 = 128;

/// A place, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Region {
    /// A block of patches.
    Patches {
        /// Rows of patches.
        rows: RangeInclusive<u32>,
        /// Columns of patches.
        cols: RangeInclusive<u32>,
    },
    /// A rectangle of pixels.
    Pixels(Rect),
    /// The bright pixels of an image file.
    Mask(PathBuf),
}

impl Region {
    /// Reads `R,C`, `R..R,C..C`, `px:X,Y,WxH` or `mask:FILE`. No file is opened.
    ///
    /// # Errors
    /// When it is none of these, a range is reversed, or a rectangle has no pixels.
    pub fn parse(text: &str) -> Result<Region, Error> {
        let unknown = || {
            Error::new(
                format!("`{text}` is not a region"),
                "write a patch 3,17, a block 0..5,3..8, pixels px:X,Y,WxH, or mask:FILE",
            )
        };
        let text = text.trim();
        if let Some(file) = text.strip_prefix("mask:") {
            return if file.is_empty() { Err(unknown()) } else { Ok(Region::Mask(file.into())) };
        }
        if let Some(rect) = text.strip_prefix("px:") {
            return rectangle(rect).ok_or_else(unknown).and_then(|rect| match rect.width.min(rect.height) {
                0 => Err(Error::new(format!("`{text}` has no pixels"), "give a width and a height above 0")),
                _ => Ok(Region::Pixels(rect)),
            });
        }
        let (rows, cols) = text.split_once(',').ok_or_else(unknown)?;
        let read = |part| range(part).ok_or_else(unknown).and_then(|range| forwards(range, text));
        Ok(Region::Patches { rows: read(rows)?, cols: read(cols)? })
    }

    /// The patches that it touches on an image of this width and height, in ascending order. Patches need no image,
    /// and neither does a mask with one pixel for each of them. A mask is read, under the default limits: for several
    /// images, take [`Regions`].
    ///
    /// # Errors
    /// When it is not inside the grid or the image, the image is too small for the grid, the size of the image is
    /// needed and not given, or a mask cannot be read, has another size or marks nothing.
    pub fn patches(&self, grid: Grid, image: Option<(u32, u32)>) -> Result<Vec<usize>, Error> {
        let place = Place::of(self, grid, &Limits::default())?;
        place.patches(grid, image).map(Cow::into_owned)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |range: &RangeInclusive<u32>| match (range.start(), range.end()) {
            (from, to) if from == to => from.to_string(),
            (from, to) => format!("{from}..{to}"),
        };
        match self {
            Region::Patches { rows, cols } => write!(f, "{},{}", side(rows), side(cols)),
            Region::Pixels(Rect { x, y, width, height }) => write!(f, "px:{x},{y},{width}x{height}"),
            Region::Mask(path) => write!(f, "mask:{}", path.display()),
        }
    }
}

/// Reads `X,Y,WxH`.
fn rectangle(text: &str) -> Option<Rect> {
    let (x, rest) = text.split_once(',')?;
    let (y, size) = rest.split_once(',')?;
    let (width, height) = size.split_once(['x', 'X', '×'])?;
    Some(Rect { x: number(x)?, y: number(y)?, width: number(width)?, height: number(height)? })
}

/// Reads `3` or `0..5`.
fn range(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    Some((number(from)?, number(to)?))
}

fn number(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

fn forwards((from, to): (u32, u32), text: &str) -> Result<RangeInclusive<u32>, Error> {
    if from > to {
        let message = format!("`{text}` is empty: {from} is after {to}");
        return Err(Error::new(message, format!("write {to}..{from}; both ends are included")));
    }
    Ok(from..=to)
}

/// A rule for a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionRule {
    /// Where it holds.
    pub region: Region,
    /// What holds there.
    pub rule: Rule,
}

impl RegionRule {
    /// Reads `REGION=K`; `rule` makes the rule of K. What comes after the last `=` is K: the name of a file may have
    /// others.
    ///
    /// # Errors
    /// When it is not that.
    pub fn parse(text: &str, rule: fn(u32) -> Rule) -> Result<RegionRule, Error> {
        let read = text.rsplit_once('=').and_then(|(region, tokens)| Some((region, number(tokens)?)));
        let (region, tokens) = read.ok_or_else(|| {
            let hint = "write a region and tokens, such as 3,17=400 or 0..5,3..8=400";
            Error::new(format!("`{text}` is not an override"), hint)
        })?;
        Ok(RegionRule { region: Region::parse(region)?, rule: rule(tokens) })
    }

    /// A ban of a region.
    ///
    /// # Errors
    /// Those of [`Region::parse`].
    pub fn ban(text: &str) -> Result<RegionRule, Error> {
        Ok(RegionRule { region: Region::parse(text)?, rule: Rule::Ban })
    }
}

/// Rules for regions of a grid, with their masks read, ready for any number of images.
#[derive(Clone, Debug)]
pub struct Regions {
    grid: Grid,
    places: Vec<(Place, Rule)>,
}

impl Regions {
    /// Checks blocks of patches against the grid, and reads the masks.
    ///
    /// # Errors
    /// When a patch is not in the grid, or a mask cannot be read, marks nothing, or fits no image.
    pub fn new(rules: &[RegionRule], grid: Grid, limits: &Limits) -> Result<Regions, Error> {
        // What needs no file comes first: nothing is read for a request that names a patch which is not there.
        for RegionRule { region, .. } in rules {
            if let Region::Patches { rows, cols } = region {
                block(rows, cols, grid)?;
            }
        }
        let place = |r: &RegionRule| Ok((Place::of(&r.region, grid, limits)?, r.rule));
        Ok(Regions { grid, places: rules.iter().map(place).collect::<Result<_, Error>>()? })
    }

    /// Whether the patches of any of them depend on the size of the image.
    #[must_use]
    pub fn need_image(&self) -> bool {
        self.places.iter().any(|(place, _)| place.needs_image(self.grid))
    }

    /// The overrides for an image of this width and height, in the order of the rules. Where regions overlap, one
    /// rule stands on a patch once.
    ///
    /// # Errors
    /// When a rectangle is not inside the image, a mask has another size, the image is too small for the grid, or its
    /// size is needed and not given.
    pub fn overrides(&self, image: Option<(u32, u32)>) -> Result<Vec<Override>, Error> {
        let mut overrides = Vec::new();
        let mut standing: HashMap<usize, Vec<Rule>> = HashMap::new();
        for (place, rule) in &self.places {
            for &patch in place.patches(self.grid, image)?.iter() {
                let rules = standing.entry(patch).or_default();
                if !rules.contains(rule) {
                    rules.push(*rule);
                    overrides.push(Override { patch, rule: *rule });
                }
            }
        }
        Ok(overrides)
    }
}

/// A region as far as it is known without an image.
#[derive(Clone, Debug)]
enum Place {
    /// These patches, on every image.
    Patches(Vec<usize>),
    /// The patches of these pixels.
    Pixels(Rect),
    /// These patches, on an image of the mask's size, or on every one if that is the grid's.
    Mask { path: PathBuf, size: (u32, u32), patches: Vec<usize> },
}

impl Place {
    fn of(region: &Region, grid: Grid, limits: &Limits) -> Result<Place, Error> {
        match region {
            Region::Patches { rows, cols } => block(rows, cols, grid).map(Place::Patches),
            Region::Pixels(rect) => Ok(Place::Pixels(*rect)),
            Region::Mask(path) => mask(path, grid, limits),
        }
    }

    fn needs_image(&self, grid: Grid) -> bool {
        match self {
            Place::Patches(_) => false,
            Place::Pixels(_) => true,
            Place::Mask { size, .. } => *size != (grid.cols, grid.rows),
        }
    }

    fn patches(&self, grid: Grid, image: Option<(u32, u32)>) -> Result<Cow<'_, [usize]>, Error> {
        let image_size = || {
            image
                .ok_or_else(|| Error::new("a region depends on the size of the image", "give that size, too"))
        };
        match self {
            Place::Patches(patches) => Ok(Cow::Borrowed(patches)),
            Place::Pixels(rect) => touched(*rect, grid, image_size()?).map(Cow::Owned),
            Place::Mask { path, size, patches } => {
                if self.needs_image(grid) && image_size()? != *size {
                    let (width, height) = image_size()?;
                    return Err(of_another_size(
                        path,
                        *size,
                        &format!("and the image {width}x{height}"),
                        grid,
                    ));
                }
                Ok(Cow::Borrowed(patches))
            }
        }
    }
}

/// The patches of a block.
fn block(rows: &RangeInclusive<u32>, cols: &RangeInclusive<u32>, grid: Grid) -> Result<Vec<usize>, Error> {
    let (row, col) = (*rows.end(), *cols.end());
    if row >= grid.rows || col >= grid.cols {
        return Err(Error::new(
            format!("there is no patch {row},{col} in a grid of {grid}"),
            format!("rows go from 0 to {}, columns from 0 to {}", grid.rows - 1, grid.cols - 1),
        ));
    }
    Ok(rows.clone().flat_map(|row| cols.clone().map(move |col| grid.index(row, col))).collect())
}

/// The patches that a rectangle touches on an image of this size.
fn touched(rect: Rect, grid: Grid, (width, height): (u32, u32)) -> Result<Vec<usize>, Error> {
    let tiling = Tiling::new(grid, width, height)?;
    let end = |from: u32, length: u32, most: u32| from.checked_add(length).filter(|end| *end <= most);
    let ends = end(rect.x, rect.width, width).zip(end(rect.y, rect.height, height));
    let Some((right, bottom)) = ends else {
        return Err(Error::new(
            format!("`{}` is not inside the image of {width}x{height} pixels", Region::Pixels(rect)),
            format!("keep X + W to {width} at most, and Y + H to {height}"),
        ));
    };
    let meet = |a: Range<u32>, b: Range<u32>| a.start < b.end && b.start < a.end;
    let rows = (0..grid.rows).filter(|&row| meet(tiling.rows(row), rect.y..bottom));
    let cols: Vec<u32> = (0..grid.cols).filter(|&col| meet(tiling.cols(col), rect.x..right)).collect();
    Ok(rows.flat_map(|row| cols.iter().map(move |&col| grid.index(row, col))).collect())
}

/// Reads a mask. One that has a pixel for each patch is tiled like every other, a pixel a patch.
fn mask(path: &Path, grid: Grid, limits: &Limits) -> Result<Place, Error> {
    let opened = arrcoc_picture::open(path, limits, |_| ())?;
    let size = match &opened {
        Opened::Whole { image, .. } => (image.width(), image.height()),
        Opened::InBands(bands) => (bands.width(), bands.height()),
    };
    let tiling = Tiling::new(grid, size.0, size.1)
        .map_err(|_| of_another_size(path, size, &format!("fewer than the grid {grid}"), grid))?;
    let mut marks = Marks { tiling, row: 0, marked: vec![false; grid.patches()] };
    match opened {
        Opened::Whole { image, .. } => marks.see(&Band::whole(image.pixels())),
        Opened::InBands(mut bands) => {
            while let Some(band) = bands.next_band()? {
                marks.see(&band);
            }
        }
    }
    let patches: Vec<usize> = (0..grid.patches()).filter(|&patch| marks.marked[patch]).collect();
    if patches.is_empty() {
        let message = format!("the mask `{}` marks nothing: no pixel is brighter than half", path.display());
        return Err(Error::new(message, "paint what is meant white, and the rest black"));
    }
    Ok(Place::Mask { path: path.to_owned(), size, patches })
}

fn of_another_size(path: &Path, (width, height): (u32, u32), than: &str, grid: Grid) -> Error {
    let Grid { rows, cols } = grid;
    Error::new(
        format!("the mask `{}` has {width}x{height} pixels, {than}", path.display()),
        format!("make it as large as the image, or {cols}x{rows} pixels, one for each patch"),
    )
}

/// The patches that a mask marks, while its rows pass from the top.
struct Marks {
    tiling: Tiling,
    /// The row of patches of the last row of pixels.
    row: u32,
    marked: Vec<bool>,
}

impl Marks {
    fn see(&mut self, band: &Band<'_>) {
        let grid = self.tiling.grid();
        let bright = |pixel: &[u8; 3]| luma(pixel[0], pixel[1], pixel[2]) >= BRIGHT;
        for y in band.rows() {
            if y >= self.tiling.rows(self.row).end {
                self.row += 1;
            }
            let pixels = band.row(y).as_chunks::<3>().0;
            for col in 0..grid.cols {
                let cols = self.tiling.cols(col);
                let marked = &mut self.marked[grid.index(self.row, col)];
                *marked = *marked || pixels[cols.start as usize..cols.end as usize].iter().any(bright);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrcoc_picture::{Image, encode_png};

    fn grid(text: &str) -> Grid {
        text.parse().unwrap()
    }

    fn refused<T: fmt::Debug>(result: Result<T, Error>) -> (String, String) {
        let e = result.unwrap_err();
        (e.message, e.hint.unwrap())
    }

    /// A mask in which these pixels are white.
    fn picture(width: u32, height: u32, white: &[(u32, u32)]) -> Vec<u8> {
        let mut rgb = vec![0; (width * height * 3) as usize];
        for (x, y) in white {
            rgb[((y * width + x) * 3) as usize..][..3].fill(255);
        }
        encode_png(&Image::from_rgb(width, height, rgb).unwrap()).unwrap()
    }

    #[test]
    fn every_form_is_read_and_written() {
        let patches = |rows, cols| Region::Patches { rows, cols };
        let rect = Rect { x: 1, y: 2, width: 30, height: 4 };
        for (text, region) in [
            ("3,17", patches(3..=3, 17..=17)),
            ("0..5,3..8", patches(0..=5, 3..=8)),
            ("3,0..5", patches(3..=3, 0..=5)),
            ("0..5,3", patches(0..=5, 3..=3)),
            ("px:1,2,30x4", Region::Pixels(rect)),
            ("mask:a folder/m=1,2.png", Region::Mask("a folder/m=1,2.png".into())),
        ] {
            assert_eq!(Region::parse(text).unwrap(), region);
            assert_eq!(region.to_string(), text);
        }
        assert_eq!(Region::parse(" 4..4 , 2 .. 3").unwrap(), patches(4..=4, 2..=3));
    }

    #[test]
    fn what_is_no_region_is_refused() {
        for text in
            ["", "3", "3,", "a,b", "-1,2", "1,2,3", "1...2,3", "px:1,2", "px:1,2,3", "px:1,2,3x", "mask:"]
        {
            assert_eq!(refused(Region::parse(text)).0, format!("`{text}` is not a region"));
        }
        assert_eq!(
            refused(Region::parse("1,5..3")),
            ("`1,5..3` is empty: 5 is after 3".into(), "write 3..5; both ends are included".into())
        );
        assert_eq!(refused(Region::parse("px:1,2,0x4")).0, "`px:1,2,0x4` has no pixels");
        assert_eq!(refused(Region::parse("px:1,2,4x0")).0, "`px:1,2,4x0` has no pixels");
    }

    #[test]
    fn rules_end_at_the_last_equals_sign() {
        let rule = RegionRule::parse("mask:a=b.png=7", Rule::Floor).unwrap();
        assert_eq!(rule, RegionRule { region: Region::Mask("a=b.png".into()), rule: Rule::Floor(7) });
        let ban = RegionRule::ban("mask:a=b.png").unwrap();
        assert_eq!(ban, RegionRule { region: Region::Mask("a=b.png".into()), rule: Rule::Ban });
        for text in ["3,17", "3,17=", "3,17=-1", "mask:a=b.png", "=x"] {
            let (message, _) = refused(RegionRule::parse(text, Rule::Pin));
            assert_eq!(message, format!("`{text}` is not an override"));
        }
    }

    #[test]
    fn blocks_are_of_the_grid() {
        let patches = |text: &str| Region::parse(text).unwrap().patches(grid("4x5"), None);
        assert_eq!(patches("3,4").unwrap(), [19]);
        assert_eq!(patches("0..1,3..4").unwrap(), [3, 4, 8, 9]);
        assert_eq!(patches("0..3,0..4").unwrap(), (0..20).collect::<Vec<_>>());
        for (text, patch) in [("4,0", "4,0"), ("0..9,1", "9,1"), ("0,2..5", "0,5")] {
            let (message, hint) = refused(patches(text));
            assert_eq!(message, format!("there is no patch {patch} in a grid of 4x5"));
            assert_eq!(hint, "rows go from 0 to 3, columns from 0 to 4");
        }
    }

    #[test]
    fn a_rectangle_touches_the_patches_that_it_overlaps() {
        // 2 rows of 10 pixels, 3 columns of 10.
        let patches = |text: &str| Region::parse(text).unwrap().patches(grid("2x3"), Some((30, 20)));
        for (text, expected) in [
            // Up to a border, and one pixel across it.
            ("px:0,0,10x10", &[0][..]),
            ("px:0,0,11x10", &[0, 1]),
            ("px:0,0,10x11", &[0, 3]),
            ("px:10,10,10x10", &[4]),
            ("px:9,9,2x2", &[0, 1, 3, 4]),
            // One pixel, in the corners and on either side of a border.
            ("px:0,0,1x1", &[0]),
            ("px:29,19,1x1", &[5]),
            ("px:9,9,1x1", &[0]),
            ("px:10,10,1x1", &[4]),
            ("px:0,0,30x20", &[0, 1, 2, 3, 4, 5]),
        ] {
            assert_eq!(patches(text).unwrap(), expected, "{text}");
        }
        for text in ["px:0,0,31x1", "px:0,0,1x21", "px:30,0,1x1", "px:4294967295,0,4294967295x1"] {
            let (message, hint) = refused(patches(text));
            assert_eq!(message, format!("`{text}` is not inside the image of 30x20 pixels"));
            assert_eq!(hint, "keep X + W to 30 at most, and Y + H to 20");
        }
        let unknown = Region::parse("px:0,0,1x1").unwrap().patches(grid("2x3"), None);
        assert_eq!(refused(unknown).0, "a region depends on the size of the image");
        let small = Region::parse("px:0,0,1x1").unwrap().patches(grid("2x3"), Some((2, 2)));
        assert!(refused(small).0.contains("smaller than the grid"));
    }

    /// Patches of unequal sides: a pixel is in the patch that a decision counts it to.
    #[test]
    fn a_pixel_is_in_the_patch_that_the_tiling_says() {
        let (grid, width, height) = (grid("3x4"), 7, 5);
        let tiling = Tiling::new(grid, width, height).unwrap();
        for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
            let holds = |patch: &usize| {
                let r = tiling.patch(*patch);
                (r.x..r.x + r.width).contains(&x) && (r.y..r.y + r.height).contains(&y)
            };
            let expected: Vec<usize> = (0..grid.patches()).filter(holds).collect();
            let pixel = Region::Pixels(Rect { x, y, width: 1, height: 1 });
            assert_eq!(pixel.patches(grid, Some((width, height))).unwrap(), expected);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("mask.png");
            std::fs::write(&path, picture(width, height, &[(x, y)])).unwrap();
            assert_eq!(Region::Mask(path).patches(grid, Some((width, height))).unwrap(), expected);
        }
    }

    #[test]
    fn masks_have_the_size_of_the_image_or_of_the_grid() {
        let folder = tempfile::tempdir().unwrap();
        let mask = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            Region::Mask(path)
        };
        let (grid, image) = (grid("2x3"), Some((30, 20)));
        let large = mask("large.png", &picture(30, 20, &[(9, 0), (29, 19)]));
        assert_eq!(large.patches(grid, image).unwrap(), [0, 5]);
        assert_eq!(refused(large.patches(grid, None)).0, "a region depends on the size of the image");
        let small = mask("small.png", &picture(3, 2, &[(1, 0), (2, 1)]));
        assert_eq!(small.patches(grid, image).unwrap(), [1, 5]);
        assert_eq!(small.patches(grid, None).unwrap(), [1, 5]);

        // Half as bright as white is just bright, in the luma of statistics.
        let grey = |value: u8| format!("P2 3 2 255 0 0 {value} 0 0 0").into_bytes();
        assert_eq!(mask("bright.pgm", &grey(128)).patches(grid, None).unwrap(), [2]);
        let path = folder.path().join("dark.pgm").display().to_string();
        assert_eq!(
            refused(mask("dark.pgm", &grey(127)).patches(grid, None)).0,
            format!("the mask `{path}` marks nothing: no pixel is brighter than half")
        );

        let hint = "make it as large as the image, or 3x2 pixels, one for each patch";
        for (region, than) in [
            (mask("other.png", &picture(31, 20, &[(0, 0)])), "has 31x20 pixels, and the image 30x20"),
            (mask("tiny.png", &picture(2, 2, &[(0, 0)])), "has 2x2 pixels, fewer than the grid 2x3"),
        ] {
            let (message, found) = refused(region.patches(grid, image));
            assert!(message.ends_with(than) && found == hint, "{message}: {found}");
        }
        let text = refused(mask("notes.png", b"no picture").patches(grid, image)).0;
        assert!(text.ends_with("this is not an image: it looks like text"), "{text}");
        let missing = Region::Mask(folder.path().join("missing.png"));
        assert!(refused(missing.patches(grid, image)).0.ends_with("there is no such file"));
    }

    /// A mask may be as large as an image that is read in bands.
    #[test]
    fn a_mask_that_is_read_in_bands_marks_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mask.png");
        std::fs::write(&path, picture(30, 20, &[(9, 0), (10, 10), (29, 19)])).unwrap();
        let rules = [RegionRule { region: Region::Mask(path), rule: Rule::Ban }];
        let limits = Limits { whole_pixels: 10, ..Limits::default() };
        let regions = Regions::new(&rules, grid("2x3"), &limits).unwrap();
        let patches = regions.overrides(Some((30, 20))).unwrap();
        assert_eq!(patches.iter().map(|o| o.patch).collect::<Vec<_>>(), [0, 4, 5]);
    }

    #[test]
    fn regions_overlap_and_each_image_has_its_own_overrides() {
        let rule = |text| RegionRule::parse(text, Rule::Floor).unwrap();
        let rules = [rule("0,0..1=9"), rule("px:0,0,11x1=9"), rule("0,1=8")];
        let regions = Regions::new(&rules, grid("2x3"), &Limits::default()).unwrap();
        assert!(regions.need_image() && regions.overrides(None).is_err());
        let at = |patch, tokens| Override { patch, rule: Rule::Floor(tokens) };
        assert_eq!(regions.overrides(Some((30, 20))).unwrap(), [at(0, 9), at(1, 9), at(1, 8)]);
        assert_eq!(regions.overrides(Some((12, 20))).unwrap(), [at(0, 9), at(1, 9), at(2, 9), at(1, 8)]);

        let fixed = Regions::new(&rules[..1], grid("2x3"), &Limits::default()).unwrap();
        assert!(!fixed.need_image());
        assert_eq!(fixed.overrides(None).unwrap(), [at(0, 9), at(1, 9)]);
        // A patch that is not there is found before a mask is looked for.
        let rules = [RegionRule::ban("mask:missing.png").unwrap(), RegionRule::ban("2,0").unwrap()];
        assert!(
            refused(Regions::new(&rules, grid("2x3"), &Limits::default())).0.starts_with("there is no patch")
        );
    }
}
