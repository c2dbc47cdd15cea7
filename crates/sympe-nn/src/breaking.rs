//! One interface for every way of breaking symmetry, so that comparisons differ in nothing else.

use crate::encoding::{FieldConfig, FieldEncoding, PositionalEncoding, TableConfig, TableEncoding};
use crate::params::Params;
use candle_core::{Result, Tensor};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A way of breaking symmetry.
///
/// ```
/// use sympe_nn::breaking::Breaking;
/// assert_eq!("random-walk".parse::<Breaking>()?, Breaking::RandomWalk);
/// assert_eq!(Breaking::Sympe.to_string(), "sympe");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Breaking {
    /// Nothing is added; Curie's principle binds.
    None,
    /// Independent normal features, new in each pass.
    Noise,
    /// A learned `v` at a uniformly random place: the Haar kernel, maximal entropy.
    Uniform,
    /// Laplacian eigenvectors with random signs.
    Laplacian,
    /// Return probabilities of random walks: features, equal on orbits, that break nothing.
    RandomWalk,
    /// As [`Sympe`](Self::Sympe), but `v` stays as it starts: a fixed random object, its place drawn (Xie & Smidt 2024).
    Fixed,
    /// A learned `v` at a place drawn from an inversion kernel (or a relaxation of it).
    #[default]
    Sympe,
}

impl Breaking {
    /// All ways, in the order of the tables.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Noise,
        Self::Uniform,
        Self::Laplacian,
        Self::RandomWalk,
        Self::Fixed,
        Self::Sympe,
    ];

    /// Whether the host draws a group element per input.
    #[must_use]
    pub fn needs_ranks(self) -> bool {
        matches!(self, Self::Uniform | Self::Fixed | Self::Sympe)
    }

    /// Whether the host computes features.
    #[must_use]
    pub fn needs_features(self) -> bool {
        matches!(self, Self::Noise | Self::Laplacian | Self::RandomWalk)
    }
}

impl fmt::Display for Breaking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Noise => "noise",
            Self::Uniform => "uniform",
            Self::Laplacian => "laplacian",
            Self::RandomWalk => "random-walk",
            Self::Fixed => "fixed",
            Self::Sympe => "sympe",
        })
    }
}

impl FromStr for Breaking {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let names = Self::ALL.map(|breaking| breaking.to_string());
        Self::ALL
            .into_iter()
            .find(|breaking| breaking.to_string() == text)
            .ok_or_else(|| {
                format!(
                    "unknown way of breaking '{text}': expected one of {}",
                    names.join(", ")
                )
            })
    }
}

/// What the host drew for one batch.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::breaking::{Breaker, Breaking, Draw};
/// use sympe_nn::encoding::TableConfig;
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let noise = Breaker::new(Breaking::Noise, 16, 2, TableConfig::default(), &store.root())?;
/// let features = Tensor::zeros((1, 3, 2), DType::F32, &Device::Cpu)?;
/// assert!(noise.encode(&Draw::Features(features))?.is_some());
/// assert!(noise.encode(&Draw::None).is_err());
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum Draw {
    /// Nothing.
    None,
    /// Features: `[B, N, D]` on graphs, zero in padded rows; `[B, D, h, w]` on lattices.
    Features(Tensor),
    /// Ranks `[B, N]` (`u32`): `g̃⁻¹(i)` for each node or site, and `n_max` for padding.
    Ranks(Tensor),
}

/// The device half of a way of breaking symmetry: it turns a [`Draw`] into channels, `[B, N, D]` on
/// graphs, `[B, D, h, w]` on lattices.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::breaking::{Breaker, Breaking, Draw};
/// use sympe_nn::encoding::TableConfig;
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let breaker = Breaker::new(Breaking::Sympe, 16, 8, TableConfig::default(), &store.root())?;
/// let ranks = Tensor::new(&[[1u32, 2, 0]], &Device::Cpu)?;
/// assert_eq!(breaker.encode(&Draw::Ranks(ranks))?.unwrap().dims(), [1, 3, 8]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Breaker {
    breaking: Breaking,
    dim: usize,
    /// Where the dimension `dim` of features is.
    channel_axis: usize,
    encoding: Option<Encoding>,
}

#[derive(Clone, Debug)]
enum Encoding {
    Table(TableEncoding),
    Field(FieldEncoding),
}

impl Encoding {
    fn encode(&self, draw: &Tensor) -> Result<Tensor> {
        match self {
            Self::Table(table) => table.encode(draw),
            Self::Field(field) => field.encode(draw),
        }
    }
}

impl Breaker {
    /// A breaker with `dim` channels for graphs of up to `n_max` nodes.
    ///
    /// # Errors
    ///
    /// When a parameter name is taken.
    pub fn new(
        breaking: Breaking,
        n_max: usize,
        dim: usize,
        config: TableConfig,
        params: &Params<'_>,
    ) -> Result<Self> {
        let make = match breaking {
            Breaking::Fixed => TableEncoding::fixed,
            _ => TableEncoding::new,
        };
        let encoding = (breaking.needs_ranks())
            .then(|| make(n_max, dim, config, params).map(Encoding::Table))
            .transpose()?;
        Ok(Self::with(breaking, dim, 2, encoding))
    }

    /// A breaker with `dim` channels on a torus of this shape.
    ///
    /// ```
    /// use candle_core::{DType, Device, Tensor};
    /// use sympe_nn::breaking::{Breaker, Breaking, Draw};
    /// use sympe_nn::encoding::FieldConfig;
    /// use sympe_nn::params::ParamStore;
    ///
    /// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
    /// let breaker = Breaker::on_lattice(Breaking::Sympe, [2, 2], 5, FieldConfig::default(), &store.root())?;
    /// let index = Tensor::new(&[[1u32, 0, 3, 2]], &Device::Cpu)?; // a step to the right
    /// assert_eq!(breaker.encode(&Draw::Ranks(index))?.unwrap().dims(), [1, 5, 2, 2]);
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a parameter name is taken, or the way of breaking is one of graphs.
    pub fn on_lattice(
        breaking: Breaking,
        shape: [usize; 2],
        dim: usize,
        config: FieldConfig,
        params: &Params<'_>,
    ) -> Result<Self> {
        if matches!(breaking, Breaking::Laplacian | Breaking::RandomWalk) {
            candle_core::bail!("breaking '{breaking}' is for graphs, not for lattices");
        }
        let make = match breaking {
            Breaking::Fixed => FieldEncoding::fixed,
            _ => FieldEncoding::new,
        };
        let encoding = (breaking.needs_ranks())
            .then(|| make(shape, dim, config, params).map(Encoding::Field))
            .transpose()?;
        Ok(Self::with(breaking, dim, 1, encoding))
    }

    fn with(breaking: Breaking, dim: usize, channel_axis: usize, encoding: Option<Encoding>) -> Self {
        Self {
            breaking,
            dim: if breaking == Breaking::None { 0 } else { dim },
            channel_axis,
            encoding,
        }
    }

    /// Channels of the encoding; 0 for [`Breaking::None`].
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The channels to adjoin to the input, or `None` where nothing is broken.
    ///
    /// # Errors
    ///
    /// When the draw is not of the kind, or of the width, that this breaker takes.
    pub fn encode(&self, draw: &Draw) -> Result<Option<Tensor>> {
        match (draw, &self.encoding) {
            (Draw::None, None) if self.dim == 0 => Ok(None),
            (Draw::Ranks(ranks), Some(encoding)) => Ok(Some(encoding.encode(ranks)?)),
            (Draw::Features(features), None)
                if features.dims().get(self.channel_axis) == Some(&self.dim) && self.dim > 0 =>
            {
                Ok(Some(features.clone()))
            }
            _ => {
                let kind = match draw {
                    Draw::None => "nothing".to_owned(),
                    Draw::Features(features) => format!("features {:?}", features.dims()),
                    Draw::Ranks(ranks) => format!("ranks {:?}", ranks.dims()),
                };
                candle_core::bail!(
                    "breaking '{}' with {} channels cannot use {kind}",
                    self.breaking,
                    self.dim
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::ParamStore;
    use candle_core::{DType, Device};

    #[test]
    fn a_breaker_rejects_draws_of_another_kind() {
        let store = ParamStore::new(0, DType::F32, &Device::Cpu);
        let noise = Breaker::new(Breaking::Noise, 4, 3, TableConfig::default(), &store.root()).unwrap();
        let narrow = Tensor::zeros((1, 4, 2), DType::F32, &Device::Cpu).unwrap();
        for draw in [Draw::None, Draw::Features(narrow)] {
            let message = noise.encode(&draw).unwrap_err().to_string();
            assert!(
                message.starts_with("breaking 'noise' with 3 channels"),
                "{message}"
            );
        }
        assert!("frame".parse::<Breaking>().unwrap_err().contains("random-walk"));
    }
}
