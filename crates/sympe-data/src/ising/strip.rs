//! Exact minimization row by row, for bonds that reach further than to nearest sites.
//!
//! A state is a row of spins. Bonds to the next row may lead to any of its sites, bonds within a row too; those to the row
//! after the next do not fit, so the torus is turned where only columns have them.

use super::block::{least, spin};
use super::fixed::{Fixed, transpose};
use crate::DataError;

/// The most columns.
pub(super) const MAX_WIDTH: usize = 8;

/// The spins of a ground state, row by row. O(rows·8^columns), where rows and columns change places if that is shorter.
pub(super) fn solve(fixed: &Fixed) -> Result<Vec<i8>, DataError> {
    let fits = |fixed: &Fixed| {
        fixed
            .further
            .iter()
            .all(|([di, _], values)| di.abs() < 2 || values.iter().all(|value| *value == 0))
    };
    let turned = fixed.transposed();
    let by_width = if fixed.columns <= fixed.rows {
        [fixed, &turned]
    } else {
        [&turned, fixed]
    };
    let Some(strip) = by_width.into_iter().find(|strip| fits(strip)) else {
        return Err(DataError::invalid(
            "bonds to the second site",
            "both down and to the right",
            "one direction for the transfer matrix; see `enumerate`",
        ));
    };
    if strip.columns > MAX_WIDTH {
        return Err(DataError::invalid(
            "side of the torus along the rows of the transfer matrix",
            strip.columns,
            "at most 8 where bonds reach further",
        ));
    }
    let spins = Strip::new(strip).solve();
    Ok(if std::ptr::eq(strip, fixed) {
        spins
    } else {
        transpose(&spins, strip.rows, strip.columns)
    })
}

/// Energies within and between rows.
struct Strip<'a> {
    fixed: &'a Fixed,
    /// The energy within a row, for each state of each row.
    within: Vec<Vec<i64>>,
    /// Bonds to the next row: from row and column to a column, with the coupling.
    between: Vec<Vec<(usize, usize, i64)>>,
}

impl<'a> Strip<'a> {
    fn new(fixed: &'a Fixed) -> Self {
        let width = fixed.columns;
        let (mut inner, mut between) = (vec![Vec::new(); fixed.rows], vec![Vec::new(); fixed.rows]);
        let nearest = [([1, 0], &fixed.down), ([0, 1], &fixed.right)].into_iter();
        let further = fixed.further.iter().map(|(step, values)| (*step, values));
        for ([di, dj], values) in nearest.chain(further) {
            for (site, &coupling) in values.iter().enumerate() {
                let (row, column) = (site / width, site % width);
                let to = (column as i64 + dj).rem_euclid(width as i64) as usize;
                // A step upwards is one downwards from its other end.
                match di {
                    0 => inner[row].push((column, to, coupling)),
                    1 => between[row].push((column, to, coupling)),
                    -1 => between[(row + fixed.rows - 1) % fixed.rows].push((to, column, coupling)),
                    _ => debug_assert_eq!(coupling, 0, "checked by the caller"),
                }
            }
        }
        let within = |(row, bonds): (usize, &Vec<(usize, usize, i64)>)| -> Vec<i64> {
            let field = &fixed.field[row * width..(row + 1) * width];
            let energy = |state: usize| -> i64 {
                let bonds = bonds.iter().map(|&(a, b, j)| j * spin(state, a) * spin(state, b));
                let field = field
                    .iter()
                    .enumerate()
                    .map(|(column, h)| h * spin(state, column));
                -bonds.chain(field).sum::<i64>()
            };
            (0..1 << width).map(energy).collect()
        };
        Self {
            fixed,
            within: inner.iter().enumerate().map(within).collect(),
            between,
        }
    }

    /// The energies of the bonds from a row in `state` to each state of the next row.
    fn bonds(&self, row: usize, state: usize, energies: &mut Vec<i64>) {
        let mut fields = vec![0; self.fixed.columns];
        for &(column, to, coupling) in &self.between[row] {
            fields[to] += coupling * spin(state, column);
        }
        energies.clear();
        energies.push(-fields.iter().sum::<i64>());
        for field in fields {
            // A set bit is a spin −1.
            for lower in 0..energies.len() {
                energies.push(energies[lower] + 2 * field);
            }
        }
    }

    /// The least energies of all rows by the state of the last one, the first row being in state `first`.
    fn costs(&self, first: usize, mut came_from: Option<&mut Vec<Vec<usize>>>) -> Vec<Option<i64>> {
        let states = 1 << self.fixed.columns;
        let mut cost = vec![None; states];
        cost[first] = Some(self.within[0][first]);
        let mut energies = Vec::new();
        for row in 1..self.fixed.rows {
            let (mut next, mut from): (Vec<Option<i64>>, _) = (vec![None; states], vec![0; states]);
            for (state, cost) in cost.iter().enumerate() {
                let Some(cost) = cost else { continue };
                self.bonds(row - 1, state, &mut energies);
                for (to, energy) in energies.iter().enumerate() {
                    let energy = cost + energy + self.within[row][to];
                    if next[to].is_none_or(|known| energy < known) {
                        (next[to], from[to]) = (Some(energy), state);
                    }
                }
            }
            cost = next;
            if let Some(came_from) = &mut came_from {
                came_from.push(from);
            }
        }
        cost
    }

    /// The best last row for a first one, and the energy.
    fn close(&self, first: usize, came_from: Option<&mut Vec<Vec<usize>>>) -> (usize, i64) {
        let mut energies = Vec::new();
        let costs = self.costs(first, came_from).into_iter().enumerate();
        let closed = costs.filter_map(|(state, cost)| {
            self.bonds(self.fixed.rows - 1, state, &mut energies);
            Some((state, cost? + energies[first]))
        });
        closed
            .min_by_key(|&(_, energy)| energy)
            .expect("there is at least one state")
    }

    fn solve(&self) -> Vec<i8> {
        let width = self.fixed.columns;
        let (first, _) = least((0..1 << width).map(|first| self.close(first, None).1));
        let mut came_from = Vec::new();
        let (mut state, _) = self.close(first, Some(&mut came_from));
        let mut rows = vec![state];
        for from in came_from.iter().rev() {
            state = from[state];
            rows.push(state);
        }
        let row = |state: usize| (0..width).map(move |column| spin(state, column) as i8);
        rows.into_iter().rev().flat_map(row).collect()
    }
}
