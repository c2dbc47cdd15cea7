//! How symmetric the inputs are, how far answers are from ground states, and which of these come out.

use super::data::{IsingEntry, IsingSamples, references};
use super::model::Ising;
use crate::TrainError;
use std::collections::HashMap;
use std::sync::Arc;
use sympe_canon::check::ChiSquare;
use sympe_canon::Canonicalized;
use sympe_canon::lattice::LatticeSubgroup;
use sympe_data::DataError;
use sympe_data::ising::exact;
use sympe_groups::lattice::LatticeElement;
use sympe_groups::{Action, FiniteSubgroup, UnionFind};

/// An energy per site this close to that of a ground state is that of a ground state; couplings are of order 1.
const SOLVED: f64 = 1e-5;
/// Draws per input when ground states are counted, at most so many ground states of an input, and inputs per class.
const DRAWS: usize = 1000;
const INPUTS: usize = 2;
/// A chi-square test takes this many draws per ground state on average.
const DRAWS_PER_STATE: u64 = 5;

/// Whether an answer with this energy above the ground state, per site, is a ground state.
pub(super) fn is_solved(gap: f64) -> bool {
    gap < SOLVED
}

/// How the ground states of inputs come out over many draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Coverage {
    /// The mean share of the orbits of ground states under the stabilizer of the input that come out.
    pub(super) orbits: f64,
    /// The least p-value of a chi-square test that the states of an orbit come out equally often, times the number of
    /// tests (Bonferroni); 0 where one draw in a hundred is no ground state, 1 where no orbit has two.
    pub(super) p: f64,
}

impl Ising {
    /// The energies of the answers above those of ground states, per site.
    pub(super) fn gaps(&self, samples: &IsingSamples, draw: u64) -> Result<Vec<f64>, TrainError> {
        let references = references(samples)?;
        let answers = self.answers(samples.entries()?, draw)?;
        let of_each = samples.samples()?.zip(references).zip(&answers);
        Ok(of_each
            .map(|((magnet, reference), answer)| magnet.couplings().energy(answer) - reference.energy)
            .collect())
    }

    /// The canonical form of an input, kept with it.
    fn canonicalized<'a>(
        &self,
        entry: &'a IsingEntry,
    ) -> Result<&'a Canonicalized<LatticeSubgroup>, TrainError> {
        let torus = self.host.draws.domain();
        let found = torus.canonicalized(entry.sample.couplings(), &entry.kept);
        let index = entry.index;
        Ok(found.map_err(|source| DataError::Canon { index, source })?)
    }

    /// `[G : Stab(x)]` of each input.
    pub(super) fn indices(&self, samples: &IsingSamples) -> Result<Vec<u64>, TrainError> {
        let order = self.host.draws.domain().group().order();
        let index = |entry| Ok(order / self.canonicalized(entry)?.stabilizer.order());
        samples.entries()?.iter().map(index).collect()
    }

    /// Counts ground states over [`DRAWS`] draws for the first inputs of each phase and index whose ground states are
    /// known; `None` where there are none of these.
    pub(super) fn coverage(&self, samples: &IsingSamples, draw: u64) -> Result<Option<Coverage>, TrainError> {
        let (references, indices) = (references(samples)?, self.indices(samples)?);
        let mut taken: HashMap<_, usize> = HashMap::new();
        let (mut known, mut orbits, mut tests) = (0, Vec::new(), Vec::new());
        for (index, entry) in samples.entries()?.iter().enumerate() {
            let taken = taken.entry((references[index].phase, indices[index])).or_default();
            if *taken == INPUTS {
                continue;
            }
            // Of too large a torus, or with too many ground states, none are known.
            let Ok(states) = exact::ground_states(entry.sample.couplings(), DRAWS) else {
                continue;
            };
            known += 1;
            if states.len() > 1 {
                *taken += 1;
                let answers = self.answers(&vec![Arc::clone(entry); DRAWS], draw)?;
                let generators = self.canonicalized(entry)?.stabilizer.generators();
                let (reached, p_values) = count(&states, generators, &answers);
                orbits.push(reached);
                tests.extend(p_values);
            }
        }
        let mean = orbits.iter().sum::<f64>() / orbits.len() as f64;
        let least = tests.iter().copied().fold(1.0, f64::min);
        Ok((known > 0).then_some(Coverage {
            orbits: if orbits.is_empty() { 1.0 } else { mean },
            p: (least * tests.len().max(1) as f64).min(1.0),
        }))
    }
}

/// The share of the orbits of `states` that `answers` reach, and p-values: one for each orbit of several states that is
/// reached often enough, or 0 where too many answers are no ground states.
fn count(states: &[Vec<i8>], generators: &[LatticeElement], answers: &[Vec<i8>]) -> (f64, Vec<f64>) {
    let numbered = states.iter().enumerate().map(|(number, state)| (state.as_slice(), number));
    let numbers: HashMap<&[i8], usize> = numbered.collect();
    let mut orbits = UnionFind::new(states.len());
    for g in generators {
        for (number, state) in states.iter().enumerate() {
            // Equal couplings are so up to a tolerance, ground states exactly: an image can be none.
            if let Some(&image) = numbers.get(g.act(state.as_slice()).as_slice()) {
                orbits.join(number as u32, image as u32);
            }
        }
    }
    let mut counts = vec![0u64; states.len()];
    for answer in answers {
        if let Some(&number) = numbers.get(answer.as_slice()) {
            counts[number] += 1;
        }
    }
    let mut of_orbits: HashMap<u32, Vec<u64>> = HashMap::new();
    for (number, &count) in (0..).zip(&counts) {
        of_orbits.entry(orbits.find(number)).or_default().push(count);
    }
    let total = |counts: &Vec<u64>| counts.iter().sum::<u64>();
    let reached = of_orbits.values().filter(|counts| total(counts) > 0).count() as f64;
    let share = reached / of_orbits.len() as f64;
    if counts.iter().sum::<u64>() * 100 < 99 * answers.len() as u64 {
        return (share, vec![0.0]);
    }
    let tested = of_orbits.values().filter(|counts| {
        let states = counts.len() as u64;
        states > 1 && total(counts) >= DRAWS_PER_STATE * states
    });
    (share, tested.map(|counts| ChiSquare::uniform(counts).p_value()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sympe_groups::lattice::LatticeGroup;

    #[test]
    fn orbits_are_counted_and_states_of_one_tested_for_equal_shares() {
        let group: LatticeGroup = "p1(1x4)".parse().unwrap();
        let step = group.identity().with_shift([0, 1]);
        let stripes = vec![-1i8, 1, -1, 1];
        let states = [vec![-1; 4], stripes.clone(), step.act(stripes.as_slice()), vec![1; 4]];
        let answers = |counts: [usize; 4]| -> Vec<Vec<i8>> {
            let repeated = states.iter().zip(counts);
            repeated.flat_map(|(state, count)| vec![state.clone(); count]).collect()
        };
        let count = |counts| count(&states, &[step], &answers(counts));
        // Three orbits: two ferromagnets, which nothing moves, and the stripes.
        assert_eq!(count([100, 0, 0, 0]), (1.0 / 3.0, Vec::new()));
        let (share, p) = count([0, 500, 500, 10]);
        assert_eq!((share, p), (2.0 / 3.0, vec![1.0]));
        let (share, p) = count([1, 600, 400, 1]);
        assert!(share == 1.0 && p[0] < 1e-6, "{p:?}");
        // Too few stripes to test.
        assert!(count([500, 1, 0, 500]).1.is_empty());
        // One in a hundred is no ground state.
        let mut wrong = answers([0, 500, 480, 0]);
        wrong.extend(vec![vec![1, 1, -1, -1]; 20]);
        assert_eq!(super::count(&states, &[step], &wrong).1, [0.0]);
    }
}
