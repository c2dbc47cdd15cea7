//! What is best in a cell of rotations, from a few points around it.
//!
//! # Bound
//!
//! `F(M) = max_s ⟨M, C_s⟩` is convex on all matrices `M`, as a maximum of linear functions. So in the convex hull of some matrices it is
//! largest at one of them, and there it is found exactly, by choosing `s` for this `M`.
//!
//! A cell is a simplex of quaternions: rotations of `q = Σ λᵢ·qᵢ` with `λᵢ ≥ 0`, of four corners `qᵢ`. The matrix of a rotation is quadratic in
//! its quaternion, `P(q, q)`, so it is `Σ λᵢλⱼ·P(qᵢ, qⱼ)`, and `F` of it is at most `Σ λᵢλⱼ·F(P(qᵢ, qⱼ))`. As `Σ λᵢλⱼ·qᵢ·qⱼ = 1`, nothing in the cell is
//! above `u` if the matrix `u·qᵢ·qⱼ − F(P(qᵢ, qⱼ))` is copositive, which can be decided for four rows. For given choices that is no bound but
//! the maximum itself; what it is too large by is how the best choices change in the cell.
//!
//! A factor for which one choice is best at all ten matrices is settled: the difference of `F` from it is convex, too. Where all are, what is
//! left is the rotation for given choices, which is known in closed form.

use super::problem::{Choice, EQUAL, Open, Problem};
use super::search::Search;
use crate::CanonError;
use nalgebra::{Matrix2, Matrix3, Matrix4, Vector3, Vector4};
use std::rc::Rc;

/// The pairs of four corners.
const PAIRS: [(usize, usize); 10] = [
    (0, 0),
    (1, 1),
    (2, 2),
    (3, 3),
    (0, 1),
    (0, 2),
    (0, 3),
    (1, 2),
    (1, 3),
    (2, 3),
];

/// For each open factor, `Σ b_{s(i)}·aᵢᵀ` over its points with the best `s` for a matrix.
type Best = Rc<[Matrix3<f64>]>;

/// A simplex of rotations, and choices of which some are open.
#[derive(Clone)]
pub(super) struct Simplex<'a> {
    /// The choices among which there are all of these.
    pub(super) among: Rc<Choice<'a>>,
    /// What is open, or was when the corners were found; the images of all other points.
    choice: Rc<Choice<'a>>,
    /// Those of its open factors that are not settled, by their places.
    open: Vec<usize>,
    /// `Σ b·aᵀ` over the points of all that is settled.
    settled: Matrix3<f64>,
    corners: [Vector4<f64>; 4],
    /// In the order of [`PAIRS`].
    best: [Best; 10],
    /// The products `⟨P(qᵢ, qⱼ), C⟩` with the best choices, in the order of [`PAIRS`].
    products: [f64; 10],
}

/// `P`, the symmetric form of which `P(q, q)` is the matrix of a quaternion, the real part first.
fn form(p: &Vector4<f64>, q: &Vector4<f64>) -> Matrix3<f64> {
    let ([a, b], [v, w]) = ([p[0], q[0]], [p, q].map(|q| Vector3::new(q[1], q[2], q[3])));
    let across = w * a + v * b;
    Matrix3::from_diagonal_element(a * b - v.dot(&w))
        + v * w.transpose()
        + w * v.transpose()
        + across.cross_matrix()
}

impl<'a> Problem<'a> {
    /// The simplices of a list of corners, each the places of four of them.
    pub(super) fn simplices<const N: usize>(
        &mut self,
        choice: &Rc<Choice<'a>>,
        settled: Matrix3<f64>,
        corners: &[Vector4<f64>; N],
        places: &[[usize; 4]],
    ) -> Result<Vec<Simplex<'a>>, CanonError> {
        let all: Vec<usize> = (0..choice.open.len()).collect();
        let mut known: [[Option<Best>; N]; N] = [const { [const { None }; N] }; N];
        let mut simplices = Vec::with_capacity(places.len());
        for places in places {
            let mut best = Vec::with_capacity(PAIRS.len());
            for (i, j) in PAIRS.map(|(i, j)| (places[i].min(places[j]), places[i].max(places[j]))) {
                if known[i][j].is_none() {
                    let form = form(&corners[i], &corners[j]);
                    known[i][j] = Some(self.best_at(choice, &all, &form)?);
                }
                best.push(known[i][j].clone().expect("found above"));
            }
            let simplex = Simplex {
                among: choice.clone(),
                choice: choice.clone(),
                open: all.clone(),
                settled,
                corners: places.map(|place| corners[place]),
                best: best.try_into().expect("ten pairs"),
                products: [0.0; 10],
            };
            simplices.push(self.closed(simplex));
        }
        Ok(simplices)
    }

    /// The best choices for a matrix, of the factors at some places among those that are open.
    fn best_at(
        &mut self,
        choice: &Choice<'_>,
        open: &[usize],
        matrix: &Matrix3<f64>,
    ) -> Result<Best, CanonError> {
        let from = &self.sides[choice.side];
        let mut places = vec![Vector3::zeros(); from.len()];
        for &index in open {
            for &point in choice.open[index].points() {
                places[point as usize] = matrix * from[point as usize];
            }
        }
        let cost = |i: u32, j: u32| -places[i as usize].dot(&self.to[j as usize]);
        let mut search = Search::resumed(choice.images.clone(), self.left, self.group.budget, cost);
        for &index in open {
            let Open { node, done } = choice.open[index];
            search.settle(node, done)?;
        }
        let (images, left) = search.into_images();
        let mut best = vec![Matrix3::zeros(); choice.open.len()];
        for &index in open {
            for &point in choice.open[index].points() {
                let image = self.to[images[point as usize] as usize];
                best[index] += image * from[point as usize].transpose();
            }
        }
        self.left = left;
        Ok(best.into())
    }

    /// Settles the factors for which one choice is best, and finds the products.
    fn closed(&self, mut simplex: Simplex<'a>) -> Simplex<'a> {
        let Simplex {
            open,
            settled,
            corners,
            best,
            products,
            ..
        } = &mut simplex;
        let forms = PAIRS.map(|(i, j)| form(&corners[i], &corners[j]));
        open.retain(|&index| {
            let is_best = |choice: &&Best| {
                let mut all = forms.iter().zip(&*best);
                all.all(|(form, other)| form.dot(&(other[index] - choice[index])) <= EQUAL * self.total)
            };
            let one = best[..4].iter().find(is_best);
            *settled += one.map_or(Matrix3::zeros(), |one| one[index]);
            one.is_none()
        });
        for ((product, form), best) in products.iter_mut().zip(&forms).zip(&*best) {
            let sum = open.iter().fold(*settled, |sum, &index| sum + best[index]);
            *product = form.dot(&sum);
        }
        simplex
    }

    /// The two halves of a simplex, cut where it is longest.
    pub(super) fn halves(&mut self, simplex: &Simplex<'a>) -> Result<[Simplex<'a>; 2], CanonError> {
        let Simplex {
            corners,
            choice,
            open,
            ..
        } = simplex;
        let (i, j) = simplex.longest();
        let middle = (corners[i] + corners[j]).normalize();
        let mut to_corner = Vec::with_capacity(4);
        for corner in corners {
            to_corner.push(self.best_at(choice, open, &form(corner, &middle))?);
        }
        let at_middle = self.best_at(choice, open, &form(&middle, &middle))?;
        Ok([i, j].map(|replaced| {
            let mut half = simplex.clone();
            half.corners[replaced] = middle;
            for (best, (a, b)) in half.best.iter_mut().zip(PAIRS) {
                if a == replaced && b == replaced {
                    *best = at_middle.clone();
                } else if a == replaced || b == replaced {
                    *best = to_corner[if a == replaced { b } else { a }].clone();
                }
            }
            self.closed(half)
        }))
    }

    /// The simplex with one factor less that is open: with what is chosen there, and what is to be chosen inside of it then.
    pub(super) fn chosen_in(&mut self, simplex: &Simplex<'a>) -> Result<Vec<Simplex<'a>>, CanonError> {
        let Simplex {
            among,
            choice,
            open,
            settled,
            corners,
            ..
        } = simplex;
        let mut left = Choice::clone(choice);
        left.open = open.iter().map(|&index| choice.open[index]).collect();
        let before: Vec<u32> = left.points();
        let mut chosen = Vec::new();
        for choice in left.children() {
            let mut is_open = vec![false; self.to.len()];
            choice
                .points()
                .iter()
                .for_each(|&point| is_open[point as usize] = true);
            let mut settled = *settled;
            for &point in before.iter().filter(|&&point| !is_open[point as usize]) {
                let image = self.to[choice.images[point as usize] as usize];
                settled += image * self.sides[choice.side][point as usize].transpose();
            }
            let same = [[0, 1, 2, 3]];
            for simplex in self.simplices(&Rc::new(choice), settled, corners, &same)? {
                let among = among.clone();
                chosen.push(Simplex { among, ..simplex });
            }
        }
        Ok(chosen)
    }
}

impl Simplex<'_> {
    /// Whether nothing in it has a larger product.
    pub(super) fn is_below(&self, product: f64) -> bool {
        let mut excess = Matrix4::zeros();
        for ((i, j), best) in PAIRS.into_iter().zip(self.products) {
            excess[(i, j)] = product * self.corners[i].dot(&self.corners[j]) - best;
            excess[(j, i)] = excess[(i, j)];
        }
        is_copositive(&excess)
    }

    /// The largest product at a corner.
    pub(super) fn largest(&self) -> f64 {
        self.products[..4]
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max)
    }

    /// Whether everything is settled.
    pub(super) fn is_settled(&self) -> bool {
        self.open.is_empty()
    }

    /// `Σ b_{s(i)}·aᵢᵀ` for the choices that are best at a corner.
    pub(super) fn at_corner(&self, corner: usize) -> Matrix3<f64> {
        let best = &self.best[corner];
        self.open
            .iter()
            .fold(self.settled, |sum, &index| sum + best[index])
    }

    /// The corners that are farthest apart.
    fn longest(&self) -> (usize, usize) {
        let cosine = |&(i, j): &(usize, usize)| self.corners[i].dot(&self.corners[j]);
        let edges = PAIRS[4..].iter().copied();
        edges
            .min_by(|a, b| cosine(a).total_cmp(&cosine(b)))
            .expect("six edges")
    }

    /// The angle between the rotations of the corners that are farthest apart.
    pub(super) fn length(&self) -> f64 {
        let (i, j) = self.longest();
        4.0 * ((self.corners[i] - self.corners[j]).norm() / 2.0).min(1.0).asin()
    }
}

/// Whether `λᵀ·M·λ` is negative for no `λ ≥ 0`. A matrix of which this holds without any one row and column fails only if its determinant
/// is negative and its inverse has no positive entry (Hadeler 1983).
fn is_copositive(m: &Matrix4<f64>) -> bool {
    if (0..4).any(|i| m[(i, i)] < 0.0) {
        return false;
    }
    for j in 0..4 {
        for i in 0..j {
            let square = Matrix2::new(m[(i, i)], m[(i, j)], m[(i, j)], m[(j, j)]);
            if m[(i, j)] < 0.0 && square.determinant() < 0.0 {
                return false;
            }
        }
    }
    let fails = |inverse: &[f64]| inverse.iter().all(|&x| x <= 0.0);
    for left_out in 0..4 {
        let cube: Matrix3<f64> = m.remove_row(left_out).remove_column(left_out).fixed_resize(0.0);
        if cube.determinant() < 0.0
            && cube
                .try_inverse()
                .is_some_and(|inverse| fails(inverse.as_slice()))
        {
            return false;
        }
    }
    !(m.determinant() < 0.0 && m.try_inverse().is_some_and(|inverse| fails(inverse.as_slice())))
}

#[cfg(test)]
mod tests {
    use super::super::GroupAssignment;
    use super::*;
    use proptest::prelude::*;
    use sympe_groups::PermGroup;

    fn vector(entries: &[f64]) -> Vector4<f64> {
        Vector4::from_column_slice(entries)
    }

    #[test]
    fn known_matrices_are_copositive_or_not() {
        let of = |upper: [f64; 10]| {
            let mut m = Matrix4::zeros();
            for ((i, j), x) in PAIRS.into_iter().zip(upper) {
                (m[(i, j)], m[(j, i)]) = (x, x);
            }
            m
        };
        assert!(is_copositive(&Matrix4::zeros()) && is_copositive(&Matrix4::identity()));
        assert!(!is_copositive(&of([
            1.0, 1.0, 1.0, -1e-9, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        ])));
        // (1, 1, 0, 0) and (1, 1, 1, 0) and (1, 1, 1, 1) make 2 − 2x, 3 − 6x and 4 − 12x.
        let pair = |x: f64| of([1.0, 1.0, 1.0, 1.0, -x, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let three = |x: f64| of([1.0, 1.0, 1.0, 1.0, -x, -x, 0.0, -x, 0.0, 0.0]);
        let four = |x: f64| of([1.0, 1.0, 1.0, 1.0, -x, -x, -x, -x, -x, -x]);
        for shift in [1e-9, 1e-3, 0.1] {
            assert!(is_copositive(&pair(1.0 - shift)) && !is_copositive(&pair(1.0 + shift)));
            assert!(is_copositive(&three(0.5 - shift)) && !is_copositive(&three(0.5 + shift)));
            assert!(is_copositive(&four(1.0 / 3.0 - shift)) && !is_copositive(&four(1.0 / 3.0 + shift)));
        }
        // Not definite, and not negative where all λ are positive.
        assert!(is_copositive(&of([
            0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0
        ])));
    }

    proptest! {
        /// Where it says no, there is such a λ on a fine grid or next to the smallest eigenvector; where it says yes, there is none.
        #[test]
        fn copositive_is_what_is_never_negative(entries in proptest::collection::vec(-1.0f64..1.0, 10), shift in 0.0f64..2.0) {
            let mut m = Matrix4::zeros();
            for ((i, j), x) in PAIRS.into_iter().zip(entries) {
                (m[(i, j)], m[(j, i)]) = (x, x);
            }
            m += Matrix4::from_diagonal_element(shift);
            const STEPS: usize = 24;
            let mut least = f64::INFINITY;
            for a in 0..=STEPS {
                for b in 0..=STEPS - a {
                    for c in 0..=STEPS - a - b {
                        let lambda = Vector4::from([a, b, c, STEPS - a - b - c].map(|k| k as f64 / STEPS as f64));
                        least = least.min(lambda.dot(&(m * lambda)));
                    }
                }
            }
            // A grid point is nearer to each λ than 2 / STEPS, and a value changes by at most 2·|M|·|step|.
            let slack = 2.0 * m.norm() * 2.0 / STEPS as f64;
            prop_assert!(is_copositive(&m) || least <= slack);
            prop_assert!(!is_copositive(&m) || least >= -1e-12);
        }

        /// No rotation of a cell has a larger product than the bound allows; and after a few cuts, none is much too large.
        #[test]
        fn no_rotation_is_better_than_the_bound(places in proptest::collection::vec(-1.0f64..1.0, 36), corners in proptest::collection::vec(-0.5f64..0.5, 16), weights in proptest::collection::vec(0.0f64..1.0, 40)) {
            let group = GroupAssignment::new(&PermGroup::new(6, ["(0 1 2)", "(0 1)", "(3 4 5)"].map(|text| sympe_groups::Permutation::parse(text, 6).unwrap()).to_vec()).unwrap());
            let lists = [&places[..18], &places[18..]].map(|list| list.chunks(3).map(Vector3::from_column_slice).collect::<Vec<_>>());
            let [from, to] = lists;
            let mut problem = Problem::new(&group, vec![from], to);
            let open = group.factors.iter().map(|node| Open { node, done: 0 }).collect();
            let choice = Rc::new(Choice { side: 0, images: (0..6).collect(), open });
            let corners: [Vector4<f64>; 4] = std::array::from_fn(|i| (Vector4::x() + vector(&corners[4 * i..4 * i + 4])).normalize());
            let simplex = problem.simplices(&choice, Matrix3::zeros(), &corners, &[[0, 1, 2, 3]]).unwrap().remove(0);
            let mut cells = vec![simplex];
            for _ in 0..3 {
                let halves: Vec<_> = cells.iter().map(|cell| problem.halves(cell).unwrap()).collect();
                cells = halves.into_iter().flatten().collect();
            }
            let all: Vec<usize> = (0..choice.open.len()).collect();
            for cell in &cells {
                let mut most = cell.largest();
                for weights in weights.chunks(4) {
                    let q = (0..4).map(|i| cell.corners[i] * weights[i]).sum::<Vector4<f64>>().normalize();
                    let rotation = form(&q, &q);
                    let best = problem.best_at(&choice, &all, &rotation).unwrap();
                    most = most.max(best.iter().map(|best| rotation.dot(best)).sum());
                }
                prop_assert!(!cell.is_below(most - 1e-9));
                prop_assert!(cell.is_below(problem.total));
            }
        }
    }
}
