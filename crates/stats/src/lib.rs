//! Patch statistics in integers, and the one derivation from them to floats.
//!
//! Floating-point sums depend on their order, so two processors rarely agree on
//! them to the last bit. Here every sum over pixels is an integer sum, which has
//! no order: a scalar loop, a vectorised loop, any split over threads and a GPU
//! all give the same table. What is floating point is computed afterwards, from
//! that table, by one piece of code ([`propositional`] and [`perspectival`]) that
//! runs on the host whoever made the table.
//!
//! | file | holds |
//! |---|---|
//! | `grid` | the patch grid and how it tiles an image |
//! | `pixels` | a checked view of RGB8 pixels |
//! | `band` | some rows of an image, with the rows beside them |
//! | `statistics` | the table: its layout and what makes it valid |
//! | `reference` | the definition, written to be read |
//! | `blocks` | the image cut into work for a device that adds in 32 bits |
//! | `scan` | the fast form of the same, for the vectors that a processor has |
//! | `derive` | channels per patch, from a table |
//! | `lab` | the mean colour of an area in CIE Lab |
//!
//! ```
//! use arrcoc_stats::{EDGE_THRESHOLD, Grid, Pixels, Tiling, propositional, scan_threads};
//!
//! let rgb = vec![128u8; 96 * 48 * 3];
//! let pixels = Pixels::new(96, 48, &rgb)?;
//! let tiling = Tiling::new(Grid::new(4, 8)?, 96, 48)?;
//! let stats = scan_threads(&pixels, &tiling, EDGE_THRESHOLD, 2);
//! assert_eq!(stats.patch(0).count(), 12 * 12);
//! let [(name, entropy), ..] = propositional(&stats);
//! assert_eq!((name, entropy[0]), ("entropy", 0.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod band;
mod blocks;
mod derive;
mod grid;
mod lab;
mod pixels;
mod reference;
mod scan;
mod statistics;
mod vectors;

pub use band::{Band, BandError};
pub use blocks::{Block, BlockLimits, PARTIALS, TILE_PIXELS, Tile, blocks};
pub use derive::{PERSPECTIVAL, PROPOSITIONAL, perspectival, propositional};
pub use grid::{Grid, GridError, Rect, Tiling};
pub use pixels::{Pixels, PixelsError};
pub use reference::reference;
pub use scan::{scan, scan_band, scan_threads, scan_with};
pub use statistics::{EDGE_THRESHOLD, FIELDS, PatchFault, PatchStats, PatchView, StatsError, luma};
pub use vectors::Vectors;
