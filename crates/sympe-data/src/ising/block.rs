//! Exact minimization over the spins of a strip, site by site.
//!
//! The *frontier* is the last spin of each column. After each site, `cost[state]` is the least energy of all spins so far
//! among those whose frontier is `state`; `came_from`, where it is kept, says which spin a site replaced in the frontier,
//! so that the spins can be traced back. A site costs O(2^width) time, and as many bits of memory if it is traced.

/// Bit `c` of a state of the frontier is set where the spin of column `c` is −1.
pub(super) fn spin(state: usize, column: usize) -> i64 {
    1 - 2 * (state >> column & 1) as i64
}

/// A site to add: below the frontier's spin of its column.
#[derive(Clone, Copy, Debug)]
struct Site {
    column: usize,
    /// Coupling to the spin it replaces in the frontier.
    above: i64,
    field: i64,
    /// Coupling to column − 1; 0 in column 0.
    left: i64,
    /// Coupling to column 0 of the same row, another site.
    wrap: i64,
}

/// Replaces energies by those with one more site; `came_from` says for each new state whether the spin replaced was −1.
fn add_site(cost: &mut [i64], site: Site, mut came_from: Option<&mut [bool]>) {
    let stride = 1 << site.column;
    let half = stride / 2;
    for (block, cost) in cost.chunks_exact_mut(2 * stride).enumerate() {
        let (plus, minus) = cost.split_at_mut(stride);
        let mut from = (came_from.as_deref_mut())
            .map(|from| from[2 * stride * block..2 * stride * (block + 1)].split_at_mut(stride));
        for i in 0..stride {
            let left = if i < half { site.left } else { -site.left };
            let wrap = if i & 1 == 0 { site.wrap } else { -site.wrap };
            let local = site.field + left + wrap;
            let (a, b) = (plus[i], minus[i]);
            let (plus_plus, minus_plus) = (a - site.above, b + site.above);
            let (plus_minus, minus_minus) = (a + site.above, b - site.above);
            plus[i] = plus_plus.min(minus_plus) - local;
            minus[i] = plus_minus.min(minus_minus) + local;
            if let Some((to_plus, to_minus)) = &mut from {
                to_plus[i] = minus_plus < plus_plus;
                to_minus[i] = minus_minus < plus_minus;
            }
        }
    }
}

/// Adds a row. `above` couples to the row before, `right[c]` column c to the next one, the last one to column 0.
/// O(width·2^width) time.
pub(super) fn add_row(
    cost: &mut [i64],
    above: &[i64],
    right: &[i64],
    field: &[i64],
    mut came_from: Option<&mut [bool]>,
) {
    let (width, states) = (above.len(), cost.len());
    for column in 0..width {
        let last = column + 1 == width;
        let site = Site {
            column,
            above: above[column],
            field: field[column],
            left: if column == 0 { 0 } else { right[column - 1] },
            wrap: if last && width > 1 { right[column] } else { 0 },
        };
        let from = (came_from.as_deref_mut()).map(|from| &mut from[column * states..(column + 1) * states]);
        add_site(cost, site, from);
    }
    if width == 1 {
        // The bond joins the site to itself.
        cost.iter_mut().for_each(|cost| *cost -= right[0]);
    }
}

/// The spins of the rows added, that lead to `state` at the end; and the state before them. `came_from` is that of all
/// rows, one after the other.
pub(super) fn trace(mut state: usize, width: usize, came_from: &[bool]) -> (Vec<i8>, usize) {
    let states = 1 << width;
    let steps = came_from.len() / states;
    let mut spins = vec![0; steps];
    for step in (0..steps).rev() {
        let column = step % width;
        spins[step] = spin(state, column) as i8;
        let before = usize::from(came_from[step * states + state]);
        state = state & !(1 << column) | before << column;
    }
    (spins, state)
}

/// The least state and its energy.
pub(super) fn least(cost: impl Iterator<Item = i64>) -> (usize, i64) {
    cost.enumerate()
        .min_by_key(|&(_, cost)| cost)
        .expect("there is at least one state")
}
