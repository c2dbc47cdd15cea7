//! Subgroups of wallpaper groups: a sublattice of translations, and representatives.

use rand::Rng;
use sympe_groups::lattice::LatticeElement;
use sympe_groups::torus::TorusElement;
use sympe_groups::{FiniteSubgroup, Subgroup, uniform_below};

/// A subgroup of the translations: all `a·(row, column) + b·(0, step)`, in Hermite normal form. `row` divides the
/// number of rows, `step` the number of columns, and `column` is less than `step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Translations {
    shape: [u32; 2],
    /// The least number of rows of a member that has any; the number of all rows if none has.
    row: u32,
    /// The columns of that member, modulo `step`.
    column: u32,
    /// The least number of columns of a member without rows; the number of all columns if there is none.
    step: u32,
}

impl Translations {
    /// The subgroup whose coset `starts` is.
    pub(super) fn new(shape @ [rows, columns]: [u32; 2], starts: &[[u32; 2]]) -> Self {
        let [i, j] = starts[0];
        let differences: Vec<[u32; 2]> = starts
            .iter()
            .map(|[a, b]| [(a + rows - i) % rows, (b + columns - j) % columns])
            .collect();
        Self::from_members(shape, &differences)
    }

    /// The subgroup with these members, which are all of them.
    fn from_members(shape @ [rows, columns]: [u32; 2], members: &[[u32; 2]]) -> Self {
        let steps = members.iter().filter(|[a, b]| *a == 0 && *b > 0).map(|[_, b]| *b);
        let step = steps.min().unwrap_or(columns);
        let [row, column] = members
            .iter()
            .filter(|[a, _]| *a > 0)
            .min()
            .copied()
            .unwrap_or([rows, 0]);
        Self {
            shape,
            row,
            column: column % step,
            step,
        }
    }

    /// The number of members.
    fn order(&self) -> u64 {
        u64::from(self.shape[0] / self.row) * u64::from(self.shape[1] / self.step)
    }

    /// The member `a·(row, column) + b·(0, step)`.
    fn get(&self, a: u32, b: u32) -> [u32; 2] {
        let [rows, columns] = self.shape.map(u64::from);
        let row = u64::from(a) * u64::from(self.row) % rows;
        let column = (u64::from(a) * u64::from(self.column) + u64::from(b) * u64::from(self.step)) % columns;
        [row as u32, column as u32]
    }

    fn iter(self) -> impl Iterator<Item = [u32; 2]> {
        let (down, right) = (self.shape[0] / self.row, self.shape[1] / self.step);
        (0..down).flat_map(move |a| (0..right).map(move |b| self.get(a, b)))
    }

    fn contains(&self, [i, j]: [u32; 2]) -> bool {
        if i % self.row != 0 {
            return false;
        }
        let [_, along] = self.get(i / self.row, 0);
        (j + self.shape[1] - along).is_multiple_of(self.step)
    }

    /// `g⁻¹·T·g`.
    pub(super) fn conjugated<E: TorusElement>(&self, g: &E) -> Self {
        let turn = g.inverse().with_shift([0, 0]);
        let generators = [
            self.get(1 % (self.shape[0] / self.row), 0),
            self.get(0, 1 % (self.shape[1] / self.step)),
        ];
        let [a, b] = generators.map(|shift| turn.site(shift));
        // All members are listed from two generators: there are at most as many as sites.
        let [rows, columns] = self.shape;
        let mut seen = vec![false; rows as usize * columns as usize];
        let (mut members, mut next) = (vec![[0, 0]], 0);
        seen[0] = true;
        while next < members.len() {
            let [i, j] = members[next];
            next += 1;
            for [di, dj] in [a, b] {
                let member = [(i + di) % rows, (j + dj) % columns];
                let index = member[0] as usize * columns as usize + member[1] as usize;
                if !std::mem::replace(&mut seen[index], true) {
                    members.push(member);
                }
            }
        }
        Self::from_members(self.shape, &members)
    }
}

/// A subgroup of a wallpaper group on a torus: a sublattice of translations, and one representative for each combination of
/// point operation and flip that occurs. What [`LatticeSymmetry`](super::LatticeSymmetry) and
/// [`TriangularSymmetry`](super::TriangularSymmetry) find.
#[derive(Clone, Debug, PartialEq)]
pub struct LatticeSubgroup<E = LatticeElement> {
    translations: Translations,
    representatives: Vec<E>,
    generators: Vec<E>,
}

impl<E: TorusElement> LatticeSubgroup<E> {
    pub(super) fn new(translations: Translations, mut representatives: Vec<E>) -> Self {
        representatives.sort_by_key(TorusElement::coset);
        let identity = representatives[0].identity();
        representatives[0] = identity;
        let steps = [[translations.row, translations.column], [0, translations.step]];
        let mut generators: Vec<E> = steps.map(|shift| identity.with_shift(shift)).to_vec();
        generators.extend(&representatives[1..]);
        generators.retain(|g| *g != identity);
        Self {
            translations,
            representatives,
            generators,
        }
    }

    /// The number of elements, those that move no site included.
    #[must_use]
    pub fn order(&self) -> u64 {
        self.translations.order() * self.representatives.len() as u64
    }

    /// An element followed by a translation.
    fn shifted(&self, g: &E, [i, j]: [u32; 2]) -> E {
        let shift = g.shift();
        g.with_shift([shift[0] + i, shift[1] + j])
    }
}

impl<E: TorusElement> Subgroup for LatticeSubgroup<E> {
    type Element = E;

    fn sample(&self, rng: &mut dyn Rng) -> E {
        let representative =
            self.representatives[uniform_below(self.representatives.len() as u32, rng) as usize];
        let Translations {
            shape: [rows, columns],
            row,
            step,
            ..
        } = self.translations;
        let translation = self
            .translations
            .get(uniform_below(rows / row, rng), uniform_below(columns / step, rng));
        self.shifted(&representative, translation)
    }

    fn contains(&self, g: &E) -> bool {
        let [rows, columns] = self.translations.shape;
        let same = |r: &&E| r.coset() == g.coset() && r.shape() == g.shape();
        self.representatives.iter().find(same).is_some_and(|r| {
            let ([i, j], [k, l]) = (g.shift(), r.shift());
            let difference = [(i + rows - k) % rows, (j + columns - l) % columns];
            self.translations.contains(difference)
        })
    }

    fn ln_order(&self) -> f64 {
        (self.order() as f64).ln()
    }
}

impl<E: TorusElement> FiniteSubgroup for LatticeSubgroup<E> {
    fn generators(&self) -> &[E] {
        &self.generators
    }

    fn elements(&self) -> Box<dyn Iterator<Item = E> + '_> {
        let of = move |g: &E| {
            let g = *g;
            self.translations.iter().map(move |shift| self.shifted(&g, shift))
        };
        Box::new(self.representatives.iter().flat_map(of))
    }
}
