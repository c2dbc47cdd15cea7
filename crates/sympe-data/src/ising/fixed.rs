//! Couplings as integers, so that sums are exact and ties are ties.

use super::Couplings;

/// Couplings times a power of two, rounded to integers whose absolute sum is below 2⁵⁹, so that no sum overflows.
///
/// Nothing is rounded if the couplings are multiples of 2⁻⁵⁸ of their absolute sum, as 24-bit floats of similar size are;
/// otherwise each changes by at most half of that.
#[derive(Clone, Debug)]
pub(super) struct Fixed {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) down: Vec<i64>,
    pub(super) right: Vec<i64>,
    pub(super) field: Vec<i64>,
    /// Bonds that reach further: rows and columns they lead, and a value per site.
    pub(super) further: Vec<([i64; 2], Vec<i64>)>,
}

impl Fixed {
    pub(super) fn new(couplings: &Couplings) -> Self {
        let lists = [couplings.down(), couplings.right(), couplings.field()];
        let further = couplings.further().map(|(_, values)| values);
        let all = lists.into_iter().chain(further).flatten();
        let sum: f64 = all.map(|x| f64::from(x.abs())).sum();
        // 2^exponent ≤ sum < 2^(exponent + 1); a sum of f32 is 0 or a normal f64.
        let exponent = (sum.to_bits() >> 52) as i64 - 1023;
        let scale = if sum == 0.0 {
            1.0
        } else {
            f64::from_bits(((58 - exponent + 1023) as u64) << 52)
        };
        let fixed = |values: &[f32]| {
            values
                .iter()
                .map(|&x| (f64::from(x) * scale).round() as i64)
                .collect()
        };
        let [rows, columns] = couplings.shape().map(|side| side as usize);
        Self {
            rows,
            columns,
            down: fixed(couplings.down()),
            right: fixed(couplings.right()),
            field: fixed(couplings.field()),
            further: (couplings.further())
                .map(|(step, values)| (step, fixed(values)))
                .collect(),
        }
    }

    /// The same torus with rows for columns.
    pub(super) fn transposed(&self) -> Self {
        let transposed = |values: &[i64]| transpose(values, self.rows, self.columns);
        Self {
            rows: self.columns,
            columns: self.rows,
            down: transposed(&self.right),
            right: transposed(&self.down),
            field: transposed(&self.field),
            further: (self.further.iter())
                .map(|([di, dj], values)| ([*dj, *di], transposed(values)))
                .collect(),
        }
    }

    pub(super) fn sites(&self) -> usize {
        self.field.len()
    }

    pub(super) fn has_field(&self) -> bool {
        self.field.iter().any(|&h| h != 0)
    }

    /// The site so many rows and columns from `site`.
    pub(super) fn moved(&self, site: usize, [di, dj]: [i64; 2]) -> usize {
        let (rows, columns) = (self.rows as i64, self.columns as i64);
        let (i, j) = (site as i64 / columns + di, site as i64 % columns + dj);
        (i.rem_euclid(rows) * columns + j.rem_euclid(columns)) as usize
    }

    /// The bonds of each site that reach further, to other sites: coupling, other end. Both ways, as [`neighbors`](Self::neighbors).
    pub(super) fn further_neighbors(&self) -> Vec<Vec<(i64, usize)>> {
        let bonds = |site: usize| {
            let both = self.further.iter().flat_map(|(step, values)| {
                let from = self.moved(site, step.map(|part| -part));
                [(values[site], self.moved(site, *step)), (values[from], from)]
            });
            both.filter(|(_, other)| *other != site).collect()
        };
        (0..self.sites()).map(bonds).collect()
    }

    /// The bonds of each site to nearest sites, if these are others: coupling, other end.
    pub(super) fn neighbors(&self) -> Vec<[(i64, usize); 4]> {
        let (rows, columns) = (self.rows, self.columns);
        let bonds = |site: usize| {
            let (row, column) = (site / columns, site % columns);
            let at = |row: usize, column: usize| row % rows * columns + column % columns;
            let above = at(row + rows - 1, column);
            let before = at(row, column + columns - 1);
            [
                (self.down[site], at(row + 1, column)),
                (self.down[above], above),
                (self.right[site], at(row, column + 1)),
                (self.right[before], before),
            ]
            // A bond from a site to itself is a constant.
            .map(|(coupling, other)| (if other == site { 0 } else { coupling }, other))
        };
        (0..self.sites()).map(bonds).collect()
    }

    /// The energy of the whole torus.
    pub(super) fn energy(&self, spins: &[i8]) -> i64 {
        let (rows, columns) = (self.rows, self.columns);
        let mut sum = 0;
        for row in 0..rows {
            for column in 0..columns {
                let site = row * columns + column;
                let below = i64::from(spins[(row + 1) % rows * columns + column]);
                let beside = i64::from(spins[row * columns + (column + 1) % columns]);
                let mut bonds = self.down[site] * below + self.right[site] * beside;
                for (step, values) in &self.further {
                    bonds += values[site] * i64::from(spins[self.moved(site, *step)]);
                }
                sum -= i64::from(spins[site]) * (bonds + self.field[site]);
            }
        }
        sum
    }
}

/// `rows × columns` values, row by row, as `columns × rows`.
pub(super) fn transpose<T: Copy>(values: &[T], rows: usize, columns: usize) -> Vec<T> {
    (0..columns)
        .flat_map(|column| (0..rows).map(move |row| row * columns + column))
        .map(|index| values[index])
        .collect()
}
