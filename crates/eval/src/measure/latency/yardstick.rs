//! A fixed piece of work, of the kind that patch statistics are made of. What a
//! stage takes, in units of this, can be compared between runs on one kind of
//! processor whatever the clock was.

use arrcoc_picture::Image;
use arrcoc_stats::luma;

/// How often each luma value occurs.
pub(super) fn histogram(image: &Image) -> [u32; 256] {
    let mut counts = [0; 256];
    for &[r, g, b] in image.data().as_chunks().0 {
        counts[usize::from(luma(r, g, b))] += 1;
    }
    counts
}
