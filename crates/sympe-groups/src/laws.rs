//! Law checkers and proptest strategies (feature `laws`): run them on your own groups, actions and subgroups.
//!
//! A checker returns the first [`LawViolation`] it meets, with the equation and the elements that break it;
//! `?` and `unwrap` both print it. Feed checkers from the strategies below, from your own, or from a seeded
//! generator.
//!
//! ```
//! use proptest::prelude::*;
//! use sympe_groups::laws::{check_action, check_group, permutation};
//!
//! proptest!(|(a in permutation(6), b in permutation(6), c in permutation(6))| {
//!     check_group(&a, &b, &c)?;
//!     check_action(&a, &b, &[10, 20, 30, 40, 50, 60][..])?;
//! });
//! ```

use crate::{
    Action, ChiSquare, FiniteSubgroup, Group, MatrixRep, PermGroup, Permutation, PermutationRep, Subgroup,
};
use proptest::{collection, prelude::*};
use std::{borrow::Borrow, fmt, fmt::Debug, ops::RangeInclusive};

/// A law that does not hold, and for which elements.
///
/// ```
/// use sympe_groups::laws::LawViolation;
///
/// let violation = LawViolation::new("a·a⁻¹ = e", &[("a", &7)]);
/// assert_eq!(violation.to_string(), "law a·a⁻¹ = e fails for a = 7");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LawViolation {
    /// The law, as an equation or sentence.
    pub law: String,
    /// Names and `Debug` forms of the elements that break it.
    pub witnesses: Vec<(String, String)>,
}

impl LawViolation {
    /// A violation of `law` by the named witnesses.
    #[must_use]
    pub fn new(law: &str, witnesses: &[(&str, &dyn Debug)]) -> Self {
        let witnesses = witnesses
            .iter()
            .map(|(name, value)| ((*name).to_owned(), format!("{value:?}")));
        Self {
            law: law.to_owned(),
            witnesses: witnesses.collect(),
        }
    }
}

impl fmt::Display for LawViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "law {} fails", self.law)?;
        for (i, (name, value)) in self.witnesses.iter().enumerate() {
            write!(f, "{}{name} = {value}", if i == 0 { " for " } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for LawViolation {}

/// What a checker found.
pub type LawResult = Result<(), LawViolation>;

fn hold(condition: bool, law: &str, witnesses: &[(&str, &dyn Debug)]) -> LawResult {
    if condition {
        Ok(())
    } else {
        Err(LawViolation::new(law, witnesses))
    }
}

/// The laws of [`Group`]: associativity, neutral element, inverses.
///
/// # Errors
///
/// The first law that fails for these elements.
pub fn check_group<G: Group>(a: &G, b: &G, c: &G) -> LawResult {
    let e = a.identity();
    hold(e == b.identity(), "one identity", &[("a", a), ("b", b)])?;
    hold(
        e.compose(a) == *a && a.compose(&e) == *a,
        "e·a = a = a·e",
        &[("a", a), ("e", &e)],
    )?;
    let inverse = a.inverse();
    let cancels = a.compose(&inverse) == e && inverse.compose(a) == e;
    hold(cancels, "a·a⁻¹ = e = a⁻¹·a", &[("a", a), ("a⁻¹", &inverse)])?;
    let associates = a.compose(&b.compose(c)) == a.compose(b).compose(c);
    hold(associates, "a·(b·c) = (a·b)·c", &[("a", a), ("b", b), ("c", c)])
}

/// The laws of a left [`Action`]: `e·x = x` and `(a·b)·x = a·(b·x)`.
///
/// # Errors
///
/// The first law that fails for these elements.
pub fn check_action<G, X>(a: &G, b: &G, x: &X) -> LawResult
where
    G: Action<X>,
    X: ToOwned + Debug + PartialEq + ?Sized,
{
    hold(a.identity().act(x).borrow() == x, "e·x = x", &[("x", &x)])?;
    let (at_once, in_turn) = (a.compose(b).act(x), a.act(b.act(x).borrow()));
    hold(
        at_once.borrow() == in_turn.borrow(),
        "(a·b)·x = a·(b·x)",
        &[("a", a), ("b", b), ("x", &x)],
    )
}

/// The laws of a [`Subgroup`], on `draws` drawn pairs: draws are members, members are closed under product
/// and inverse, the identity is one, and the order is at least 1.
///
/// # Errors
///
/// The first law that fails.
pub fn check_subgroup<S: Subgroup>(subgroup: &S, draws: usize, rng: &mut dyn rand::Rng) -> LawResult {
    let ln_order = subgroup.ln_order();
    hold(ln_order >= 0.0, "ln_order ≥ 0", &[("ln_order", &ln_order)])?;
    for _ in 0..draws {
        let (a, b) = (subgroup.sample(rng), subgroup.sample(rng));
        hold(subgroup.contains(&a.identity()), "e ∈ S", &[])?;
        for draw in [&a, &b] {
            hold(subgroup.contains(draw), "sample ∈ S", &[("sample", draw)])?;
        }
        hold(subgroup.contains(&a.inverse()), "a⁻¹ ∈ S", &[("a", &a)])?;
        let drawn = subgroup.sample_coset(&a, rng);
        hold(
            subgroup.contains(&drawn.compose(&a.inverse())),
            "sample_coset(a)·a⁻¹ ∈ S",
            &[("a", &a), ("sample_coset(a)", &drawn)],
        )?;
        hold(
            subgroup.contains(&a.compose(&b)),
            "a·b ∈ S",
            &[("a", &a), ("b", &b)],
        )?;
    }
    Ok(())
}

/// The laws of a [`FiniteSubgroup`]: `elements` lists each member once, the identity first; their number is
/// the order; the generators generate exactly them. Time `O(order² · generators)`.
///
/// # Errors
///
/// The first law that fails.
pub fn check_finite_subgroup<S: FiniteSubgroup>(subgroup: &S) -> LawResult {
    let elements: Vec<S::Element> = subgroup.elements().collect();
    let Some(first) = elements.first() else {
        return Err(LawViolation::new("elements are not empty", &[]));
    };
    hold(
        *first == first.identity(),
        "the identity comes first",
        &[("first", first)],
    )?;
    for (i, element) in elements.iter().enumerate() {
        hold(
            subgroup.contains(element),
            "elements are members",
            &[("element", element)],
        )?;
        hold(
            !elements[..i].contains(element),
            "each element once",
            &[("element", element)],
        )?;
    }
    let (count, ln_order) = (elements.len(), subgroup.ln_order());
    let counted = (ln_order - (count as f64).ln()).abs() < 1e-9 * (1.0 + ln_order);
    hold(
        counted,
        "ln_order = ln |elements|",
        &[("ln_order", &ln_order), ("|elements|", &count)],
    )?;
    // In a finite group products of generators reach every element they generate.
    let mut generated = vec![first.identity()];
    let mut next = 0;
    while next < generated.len() {
        for generator in subgroup.generators() {
            let product = generator.compose(&generated[next]);
            hold(
                elements.contains(&product),
                "generators stay within elements",
                &[("product", &product)],
            )?;
            if !generated.contains(&product) {
                generated.push(product);
            }
        }
        next += 1;
    }
    let reached = generated.len();
    hold(
        reached == count,
        "generators reach all",
        &[("reached", &reached), ("|elements|", &count)],
    )
}

/// Whether [`Subgroup::sample`] is uniform: a [`ChiSquare`] test of `draws` draws over all elements, failed when its
/// p-value is below 3·10⁻⁷, as for a fair sampler once in three million seeds. Wants at least 10 draws per element; time
/// `O(draws · order)`.
///
/// # Errors
///
/// A draw that is not among the elements, or the test.
pub fn check_uniform<S: FiniteSubgroup>(subgroup: &S, draws: usize, rng: &mut dyn rand::Rng) -> LawResult {
    let elements: Vec<S::Element> = subgroup.elements().collect();
    let mut counts = vec![0; elements.len()];
    for _ in 0..draws {
        let draw = subgroup.sample(rng);
        match elements.iter().position(|element| *element == draw) {
            Some(index) => counts[index] += 1,
            None => {
                return Err(LawViolation::new(
                    "sample is among the elements",
                    &[("sample", &draw)],
                ));
            }
        }
    }
    let test = ChiSquare::uniform(&counts);
    hold(test.p_value() > 3e-7, "draws are uniform", &[("the test", &test)])
}

/// The laws of a [`PermutationRep`]: indices are permutations, `e` has the identity index, and index and sign
/// of `a·b` follow from those of `a` and `b`: `(a·b)⁻¹(i) = b⁻¹(a⁻¹(i))`.
///
/// # Errors
///
/// The first law that fails for these elements.
pub fn check_permutation_rep<G: PermutationRep>(a: &G, b: &G) -> LawResult {
    let index = |g: &G| {
        let mut out = vec![u32::MAX; g.degree()];
        g.write_index(&mut out);
        out
    };
    let (e, product) = (a.identity(), a.compose(b));
    let degrees = [e.degree(), a.degree(), b.degree(), product.degree()];
    hold(
        degrees.iter().all(|&degree| degree == degrees[0]),
        "one degree",
        &[("degrees", &degrees)],
    )?;
    hold(
        index(&e).into_iter().eq(0..e.degree() as u32),
        "e⁻¹(i) = i",
        &[("index of e", &index(&e))],
    )?;
    for g in [a, b, &product] {
        let image = index(g);
        hold(
            Permutation::from_images(image.clone()).is_ok(),
            "the index is a permutation",
            &[("index", &image)],
        )?;
    }
    let (of_a, of_b) = (index(a), index(b));
    let composed: Vec<u32> = of_a.iter().map(|&i| of_b[i as usize]).collect();
    hold(
        index(&product) == composed,
        "(a·b)⁻¹(i) = b⁻¹(a⁻¹(i))",
        &[("a", a), ("b", b)],
    )?;
    hold(
        product.sign() == a.sign() * b.sign(),
        "sign(a·b) = sign(a)·sign(b)",
        &[("a", a), ("b", b)],
    )
}

/// The laws of a [`MatrixRep`]: `M(e) = 1` and `M(a·b) = M(a)·M(b)`, each entry to within `tolerance`.
///
/// # Errors
///
/// The first law that fails for these elements.
pub fn check_matrix_rep<G: MatrixRep>(a: &G, b: &G, tolerance: f32) -> LawResult {
    let d = a.dim();
    let matrix = |g: &G| {
        let mut out = vec![f32::NAN; d * d];
        g.write_matrix(&mut out);
        nalgebra::DMatrix::from_row_slice(d, d, &out)
    };
    // Written so that NaN, the mark of an entry not written, fails.
    let close = |x: &nalgebra::DMatrix<f32>, y: &nalgebra::DMatrix<f32>| {
        (x - y).iter().all(|difference| difference.abs() <= tolerance)
    };
    hold(
        close(&matrix(&a.identity()), &nalgebra::DMatrix::identity(d, d)),
        "M(e) = 1",
        &[("a", a)],
    )?;
    let product = matrix(a) * matrix(b);
    hold(
        close(&matrix(&a.compose(b)), &product),
        "M(a·b) = M(a)·M(b)",
        &[("a", a), ("b", b)],
    )
}

/// Any permutation of `0..degree`; shrinks towards the identity.
pub fn permutation(degree: usize) -> impl Strategy<Value = Permutation> {
    Just((0..degree as u32).collect::<Vec<_>>())
        .prop_shuffle()
        .prop_map(Permutation::from_images_unchecked)
}

/// A permutation that keeps each cycle of a random one with probability one half: sparse ones are common, so
/// that groups generated by a few are not nearly always symmetric or alternating.
pub fn sparse_permutation(degree: usize) -> impl Strategy<Value = Permutation> {
    (permutation(degree), any::<u64>()).prop_map(|(full, keep)| {
        let mut images: Vec<u32> = (0..full.degree() as u32).collect();
        for (i, cycle) in full.cycles().iter().enumerate() {
            if keep >> (i % 64) & 1 == 1 {
                cycle
                    .iter()
                    .for_each(|&point| images[point as usize] = full.apply(point));
            }
        }
        Permutation::from_images_unchecked(images)
    })
}

/// A group on `0..degree` with the given number of generators, sparse ones among them.
pub fn perm_group(degree: usize, generators: RangeInclusive<usize>) -> impl Strategy<Value = PermGroup> {
    collection::vec(sparse_permutation(degree), generators)
        .prop_map(move |generators| PermGroup::new(degree, generators).expect("the degrees agree"))
}
