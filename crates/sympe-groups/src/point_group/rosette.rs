//! Point groups of the plane.

use super::{ClosedSubgroup, Fold, MAX_FOLD, elements::circle};
use crate::{GroupError, MatrixGroup, Orthogonal, OrthogonalGroup, names::shorten};
use nalgebra::Matrix2;
use std::{fmt, str::FromStr};

/// A point group of the plane, up to its orientation: a conjugacy class of closed subgroups of O(2).
///
/// `Cn` has rotations by multiples of `1/n` of a turn; `Dn` also has `n` reflections, one of them `y ↦ −y` in the standard
/// setting. With infinite order these are SO(2) and O(2).
///
/// [`Display`](fmt::Display) writes the Schoenflies symbol, [`hermann_mauguin`](Self::hermann_mauguin) the other; both are
/// parsed.
///
/// ```
/// use sympe_groups::{FiniteSubgroup, Rosette};
/// let square: Rosette = "4mm".parse()?;
/// assert_eq!((square.to_string(), square.order()), ("D4".to_owned(), Some(8)));
/// assert_eq!(square.matrix_group().unwrap().classes().len(), 5);
/// assert_eq!("O(2)".parse::<Rosette>()?, Rosette::new(true, None)?);
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rosette {
    mirrors: bool,
    fold: Fold,
}

impl Rosette {
    /// The group of `n` rotations, all where `n` is `None`, with as many reflections or without.
    ///
    /// # Errors
    ///
    /// When `n` is 0 or more than 65536.
    pub fn new(mirrors: bool, n: Option<u32>) -> Result<Self, GroupError> {
        let fold = match n {
            None => Fold::Infinite,
            Some(n @ 1..=MAX_FOLD) => Fold::Finite(n),
            Some(n) => {
                return Err(GroupError::Name {
                    text: (if mirrors { "Dn" } else { "Cn" }).to_owned(),
                    reason: format!("rotations of order {n}, expected 1 to {MAX_FOLD}"),
                });
            }
        };
        Ok(Self { mirrors, fold })
    }

    /// Whether it has reflections.
    #[must_use]
    pub fn has_mirrors(self) -> bool {
        self.mirrors
    }

    /// The number of rotations; `None` where it is infinite.
    #[must_use]
    pub fn fold(self) -> Option<u32> {
        self.fold.finite()
    }

    /// The number of elements; `None` where it is infinite.
    #[must_use]
    pub fn order(self) -> Option<u64> {
        Some(u64::from(self.fold()?) << u32::from(self.mirrors))
    }

    /// The group of its rotations.
    #[must_use]
    pub fn proper(self) -> Self {
        Self {
            mirrors: false,
            ..self
        }
    }

    /// The group in its standard setting.
    #[must_use]
    pub fn group(self) -> ClosedSubgroup<2> {
        match (self.fold(), self.mirrors) {
            (Some(n), mirrors) => ClosedSubgroup::Finite(finite(n, mirrors)),
            (None, true) => ClosedSubgroup::Full(OrthogonalGroup::full()),
            (None, false) => ClosedSubgroup::Full(OrthogonalGroup::special()),
        }
    }

    /// The finite group in its standard setting, its elements exact up to rounding; `None` for SO(2) and O(2).
    #[must_use]
    pub fn matrix_group(self) -> Option<MatrixGroup<2>> {
        Some(finite(self.fold()?, self.mirrors))
    }

    /// The Hermann–Mauguin symbol: `n`, `nm` of odd and `nmm` of even order, `m` for a single mirror. The parts stand apart
    /// where the number has more than one digit.
    #[must_use]
    pub fn hermann_mauguin(self) -> String {
        match (self.fold(), self.mirrors) {
            (None, false) => "∞".to_owned(),
            (None, true) => "∞m".to_owned(),
            (Some(n), false) => n.to_string(),
            (Some(1), true) => "m".to_owned(),
            (Some(n), true) => {
                let mirror = if n < 10 { "m" } else { " m" };
                format!("{n}{}", mirror.repeat(if n % 2 == 1 { 1 } else { 2 }))
            }
        }
    }
}

fn finite(n: u32, mirrors: bool) -> MatrixGroup<2> {
    let mirror = Orthogonal::near(Matrix2::new(1.0, 0.0, 0.0, -1.0));
    let turn = |k: u32| {
        let (cosine, sine) = circle(k, n);
        Orthogonal::<2>::turn(cosine, sine)
    };
    let rotations: Vec<Orthogonal<2>> = (0..n).map(turn).collect();
    let mut elements = rotations.clone();
    let mut generators = Vec::new();
    if n > 1 {
        generators.push(rotations[1]);
    }
    if mirrors {
        generators.push(mirror);
        elements.extend(
            rotations
                .iter()
                .map(|g| Orthogonal::near(g.matrix() * mirror.matrix())),
        );
    }
    MatrixGroup::trusted(generators, elements)
}

impl fmt::Display for Rosette {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fold = match self.fold() {
            Some(n) => n.to_string(),
            None if f.alternate() => "∞".to_owned(),
            None => "inf".to_owned(),
        };
        f.pad(&format!("{}{fold}", if self.mirrors { 'D' } else { 'C' }))
    }
}

impl FromStr for Rosette {
    type Err = GroupError;

    fn from_str(text: &str) -> Result<Self, GroupError> {
        parse(text).ok_or_else(|| GroupError::Name {
            text: shorten(text),
            reason: "expected a point group of the plane, like 'D4', '4mm', 'C3', 'SO(2)'".to_owned(),
        })
    }
}

fn parse(text: &str) -> Option<Rosette> {
    let close = text.replace(char::is_whitespace, "").replace("inf", "∞");
    let (mirrors, number) = match close.as_str() {
        "SO(2)" => (false, "∞"),
        "O(2)" => (true, "∞"),
        "m" => (true, "1"),
        other => match other.split_at_checked(1) {
            Some(("C", number)) => (false, number),
            Some(("D", number)) => (true, number),
            _ => (other.ends_with('m'), other.trim_end_matches('m')),
        },
    };
    let n = if number == "∞" {
        None
    } else {
        Some(number.parse().ok()?)
    };
    let group = Rosette::new(mirrors, n).ok()?;
    let written = group.hermann_mauguin().replace(' ', "");
    let known = [group.to_string().replace("inf", "∞"), written];
    let other_names = ["SO(2)", "O(2)", "1m", "2m", "∞mm"];
    (known.contains(&close) || other_names.contains(&close.as_str())).then_some(group)
}
