//! Permutations of `0..degree`, with cycle notation both ways.

use crate::{Action, Group, GroupError, PermutationRep};
use num_bigint::BigUint;
use rand::Rng;
use std::{fmt, str::FromStr};

/// The largest degree: points are labels of 31 bits, because the codec of permutation groups marks the ends of cycles
/// with the top bit of a word.
pub(crate) const MAX_DEGREE: usize = 1 << 31;

/// A permutation of the points `0..degree`: an element of the symmetric group `S_n`.
///
/// # Conventions
///
/// * `images()[i] = g(i)`;
/// * left action: [`compose`](Group::compose) applies the right operand first, `(a·b)(i) = a(b(i))`;
/// * [`act`](Action::act) moves contents: `(g·x)[g(i)] = x[i]`;
/// * cycle notation `(0 2 1)` means `0 → 2 → 1 → 0`; each cycle starts at its least point, cycles are sorted,
///   fixed points are left out, and `()` is the identity.
///
/// ```
/// use sympe_groups::{Action, Group, Permutation};
///
/// let g = Permutation::parse("(0 2 1)(3 4)", 5)?;
/// assert_eq!(g.images(), [2, 0, 1, 4, 3]);
/// assert_eq!(g.act(&['a', 'b', 'c', 'd', 'e'][..]), ['b', 'c', 'a', 'e', 'd']);
/// assert_eq!(g.to_string(), "(0 2 1)(3 4)");
/// assert_eq!(g.order(), 6u32.into());
/// assert!(g.compose(&g.inverse()).is_identity());
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permutation {
    images: Vec<u32>,
}

impl Permutation {
    /// `ln n!`: how many permutations of degree `n` there are, as a natural logarithm. O(n).
    ///
    /// ```
    /// use sympe_groups::Permutation;
    /// assert!((Permutation::ln_count(4) - 24f64.ln()).abs() < 1e-12);
    /// assert_eq!(Permutation::ln_count(0), 0.0);
    /// ```
    #[must_use]
    pub fn ln_count(n: usize) -> f64 {
        (2..=n).map(|k| (k as f64).ln()).sum()
    }

    /// The identity on `0..degree`.
    ///
    /// # Panics
    ///
    /// When `degree > 2³¹`.
    #[must_use]
    pub fn identity(degree: usize) -> Self {
        Self {
            images: identity_images(degree),
        }
    }

    /// The permutation with `g(i) = images[i]`.
    ///
    /// # Errors
    ///
    /// [`GroupError::ImageOutOfRange`], [`GroupError::RepeatedImage`] or [`GroupError::DegreeTooLarge`] when
    /// `images` is not a permutation of `0..images.len()`.
    pub fn from_images(images: Vec<u32>) -> Result<Self, GroupError> {
        let degree = images.len();
        if degree > MAX_DEGREE {
            return Err(GroupError::DegreeTooLarge {
                got: degree,
                max: MAX_DEGREE,
            });
        }
        // A bit per point, on the stack where they are few.
        let (mut few, mut many) = ([0u64; 2], Vec::new());
        let seen = if degree <= 128 {
            &mut few[..]
        } else {
            many.resize(degree.div_ceil(64), 0);
            &mut many
        };
        for (index, &image) in images.iter().enumerate() {
            if image as usize >= degree {
                return Err(GroupError::ImageOutOfRange { index, image, degree });
            }
            let (word, bit) = (&mut seen[image as usize / 64], 1 << (image % 64));
            if *word & bit != 0 {
                return Err(GroupError::RepeatedImage { index, image });
            }
            *word |= bit;
        }
        Ok(Self { images })
    }

    /// As [`from_images`](Self::from_images) for images known to be a permutation: trusted, not verified. What is done with
    /// other images is meaningless, and may panic.
    #[must_use]
    pub fn from_images_unchecked(images: Vec<u32>) -> Self {
        debug_assert!(Self::from_images(images.clone()).is_ok());
        Self { images }
    }

    /// The product of the given cycles, which need not be disjoint; the last one is applied first.
    ///
    /// ```
    /// # use sympe_groups::Permutation;
    /// let g = Permutation::from_cycles(4, &[&[0, 1], &[1, 2, 3]])?;
    /// assert_eq!(g.to_string(), "(0 1 2 3)");
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`GroupError::PointOutOfRange`] for a point `≥ degree`, [`GroupError::RepeatedImage`] for a point that
    /// occurs twice in one cycle (`index` counts within the cycle).
    pub fn from_cycles(degree: usize, cycles: &[&[u32]]) -> Result<Self, GroupError> {
        if degree > MAX_DEGREE {
            return Err(GroupError::DegreeTooLarge {
                got: degree,
                max: MAX_DEGREE,
            });
        }
        let mut images = identity_images(degree);
        for cycle in cycles {
            for (index, &point) in cycle.iter().enumerate() {
                if point as usize >= degree {
                    return Err(GroupError::PointOutOfRange { point, degree });
                }
                if cycle[..index].contains(&point) {
                    return Err(GroupError::RepeatedImage { index, image: point });
                }
            }
            // Right multiplication by (p0 p1 … pm) moves the entry at p1 to p0, and so on round the cycle.
            for pair in cycle.windows(2) {
                images.swap(pair[0] as usize, pair[1] as usize);
            }
        }
        Ok(Self { images })
    }

    /// A uniformly distributed permutation (Fisher–Yates with unbiased integers).
    #[must_use]
    pub fn random(degree: usize, rng: &mut dyn Rng) -> Self {
        let mut images = identity_images(degree);
        shuffle(&mut images, rng);
        Self { images }
    }

    /// The list of images, `images()[i] = g(i)`.
    #[must_use]
    pub fn images(&self) -> &[u32] {
        &self.images
    }

    /// The list of images, taken out.
    #[must_use]
    pub fn into_images(self) -> Vec<u32> {
        self.images
    }

    /// The number of points acted on.
    #[must_use]
    pub fn degree(&self) -> usize {
        self.images.len()
    }

    /// The image `g(point)`.
    ///
    /// # Panics
    ///
    /// When `point ≥ degree`.
    #[must_use]
    #[inline]
    pub fn apply(&self, point: u32) -> u32 {
        self.images[point as usize]
    }

    /// Whether every point is fixed.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.first_moved().is_none()
    }

    /// The least point that is not fixed.
    pub(crate) fn first_moved(&self) -> Option<u32> {
        (0u32..)
            .zip(&self.images)
            .find(|&(i, &image)| i != image)
            .map(|(i, _)| i)
    }

    /// The cycles of length at least two, each from its least point, in increasing order of that point.
    #[must_use]
    pub fn cycles(&self) -> Vec<Vec<u32>> {
        let mut seen = vec![false; self.degree()];
        let mut cycles = Vec::new();
        for start in 0..self.degree() as u32 {
            if seen[start as usize] || self.apply(start) == start {
                continue;
            }
            let mut cycle = vec![start];
            let mut point = self.apply(start);
            while point != start {
                seen[point as usize] = true;
                cycle.push(point);
                point = self.apply(point);
            }
            cycles.push(cycle);
        }
        cycles
    }

    /// The least `k ≥ 1` with `gᵏ = e`: the least common multiple of the cycle lengths.
    #[must_use]
    pub fn order(&self) -> BigUint {
        let mut order = BigUint::from(1u32);
        for cycle in self.cycles() {
            let length = cycle.len() as u64;
            let rest = (&order % length).iter_u64_digits().next().unwrap_or(0);
            order *= length / gcd(length, rest);
        }
        order
    }

    /// Whether the permutation is a product of an odd number of transpositions.
    #[must_use]
    pub fn is_odd(&self) -> bool {
        self.cycles().iter().filter(|cycle| cycle.len() % 2 == 0).count() % 2 == 1
    }

    /// Cycle notation with points numbered from `first` (1 for most of the literature).
    ///
    /// ```
    /// # use sympe_groups::Permutation;
    /// let g = Permutation::parse("(0 2 1)", 4)?;
    /// assert_eq!(g.display_from(1).to_string(), "(1 3 2)");
    /// # Ok::<(), sympe_groups::GroupError>(())
    /// ```
    pub fn display_from(&self, first: u32) -> impl fmt::Display + '_ {
        CycleNotation {
            permutation: self,
            first,
        }
    }

    /// Reads cycle notation over points `0..degree`, separated by spaces or commas.
    ///
    /// # Errors
    ///
    /// [`GroupError::Syntax`] names the byte where the text stops being disjoint cycles of `0..degree`.
    pub fn parse(text: &str, degree: usize) -> Result<Self, GroupError> {
        Self::parse_from(text, degree, 0)
    }

    /// As [`parse`](Self::parse), with points numbered from `first`; inverse of
    /// [`display_from`](Self::display_from).
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_from(text: &str, degree: usize, first: u32) -> Result<Self, GroupError> {
        if degree > MAX_DEGREE {
            return Err(GroupError::DegreeTooLarge {
                got: degree,
                max: MAX_DEGREE,
            });
        }
        let mut images = identity_images(degree);
        let mut used = vec![false; degree];
        for cycle in read_cycles(text)? {
            let mut points = Vec::with_capacity(cycle.len());
            for (at, label) in cycle {
                let syntax = |reason| GroupError::Syntax {
                    text: text.into(),
                    at,
                    reason,
                };
                let point = label
                    .checked_sub(first)
                    .filter(|&point| (point as usize) < degree);
                let point = point.ok_or_else(|| {
                    syntax(format!(
                        "point {label} is outside {first}..{}",
                        u64::from(first) + degree as u64
                    ))
                })?;
                if std::mem::replace(&mut used[point as usize], true) {
                    return Err(syntax(format!("point {label} occurs twice")));
                }
                points.push(point);
            }
            for (i, &point) in points.iter().enumerate() {
                images[point as usize] = points[(i + 1) % points.len()];
            }
        }
        Ok(Self { images })
    }
}

impl Group for Permutation {
    fn identity(&self) -> Self {
        Self::identity(self.degree())
    }

    fn inverse(&self) -> Self {
        let mut images = vec![0; self.degree()];
        for (i, &image) in (0u32..).zip(&self.images) {
            images[image as usize] = i;
        }
        Self { images }
    }

    fn compose(&self, rhs: &Self) -> Self {
        assert_eq!(
            self.degree(),
            rhs.degree(),
            "composing permutations of different degrees"
        );
        Self {
            images: rhs.images.iter().map(|&i| self.images[i as usize]).collect(),
        }
    }
}

impl PermutationRep for Permutation {
    fn degree(&self) -> usize {
        self.images.len()
    }

    fn write_index(&self, out: &mut [u32]) {
        assert_eq!(out.len(), self.images.len(), "index buffer of the wrong length");
        for (i, &image) in (0u32..).zip(&self.images) {
            out[image as usize] = i;
        }
    }
}

/// Moves contents: `(g·x)[g(i)] = x[i]`. Panics when `x.len()` is not the degree.
impl<T: Clone> Action<[T]> for Permutation {
    fn act(&self, x: &[T]) -> Vec<T> {
        assert_eq!(
            x.len(),
            self.degree(),
            "permutation and slice of different lengths"
        );
        self.inverse()
            .images
            .iter()
            .map(|&i| x[i as usize].clone())
            .collect()
    }
}

impl fmt::Display for Permutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display_from(0).fmt(f)
    }
}

impl fmt::Debug for Permutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permutation[{}]{self}", self.degree())
    }
}

/// Cycle notation; the degree is one more than the greatest point named, so `"()"` has degree 0. Use
/// [`Permutation::parse`] where the degree is known.
impl FromStr for Permutation {
    type Err = GroupError;

    fn from_str(text: &str) -> Result<Self, GroupError> {
        let greatest = read_cycles(text)?
            .into_iter()
            .flatten()
            .map(|(_, label)| label)
            .max();
        Self::parse(text, greatest.map_or(0, |label| label as usize + 1))
    }
}

struct CycleNotation<'a> {
    permutation: &'a Permutation,
    first: u32,
}

impl fmt::Display for CycleNotation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cycles = self.permutation.cycles();
        if cycles.is_empty() {
            return f.write_str("()");
        }
        for cycle in cycles {
            for (i, point) in cycle.into_iter().enumerate() {
                write!(
                    f,
                    "{}{}",
                    if i == 0 { '(' } else { ' ' },
                    u64::from(point) + u64::from(self.first)
                )?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// The cycles as written, each label with its byte offset. Accepts spaces and commas between labels.
fn read_cycles(text: &str) -> Result<Vec<Vec<(usize, u32)>>, GroupError> {
    let bytes = text.as_bytes();
    let syntax = |at, reason: &str| GroupError::Syntax {
        text: text.into(),
        at,
        reason: reason.into(),
    };
    let mut cycles = Vec::new();
    let mut open: Option<Vec<(usize, u32)>> = None;
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], &mut open) {
            (b' ' | b'\t' | b'\n' | b'\r', _) | (b',', Some(_)) => {}
            (b'(', None) => open = Some(Vec::new()),
            (b')', Some(_)) => cycles.extend(open.take()),
            (b'0'..=b'9', Some(cycle)) => {
                let end = at
                    + bytes[at..]
                        .iter()
                        .take_while(|byte| byte.is_ascii_digit())
                        .count();
                let label = text[at..end]
                    .parse()
                    .map_err(|_| syntax(at, "number too large"))?;
                cycle.push((at, label));
                at = end;
                continue;
            }
            (_, None) => return Err(syntax(at, "expected '('")),
            (_, Some(_)) => return Err(syntax(at, "expected a point or ')'")),
        }
        at += 1;
    }
    if open.is_some() {
        return Err(syntax(at, "missing ')'"));
    }
    if cycles.is_empty() {
        return Err(syntax(at, "expected '(' (the identity is written '()')"));
    }
    Ok(cycles)
}

/// An exactly uniform integer in `0..bound`: Lemire's multiplication with rejection.
///
/// `rand`'s `random_range` accepts a tiny bias for speed; a Haar draw may not.
///
/// # Panics
///
/// When `bound` is 0.
///
/// # References
///
/// D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29 (2019), algorithm 5.
#[inline]
pub fn uniform_below(bound: u32, rng: &mut dyn Rng) -> u32 {
    assert!(bound > 0, "no integer lies in 0..0");
    Digits::draw(bound, rng).next_below(bound)
}

/// Independent, exactly uniform integers from one 32-bit word: the digits of one integer below the product of their
/// bounds, in the mixed radix of the bounds. One bound alone gives what [`uniform_below`] gives.
///
/// # References
///
/// N. Brackett-Rozinsky, D. Lemire, "Batched ranged random integer generation", Software: Practice and Experience 55
/// (2025).
#[derive(Default)]
pub(crate) struct Digits(u32);

impl Digits {
    /// Draws for bounds with the given product.
    #[inline]
    pub(crate) fn draw(product: u32, rng: &mut dyn Rng) -> Self {
        let mut word = rng.next_u32();
        if word.wrapping_mul(product) < product {
            // The threshold is 2³² mod product.
            let threshold = product.wrapping_neg() % product;
            while word.wrapping_mul(product) < threshold {
                word = rng.next_u32();
            }
        }
        Self(word)
    }

    /// The next integer in `0..bound`.
    #[inline]
    pub(crate) fn next_below(&mut self, bound: u32) -> u32 {
        let wide = u64::from(self.0) * u64::from(bound);
        self.0 = wide as u32;
        (wide >> 32) as u32
    }
}

fn shuffle(images: &mut [u32], rng: &mut dyn Rng) {
    for i in (1..images.len()).rev() {
        images.swap(i, uniform_below(i as u32 + 1, rng) as usize);
    }
}

pub(crate) fn identity_images(degree: usize) -> Vec<u32> {
    assert!(degree <= MAX_DEGREE, "degree {degree} exceeds {MAX_DEGREE}");
    (0..degree as u32).collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Yields the given words.
    struct Script(std::vec::IntoIter<u32>);

    impl rand::TryRng for Script {
        type Error = std::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            Ok(self.0.next().expect("no more words are wanted"))
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            unreachable!("integers are drawn from single words")
        }
        fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
            unreachable!("integers are drawn from single words")
        }
    }

    proptest! {
        /// The first accepted word w gives the digits of ⌊w·b/2³²⌋, so each value of the digits has as many words as
        /// any other if those are rejected whose w·b mod 2³² is below 2³² mod b.
        #[test]
        fn digits_are_those_of_one_integer(
            bounds in proptest::collection::vec(1u32..40, 1..6),
            words in proptest::collection::vec(any::<u32>(), 8),
        ) {
            let product: u32 = bounds.iter().product();
            let threshold = ((1u64 << 32) % u64::from(product)) as u32;
            let accepted = words.iter().find(|word| word.wrapping_mul(product) >= threshold);
            let Some(&word) = accepted else { return Ok(()) };
            let mut digits = Digits::draw(product, &mut Script(words.into_iter()));
            let mut value = 0;
            for &bound in &bounds {
                let digit = digits.next_below(bound);
                prop_assert!(digit < bound);
                value = value * u64::from(bound) + u64::from(digit);
            }
            prop_assert_eq!(value, (u64::from(word) * u64::from(product)) >> 32);
        }
    }
}
