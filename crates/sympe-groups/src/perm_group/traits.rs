//! Permutation groups as subgroups of the symmetric group; equality; display.

use super::PermGroup;
use crate::{FiniteSubgroup, Group, Permutation, Subgroup};
use rand::Rng;
use std::fmt;

/// Draws of cosets of at most this degree take their images from the stack.
const STACK_DEGREE: usize = 64;

impl Subgroup for PermGroup {
    type Element = Permutation;

    fn sample(&self, rng: &mut dyn Rng) -> Permutation {
        self.sample(rng)
    }

    fn sample_coset(&self, h: &Permutation, rng: &mut dyn Rng) -> Permutation {
        if self.degree > STACK_DEGREE {
            return self.sample(rng).compose(h);
        }
        assert_eq!(self.degree, h.degree(), "degrees of the group and of the coset");
        if self.is_trivial() {
            return h.clone();
        }
        let mut images = [0; STACK_DEGREE];
        let images = &mut images[..self.degree];
        self.sample_into(images, rng);
        Permutation::from_images_unchecked(h.images().iter().map(|&i| images[i as usize]).collect())
    }

    fn contains(&self, g: &Permutation) -> bool {
        self.contains(g)
    }

    fn ln_order(&self) -> f64 {
        self.chain.sizes().map(|size| (size as f64).ln()).sum()
    }
}

impl FiniteSubgroup for PermGroup {
    fn generators(&self) -> &[Permutation] {
        self.generators()
    }

    fn elements(&self) -> Box<dyn Iterator<Item = Permutation> + '_> {
        self.elements()
    }
}

/// Equality as sets of permutations.
impl PartialEq for PermGroup {
    fn eq(&self, other: &Self) -> bool {
        self.degree == other.degree
            && self.order() == other.order()
            && self
                .generators()
                .iter()
                .all(|generator| other.contains(generator))
    }
}

impl Eq for PermGroup {}

/// The generators in cycle notation: `⟨(0 1 2 3), (1 3)⟩`.
impl fmt::Display for PermGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("⟨")?;
        for (i, generator) in self.generators().iter().enumerate() {
            write!(f, "{}{generator}", if i == 0 { "" } else { ", " })?;
        }
        f.write_str("⟩")
    }
}

impl fmt::Debug for PermGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PermGroup(degree {}, order {}, {self})",
            self.degree,
            self.order()
        )
    }
}
