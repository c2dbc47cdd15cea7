//! Couplings without frustration: some spins satisfy every bond and every field at once, and so are ground states.
//!
//! The field is a bond of each site to one more spin that is `+1`. Spins that satisfy all bonds exist exactly if no loop of
//! bonds has an odd number of antiferromagnetic ones (Harary 1953), and then a search along bonds finds them, whatever the
//! size of the torus. Only signs matter, so nothing is rounded.

use super::couplings::too_many;
use super::{Couplings, GroundState};
use crate::DataError;

/// Spins that satisfy every bond, and for each the connected part it belongs to: 0 is that of the field.
struct Satisfying {
    spins: Vec<i8>,
    part: Vec<usize>,
    /// How many parts there are beside that of the field: each can be flipped.
    free: usize,
}

impl Satisfying {
    /// `None` where a loop is frustrated. O(sites).
    fn new(couplings: &Couplings) -> Option<Self> {
        let sites = couplings.sites();
        let bonds = couplings.bonds_by_site();
        let (mut spins, mut part) = (vec![0i8; sites], vec![0; sites]);
        let mut open: Vec<usize> = (0..sites)
            .filter(|&site| couplings.field()[site] != 0.0)
            .collect();
        for &site in &open {
            spins[site] = if couplings.field()[site] > 0.0 { 1 } else { -1 };
        }
        let mut free = 0;
        for start in 0..=sites {
            // The first round starts from all sites in a field; each later one from a site not reached before.
            if let Some(site) = start.checked_sub(1) {
                if spins[site] != 0 {
                    continue;
                }
                free += 1;
                (spins[site], part[site]) = (1, free);
                open.push(site);
            }
            while let Some(site) = open.pop() {
                for &(coupling, other) in &bonds[site] {
                    let wanted = if coupling > 0.0 { spins[site] } else { -spins[site] };
                    if spins[other] == 0 {
                        (spins[other], part[other]) = (wanted, free);
                        open.push(other);
                    } else if spins[other] != wanted {
                        return None;
                    }
                }
            }
        }
        Some(Self { spins, part, free })
    }
}

/// Spins that satisfy every bond and every field, a ground state then; `None` where there are none: the couplings are
/// frustrated, or two bonds between the same two sites differ in sign. O(sites), exact.
///
/// ```
/// use sympe_data::ising::{Couplings, exact};
/// let checkerboard = exact::unfrustrated(&Couplings::uniform([64, 64], -1.0, -0.5, 0.0)?).unwrap();
/// assert_eq!(checkerboard.energy, -1.5);
/// // No checkerboard closes around odd sides, nor does it follow a field.
/// assert_eq!(exact::unfrustrated(&Couplings::uniform([3, 4], -1.0, -0.5, 0.0)?), None);
/// assert_eq!(exact::unfrustrated(&Couplings::uniform([4, 4], -1.0, -0.5, 0.1)?), None);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[must_use]
pub fn unfrustrated(couplings: &Couplings) -> Option<GroundState> {
    let found = Satisfying::new(couplings)?;
    Some(couplings.ground_state(found.spins))
}

/// All ground states of couplings without frustration, in lexicographic order: parts that no bond joins to another and
/// no field holds flip on their own. `None` as [`unfrustrated`]. O(sites) time per ground state.
///
/// ```
/// use sympe_data::ising::{Couplings, exact};
/// let couplings = Couplings::mattis([1, 4], &[1, -1, -1, 1], 0.0, 1.0)?;
/// let states = exact::unfrustrated_states(&couplings, 2)?.unwrap();
/// assert_eq!(states, [[-1, 1, 1, -1], [1, -1, -1, 1]]);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When there are more than `limit`.
pub fn unfrustrated_states(couplings: &Couplings, limit: usize) -> Result<Option<Vec<Vec<i8>>>, DataError> {
    let Some(Satisfying { spins, part, free }) = Satisfying::new(couplings) else {
        return Ok(None);
    };
    if free >= usize::BITS as usize || 1 << free > limit {
        return Err(too_many(limit));
    }
    let state = |flipped: usize| -> Vec<i8> {
        let flips = |part: usize| part > 0 && flipped >> (part - 1) & 1 == 1;
        let spins = spins.iter().zip(&part);
        spins
            .map(|(&spin, &part)| if flips(part) { -spin } else { spin })
            .collect()
    };
    let mut states: Vec<Vec<i8>> = (0..1 << free).map(state).collect();
    states.sort_unstable();
    Ok(Some(states))
}
