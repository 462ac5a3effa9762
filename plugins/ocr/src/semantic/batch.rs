//! Which texts go through the encoder together.
//!
//! Many rows at once make the products of matrices efficient; too many fall out
//! of the processor's caches and leave nothing to share among threads. The cut
//! depends on the texts alone, never on threads, so that neither does a result.

/// About the word pieces of a batch; a text is never cut.
const PIECES: usize = 512;

/// Indices of texts, each once, in batches. In a batch texts of the same length stand side by side. `lengths`: the
/// pieces of each text, none of them 0.
pub(super) fn batches(lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&text| lengths[text]);
    // Batches of about one size: a few texts that are left over for the last would pay for all weights.
    let total: usize = lengths.iter().sum();
    let count = total.div_ceil(PIECES).max(1);
    let size = total.div_ceil(count).max(1);
    let mut batches = vec![Vec::new(); count];
    let mut before = 0;
    for text in order {
        batches[before / size].push(text);
        before += lengths[text];
    }
    batches.retain(|batch| !batch.is_empty());
    batches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_texts_go_together_and_long_ones_alone() {
        assert_eq!(batches(&[]), Vec::<Vec<usize>>::new());
        assert_eq!(batches(&[7, 3, 7, 3]), [[1, 3, 0, 2]]);
        assert_eq!(batches(&[512, 512]), [[0], [1]]);
        assert_eq!(batches(&[600]), [[0]]);
    }

    proptest! {
        #[test]
        fn each_text_is_in_one_batch_and_no_batch_is_too_long(
            lengths in prop::collection::vec(2_usize..=256, 0..300),
        ) {
            let batches = batches(&lengths);
            let mut seen: Vec<usize> = batches.concat();
            let sizes = batches.iter().map(|batch| batch.iter().map(|&text| lengths[text]).sum::<usize>());
            for size in sizes {
                prop_assert!(0 < size && size < PIECES + 256);
            }
            prop_assert!(seen.is_sorted_by_key(|&text| lengths[text]));
            seen.sort_unstable();
            prop_assert!(seen.iter().copied().eq(0..lengths.len()));
        }
    }
}
