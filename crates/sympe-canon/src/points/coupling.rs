//! Of the symmetric copies of a vector field on the points of a cloud, the one nearest to a guess.

use super::cloud::{check_finite, unit};
use super::relabelled::RelabelledStabilizer;
use super::symmetry::{PointSymmetry, orthogonal};
use crate::CanonError;
use crate::align::{Aligned, least_assignment};
use crate::procrustes::procrustes;
use nalgebra::{Matrix3, SVector, Vector3};
use sympe_groups::{AxialGroup, ClosedSubgroup, Orthogonal, OrthogonalGroup, Permutation, Subgroup};

/// The most orders of points that coincide, where there are infinitely many isometries.
const ORDERS: usize = 5040;

/// The stabilizer of a cloud, made ready to be minimized over: `argmin |ŷ − s·y|²` for a guess `ŷ` of an answer `y` that is as right
/// as any `s·y`, both of them vectors at the points: displacements, forces, velocities.
///
/// `s = (π, R)` puts the vector of point `i`, turned by `R`, at point `π(i)`, which is where `R` takes the point. Points of one
/// place and type may be exchanged, too.
///
/// # Exactness
///
/// No element of the stabilizer leaves less. Of a finite group each element is looked at; of one about an axis, the best angle of
/// each coset of its rotations has a closed form; of O(3), which a cloud of one place has, so does the best element (Procrustes).
/// Where several are as good, the first of a fixed order is taken.
///
/// # Complexity
///
/// Made once for a cloud. Then O(|G|·N) for N points and a finite group of |G| elements, O(N) for an infinite one; k points of one
/// place and type cost O(k³), or k! if the group is infinite.
///
/// ```
/// use sympe_canon::points::{Coupling, PointCloud, PointSearch};
/// use sympe_groups::OrthogonalGroup;
/// // A square that becomes a rectangle, along x or along y.
/// let square = PointCloud::of_one_type(vec![[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])?;
/// let coupling = Coupling::new(&PointSearch::default().run(&square)?, OrthogonalGroup::full())?;
/// let along_x = [[0.1, 0.0], [-0.1, 0.0], [-0.1, 0.0], [0.1, 0.0]];
/// let along_y = [[0.0, 0.1], [0.0, 0.1], [0.0, -0.1], [0.0, -0.1]];
/// let aligned = coupling.align(&along_x, &along_y)?;
/// assert!(aligned.loss < 1e-24);
/// assert!(Coupling::moved(&aligned.element, &along_x)[0][1] > 0.099);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Coupling<const D: usize> {
    stabilizer: RelabelledStabilizer<D>,
    /// The cosets of the rotations of an axial group: the product of an element and any rotation, and which permutation goes with it.
    cosets: Vec<(Matrix3<f64>, usize)>,
    /// Of an axial group, an orthonormal basis that begins with the axis.
    basis: Matrix3<f64>,
    /// All orders of points that coincide, if the group is infinite.
    orders: Vec<Vec<u32>>,
}

/// The best so far.
struct Best<const D: usize> {
    score: f64,
    images: Vec<u32>,
    orthogonal: Orthogonal<D>,
}

impl<const D: usize> Coupling<D> {
    /// The coupling over the isometries of a cloud that are in `group`: O(d), or SO(d) for rotations only.
    ///
    /// # Errors
    ///
    /// When there are infinitely many isometries and more than 5040 orders of points that coincide.
    pub fn new(symmetry: &PointSymmetry<D>, group: OrthogonalGroup<D>) -> Result<Self, CanonError> {
        let stabilizer = symmetry.relabelled_stabilizer(group);
        let (mut cosets, mut basis) = (Vec::new(), Matrix3::identity());
        if let ClosedSubgroup::Axial(axial) = &stabilizer.isometries {
            (cosets, basis) = cosets_about(axial);
        }
        let orders = match stabilizer.isometries {
            ClosedSubgroup::Finite(_) => Vec::new(),
            _ => orders(stabilizer.permutations[0].degree(), &stabilizer.equal)?,
        };
        Ok(Self {
            stabilizer,
            cosets,
            basis,
            orders,
        })
    }

    /// What is minimized over.
    #[must_use]
    pub fn stabilizer(&self) -> &RelabelledStabilizer<D> {
        &self.stabilizer
    }

    /// The vectors `s·y`.
    ///
    /// ```
    /// use sympe_canon::points::Coupling;
    /// use sympe_groups::{Orthogonal, Permutation};
    /// let s = (Permutation::parse("(0 1)", 2).unwrap(), Orthogonal::inversion());
    /// assert_eq!(Coupling::moved(&s, &[[1.0, 0.0], [0.0, 2.0]]), [[0.0, -2.0], [-1.0, 0.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When there are not as many vectors as points.
    #[must_use]
    pub fn moved(
        (permutation, orthogonal): &(Permutation, Orthogonal<D>),
        vectors: &[[f64; D]],
    ) -> Vec<[f64; D]> {
        assert_eq!(
            vectors.len(),
            permutation.degree(),
            "vectors, and points of the cloud"
        );
        let mut moved = vec![[0.0; D]; vectors.len()];
        for (vector, &image) in vectors.iter().zip(permutation.images()) {
            moved[image as usize] = (orthogonal.matrix() * SVector::from(*vector)).into();
        }
        moved
    }

    /// The element `s` of the stabilizer with the least loss `|ŷ − s·y|²`, the sum of squares over all points: `answer` is `y`, `[N, D]`,
    /// and `guess` is `ŷ`.
    ///
    /// # Errors
    ///
    /// When there is not one vector for each point, or one is not finite.
    pub fn align(
        &self,
        answer: &[[f64; D]],
        guess: &[[f64; D]],
    ) -> Result<Aligned<(Permutation, Orthogonal<D>)>, CanonError> {
        let want = self.stabilizer.permutations[0].degree();
        for (what, vectors) in [("the answer at points", answer), ("the guess at points", guess)] {
            let got = vectors.len();
            if got != want {
                return Err(CanonError::WrongLength { what, got, want });
            }
            check_finite(vectors)?;
        }
        // In this unit, products neither overflow nor vanish.
        let unit = unit(answer.iter().chain(guess).flatten());
        let scaled = |vectors: &[[f64; D]]| -> Vec<SVector<f64, D>> {
            vectors
                .iter()
                .map(|&vector| SVector::from(vector) / unit)
                .collect()
        };
        let (from, to) = (scaled(answer), scaled(guess));
        let Best {
            images, orthogonal, ..
        } = match &self.stabilizer.isometries {
            ClosedSubgroup::Finite(group) => self.of_finite(group.as_slice(), &from, &to),
            ClosedSubgroup::Axial(_) => self.about_axis(&from, &to),
            ClosedSubgroup::Full(group) => self.of_all(*group, &from, &to),
        };
        let squares = from.iter().zip(&images).map(|(vector, &image)| {
            let left = to[image as usize] - orthogonal.matrix() * vector;
            left.norm_squared()
        });
        let loss = squares.sum::<f64>() * unit * unit;
        let permutation = Permutation::from_images(images).expect("images under a symmetry");
        Ok(Aligned {
            element: (permutation, orthogonal),
            loss,
        })
    }

    /// The best of a list.
    fn of_finite(
        &self,
        elements: &[Orthogonal<D>],
        from: &[SVector<f64, D>],
        to: &[SVector<f64, D>],
    ) -> Best<D> {
        let is_exchanged = |point: usize| {
            self.stabilizer
                .equal
                .iter()
                .any(|points| points.contains(&(point as u32)))
        };
        let alone: Vec<usize> = match self.stabilizer.equal.is_empty() {
            true => (0..from.len()).collect(),
            false => (0..from.len()).filter(|&point| !is_exchanged(point)).collect(),
        };
        let mut best: Option<(f64, usize)> = None;
        for (index, (element, permutation)) in elements.iter().zip(&self.stabilizer.permutations).enumerate()
        {
            let (matrix, images) = (element.matrix(), permutation.images());
            let product = |&point: &usize| to[images[point] as usize].dot(&(matrix * from[point]));
            let mut score: f64 = alone.iter().map(product).sum();
            for points in &self.stabilizer.equal {
                score += exchanged(points, images, element, from, to).0;
            }
            if best.is_none_or(|(most, _)| score > most) {
                best = Some((score, index));
            }
        }
        let (score, index) = best.expect("a group has an element");
        let mut images = self.stabilizer.permutations[index].images().to_vec();
        for points in &self.stabilizer.equal {
            let (_, chosen) = exchanged(points, &images, &elements[index], from, to);
            for (&point, image) in points.iter().zip(chosen) {
                images[point as usize] = image;
            }
        }
        Best {
            score,
            images,
            orthogonal: elements[index],
        }
    }

    /// The best of each coset of the rotations about an axis.
    fn about_axis(&self, from: &[SVector<f64, D>], to: &[SVector<f64, D>]) -> Best<D> {
        let candidates = self.cosets.iter().flat_map(|&(representative, which)| {
            self.orders.iter().map(move |order| {
                let images = composed(&self.stabilizer.permutations[which], order);
                let correlation = correlation(from, to, &images);
                let seen = self.basis.tr_mul(&(representative.tr_mul(&correlation))) * self.basis;
                let (cosine, sine) = (seen[(1, 1)] + seen[(2, 2)], seen[(2, 1)] - seen[(1, 2)]);
                let score = seen[(0, 0)] + cosine.hypot(sine);
                let (sin, cos) = sine.atan2(cosine).sin_cos();
                let turn = Matrix3::new(1.0, 0.0, 0.0, 0.0, cos, -sin, 0.0, sin, cos);
                let matrix = representative * self.basis * turn * self.basis.transpose();
                (score, images, matrix)
            })
        });
        best(candidates)
    }

    /// The best of O(d) or SO(d).
    fn of_all(&self, group: OrthogonalGroup<D>, from: &[SVector<f64, D>], to: &[SVector<f64, D>]) -> Best<D> {
        let kinds = if group.is_special() {
            &[false][..]
        } else {
            &[false, true]
        };
        let candidates = kinds.iter().flat_map(|&mirror| {
            self.orders.iter().map(move |order| {
                let images = composed(&self.stabilizer.permutations[0], order);
                let mut correlation = correlation(from, to, &images);
                // Beyond the plane nothing moves: no other axis is as dear.
                let dear = 1.0 + 2.0 * correlation.norm();
                (D..3).for_each(|axis| correlation[(axis, axis)] = dear);
                let matrix = procrustes(&correlation, mirror).expect("sums of finite products");
                (matrix.dot(&correlation), images, matrix)
            })
        });
        best(candidates)
    }
}

/// The first of those with the highest score.
fn best<const D: usize>(candidates: impl Iterator<Item = (f64, Vec<u32>, Matrix3<f64>)>) -> Best<D> {
    let mut best: Option<Best<D>> = None;
    for (score, images, matrix) in candidates {
        if best.as_ref().is_none_or(|best| score > best.score) {
            let orthogonal = orthogonal(&matrix);
            best = Some(Best {
                score,
                images,
                orthogonal,
            });
        }
    }
    best.expect("a group has an element")
}

/// How points that coincide go best to those that their site goes to: the score, and an image for each.
fn exchanged<const D: usize>(
    points: &[u32],
    images: &[u32],
    element: &Orthogonal<D>,
    from: &[SVector<f64, D>],
    to: &[SVector<f64, D>],
) -> (f64, Vec<u32>) {
    let n = points.len();
    let mut cost = Vec::with_capacity(n * n);
    for &point in points {
        let turned = element.matrix() * from[point as usize];
        let at = points.iter().map(|&other| images[other as usize] as usize);
        cost.extend(at.map(|image| -to[image].dot(&turned)));
    }
    let chosen = least_assignment(n, &cost);
    let score = chosen
        .iter()
        .enumerate()
        .map(|(row, column)| -cost[row * n + column])
        .sum();
    (
        score,
        chosen
            .into_iter()
            .map(|column| images[points[column] as usize])
            .collect(),
    )
}

/// `Σ b·aᵀ` over vectors `a` and those at their images, padded to space.
fn correlation<const D: usize>(
    from: &[SVector<f64, D>],
    to: &[SVector<f64, D>],
    images: &[u32],
) -> Matrix3<f64> {
    let padded =
        |vector: &SVector<f64, D>| Vector3::from_fn(|axis, _| vector.get(axis).copied().unwrap_or(0.0));
    let pairs = from.iter().zip(images);
    pairs
        .map(|(vector, &image)| padded(&to[image as usize]) * padded(vector).transpose())
        .sum()
}

/// First an order of points that coincide, then a permutation.
fn composed(permutation: &Permutation, order: &[u32]) -> Vec<u32> {
    order.iter().map(|&point| permutation.apply(point)).collect()
}

/// Representatives of the cosets of the rotations in a group about an axis, with what they make of the points, and a basis that
/// begins with the axis.
fn cosets_about<const D: usize>(axial: &AxialGroup<D>) -> (Vec<(Matrix3<f64>, usize)>, Matrix3<f64>) {
    let axis = Vector3::from_fn(|i, _| axial.axis()[i]);
    let beside = Vector3::ith(axis.iamin(), 1.0).cross(&axis).normalize();
    let basis = Matrix3::from_columns(&[axis, beside, axis.cross(&beside)]);
    let mut cosets = Vec::new();
    for (along, across) in [(1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0)] {
        let matrix = basis * Matrix3::from_diagonal(&Vector3::new(along, 1.0, across)) * basis.transpose();
        if axial.contains(&orthogonal(&matrix)) {
            cosets.push((matrix, usize::from(along < 0.0)));
        }
    }
    (cosets, basis)
}

/// All permutations that exchange points within the lists, the identity first.
fn orders(degree: usize, equal: &[Vec<u32>]) -> Result<Vec<Vec<u32>>, CanonError> {
    let ln_order: f64 = equal
        .iter()
        .map(|points| Permutation::ln_count(points.len()))
        .sum();
    if ln_order > (ORDERS as f64 + 0.5).ln() {
        return Err(CanonError::GroupTooLarge {
            ln_order,
            budget: ORDERS as u64,
        });
    }
    let mut orders = vec![(0..degree as u32).collect::<Vec<u32>>()];
    for points in equal {
        // Each point but the first changes places with one up to itself.
        for (last, &point) in points.iter().enumerate().skip(1) {
            let swapped = |order: &Vec<u32>, other: u32| {
                let mut order = order.clone();
                order.swap(point as usize, other as usize);
                order
            };
            let with_more = orders.iter().flat_map(|order| {
                points[..=last]
                    .iter()
                    .rev()
                    .map(move |&other| swapped(order, other))
            });
            orders = with_more.collect();
        }
    }
    Ok(orders)
}
