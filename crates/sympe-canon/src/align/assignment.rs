//! The assignment problem: rows to columns at the least total cost.

/// The column of each row in an assignment of least cost, of a square matrix of finite costs, row by row.
///
/// Shortest augmenting paths with potentials (Jonker & Volgenant, *Computing* 38, 1987), O(n³). Of equally good assignments one is
/// found that depends on the costs alone.
pub(crate) fn least_assignment(n: usize, cost: &[f64]) -> Vec<usize> {
    debug_assert_eq!(cost.len(), n * n, "a square matrix");
    if n <= 3 {
        return of_few(n, cost);
    }
    // Row 0 and column 0 stand for none: what a new row takes its path from.
    let (mut of_rows, mut of_columns) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    let (mut row_of, mut before) = (vec![0; n + 1], vec![0; n + 1]);
    for row in 1..=n {
        row_of[0] = row;
        let (mut distance, mut is_done) = (vec![f64::INFINITY; n + 1], vec![false; n + 1]);
        let mut column = 0;
        while row_of[column] != 0 {
            is_done[column] = true;
            let (from, mut step, mut next) = (row_of[column], f64::INFINITY, column);
            for other in (1..=n).filter(|&other| !is_done[other]) {
                let reduced = cost[(from - 1) * n + other - 1] - of_rows[from] - of_columns[other];
                if reduced < distance[other] {
                    (distance[other], before[other]) = (reduced, column);
                }
                if distance[other] < step || next == column {
                    (step, next) = (distance[other], other);
                }
            }
            for other in 0..=n {
                if is_done[other] {
                    of_rows[row_of[other]] += step;
                    of_columns[other] -= step;
                } else {
                    distance[other] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            row_of[column] = row_of[before[column]];
            column = before[column];
        }
    }
    let mut columns = vec![0; n];
    for column in 1..=n {
        columns[row_of[column] - 1] = column - 1;
    }
    columns
}

/// The same, of at most three rows: the first of all permutations with the least cost.
fn of_few(n: usize, cost: &[f64]) -> Vec<usize> {
    const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [1, 0, 2], [0, 2, 1], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let count = [1, 1, 2, 6][n];
    let sum = |order: &[usize; 3]| (0..n).map(|row| cost[row * n + order[row]]).sum::<f64>();
    let mut best = (sum(&ORDERS[0]), 0);
    for (index, order) in ORDERS.iter().enumerate().take(count).skip(1) {
        let sum = sum(order);
        if sum < best.0 {
            best = (sum, index);
        }
    }
    ORDERS[best.1][..n].to_vec()
}

#[cfg(test)]
mod tests {
    use super::least_assignment;
    use proptest::prelude::*;

    /// The least cost over all permutations of the columns that are left.
    fn brute_force(n: usize, cost: &[f64], row: usize, left: &mut Vec<usize>) -> f64 {
        if row == n {
            return 0.0;
        }
        let mut least = f64::INFINITY;
        for index in 0..left.len() {
            let column = left.swap_remove(index);
            least = least.min(cost[row * n + column] + brute_force(n, cost, row + 1, left));
            left.push(column);
            let last = left.len() - 1;
            left.swap(index, last);
        }
        least
    }

    proptest! {
        #[test]
        fn it_is_the_least_of_all(n in 0usize..7, entries in proptest::collection::vec(-9i32..9, 36), unit in 1e-6f64..1e6) {
            let cost: Vec<f64> = entries[..n * n].iter().map(|&entry| f64::from(entry) * unit).collect();
            let columns = least_assignment(n, &cost);
            let mut sorted = columns.clone();
            sorted.sort_unstable();
            prop_assert!(sorted.into_iter().eq(0..n));
            let found: f64 = columns.iter().enumerate().map(|(row, column)| cost[row * n + column]).sum();
            let least = brute_force(n, &cost, 0, &mut (0..n).collect());
            prop_assert!((found - least).abs() <= 1e-9 * unit, "{found} is not {least}");
        }
    }
}
