//! Rings of a molecule: the relevant cycles, those that are no sum of shorter ones.
//!
//! They are the union of all minimum cycle bases (Vismara, *Union of all the minimum cycle bases of a graph*, 1997), and so depend on
//! the graph only, where a smallest set of smallest rings is one of several. Cubane has six, as chemists see it, not five.

use petgraph::unionfind::UnionFind;

/// Atoms of the largest ring that is looked for: no larger one counts as aromatic.
pub(super) const LARGEST: u32 = 24;

/// A ring: atoms in the order of the ring; bonds in any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cycle {
    pub(super) atoms: Vec<u32>,
    pub(super) bonds: Vec<u32>,
}

/// Where a cycle may be: two shortest paths from `root`, its largest atom, to `ends`, which are bonded to each other (odd length) or
/// to `top` (even length).
struct Seed {
    length: u32,
    root: u32,
    ends: (u32, u32),
    top: Option<u32>,
}

/// The relevant cycles of at most [`LARGEST`] atoms of a graph without bridges, by length. `neighbors` are atoms and bonds,
/// whose numbers are below `bonds`. In molecules about O(atoms·bonds).
pub(super) fn relevant_cycles(neighbors: &[Vec<(u32, u32)>], bonds: usize) -> Vec<Cycle> {
    let mut union = UnionFind::<u32>::new(neighbors.len());
    let mut rank = 0;
    for (v, around) in (0..).zip(neighbors) {
        rank += around
            .iter()
            .filter(|&&(u, _)| u < v && !union.union(u, v))
            .count();
    }
    if rank == 0 {
        return Vec::new();
    }
    let distances: Vec<Vec<u32>> = (0..neighbors.len() as u32)
        .map(|root| distances(neighbors, root))
        .collect();
    let mut seeds = Vec::new();
    for root in 0..neighbors.len() as u32 {
        add_seeds(neighbors, root, &distances[root as usize], &mut seeds);
    }
    seeds.sort_by_key(|seed| seed.length);
    let mut basis = Basis::new(bonds);
    let mut found: Vec<Cycle> = Vec::new();
    for alike in seeds.chunk_by(|one, other| one.length == other.length) {
        if basis.rank == rank {
            break;
        }
        let start = found.len();
        for seed in alike {
            let cycles = expand(neighbors, &distances[seed.root as usize], seed);
            found.extend(cycles.into_iter().filter(|cycle| basis.misses(&cycle.bonds)));
        }
        for cycle in &found[start..] {
            basis.insert(&cycle.bonds);
        }
    }
    found
}

/// Distances from `root` by way of smaller atoms, up to half a ring; [`u32::MAX`] for the others.
fn distances(neighbors: &[Vec<(u32, u32)>], root: u32) -> Vec<u32> {
    let mut distances = vec![u32::MAX; neighbors.len()];
    distances[root as usize] = 0;
    let mut queue = vec![root];
    let mut next = 0;
    while let Some(&v) = queue.get(next) {
        next += 1;
        let further = distances[v as usize] + 1;
        if 2 * further > LARGEST {
            break;
        }
        for &(u, _) in &neighbors[v as usize] {
            if u < root && distances[u as usize] == u32::MAX {
                distances[u as usize] = further;
                queue.push(u);
            }
        }
    }
    distances
}

fn add_seeds(neighbors: &[Vec<(u32, u32)>], root: u32, distances: &[u32], seeds: &mut Vec<Seed>) {
    for v in 0..root {
        let distance = distances[v as usize];
        if distance == u32::MAX {
            continue;
        }
        let around = || neighbors[v as usize].iter().map(|&(u, _)| u);
        let mut add = |length, ends, top| {
            if length <= LARGEST {
                seeds.push(Seed {
                    length,
                    root,
                    ends,
                    top,
                });
            }
        };
        for u in around().filter(|&u| u < v && distances[u as usize] == distance) {
            add(2 * distance + 1, (u, v), None);
        }
        let before: Vec<u32> = around().filter(|&u| is_before(distances, u, distance)).collect();
        for (index, &u) in before.iter().enumerate() {
            for &w in &before[..index] {
                add(2 * distance, (w, u), Some(v));
            }
        }
    }
}

/// Whether `u` is one step nearer to the root than `distance`.
fn is_before(distances: &[u32], u: u32, distance: u32) -> bool {
    distances[u as usize]
        .checked_add(1)
        .is_some_and(|next| next == distance)
}

/// All cycles of a seed.
fn expand(neighbors: &[Vec<(u32, u32)>], distances: &[u32], seed: &Seed) -> Vec<Cycle> {
    let ups = descents(neighbors, distances, seed.ends.0);
    let downs = descents(neighbors, distances, seed.ends.1);
    let mut cycles = Vec::new();
    for up in &ups {
        for down in &downs {
            // Both end at the root, and must not meet before.
            if up[..up.len() - 1].iter().any(|v| down.contains(v)) {
                continue;
            }
            let mut atoms: Vec<u32> = up.iter().rev().copied().collect();
            atoms.extend(seed.top);
            atoms.extend(&down[..down.len() - 1]);
            let next = |index: usize| atoms[(index + 1) % atoms.len()];
            let bond = |(index, &v): (usize, &u32)| {
                let around = &neighbors[v as usize];
                around
                    .iter()
                    .find(|&&(u, _)| u == next(index))
                    .map(|&(_, bond)| bond)
            };
            let bonds = atoms.iter().enumerate().filter_map(bond).collect();
            cycles.push(Cycle { atoms, bonds });
        }
    }
    cycles
}

/// All shortest paths from an atom to the root.
fn descents(neighbors: &[Vec<(u32, u32)>], distances: &[u32], from: u32) -> Vec<Vec<u32>> {
    let mut paths = vec![vec![from]];
    for distance in (1..=distances[from as usize]).rev() {
        let longer = |path: Vec<u32>| {
            let last = path[path.len() - 1];
            let steps = neighbors[last as usize].iter().map(|&(u, _)| u);
            let steps: Vec<u32> = steps.filter(|&u| is_before(distances, u, distance)).collect();
            steps.into_iter().map(move |u| [&path[..], &[u]].concat())
        };
        paths = paths.into_iter().flat_map(longer).collect();
    }
    paths
}

/// Sets of bonds up to sums (symmetric differences), in echelon form.
struct Basis {
    /// By their least bond.
    rows: Vec<Option<Vec<u64>>>,
    rank: usize,
}

impl Basis {
    fn new(bonds: usize) -> Self {
        Self {
            rows: vec![None; bonds],
            rank: 0,
        }
    }

    /// What is left of a set when rows are added to it: its least bond and the rest, or nothing.
    fn reduced(&self, bonds: &[u32]) -> Option<(usize, Vec<u64>)> {
        let mut set = vec![0u64; self.rows.len().div_ceil(64)];
        for &bond in bonds {
            set[bond as usize / 64] ^= 1 << (bond % 64);
        }
        loop {
            let word = set.iter().position(|&word| word != 0)?;
            let least = 64 * word + set[word].trailing_zeros() as usize;
            let Some(row) = &self.rows[least] else {
                return Some((least, set));
            };
            for (word, other) in set.iter_mut().zip(row) {
                *word ^= other;
            }
        }
    }

    /// Whether a set is no sum of the rows.
    fn misses(&self, bonds: &[u32]) -> bool {
        self.reduced(bonds).is_some()
    }

    fn insert(&mut self, bonds: &[u32]) {
        if let Some((least, row)) = self.reduced(bonds) {
            self.rows[least] = Some(row);
            self.rank += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::molecule::smiles;

    /// The lengths of the rings of a molecule without its hydrogens.
    fn lengths(text: &str) -> Vec<usize> {
        let molecule = smiles::parse(text, 1).unwrap().without_hydrogens();
        let bridges = super::super::kekule::bridges_of(molecule.bonds().map(|(u, v, _)| (u, v)));
        let mut neighbors = vec![Vec::new(); molecule.len()];
        let mut bonds = 0;
        for (u, v, _) in molecule.bonds().filter(|&(u, v, _)| !bridges.contains(&(u, v))) {
            neighbors[u as usize].push((v, bonds));
            neighbors[v as usize].push((u, bonds));
            bonds += 1;
        }
        let cycles = relevant_cycles(&neighbors, bonds as usize);
        assert!(cycles.iter().all(|cycle| cycle.atoms.len() == cycle.bonds.len()));
        cycles.iter().map(|cycle| cycle.atoms.len()).collect()
    }

    #[test]
    fn rings_are_those_that_are_no_sum_of_shorter_ones() {
        assert_eq!(lengths("CCO"), [0; 0]);
        assert_eq!(lengths("C1CC1CC1CCCC1"), [3, 5]);
        assert_eq!(lengths("c1ccc2ccccc2c1"), [6, 6]);
        // Norbornane; bicyclo[2.2.2]octane has three rings of six, any two of which make the third.
        assert_eq!(lengths("C1CC2CCC1C2"), [5, 5]);
        assert_eq!(lengths("C1CC2CCC1CC2"), [6, 6, 6]);
        assert_eq!(lengths("C12C3C4C1C5C2C3C45"), [4; 6]);
        assert_eq!(lengths("C1C2CC3CC1CC(C2)C3"), [6, 6, 6, 6]);
        // A macrocycle, and a larger one.
        assert_eq!(lengths(&format!("C1{}1", "C".repeat(23))), [24]);
        assert_eq!(lengths(&format!("C1{}1", "C".repeat(24))), [0; 0]);
    }
}
