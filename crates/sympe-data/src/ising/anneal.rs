//! A heuristic for tori too large for exact methods: annealing, then exact minimization over large blocks in turn.
//!
//! Every step but annealing itself keeps or lowers the energy, which is an integer ([`Fixed`]), so that descents end and
//! results do not depend on rounding.

use super::block::{add_row, least, trace};
use super::fixed::Fixed;
use super::{Couplings, GroundState};
use crate::DataError;
use crate::key::{Purpose, stream};
use rand::{Rng, RngExt};

/// Looks for a ground state from several starts, and combines what they find. The same seed gives the same spins.
///
/// Each start is annealed, then blocks of spins are replaced by the best there is given the spins around them: blocks
/// `width` wide that run around the torus but for one row or column, in both directions and at random places, until
/// `patience` of them in a row improve nothing. Such a block is solved exactly by dynamic programming (as tree-width
/// subgraphs are by Hamze & de Freitas 2004 and Selby 2014). Flipping a rectangle, at first the whole torus, leads to low
/// spins far away, from where blocks descend again. Whatever is found is combined with what there was: where the two
/// differ, each connected cluster (Houdayer 2001) takes the better spins.
///
/// O(sites·sweeps) time per start and O(sites·2^width) at most per block. With the defaults, 10 ms for 6 × 6 and 0.1 s for 16 × 16, where
/// results agree between seeds and with larger budgets: see the example `ising_ground_states`.
///
/// ```
/// use sympe_data::{Dataset, ising::{Annealer, Disordered, exact}};
/// let couplings = Disordered::new(1, [7, 7], 0)?.get(0)?;
/// let found = Annealer { restarts: 4, ..Annealer::default() }.run(&couplings)?;
/// assert_eq!(found.energy, exact::transfer(&couplings)?.energy);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annealer {
    /// Number of starts.
    pub restarts: u32,
    /// Sweeps of annealing per start; may be 0.
    pub sweeps: u32,
    /// Rectangles per start whose spins are flipped, to descend from there; the first is the whole torus.
    pub kicks: u32,
    /// Width of blocks, 1 to 12.
    pub width: u32,
    /// Blocks in a row that must improve nothing before a start ends.
    pub patience: u32,
    /// The seed.
    pub seed: u64,
}

impl Default for Annealer {
    fn default() -> Self {
        Self {
            restarts: 8,
            sweeps: 32,
            kicks: 4,
            width: 7,
            patience: 12,
            seed: 0,
        }
    }
}

impl Annealer {
    /// The best spins found.
    ///
    /// # Errors
    ///
    /// When `restarts` is 0 or `width` is not from 1 to 12; when couplings reach further than to nearest sites.
    pub fn run(&self, couplings: &Couplings) -> Result<GroundState, DataError> {
        let fail = |what, got: u32, expected| DataError::invalid(what, got, expected);
        if self.restarts == 0 {
            return Err(fail("restarts of the annealer", 0, "at least 1"));
        }
        if !(1..=12).contains(&self.width) {
            return Err(fail("width of the annealer's blocks", self.width, "1 to 12"));
        }
        if couplings.reaches_further() {
            return Err(DataError::invalid(
                "reach of the annealer's couplings",
                "further than nearest sites",
                "bonds to nearest sites only; see `exact` for others",
            ));
        }
        let problem = Problem::new(couplings);
        let mut best: Option<(i64, Vec<i8>)> = None;
        for start in 0..self.restarts {
            let mut rng = stream(self.seed, 0, u64::from(start), Purpose::Search);
            let mut spins: Vec<i8> = (0..couplings.sites())
                .map(|_| if rng.random() { 1 } else { -1 })
                .collect();
            problem.anneal(&mut spins, self.sweeps, &mut rng);
            self.descend(&problem, &mut spins, &mut rng);
            for kick in 0..self.kicks {
                let mut other = spins.clone();
                problem.flip_rectangle(&mut other, kick == 0, &mut rng);
                self.descend(&problem, &mut other, &mut rng);
                problem.combine(&mut spins, &other);
            }
            if let Some((_, best)) = &best {
                problem.combine(&mut spins, best);
            }
            self.descend(&problem, &mut spins, &mut rng);
            let energy = problem.fixed.energy(&spins);
            if best.as_ref().is_none_or(|(least, _)| energy < *least) {
                best = Some((energy, spins));
            }
        }
        let (_, spins) = best.expect("there is at least one start");
        Ok(couplings.ground_state(spins))
    }

    /// Blocks until `patience` of them improve nothing.
    fn descend(&self, problem: &Problem, spins: &mut [i8], rng: &mut dyn Rng) {
        let mut energy = problem.fixed.energy(spins);
        let mut idle = 0;
        while idle < self.patience {
            problem.solve_block(spins, self.width as usize, rng);
            let now = problem.fixed.energy(spins);
            debug_assert!(now <= energy, "a block is solved exactly");
            idle = if now < energy { 0 } else { idle + 1 };
            energy = now;
        }
    }
}

/// What all starts share.
struct Problem {
    fixed: Fixed,
    /// The bonds of each site: coupling, other end.
    neighbors: Vec<[(i64, usize); 4]>,
    /// Root mean square of the absolute couplings of a site: a scale of temperature.
    scale: f64,
}

impl Problem {
    fn new(couplings: &Couplings) -> Self {
        let fixed = Fixed::new(couplings);
        let neighbors = fixed.neighbors();
        let squares = |site: usize| -> f64 {
            let bonds = neighbors[site].iter().map(|bond| (bond.0 as f64).powi(2));
            bonds.sum::<f64>() + (fixed.field[site] as f64).powi(2)
        };
        let scale = ((0..fixed.sites()).map(squares).sum::<f64>() / fixed.sites() as f64).sqrt();
        Self {
            fixed,
            neighbors,
            scale,
        }
    }

    /// The field at a site with the bonds to its neighbours: flipping the spin changes the energy by twice their product.
    fn local_field(&self, spins: &[i8], site: usize) -> i64 {
        let bonds = self.neighbors[site].iter();
        let sum: i64 = bonds.map(|&(j, other)| j * i64::from(spins[other])).sum();
        self.fixed.field[site] + sum
    }

    /// Metropolis sweeps, the temperature falling geometrically to where hardly anything moves.
    fn anneal(&self, spins: &mut [i8], sweeps: u32, rng: &mut dyn Rng) {
        let (hot, cold) = (1.5f64, 0.1f64);
        for sweep in 0..sweeps {
            let progress = f64::from(sweep) / f64::from(sweeps.saturating_sub(1).max(1));
            let temperature = self.scale * hot * (cold / hot).powf(progress);
            for site in 0..spins.len() {
                let rise = 2 * i64::from(spins[site]) * self.local_field(spins, site);
                if rise <= 0 || rng.random::<f64>() < (-(rise as f64) / temperature).exp() {
                    spins[site] = -spins[site];
                }
            }
        }
    }

    /// Gives a block at a random place the best spins there are, given the spins around it.
    fn solve_block(&self, spins: &mut [i8], width: usize, rng: &mut dyn Rng) {
        let sides = [self.fixed.rows, self.fixed.columns];
        // Along this axis the block is long.
        let along = usize::from(rng.random::<bool>());
        // One row or column stays outside, or the block would meet itself.
        let extent = |axis: usize| (sides[axis] - 1).max(1);
        let (long, wide) = (extent(along), extent(1 - along).min(width));
        let start = sides.map(|side| rng.random_range(0..side as u64) as usize);
        let site = |r: usize, c: usize| {
            let mut at = start;
            at[along] += r;
            at[1 - along] += c;
            at[0] % sides[0] * sides[1] + at[1] % sides[1]
        };
        let (ahead, aside) = if along == 0 {
            (&self.fixed.down, &self.fixed.right)
        } else {
            (&self.fixed.right, &self.fixed.down)
        };
        let inside: Vec<usize> = (0..long)
            .flat_map(|r| (0..wide).map(move |c| (r, c)))
            .map(|(r, c)| site(r, c))
            .collect();
        let before: Vec<i64> = inside.iter().map(|&site| i64::from(spins[site])).collect();
        // The field of the spins around: all neighbours less those inside.
        let mut field: Vec<i64> = inside.iter().map(|&site| self.local_field(spins, site)).collect();
        let mut above = vec![0; inside.len()];
        let mut right = vec![0; inside.len()];
        for index in 0..inside.len() {
            let (r, c) = (index / wide, index % wide);
            if r + 1 < long {
                let coupling = ahead[inside[index]];
                field[index] -= coupling * before[index + wide];
                field[index + wide] -= coupling * before[index];
                above[index + wide] = coupling;
            }
            if c + 1 < wide {
                let coupling = aside[inside[index]];
                field[index] -= coupling * before[index + 1];
                field[index + 1] -= coupling * before[index];
                right[index] = coupling;
            }
        }
        let states = 1 << wide;
        let mut cost = vec![0; states];
        let mut came_from = vec![false; inside.len() * states];
        for (row, from) in came_from.chunks_exact_mut(wide * states).enumerate() {
            let here = row * wide..(row + 1) * wide;
            let (above, right, field) = (&above[here.clone()], &right[here.clone()], &field[here]);
            add_row(&mut cost, above, right, field, Some(from));
        }
        let (state, _) = least(cost.iter().copied());
        let (found, _) = trace(state, wide, &came_from);
        for (&site, spin) in inside.iter().zip(found) {
            spins[site] = spin;
        }
    }

    /// Flips all spins, or those of a random rectangle: low spins far away that no block reaches.
    fn flip_rectangle(&self, spins: &mut [i8], all: bool, rng: &mut dyn Rng) {
        let sides = [self.fixed.rows, self.fixed.columns];
        let mut below = |side: usize| rng.random_range(0..side as u64) as usize;
        let start = sides.map(&mut below);
        let size = if all {
            sides
        } else {
            sides.map(|side| below(side) + 1)
        };
        for i in 0..size[0] {
            for j in 0..size[1] {
                let site = (start[0] + i) % sides[0] * sides[1] + (start[1] + j) % sides[1];
                spins[site] = -spins[site];
            }
        }
    }

    /// Takes from `other` the connected clusters of sites where the two differ that lower the energy; then the same with
    /// the flip of `other`, if there is no field.
    fn combine(&self, spins: &mut [i8], other: &[i8]) {
        self.combine_clusters(spins, other);
        if !self.fixed.has_field() {
            let flipped: Vec<i8> = other.iter().map(|spin| -spin).collect();
            self.combine_clusters(spins, &flipped);
        }
    }

    /// Takes from `other` the connected clusters of sites where the two differ that lower the energy. O(sites).
    fn combine_clusters(&self, spins: &mut [i8], other: &[i8]) {
        let before = spins.to_vec();
        let mut open: Vec<bool> = spins.iter().zip(other).map(|(a, b)| a != b).collect();
        for seed in 0..spins.len() {
            if !std::mem::replace(&mut open[seed], false) {
                continue;
            }
            let (mut cluster, mut next) = (vec![seed], 0);
            while next < cluster.len() {
                let site = cluster[next];
                next += 1;
                for &(_, neighbor) in &self.neighbors[site] {
                    if std::mem::replace(&mut open[neighbor], false) {
                        cluster.push(neighbor);
                    }
                }
            }
            // Neighbours of the cluster are in it or agree. Where they are in it, the bond keeps its energy.
            let rise: i64 = (cluster.iter())
                .map(|&site| {
                    let around = (self.neighbors[site].iter())
                        .filter(|&&(_, neighbor)| before[neighbor] == other[neighbor])
                        .map(|&(coupling, neighbor)| coupling * i64::from(spins[neighbor]));
                    2 * i64::from(spins[site]) * (self.fixed.field[site] + around.sum::<i64>())
                })
                .sum();
            if rise < 0 {
                cluster.iter().for_each(|&site| spins[site] = -spins[site]);
            }
        }
    }
}
