//! The hyperoctahedral groups: signed permutations.

use super::{FiniteGroup, Power, PowerGroup, SemidirectGroup, Sign, Wreath, wreath};
use crate::{Action, GroupError, MatrixRep, PermGroup, Permutation};
use std::{fmt, ops::Neg, str::FromStr};

/// A signed permutation: an element of the hyperoctahedral group Bₙ, the symmetries of the `n`-dimensional cube.
///
/// Axis `i` goes to axis `h(i)` and is reversed there if the sign at `h(i)` is −. In *window notation*, `[2, -1, 3]` sends the
/// first axis to the second, the second to the first reversed, and the third to itself: axes are numbered from 1, so that each
/// has a sign.
///
/// As a [`MatrixRep`] it is the matrix with entries 0, 1 and −1.
///
/// ```
/// use sympe_groups::finite::SignedPermutation;
/// use sympe_groups::{Action, Group};
/// let g: SignedPermutation = "[2, -1, 3]".parse()?;
/// assert_eq!(g.act(&[5, 6, 7][..]), [-6, 5, 7]);
/// assert_eq!(g.inverse().to_string(), "[-2, 1, 3]");
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
pub type SignedPermutation = Wreath<Sign>;

impl SignedPermutation {
    /// From window notation: where each axis goes, numbered from 1, negative if it is reversed.
    ///
    /// # Errors
    ///
    /// When the magnitudes are not those of a permutation of `1..=n`.
    pub fn from_window(window: &[i32]) -> Result<Self, GroupError> {
        let place = |&image: &i32| match image.unsigned_abs().checked_sub(1) {
            Some(place) => Ok(place),
            None => Err(GroupError::Invalid {
                what: "signed permutation",
                reason: "a 0, which has no sign: axes are numbered from 1".to_owned(),
            }),
        };
        let top = Permutation::from_images(window.iter().map(place).collect::<Result<_, _>>()?)?;
        let mut signs = vec![Sign::Plus; window.len()];
        for (image, place) in window.iter().zip(top.images()) {
            if *image < 0 {
                signs[*place as usize] = Sign::Minus;
            }
        }
        Ok(Self {
            normal: Power(signs),
            top,
        })
    }

    /// The window notation, [`from_window`](Self::from_window) backwards.
    #[must_use]
    pub fn window(&self) -> Vec<i32> {
        let image = |&place: &u32| match self.normal.0[place as usize] {
            Sign::Plus => place as i32 + 1,
            Sign::Minus => -(place as i32 + 1),
        };
        self.top.images().iter().map(image).collect()
    }
}

/// `(g·x)_{h(i)} = ±x_i`. Panics when there is not one value per axis.
impl<T: Clone + Neg<Output = T>> Action<[T]> for SignedPermutation {
    fn act(&self, x: &[T]) -> Vec<T> {
        let mut moved = self.top.act(x);
        for (value, sign) in moved.iter_mut().zip(&self.normal.0) {
            if *sign == Sign::Minus {
                *value = -value.clone();
            }
        }
        moved
    }
}

impl MatrixRep for SignedPermutation {
    fn dim(&self) -> usize {
        self.top.degree()
    }

    fn write_matrix(&self, out: &mut [f32]) {
        let d = self.dim();
        assert_eq!(
            out.len(),
            d * d,
            "matrix buffer of the wrong length for dimension {d}"
        );
        out.fill(0.0);
        for (i, image) in self.window().into_iter().enumerate() {
            out[(image.unsigned_abs() as usize - 1) * d + i] = image.signum() as f32;
        }
    }
}

/// Window notation.
impl fmt::Display for SignedPermutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.window()).finish()
    }
}

impl FromStr for SignedPermutation {
    type Err = GroupError;

    fn from_str(text: &str) -> Result<Self, GroupError> {
        let fail = |reason: String| GroupError::Invalid {
            what: "signed permutation",
            reason,
        };
        let inside = text
            .trim()
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        let inside = inside.ok_or_else(|| fail(format!("{text:?}, expected a list like [2, -1, 3]")))?;
        let words = inside
            .split(',')
            .map(str::trim)
            .filter(|word| !(word.is_empty() && inside.trim().is_empty()));
        let image = |word: &str| {
            word.parse()
                .map_err(|_| fail(format!("{word:?}, expected an axis like 2 or -1")))
        };
        Self::from_window(&words.map(image).collect::<Result<Vec<i32>, _>>()?)
    }
}

/// The hyperoctahedral group Bₙ, of order `2ⁿ·n!`.
///
/// ```
/// use sympe_groups::finite::hyperoctahedral;
/// use sympe_groups::{FiniteSubgroup, Subgroup};
/// assert_eq!(hyperoctahedral(3).elements().count(), 48);
/// assert!(hyperoctahedral(64).ln_order() > 200.0);
/// ```
#[must_use]
pub fn hyperoctahedral(n: usize) -> SemidirectGroup<PowerGroup<FiniteGroup<Sign>>, PermGroup> {
    let signs = FiniteGroup::generated(Sign::Plus, vec![Sign::Minus], 2);
    wreath(signs.expect("there are two signs"), PermGroup::symmetric(n))
}
