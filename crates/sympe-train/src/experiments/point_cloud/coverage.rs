//! How near answers are, and which members of the orbit come out over many draws.

use super::config::Method;
use super::data::CloudSamples;
use super::model::{Answer, Clouds};
use crate::TrainError;
use crate::breakers::Takes;
use std::collections::HashMap;
use std::f64::consts::TAU;
use std::sync::Arc;
use sympe_canon::check::ChiSquare;
use sympe_data::distortions::Variants;

/// An answer this near to a member of the orbit, as a squared distance in units of that, has reached it: within a tenth of its size.
const REACHED: f64 = 0.01;
/// Draws per input when members are counted, and inputs per condition.
const DRAWS: usize = 1000;
const INPUTS: usize = 2;
/// A circle of answers is counted in so many arcs.
const ARCS: usize = 12;

/// Whether an answer at this squared distance, in units of the distortion, is right.
pub(super) fn is_reached(distance: f64) -> bool {
    distance < REACHED
}

/// How the members of orbits come out over many draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Coverage {
    /// The mean share of the members, or of the arcs of a circle, that come out.
    pub(super) members: f64,
    /// The least p-value of a chi-square test that they come out equally often, times the number of tests (Bonferroni); 0 where
    /// one draw in a hundred reaches none of them, and where nothing is drawn.
    pub(super) p: f64,
}

/// The squared distance of an answer from what it is nearest to, in units of that, and the number of that.
fn nearest(variants: &Variants, answer: &Answer) -> (f64, usize) {
    let nearest = variants.nearest(answer);
    let arc = match variants {
        Variants::Finite(_) => 0,
        Variants::Circle(_) => (nearest.angle.rem_euclid(TAU) / TAU * ARCS as f64) as usize % ARCS,
    };
    (nearest.distance / variants.size(), nearest.variant + arc)
}

impl Clouds {
    /// The squared distance of one answer to each cloud from what it is nearest to, in units of that.
    pub(super) fn errors(&self, samples: &CloudSamples, draw: u64) -> Result<Vec<f64>, TrainError> {
        let answers = self.answers(samples.entries()?, draw)?;
        let pairs = samples.samples()?.zip(&answers);
        Ok(pairs
            .map(|(cloud, answer)| nearest(&cloud.distortion.variants, answer).0)
            .collect())
    }

    /// Whether answers to one cloud differ at all.
    fn draws_something(&self) -> bool {
        match self.config.model.method {
            Method::Equivariant => self.config.breaking.kind.takes() != Takes::Nothing,
            Method::Canonicalized | Method::Symmetrisation => true,
            Method::FrameAveraging | Method::WeightedFrames | Method::Augmentation => false,
        }
    }

    /// Counts members over [`DRAWS`] draws, or one where all are the same, for the first inputs of each condition.
    pub(super) fn coverage(&self, samples: &CloudSamples, draw: u64) -> Result<Coverage, TrainError> {
        let mut taken: HashMap<usize, usize> = HashMap::new();
        let (mut members, mut tests) = (Vec::new(), Vec::new());
        for entry in samples.entries()? {
            let distortion = &entry.sample.distortion;
            let condition = distortion.conditions.iter().position(|&x| x > 0.5);
            let taken = taken.entry(condition.unwrap_or(0)).or_default();
            if *taken == INPUTS {
                continue;
            }
            *taken += 1;
            let draws = if self.draws_something() { DRAWS } else { 1 };
            let answers = self.answers(&vec![Arc::clone(entry); draws], draw)?;
            let (share, p) = count(&distortion.variants, &answers);
            members.push(share);
            tests.push(p);
        }
        let least = tests.iter().copied().fold(1.0, f64::min);
        Ok(Coverage {
            members: members.iter().sum::<f64>() / members.len().max(1) as f64,
            p: (least * tests.len() as f64).min(1.0),
        })
    }
}

/// The share of the members, or arcs, that answers reach; and a p-value, 0 where too many answers reach none, or there is one answer
/// for all draws.
fn count(variants: &Variants, answers: &[Answer]) -> (f64, f64) {
    let members = match variants {
        Variants::Finite(variants) => variants.len(),
        Variants::Circle(_) => ARCS,
    };
    let mut counts = vec![0u64; members];
    for answer in answers {
        let (distance, member) = nearest(variants, answer);
        counts[member] += u64::from(is_reached(distance));
    }
    let share = counts.iter().filter(|count| **count > 0).count() as f64 / members as f64;
    if answers.len() == 1 || counts.iter().sum::<u64>() * 100 < 99 * answers.len() as u64 {
        return (share, 0.0);
    }
    (share, ChiSquare::uniform(&counts).p_value())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;
    use sympe_data::distortions::Parent;

    #[test]
    fn members_are_counted_and_tested_for_equal_shares() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let octahedron = Parent::Octahedron.draw(&mut rng).variants;
        let Variants::Finite(members) = &octahedron else {
            panic!("three of them")
        };
        let answers = |counts: [usize; 3]| -> Vec<Answer> {
            let repeated = members.iter().zip(counts);
            repeated.flat_map(|(member, count)| vec![member.clone(); count]).collect()
        };
        let (share, p) = count(&octahedron, &answers([333, 333, 334]));
        assert!(share == 1.0 && p > 0.9, "{share} {p}");
        let (share, p) = count(&octahedron, &answers([600, 400, 0]));
        assert!((share - 2.0 / 3.0).abs() < 1e-12 && p < 1e-6, "{share} {p}");
        // Two in a hundred answers are right for no member.
        let mut wrong = answers([330, 330, 320]);
        wrong.extend(vec![octahedron.mean(); 20]);
        assert_eq!(count(&octahedron, &wrong), (1.0, 0.0));

        let beam = Parent::Beam.draw(&mut rng).variants;
        let Variants::Circle([u, w]) = &beam else {
            panic!("a circle of them")
        };
        let bent = |k: usize| -> Answer {
            let (sin, cos) = (TAU * (k as f64 + 0.5) / 600.0).sin_cos();
            let pairs = u.iter().zip(w);
            pairs.map(|(u, w)| std::array::from_fn(|axis| cos * u[axis] + sin * w[axis])).collect()
        };
        let (share, p) = count(&beam, &(0..600).map(bent).collect::<Vec<_>>());
        assert!(share == 1.0 && p > 0.99, "{share} {p}");
        let (share, p) = count(&beam, &(0..300).map(bent).collect::<Vec<_>>());
        assert!(share == 0.5 && p < 1e-6, "{share} {p}");
    }
}
