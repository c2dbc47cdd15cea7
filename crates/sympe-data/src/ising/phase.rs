//! Uniform couplings: phases, order parameters, ground states in closed form.
//!
//! A configuration is a ground state exactly if each of its bonds is as low as that bond alone can be ([`Phase`] has the
//! proof). So everything follows from which pairs of spins are lowest on a bond down and on a bond to the right, in
//! constant time, and ties are found exactly: no comparison is of a rounded number.

use super::Couplings;
use super::couplings::too_many;
use crate::DataError;
use std::cmp::Ordering;

sympe_groups::named! {
    "phase"
    /// A phase of uniform couplings `[J_down, J_right, h]`.
    ///
    /// Its energy per site is `−J_down − J_right − |h|` for the ferromagnet, `J_down − J_right` and `−J_down + J_right` for
    /// stripes, `J_down + J_right` for the checkerboard. Where the patterns fit the torus (even sides), the lowest of the four
    /// is the ground-state energy:
    ///
    /// Each site ends two bonds of each axis. Give the bonds down the share `a` of the field and the bonds to the right the
    /// rest: a bond down has `−J_down·σσ' − (a·h/2)(σ + σ')`, one to the right `−J_right·σσ' − ((1−a)·h/2)(σ + σ')`, and the
    /// sum over bonds is H. If every bond of a configuration is as low as that bond alone can be, the configuration is a
    /// ground state, and then the ground states are exactly the configurations with every bond that low. Such
    /// a configuration is there for the right `a`: if `J_down ≥ 0`, for `a = 0` (every column constant; to the right parallel
    /// or alternating); if `J_right ≥ 0`, for `a = 1`; if both are negative, for `a = J_down/(J_down + J_right)`, where both
    /// axes change from alternating to parallel at the same `|h| = 2|J_down| + 2|J_right|`.
    ///
    /// ```
    /// use sympe_data::ising::Phase;
    /// assert_eq!(Phase::lowest([-1.0, 2.0, 0.5]), [Phase::RowStripes]);
    /// assert_eq!(Phase::lowest([-1.0, -1.0, 4.0]), [Phase::Ferromagnet, Phase::Checkerboard]);
    /// assert_eq!(Phase::RowStripes.energy([-1.0, 2.0, 0.5]), -3.0);
    /// assert_eq!(Phase::RowStripes.pattern([2, 3]), [1, 1, 1, -1, -1, -1]);
    /// ```
    #[derive(PartialOrd, Ord)]
    pub enum Phase {
        /// All spins parallel.
        Ferromagnet = "ferromagnet",
        /// Rows constant, `σ = (−1)^i` in row `i`.
        RowStripes = "row stripes",
        /// Columns constant, `σ = (−1)^j` in column `j`.
        ColumnStripes = "column stripes",
        /// `σ = (−1)^(i + j)`.
        Checkerboard = "checkerboard",
    }
}

impl Phase {
    /// Whether spins alternate down, and to the right.
    #[must_use]
    pub fn alternates(self) -> [bool; 2] {
        match self {
            Self::Ferromagnet => [false, false],
            Self::RowStripes => [true, false],
            Self::ColumnStripes => [false, true],
            Self::Checkerboard => [true, true],
        }
    }

    /// Its energy per site on a torus that it [fits](Self::fits), for `[J_down, J_right, h]`.
    #[must_use]
    pub fn energy(self, [down, right, field]: [f32; 3]) -> f64 {
        let [down, right, field] = [down, right, field].map(f64::from);
        match self {
            Self::Ferromagnet => -down - right - field.abs(),
            Self::RowStripes => down - right,
            Self::ColumnStripes => right - down,
            Self::Checkerboard => down + right,
        }
    }

    /// The phases of lowest energy for `[J_down, J_right, h]`, in order: more than one on a phase boundary. The comparison
    /// is exact.
    #[must_use]
    pub fn lowest(values: [f32; 3]) -> Vec<Self> {
        let [down, right] = lowest_pairs(values);
        let is_lowest = |phase: &Self| match phase {
            Self::Ferromagnet => down.plus && right.plus || down.minus && right.minus,
            Self::RowStripes => down.unequal && right.plus && right.minus,
            Self::ColumnStripes => right.unequal && down.plus && down.minus,
            Self::Checkerboard => down.unequal && right.unequal,
        };
        Self::ALL.into_iter().filter(is_lowest).collect()
    }

    /// Whether its pattern closes around the torus: sides along which it alternates are even.
    #[must_use]
    pub fn fits(self, shape: [u32; 2]) -> bool {
        let fits = |axis: usize| !self.alternates()[axis] || shape[axis].is_multiple_of(2);
        fits(0) && fits(1)
    }

    /// The pattern with `+1` at the first site, row by row.
    #[must_use]
    pub fn pattern(self, [rows, columns]: [u32; 2]) -> Vec<i8> {
        (0..rows)
            .flat_map(|i| (0..columns).map(move |j| self.sign(i, j)))
            .collect()
    }

    fn sign(self, i: u32, j: u32) -> i8 {
        let [down, right] = self.alternates().map(u32::from);
        if (down * i + right * j).is_multiple_of(2) {
            1
        } else {
            -1
        }
    }
}

/// The overlaps of a configuration with the pattern of each phase, from −1 to 1.
///
/// Under a symmetry of the lattice that the patterns fit, they change their signs, and stripes their names.
///
/// ```
/// use sympe_data::ising::{OrderParameters, Phase};
/// let order = OrderParameters::new([2, 2], &[1, -1, 1, -1]);
/// assert_eq!((order.column_stripes, order.magnetization), (1.0, 0.0));
/// assert_eq!(order.dominant(), Phase::ColumnStripes);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OrderParameters {
    /// `⟨σ⟩`.
    pub magnetization: f64,
    /// `⟨(−1)^i σ⟩`.
    pub row_stripes: f64,
    /// `⟨(−1)^j σ⟩`.
    pub column_stripes: f64,
    /// `⟨(−1)^(i + j) σ⟩`.
    pub staggered: f64,
}

impl OrderParameters {
    /// The order parameters of a configuration, given row by row. O(sites).
    ///
    /// # Panics
    ///
    /// When there is not one spin per site, or none.
    #[must_use]
    pub fn new([rows, columns]: [u32; 2], spins: &[i8]) -> Self {
        assert_eq!(spins.len(), rows as usize * columns as usize, "one spin per site");
        assert!(!spins.is_empty(), "a torus has at least one site");
        let mut sums = [0i64; 4];
        for (row, spins) in (0..).zip(spins.chunks_exact(columns as usize)) {
            for (column, &spin) in (0..).zip(spins) {
                for (sum, phase) in sums.iter_mut().zip(Phase::ALL) {
                    *sum += i64::from(phase.sign(row, column)) * i64::from(spin);
                }
            }
        }
        let [magnetization, row_stripes, column_stripes, staggered] =
            sums.map(|sum| sum as f64 / spins.len() as f64);
        Self {
            magnetization,
            row_stripes,
            column_stripes,
            staggered,
        }
    }

    /// The order parameter of a phase.
    #[must_use]
    pub fn of(&self, phase: Phase) -> f64 {
        match phase {
            Phase::Ferromagnet => self.magnetization,
            Phase::RowStripes => self.row_stripes,
            Phase::ColumnStripes => self.column_stripes,
            Phase::Checkerboard => self.staggered,
        }
    }

    /// The phase whose order parameter is largest in absolute value; the first of equal ones.
    #[must_use]
    pub fn dominant(&self) -> Phase {
        let size = |phase: Phase| self.of(phase).abs();
        let larger = |best: Phase, phase: Phase| if size(phase) > size(best) { phase } else { best };
        Phase::ALL.into_iter().fold(Phase::Ferromagnet, larger)
    }
}

/// The values of the two spins of a bond that are lowest for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pairs {
    plus: bool,
    minus: bool,
    unequal: bool,
}

impl Pairs {
    const UNEQUAL: Self = Self {
        plus: false,
        minus: false,
        unequal: true,
    };

    /// The lowest pairs on a bond of energy `−coupling·σσ' − (|field|/2)(σ + σ')`.
    fn new(coupling: f32, field: f32) -> Self {
        if field == 0.0 {
            return Self {
                plus: coupling >= 0.0,
                minus: coupling >= 0.0,
                unequal: coupling <= 0.0,
            };
        }
        // ++ has −J − |h|, +− has J. The sign of a rounded sum of two floats is that of the sum.
        let sum = f64::from(field.abs()) + 2.0 * f64::from(coupling);
        Self::parallel_or_not(sum.total_cmp(&0.0))
    }

    /// The lowest pairs in a field > 0, where `−−` never is one. `order` is greater where `++` lies below unequal spins.
    fn parallel_or_not(order: Ordering) -> Self {
        Self {
            plus: order.is_ge(),
            minus: false,
            unequal: order.is_le(),
        }
    }

    fn flipped(self) -> Self {
        Self {
            plus: self.minus,
            minus: self.plus,
            ..self
        }
    }

    fn allow(self, a: i8, b: i8) -> bool {
        match (a > 0, b > 0) {
            (true, true) => self.plus,
            (false, false) => self.minus,
            _ => self.unequal,
        }
    }
}

/// The lowest pairs on bonds down and to the right, the field divided between them as in the proof at [`Phase`].
fn lowest_pairs([down, right, field]: [f32; 3]) -> [Pairs; 2] {
    let pairs = if down >= 0.0 {
        [Pairs::new(down, 0.0), Pairs::new(right, field)]
    } else if right >= 0.0 {
        [Pairs::new(down, field), Pairs::new(right, 0.0)]
    } else if field == 0.0 {
        [Pairs::UNEQUAL; 2]
    } else {
        [Pairs::parallel_or_not(compare_field(down, right, field)); 2]
    };
    if field < 0.0 {
        pairs.map(Pairs::flipped)
    } else {
        pairs
    }
}

/// `|h|` against `2|J_down| + 2|J_right|`, exactly.
fn compare_field(down: f32, right: f32, field: f32) -> Ordering {
    let [a, b, h] = [
        2.0 * down.abs() as f64,
        2.0 * right.abs() as f64,
        field.abs() as f64,
    ];
    // sum + error = a + b exactly (Knuth 1970). h − sum is exact when the two are within a factor of 2 (Sterbenz 1974),
    // otherwise it is far larger than the error.
    let sum = a + b;
    let shift = sum - a;
    let error = (a - (sum - shift)) + (b - shift);
    ((h - sum) - error).total_cmp(&0.0)
}

impl Couplings {
    fn uniform_values(&self) -> Result<[f32; 3], DataError> {
        self.as_uniform().ok_or_else(|| {
            DataError::invalid(
                "kind of couplings",
                "disordered",
                "uniform ones for a ground state in closed form; see `exact` and `Annealer` for others",
            )
        })
    }

    /// The phases of lowest energy of uniform couplings: more than one on a phase boundary.
    ///
    /// ```
    /// use sympe_data::ising::{Couplings, Phase};
    /// let phases = Couplings::uniform([4, 4], 1.0, -2.0, 0.5)?.phases()?;
    /// assert_eq!(phases, [Phase::ColumnStripes]);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the couplings are not uniform, or no phase of lowest energy fits the torus, which is then frustrated.
    pub fn phases(&self) -> Result<Vec<Phase>, DataError> {
        let phases = Phase::lowest(self.uniform_values()?);
        if phases.iter().any(|phase| phase.fits(self.shape())) {
            return Ok(phases);
        }
        let [rows, columns] = self.shape();
        Err(DataError::invalid(
            "shape of the torus",
            format!("{rows} × {columns}"),
            "even sides where spins alternate; see `exact` for frustrated tori",
        ))
    }

    /// The ground-state energy per site of uniform couplings, in closed form.
    ///
    /// ```
    /// use sympe_data::ising::Couplings;
    /// assert_eq!(Couplings::uniform([4, 4], 1.0, -2.0, 0.5)?.ground_energy()?, -3.0);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`phases`](Self::phases).
    pub fn ground_energy(&self) -> Result<f64, DataError> {
        let phases = self.phases()?;
        Ok(phases[0].energy(self.uniform_values()?))
    }

    /// All ground states of uniform couplings, in lexicographic order: one, two, or on phase boundaries and for
    /// vanishing couplings any number. Ties are exact. O(sites) time per ground state.
    ///
    /// ```
    /// use sympe_data::ising::Couplings;
    /// let checkerboards = Couplings::uniform([2, 2], -1.0, -1.0, 0.5)?.ground_states(10)?;
    /// assert_eq!(checkerboards, [[-1, 1, 1, -1], [1, -1, -1, 1]]);
    /// // Rows without couplings between them: each is +1 or −1 on its own.
    /// assert_eq!(Couplings::uniform([4, 4], 0.0, 1.0, 0.0)?.ground_states(100)?.len(), 16);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`phases`](Self::phases), and when there are more than `limit`.
    pub fn ground_states(&self, limit: usize) -> Result<Vec<Vec<i8>>, DataError> {
        self.phases()?;
        let [down, right] = lowest_pairs(self.uniform_values()?);
        let [rows, columns] = self.shape().map(|side| side as usize);
        // Whether the spin at a site, the one filled in last, fits those before it.
        let fits = |spins: &[i8]| {
            let site = spins.len() - 1;
            let (row, column, spin) = (site / columns, site % columns, spins[site]);
            (row == 0 || down.allow(spins[site - columns], spin))
                && (column == 0 || right.allow(spins[site - 1], spin))
                && (row + 1 < rows || down.allow(spin, spins[column]))
                && (column + 1 < columns || right.allow(spin, spins[row * columns]))
        };
        let (mut found, mut spins) = (Vec::new(), vec![-1i8]);
        loop {
            let fit = fits(&spins);
            if fit && spins.len() < self.sites() {
                spins.push(-1);
                continue;
            }
            if fit {
                if found.len() == limit {
                    return Err(too_many(limit));
                }
                found.push(spins.clone());
            }
            while spins.last() == Some(&1) {
                spins.pop();
            }
            match spins.last_mut() {
                Some(spin) => *spin = 1,
                None => return Ok(found),
            }
        }
    }
}
