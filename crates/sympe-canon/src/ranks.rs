//! Dense ranks of keys.

use std::cmp::Ordering;

/// Dense ranks `0, 1, …` of the items `0..n`, by ascending keys: items of equal keys share a rank. Also the number of
/// ranks. O(n log n) comparisons.
pub(crate) fn dense_ranks(n: usize, compare: impl Fn(u32, u32) -> Ordering) -> (Vec<u32>, usize) {
    let mut sorted: Vec<u32> = (0..n as u32).collect();
    sorted.sort_unstable_by(|&u, &v| compare(u, v));
    let mut ranks = vec![0; n];
    let mut classes = usize::from(n > 0);
    for pair in sorted.windows(2) {
        classes += usize::from(compare(pair[0], pair[1]).is_ne());
        ranks[pair[1] as usize] = classes as u32 - 1;
    }
    (ranks, classes)
}

/// `Σ ln |class|!` of ranks below the number of items: the logarithm of the number of ways to order the items within
/// their classes.
pub(crate) fn ln_arrangements(ranks: &[u32]) -> f64 {
    let mut sizes = vec![0_u32; ranks.len()];
    ranks
        .iter()
        .map(|&rank| {
            let size = &mut sizes[rank as usize];
            *size += 1;
            // A class of s items contributes 1·2⋯s.
            f64::from(*size).ln()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_ranks_count_the_smaller_classes() {
        let keys = [30, 10, 30, 20];
        assert_eq!(
            dense_ranks(4, |u, v| keys[u as usize].cmp(&keys[v as usize])),
            (vec![2, 0, 2, 1], 3)
        );
        assert_eq!(dense_ranks(0, |_, _| unreachable!()), (vec![], 0));
        assert_eq!(dense_ranks(1, |_, _| unreachable!()), (vec![0], 1));
    }

    #[test]
    fn arrangements_are_products_of_factorials() {
        assert!((ln_arrangements(&[2, 0, 2, 1, 2]) - 6_f64.ln()).abs() < 1e-15);
        assert_eq!(ln_arrangements(&[]), 0.0);
    }
}
