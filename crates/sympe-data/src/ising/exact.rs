//! Exact ground states: of small tori by enumeration, which gives all of them, and by a transfer matrix, which gives one;
//! of any torus without frustration.
//!
//! Energies are compared as integers, so that ties are ties ([`transfer`] says how precise they are). Enumeration is
//! exponential in the number of sites, the transfer matrix in the shorter side.

use super::block::{add_row, least, spin, trace};
use super::couplings::too_many;
use super::fixed::{Fixed, transpose};
use super::strip;
use super::{Couplings, GroundState};
use crate::DataError;

pub use super::unfrustrated::{unfrustrated, unfrustrated_states};

/// The most sites [`enumerate`] accepts.
pub const MAX_SITES: usize = 24;

/// The greatest length of the shorter side that [`transfer`] accepts.
pub const MAX_WIDTH: usize = 12;

/// The greatest length of the side along the rows of the transfer matrix that [`transfer`] accepts where bonds reach further.
pub const MAX_WIDE: usize = strip::MAX_WIDTH;

/// All ground states, by trying all configurations, in lexicographic order. Ties are exact in the sense of [`transfer`].
///
/// O(2^sites) time, a step per configuration (Gray code): a fraction of a second for 24 sites.
///
/// ```
/// use sympe_data::ising::{Couplings, exact};
/// // Without a field both ferromagnets are ground states.
/// let couplings = Couplings::uniform([1, 3], 1.0, 1.0, 0.0)?;
/// assert_eq!(exact::enumerate(&couplings, 10)?, [[-1; 3], [1; 3]]);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When there are more than [`MAX_SITES`] sites, or more than `limit` ground states.
pub fn enumerate(couplings: &Couplings, limit: usize) -> Result<Vec<Vec<i8>>, DataError> {
    let sites = couplings.sites();
    if sites > MAX_SITES {
        return Err(DataError::invalid(
            "number of sites to enumerate",
            sites,
            "at most 24; see `transfer` and `Annealer` for more",
        ));
    }
    let fixed = Fixed::new(couplings);
    let (neighbors, further) = (fixed.neighbors(), fixed.further_neighbors());
    // A set bit is a spin −1.
    let mut code = 0u32;
    let mut energy = fixed.energy(&vec![1; sites]);
    let (mut best, mut codes, mut count) = (energy, vec![code], 1usize);
    for step in 1..1u32 << sites {
        let site = step.trailing_zeros() as usize;
        let spin_of = |site: usize| i64::from(1 - 2 * (code >> site & 1) as i32);
        let bonds: i64 = (neighbors[site].iter())
            .chain(&further[site])
            .map(|&(coupling, other)| coupling * spin_of(other))
            .sum();
        energy += 2 * spin_of(site) * (bonds + fixed.field[site]);
        code ^= 1 << site;
        if energy < best {
            (best, count) = (energy, 0);
            codes.clear();
        }
        if energy == best {
            count += 1;
            if count <= limit {
                codes.push(code);
            }
        }
    }
    if count > limit {
        return Err(too_many(limit));
    }
    let spins = |code: u32| (0..sites).map(|site| spin(code as usize, site) as i8).collect();
    let mut states: Vec<Vec<i8>> = codes.into_iter().map(spins).collect();
    states.sort_unstable();
    Ok(states)
}

/// All ground states, in lexicographic order, by the first way that applies: in closed form where couplings are uniform,
/// [`unfrustrated_states`], [`enumerate`].
///
/// ```
/// use sympe_data::ising::{Couplings, exact};
/// // Decoupled rows on 144 sites.
/// let rows = Couplings::uniform([12, 12], 0.0, 1.0, 0.0)?;
/// assert_eq!(exact::ground_states(&rows, 1 << 12)?.len(), 1 << 12);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When there are more than `limit`, or the torus is frustrated and larger than [`MAX_SITES`].
pub fn ground_states(couplings: &Couplings, limit: usize) -> Result<Vec<Vec<i8>>, DataError> {
    if couplings.as_uniform().is_some() && couplings.phases().is_ok() {
        return couplings.ground_states(limit);
    }
    match unfrustrated_states(couplings, limit)? {
        Some(states) => Ok(states),
        None => enumerate(couplings, limit),
    }
}

/// A ground state, by dynamic programming along the longer side: a transfer matrix of least energies, applied site by
/// site, once for every state of the first row.
///
/// O(sites·4^w) time for the shorter side w, half of that without a field: well below a millisecond for 6 × 6, about 10
/// ms for 8 × 8, seconds for 12 × 12. O(sites·2^w) memory. Sides may be odd. With bonds that reach further, row by row in
/// O(l·8^w) for the longer side l.
///
/// Energies are compared as 60-bit integers: exactly for couplings whose bits, from the sum of all absolute values down
/// to the last bit of the smallest, span at most 58, otherwise after rounding to that. The energy returned is
/// [`Couplings::energy`] of the spins.
///
/// ```
/// use sympe_data::ising::{Couplings, exact};
/// // An antiferromagnet on a ring of three is frustrated.
/// let ring = Couplings::new([1, 3], vec![0.0; 3], vec![-1.0; 3], vec![0.0; 3])?;
/// assert_eq!(exact::transfer(&ring)?.energy, -1.0 / 3.0);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When the shorter side is longer than [`MAX_WIDTH`], or, where bonds reach further, than [`MAX_WIDE`]; when bonds lead to the
/// second site both down and to the right.
pub fn transfer(couplings: &Couplings) -> Result<GroundState, DataError> {
    let [rows, columns] = couplings.shape();
    let shorter = rows.min(columns) as usize;
    if shorter > MAX_WIDTH {
        return Err(DataError::invalid(
            "shorter side of the torus",
            shorter,
            "at most 12; see `Annealer` for larger tori",
        ));
    }
    let fixed = Fixed::new(couplings);
    if couplings.reaches_further() {
        return Ok(couplings.ground_state(strip::solve(&fixed)?));
    }
    let spins = if columns <= rows {
        along_rows(&fixed)
    } else {
        let spins = along_rows(&fixed.transposed());
        transpose(&spins, columns as usize, rows as usize)
    };
    Ok(couplings.ground_state(spins))
}

/// More than any energy, and no overflow when one is added: energies are below 2⁵⁹ in absolute value.
const INFINITE: i64 = 1 << 61;

fn along_rows(fixed: &Fixed) -> Vec<i8> {
    let width = fixed.columns;
    let states = 1 << width;
    let last = &fixed.down[fixed.sites() - width..];
    // Closing energy by which columns differ between the last and the first row.
    let closing: Vec<i64> = (0..states)
        .map(|differ| {
            (0..width)
                .map(|column| -last[column] * spin(differ, column))
                .sum()
        })
        .collect();
    let mut cost = vec![0; states];
    let mut solve = |first: usize, came_from: Option<&mut Vec<bool>>| {
        first_row(fixed, first, &mut cost);
        add_rows(fixed, &mut cost, came_from);
        least((0..states).map(|state| cost[state] + closing[state ^ first]))
    };
    // Without a field, the flip of a ground state is one: the last column's first spin is +1 in one of them.
    let firsts = if fixed.has_field() { states } else { states / 2 };
    let (first, _) = least((0..firsts).map(|first| solve(first, None).1));
    let mut came_from = vec![false; (fixed.sites() - width) * states];
    let (state, _) = solve(first, Some(&mut came_from));
    let (rest, start) = trace(state, width, &came_from);
    debug_assert_eq!(start, first);
    let first_row = (0..width).map(|column| spin(first, column) as i8);
    first_row.chain(rest).collect()
}

/// The energies when the first row is `first` and nothing else is there.
fn first_row(fixed: &Fixed, first: usize, cost: &mut [i64]) {
    let width = fixed.columns;
    let energy = |column: usize| {
        let bond = fixed.right[column] * spin(first, (column + 1) % width);
        -spin(first, column) * (bond + fixed.field[column])
    };
    cost.fill(INFINITE);
    cost[first] = (0..width).map(energy).sum();
}

fn add_rows(fixed: &Fixed, cost: &mut [i64], came_from: Option<&mut Vec<bool>>) {
    let (width, per_row) = (fixed.columns, fixed.columns * cost.len());
    let mut came_from = came_from.map(|from| from.chunks_exact_mut(per_row));
    for row in 1..fixed.rows {
        let here = row * width..(row + 1) * width;
        let above = &fixed.down[(row - 1) * width..row * width];
        let from = came_from.as_mut().and_then(Iterator::next);
        add_row(cost, above, &fixed.right[here.clone()], &fixed.field[here], from);
    }
}
