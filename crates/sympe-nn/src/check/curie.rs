//! Curie's principle: where outputs are forced equal, and by how much they differ there.

use super::equivariance::Check;
use super::measure::{epsilon, largest, largest_entry, max_difference, values};
use super::report::{Bound, Finding, Law};
use candle_core::{DType, Result, Tensor};
use serde::Serialize;
use sympe_groups::Group;

/// Entries of an output that a stabilizer maps to one another, up to signs: an equivariant model that breaks nothing has them equal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ForcedOrbit {
    /// The output.
    pub output: usize,
    /// Positions in it, row by row, in increasing order.
    pub entries: Vec<usize>,
    /// The largest difference of two of them, their signs taken into account.
    pub spread: f64,
}

/// What [`Check::curie`] finds.
///
/// ```
/// use candle_core::{Device, Result, Tensor};
/// use sympe_groups::Permutation;
/// use sympe_nn::action::Permuted;
/// use sympe_nn::check::Check;
///
/// // A path of three nodes, turned round by (0 2). Its ends are alike, and a ramp makes them differ.
/// let path = Tensor::new(&[[0f64, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]], &Device::Cpu)?;
/// let turn = [Permutation::parse("(0 2)", 3).unwrap()];
/// let (pairs, nodes) = (Permuted::dims([0, 1]), Permuted::dim(0));
/// let degrees = |x: &[Tensor]| x[0].sum(1);
/// let degrees = Check::new("degrees", turn.clone(), degrees).input(&path, &pairs).output(&nodes);
/// let found = degrees.curie(&turn)?;
/// assert_eq!((found.orbits[0].entries.as_slice(), found.spread()), (&[0, 2][..], 0.0));
/// found.kept().ensure()?;
///
/// let ramp = |x: &[Tensor]| x[0].sum(1)? + Tensor::arange(0f64, 3.0, &Device::Cpu)?;
/// let ramp = Check::new("ramp", turn.clone(), ramp).input(&path, &pairs).output(&nodes).curie(&turn)?;
/// assert_eq!(ramp.spread(), 2.0);
/// ramp.broken(0.1).ensure()?;
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curie {
    /// Name of the model.
    pub subject: String,
    /// Orbits of more than one entry, or of one that is forced to be 0, by output and least entry; empty where the action on outputs
    /// is not by permutations and signs.
    pub orbits: Vec<ForcedOrbit>,
    /// `max |s·f(x) − f(x)|` over the generators: what is forced to vanish whatever the action.
    pub deviation: f64,
    /// What rounding explains of that.
    pub rounding: f64,
    /// What is put down to rounding.
    limit: f64,
    #[serde(serialize_with = "type_name")]
    dtype: DType,
    size: String,
}

fn type_name<S: serde::Serializer>(dtype: &DType, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(dtype.as_str())
}

impl Curie {
    /// The largest difference of outputs that are forced equal: over all orbits, or where these mean nothing the deviation.
    #[must_use]
    pub fn spread(&self) -> f64 {
        largest(
            self.orbits
                .iter()
                .map(|orbit| orbit.spread)
                .chain([self.deviation]),
        )
    }

    /// How many entries are in orbits.
    #[must_use]
    pub fn forced_entries(&self) -> usize {
        self.orbits.iter().map(|orbit| orbit.entries.len()).sum()
    }

    fn finding(&self, law: Law, bound: Bound) -> Finding {
        let (orbits, entries) = (self.orbits.len(), self.forced_entries());
        let plural =
            |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
        Finding::new(law, &self.subject, self.spread(), bound)
            .of(self.dtype, &self.size)
            .explained(self.rounding)
            .with_detail(match orbits {
                0 => "outputs moved by the stabilizer".to_owned(),
                _ => format!(
                    "{} in {}",
                    plural(entries, "entry", "entries"),
                    plural(orbits, "orbit", "orbits")
                ),
            })
    }

    /// The law of a model that breaks nothing: no difference but rounding.
    #[must_use]
    pub fn kept(&self) -> Finding {
        self.finding(Law::Curie, Bound::AtMost(self.limit))
    }

    /// The law of a model that breaks symmetry: differences of at least so much.
    #[must_use]
    pub fn broken(&self, least: f64) -> Finding {
        self.finding(Law::Breaking, Bound::AtLeast(least))
    }
}

impl<G: Group> Check<'_, G> {
    /// What the symmetry of the inputs forces on the outputs. `generators` generate the stabilizer `Stab(x)` of all inputs together, or
    /// a subgroup of it; the inputs must be those without draws, and a draw be made inside the model.
    ///
    /// Orbits of entries are found by moving their positions: O(entries · generators), and as much again for what differs.
    ///
    /// # Errors
    ///
    /// When a generator moves an input; those of the model; actions that do not fit; no generators.
    pub fn curie(&self, generators: &[G]) -> Result<Curie> {
        if generators.is_empty() {
            candle_core::bail!(
                "check of '{}': no generators of the stabilizer, expected at least one",
                self.name
            );
        }
        for s in generators {
            let moved = self.move_inputs(s, &self.inputs)?;
            for (k, (x, moved)) in self.inputs.iter().zip(&moved).enumerate() {
                let (by, most) = (max_difference(x, moved)?, epsilon(x.dtype()));
                // Rotations of coordinates are exact to rounding only.
                if by.is_nan() || by > 1e2 * most * largest_entry(x)? {
                    candle_core::bail!(
                        "check of '{}': {s:?} moves input {k} by {by:.1e}, expected an element of its stabilizer",
                        self.name
                    );
                }
            }
        }
        let outputs = self.outputs(&self.inputs)?;
        let mut found = Curie {
            subject: self.name.clone(),
            orbits: Vec::new(),
            deviation: 0.0,
            rounding: 0.0,
            limit: 0.0,
            dtype: outputs[0].dtype(),
            size: self.size(),
        };
        for s in generators {
            for (y, moved) in outputs.iter().zip(self.move_outputs(s, &outputs)?) {
                found.deviation = largest([found.deviation, max_difference(y, &moved)?]);
            }
        }
        for rounding in self.rounding(&outputs)? {
            found.rounding = found.rounding.max(rounding.explains);
            found.limit = found.limit.max(rounding.limit);
        }
        let positions = outputs.iter().map(positions).collect::<Result<Vec<_>>>()?;
        let images = generators
            .iter()
            .map(|s| self.move_outputs(s, &positions))
            .collect::<Result<Vec<_>>>()?;
        for (output, y) in outputs.iter().enumerate() {
            let images = images.iter().map(|of| values(&of[output]));
            if let Some(signed) = signed_images(images.collect::<Result<_>>()?) {
                found.orbits.extend(forced_orbits(output, &values(y)?, &signed));
            }
        }
        Ok(found)
    }
}

/// A tensor of the same shape with 1, 2, … as entries.
fn positions(y: &Tensor) -> Result<Tensor> {
    let count = y.elem_count();
    let positions = (1..=count).map(|i| i as f64).collect();
    Tensor::from_vec(positions, y.shape(), y.device())
}

/// For each generator and entry which entry stands there after moving, and whether with a minus; `None` unless all generators permute.
fn signed_images(moved: Vec<Vec<f64>>) -> Option<Vec<Vec<(usize, bool)>>> {
    let of_generator = |moved: Vec<f64>| {
        let mut seen = vec![false; moved.len()];
        let image = |value: f64| {
            // Matrices of turns have entries that are 0 or 1 to rounding only.
            let whole = value.round();
            let from = (whole.abs() as usize).checked_sub(1)?;
            let new = (value - whole).abs() < 1e-6
                && from < seen.len()
                && !std::mem::replace(&mut seen[from], true);
            new.then_some((from, whole < 0.0))
        };
        moved.into_iter().map(image).collect::<Option<Vec<_>>>()
    };
    moved.into_iter().map(of_generator).collect()
}

/// The orbits of more than one entry, or of one that its own negative stands for.
fn forced_orbits(output: usize, y: &[f64], generators: &[Vec<(usize, bool)>]) -> Vec<ForcedOrbit> {
    // The sign with which an entry equals the least one of its orbit.
    let mut signs: Vec<Option<f64>> = vec![None; y.len()];
    let mut orbits = Vec::new();
    for start in 0..y.len() {
        if signs[start].is_some() {
            continue;
        }
        signs[start] = Some(1.0);
        let (mut entries, mut next, mut vanishes) = (vec![start], 0, false);
        while let Some(&entry) = entries.get(next) {
            next += 1;
            let sign = signs[entry].expect("set when it was pushed");
            for of in generators {
                let (from, negative) = of[entry];
                let expected = if negative { -sign } else { sign };
                match signs[from] {
                    None => {
                        signs[from] = Some(expected);
                        entries.push(from);
                    }
                    Some(sign) => vanishes |= sign != expected,
                }
            }
        }
        if entries.len() == 1 && !vanishes {
            continue;
        }
        entries.sort_unstable();
        let aligned = entries
            .iter()
            .map(|&entry| signs[entry].expect("in the orbit") * y[entry]);
        let both = aligned.flat_map(|value| [value, if vanishes { -value } else { value }]);
        let spread = spread(both);
        orbits.push(ForcedOrbit {
            output,
            entries,
            spread,
        });
    }
    orbits
}

/// The largest difference of two of some numbers, 0 of none; NaN if one of them is.
fn spread(numbers: impl Iterator<Item = f64>) -> f64 {
    let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
        if x.is_nan() || low.is_nan() {
            (f64::NAN, f64::NAN)
        } else {
            (low.min(x), high.max(x))
        }
    });
    if low > high { 0.0 } else { high - low }
}

/// The largest difference of node embeddings `z` `[N, K]` within the given orbits. Curie's principle: zero to rounding
/// for an equivariant network that breaks nothing. For any other action see [`Check::curie`].
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_nn::check::orbit_spread;
/// let z = Tensor::new(&[[1f32], [1.0], [3.0], [3.5]], &Device::Cpu)?;
/// assert_eq!(orbit_spread(&z, &[vec![0, 1], vec![2]])?, 0.0);
/// assert_eq!(orbit_spread(&z, &[vec![0, 1], vec![2, 3]])?, 0.5);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When an orbit names a row that does not exist.
pub fn orbit_spread(z: &Tensor, orbits: &[Vec<u32>]) -> Result<f64> {
    let (n, width) = z.dims2()?;
    let values = values(z)?;
    let mut spreads = Vec::new();
    for orbit in orbits {
        if let Some(row) = orbit.iter().find(|&&row| row as usize >= n) {
            candle_core::bail!("orbit_spread: an orbit names row {row}, expected rows below {n}");
        }
        for column in 0..width {
            spreads.push(spread(
                orbit.iter().map(|&row| values[row as usize * width + column]),
            ));
        }
    }
    Ok(largest(spreads))
}
