//! A learned field for lattice groups: `g̃·v` is the transformed field.

use super::PositionalEncoding;
use crate::params::{Params, normal};
use candle_core::{Device, Result, Tensor};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use std::f64::consts::{SQRT_2, TAU};

sympe_groups::named! {
    serde "start of a field"
    /// How the channels of the field start.
    #[derive(Default)]
    pub enum FieldInit {
        /// Independent standard normal values.
        Normal = "normal",
        /// Plane waves of unit variance with random phases, the analogue of sinusoidal position encodings.
        ///
        /// Two of them (a quarter period apart) for each pair `±k` of wave vectors: those of the smallest orbits under the
        /// point group first, the most symmetric points of the Brillouin zone, and long waves before short ones. The first of
        /// all change sign from site to site.
        #[default]
        Waves = "waves",
    }
}

/// The options of a [`FieldEncoding`].
///
/// ```
/// use sympe_nn::encoding::{FieldConfig, FieldInit};
/// assert_eq!(FieldConfig::default(), FieldConfig { init: FieldInit::Waves, scale: 1.0 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FieldConfig {
    /// How channels start.
    pub init: FieldInit,
    /// Factor on the initial values.
    pub scale: f64,
}

impl Default for FieldConfig {
    fn default() -> Self {
        Self {
            init: FieldInit::Waves,
            scale: 1.0,
        }
    }
}

/// The learned `v` of a torus: a field of `D` channels on its sites, on which every wallpaper group acts freely (for
/// generic values, on sides of at least three).
///
/// The draw is a tensor of site indices `[B, h·w]` (`u32`), row by row, as
/// [`PermutationRep::write_index`](sympe_groups::PermutationRep::write_index) gives it for `g̃`:
/// `(g̃·v)(r) = v(g̃⁻¹r)`.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::encoding::{FieldConfig, FieldEncoding, PositionalEncoding};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let field = FieldEncoding::new([1, 3], 2, FieldConfig::default(), &store.root())?;
/// let draw = Tensor::new(&[[0u32, 1, 2], [2, 0, 1]], &Device::Cpu)?; // the identity, and a step to the right
/// let encoding = field.encode(&draw)?;
/// assert_eq!(encoding.dims(), [2, 2, 1, 3]);
/// let rows = encoding.flatten_from(2)?.to_vec3::<f32>()?;
/// assert_eq!(rows[1][0][0], rows[0][0][2]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FieldEncoding {
    /// `[h·w, D]`
    pub(super) values: Tensor,
    shape: [usize; 2],
}

impl FieldEncoding {
    /// A field of `dim` channels, as parameter `field`.
    ///
    /// # Errors
    ///
    /// When the name is taken.
    pub fn new(shape: [usize; 2], dim: usize, config: FieldConfig, params: &Params<'_>) -> Result<Self> {
        let values = params.with_values("field", &start(shape, dim, config, params)?)?;
        Ok(Self { values, shape })
    }

    /// Rows and columns.
    #[must_use]
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }
}

impl PositionalEncoding for FieldEncoding {
    type Draw = Tensor;

    fn dim(&self) -> usize {
        self.values.dims()[1]
    }

    /// `[B, D, h, w]`.
    fn encode(&self, draw: &Tensor) -> Result<Tensor> {
        let (batch, sites) = draw.dims2()?;
        let [h, w] = self.shape;
        if sites != h * w {
            candle_core::bail!(
                "a draw has {sites} indices, expected {} for {h} × {w} sites",
                h * w
            );
        }
        self.values
            .index_select(&draw.flatten_all()?, 0)?
            .reshape((batch, sites, self.dim()))?
            .transpose(1, 2)?
            .reshape((batch, self.dim(), h, w))
    }
}

/// Initial values `[h·w, D]`.
fn start(shape: [usize; 2], dim: usize, config: FieldConfig, params: &Params<'_>) -> Result<Tensor> {
    let mut rng = params.rng("field");
    let sites = shape[0] * shape[1];
    let values: Vec<f64> = match config.init {
        FieldInit::Normal => (0..sites * dim).map(|_| normal(&mut rng)).collect(),
        FieldInit::Waves => {
            let waves = waves(shape, dim, &mut rng);
            let site = |site: usize| waves.iter().map(move |wave| wave.at(shape, site));
            (0..sites).flat_map(site).collect()
        }
    };
    let values = values.into_iter().map(|value| config.scale * value).collect();
    Tensor::from_vec(values, (sites, dim), &Device::Cpu)
}

/// A plane wave: whole numbers of periods along the two sides, amplitude, phase.
struct Wave {
    periods: [usize; 2],
    amplitude: f64,
    phase: f64,
}

impl Wave {
    fn at(&self, [h, w]: [usize; 2], site: usize) -> f64 {
        let turns = (self.periods[0] * (site / w)) as f64 / h as f64
            + (self.periods[1] * (site % w)) as f64 / w as f64;
        self.amplitude * (TAU * turns + self.phase).cos()
    }
}

/// The first `dim` waves in the order of [`FieldInit::Waves`]; if the torus has fewer, they repeat.
fn waves(shape @ [h, w]: [usize; 2], dim: usize, rng: &mut dyn Rng) -> Vec<Wave> {
    let negative = |[a, b]: [usize; 2]| [(h - a) % h, (w - b) % w];
    // Periods from −side/2 to side/2, without sign.
    let size = |[a, b]: [usize; 2]| [a.min(h - a), b.min(w - b)];
    let orbit = |k: [usize; 2]| {
        let [a, b] = size(k);
        let signs = [(a, h), (b, w)].map(|(x, side)| if x == 0 || 2 * x == side { 1 } else { 2 });
        signs[0] * signs[1] * if h == w && a != b { 2 } else { 1 }
    };
    let frequency = |k: [usize; 2]| {
        let [a, b] = size(k);
        (a * a * w * w + b * b * h * h, k)
    };
    let mut vectors: Vec<[usize; 2]> = (0..h)
        .flat_map(|a| (0..w).map(move |b| [a, b]))
        .filter(|k| *k != [0, 0] && *k <= negative(*k))
        .collect();
    vectors.sort_by_key(|k| (orbit(*k), frequency(*k)));
    if vectors.is_empty() {
        vectors.push([0, 0]); // a single site
    }
    let mut waves = Vec::new();
    for &periods in vectors.iter().cycle() {
        // A wave that changes sign from site to site is real: its phase can only be a sign.
        let real = periods == negative(periods);
        let phase = if real {
            std::f64::consts::PI * f64::from(u8::from(rng.random::<bool>()))
        } else {
            TAU * rng.random::<f64>()
        };
        let quarters: &[f64] = if real { &[0.0] } else { &[0.0, 0.25] };
        for quarter in quarters {
            if waves.len() == dim {
                return waves;
            }
            waves.push(Wave {
                periods,
                amplitude: if real { 1.0 } else { SQRT_2 },
                phase: phase - quarter * TAU,
            });
        }
    }
    unreachable!("{shape:?} has waves")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::ParamStore;
    use candle_core::DType;

    #[test]
    fn waves_are_orthonormal_and_the_most_symmetric_come_first() -> Result<()> {
        for shape in [[8, 8], [4, 6], [5, 5], [1, 4]] {
            let store = ParamStore::new(3, DType::F64, &Device::Cpu);
            let sites = shape[0] * shape[1];
            let values = start(shape, sites - 1, FieldConfig::default(), &store.root())?;
            let gram = (values.t()?.contiguous()?.matmul(&values)? / sites as f64)?.to_vec2::<f64>()?;
            for (i, row) in gram.iter().enumerate() {
                for (j, value) in row.iter().enumerate() {
                    let expected = f64::from(u8::from(i == j));
                    assert!((value - expected).abs() < 1e-9, "{shape:?}: {i}, {j}: {value}");
                }
            }
        }
        let waves = waves(
            [8, 8],
            5,
            &mut ParamStore::new(0, DType::F32, &Device::Cpu).root().rng("x"),
        );
        let periods: Vec<[usize; 2]> = waves.iter().map(|wave| wave.periods).collect();
        assert_eq!(periods, [[4, 4], [0, 4], [4, 0], [0, 1], [0, 1]]);
        Ok(())
    }

    #[test]
    fn tori_with_few_waves_repeat_them() -> Result<()> {
        let store = ParamStore::new(3, DType::F64, &Device::Cpu);
        for shape in [[1, 1], [2, 2]] {
            let values = start(shape, 7, FieldConfig::default(), &store.root())?;
            assert_eq!(values.dims(), [shape[0] * shape[1], 7]);
        }
        Ok(())
    }
}
