//! Which lines stand in one row, from left to right.
//!
//! A row of a form is often found as several lines: a label here, its value there. Lines are
//! put in a row only by way of their nearest neighbours, so that a small error in the slope of
//! the page does not add up over its width, and columns whose rows do not meet stay apart.

use super::boxes::Strip;

/// By how much of its height the middle of a line may be off its neighbour's, in the same row. Small type on one
/// baseline with large type is off by a tenth or two; the next row by more than half.
const OFF: f32 = 0.38;

/// Rows of lines, each from left to right, by their places in `strips`; rows from top to bottom.
pub(crate) fn rows(strips: &[Strip]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..strips.len()).collect();
    order.sort_by(|&a, &b| {
        strips[a].level.total_cmp(&strips[b].level).then(strips[a].left.total_cmp(&strips[b].left))
    });
    let tallest = strips.iter().map(|strip| strip.height).fold(0.0, f32::max);
    let mut right: Vec<Option<usize>> = vec![None; strips.len()];
    let mut left: Vec<Option<usize>> = vec![None; strips.len()];
    for (place, &a) in order.iter().enumerate() {
        let near =
            order[place + 1..].iter().take_while(|&&b| strips[b].level - strips[a].level < OFF * tallest);
        for &b in near {
            let (one, other) = (strips[a], strips[b]);
            if (one.level - other.level).abs() > OFF * one.height.min(other.height) {
                continue;
            }
            let (first, second) =
                if one.left + one.right <= other.left + other.right { (a, b) } else { (b, a) };
            // Neighbours may reach into each other by a little, as boxes have a margin.
            let into = strips[first].right - strips[second].left;
            if into > 0.7 * one.height.min(other.height) {
                continue;
            }
            if right[first].is_none_or(|old| strips[second].left < strips[old].left) {
                right[first] = Some(second);
            }
            if left[second].is_none_or(|old| strips[first].right > strips[old].right) {
                left[second] = Some(first);
            }
        }
    }
    let follows = |first: usize| right[first].filter(|&second| left[second] == Some(first));
    let mut rows = Vec::new();
    for &start in &order {
        if left[start].is_some_and(|before| follows(before) == Some(start)) {
            continue;
        }
        let mut row = vec![start];
        let mut last = start;
        // Each step goes to the right, so there is an end.
        while let Some(next) = follows(last) {
            row.push(next);
            last = next;
        }
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(left: f32, right: f32, level: f32, height: f32) -> Strip {
        Strip { left, right, level, height }
    }

    #[test]
    fn neighbours_on_one_level_are_a_row() {
        let strips = [
            strip(300.0, 400.0, 101.0, 30.0),
            strip(10.0, 200.0, 100.0, 24.0),
            strip(10.0, 200.0, 134.0, 24.0),
            strip(500.0, 600.0, 98.0, 30.0),
        ];
        assert_eq!(rows(&strips), [vec![1, 0, 3], vec![2]]);
    }

    #[test]
    fn a_row_may_drift() {
        let strips: Vec<_> =
            (0..8).map(|i| strip(100.0 * i as f32, 100.0 * i as f32 + 80.0, 4.0 * i as f32, 20.0)).collect();
        assert_eq!(rows(&strips), [(0..8).collect::<Vec<_>>()]);
    }

    #[test]
    fn lines_over_each_other_are_no_row() {
        let strips = [strip(0.0, 100.0, 10.0, 20.0), strip(0.0, 100.0, 12.0, 20.0)];
        assert_eq!(rows(&strips).len(), 2);
        assert!(rows(&[]).is_empty());
    }
}
