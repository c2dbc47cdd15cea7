//! Clouds whose points come in any order: S_n × O(d).

use super::cloud::PointCloud;
use rand::Rng;
use sympe_groups::{Action, ClosedSubgroup, Orthogonal, Permutation, Subgroup, uniform_below};

/// Point `i` goes to place `π(i)` of the list and to `R·x` in space.
///
/// ```
/// use sympe_canon::points::PointCloud;
/// use sympe_groups::{Action, Orthogonal, Permutation};
/// let cloud = PointCloud::new(vec![[1.0, 0.0], [0.0, 2.0]], vec![6, 8])?;
/// let g = (Permutation::parse("(0 1)", 2).unwrap(), Orthogonal::inversion());
/// assert_eq!(g.act(&cloud), PointCloud::new(vec![[0.0, -2.0], [-1.0, 0.0]], vec![8, 6])?);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
impl<const D: usize> Action<PointCloud<D>> for (Permutation, Orthogonal<D>) {
    fn act(&self, cloud: &PointCloud<D>) -> PointCloud<D> {
        let (permutation, orthogonal) = self;
        orthogonal.act(cloud).renumbered(permutation)
    }
}

/// The stabilizer in S_n × O(d) of a cloud as a list: each isometry with every permutation that undoes it. What
/// [`RelabelledSymmetry`](super::RelabelledSymmetry) finds.
#[derive(Clone, Debug, PartialEq)]
pub struct RelabelledStabilizer<const D: usize> {
    pub(super) isometries: ClosedSubgroup<D>,
    /// What isometries make of the points, those of one site in order: in the order of a finite group; of one that keeps the sense
    /// of an axis and one that does not; of any.
    pub(super) permutations: Vec<Permutation>,
    /// Points of one place and type, where there are several.
    pub(super) equal: Vec<Vec<u32>>,
    /// The least point of the same place and type.
    same_as: Vec<u32>,
}

impl<const D: usize> RelabelledStabilizer<D> {
    /// Isometries with what representatives of them make of the points.
    pub(super) fn new(
        isometries: ClosedSubgroup<D>,
        representatives: Vec<(Orthogonal<D>, Permutation)>,
        equal: Vec<Vec<u32>>,
    ) -> Self {
        let degree = representatives[0].1.degree() as u32;
        let mut same_as: Vec<u32> = (0..degree).collect();
        for points in &equal {
            points
                .iter()
                .for_each(|&point| same_as[point as usize] = points[0]);
        }
        let mut found: Vec<(usize, Permutation)> = (representatives.into_iter())
            .filter_map(|(g, permutation)| Some((index(&isometries, &g)?, permutation)))
            .collect();
        found.sort_by_key(|(index, _)| *index);
        let permutations = found.into_iter().map(|(_, permutation)| permutation).collect();
        Self {
            isometries,
            permutations,
            equal,
            same_as,
        }
    }

    /// The isometries without the permutations.
    #[must_use]
    pub fn isometries(&self) -> &ClosedSubgroup<D> {
        &self.isometries
    }
}

/// Which permutation goes with an isometry; none if it is not in the group.
fn index<const D: usize>(isometries: &ClosedSubgroup<D>, g: &Orthogonal<D>) -> Option<usize> {
    match isometries {
        ClosedSubgroup::Finite(group) => group.position(g),
        ClosedSubgroup::Axial(group) => {
            // An element along the axis alone may be improper where only rotations are left.
            let is_reversed = g.act(group.axis()).dot(group.axis()) < 0.0;
            Some(usize::from(is_reversed))
        }
        ClosedSubgroup::Full(_) => Some(0),
    }
}

impl<const D: usize> Subgroup for RelabelledStabilizer<D> {
    type Element = (Permutation, Orthogonal<D>);

    fn sample(&self, rng: &mut dyn Rng) -> (Permutation, Orthogonal<D>) {
        let orthogonal = self.isometries.sample(rng);
        let index = index(&self.isometries, &orthogonal).expect("drawn from the group");
        let mut images = self.permutations[index].images().to_vec();
        for points in &self.equal {
            // Fisher–Yates on what the points of one site go to.
            for last in (1..points.len()).rev() {
                let other = uniform_below(last as u32 + 1, rng) as usize;
                images.swap(points[last] as usize, points[other] as usize);
            }
        }
        let permutation = Permutation::from_images(images).expect("images of a permutation, exchanged");
        (permutation, orthogonal)
    }

    fn contains(&self, (permutation, orthogonal): &(Permutation, Orthogonal<D>)) -> bool {
        let degree = self.same_as.len() as u32;
        let is_same = |index: usize| {
            let of = |permutation: &Permutation, point| self.same_as[permutation.apply(point) as usize];
            (0..degree).all(|point| of(permutation, point) == of(&self.permutations[index], point))
        };
        permutation.degree() as u32 == degree
            && self.isometries.contains(orthogonal)
            && index(&self.isometries, orthogonal).is_some_and(is_same)
    }

    fn ln_order(&self) -> f64 {
        let factorials = self
            .equal
            .iter()
            .map(|points| Permutation::ln_count(points.len()));
        self.isometries.ln_order() + factorials.sum::<f64>()
    }
}
