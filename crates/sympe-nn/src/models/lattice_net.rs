//! A group-equivariant residual network on a torus: couplings and fields in, one number per site out.

use super::backbone::{Adjoin, Backbone};
use crate::layers::lattice::{
    Fibre, GroupConv, GroupConvConfig, Location, RelaxedGroupConv, bonds_to_directions,
};
use crate::ops::{self, ConvMethod};
use crate::params::Params;
use candle_core::{Result, Tensor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sympe_groups::lattice::Wallpaper;

/// A batch of couplings and site fields on one torus.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::models::{Adjoin, LatticeInput};
/// let values = Tensor::ones((2, 4, 4), DType::F32, &Device::Cpu)?;
/// let input = LatticeInput::new(&values, &values, &values)?;
/// let input = input.adjoin(&Tensor::zeros((2, 3, 4, 4), DType::F32, &Device::Cpu)?)?;
/// assert_eq!((input.directions.dims(), input.sites.dims()), (&[2, 4, 4, 4][..], &[2, 4, 4, 4][..]));
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LatticeInput {
    /// `[B, 4, h, w]`: the couplings down, right, up and left of each site.
    pub directions: Tensor,
    /// `[B, C, h, w]`: the external field, and what breaks symmetry.
    pub sites: Tensor,
}

impl LatticeInput {
    /// Couplings to the next row and to the next column, and an external field, each `[B, h, w]`.
    ///
    /// # Errors
    ///
    /// When the shapes differ.
    pub fn new(down: &Tensor, right: &Tensor, field: &Tensor) -> Result<Self> {
        if down.dims() != field.dims() || right.dims() != field.dims() {
            candle_core::bail!(
                "couplings {:?} and {:?} do not fit the field {:?}",
                down.dims(),
                right.dims(),
                field.dims()
            );
        }
        Ok(Self {
            directions: bonds_to_directions(down, right)?,
            sites: field.unsqueeze(1)?,
        })
    }
}

impl Adjoin for LatticeInput {
    fn adjoin(&self, encoding: &Tensor) -> Result<Self> {
        Ok(Self {
            directions: self.directions.clone(),
            sites: Tensor::cat(&[&self.sites, encoding], 1)?,
        })
    }
}

/// The sizes of a [`LatticeNet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LatticeNetConfig {
    /// The wallpaper group under which the network is equivariant; p1 makes it a plain periodic CNN.
    #[serde(serialize_with = "to_text", deserialize_with = "from_text")]
    pub group: Wallpaper,
    /// Channels, each with one number per element of the point group.
    pub channels: usize,
    /// Residual blocks, each a convolution and a mixing of channels (or, if the kernel is even, a second convolution).
    pub blocks: usize,
    /// Side of the filters.
    pub kernel: usize,
    /// Filters in the bank of each relaxed convolution; 0 for convolutions that are not relaxed.
    pub relaxed: usize,
}

impl Default for LatticeNetConfig {
    fn default() -> Self {
        Self {
            group: Wallpaper::P4m,
            channels: 8,
            blocks: 2,
            kernel: 3,
            relaxed: 0,
        }
    }
}

impl LatticeNetConfig {
    /// About how many parameters a network has whose input has `sites` channels on sites: its filters, without what symmetry takes
    /// away from the first ones. Of wide networks it is right to a few percent; `usize::MAX` where it is too many to count.
    ///
    /// ```
    /// use sympe_nn::models::LatticeNetConfig;
    /// let wide = LatticeNetConfig { channels: 10_000_000, ..Default::default() };
    /// assert!(wide.parameters_about(9) > 1 << 50);
    /// ```
    #[must_use]
    pub fn parameters_about(&self, sites: usize) -> usize {
        let square = |side: usize| side.saturating_mul(side);
        let filter = square(self.kernel);
        // A block has a convolution and a mixing of channels, or two convolutions.
        let of_pair = if self.kernel % 2 == 1 {
            filter.saturating_add(1)
        } else {
            filter.saturating_mul(2)
        };
        // Lifting is odd; the couplings have four directions.
        let first = square(self.kernel / 2 * 2 + 1).saturating_mul(sites.saturating_add(4));
        [self.blocks, self.channels, self.group.points().len(), of_pair]
            .into_iter()
            .fold(1usize, usize::saturating_mul)
            .saturating_add(first)
            .saturating_mul(self.channels)
            .saturating_mul(self.relaxed.max(1))
    }
}

fn to_text<S: Serializer>(group: &Wallpaper, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(group)
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Wallpaper, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// A residual network of group convolutions: lifting, residual blocks, readout to one scalar per site.
///
/// Joint equivariance: transforming couplings, fields and encoding transforms the output.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::models::{Backbone, LatticeInput, LatticeNet, LatticeNetConfig};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let net = LatticeNet::new(LatticeNetConfig::default(), [4, 4], 1, &store.root())?;
/// let ones = Tensor::ones((1, 4, 4), DType::F32, &Device::Cpu)?;
/// let output = net.forward_t(&LatticeInput::new(&ones, &ones, &ones)?, false)?.flatten_all()?;
/// // Curie's principle: the input looks the same from every site, and so does the output.
/// let spread = (output.max(0)? - output.min(0)?)?.to_scalar::<f32>()?;
/// assert!(spread < 1e-6);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LatticeNet {
    shape: [usize; 2],
    from_directions: Conv,
    from_sites: Conv,
    blocks: Vec<[Conv; 2]>,
    readout: GroupConv,
}

#[derive(Clone, Debug)]
enum Conv {
    Equivariant(GroupConv),
    Relaxed(RelaxedGroupConv),
}

impl Conv {
    fn forward(&self, x: &Tensor, method: ConvMethod) -> Result<Tensor> {
        match self {
            Self::Equivariant(conv) => conv.forward_with(x, method),
            Self::Relaxed(conv) => conv.forward_with(x, method),
        }
    }
}

impl LatticeNet {
    /// A network for tori of the given shape and inputs with `sites` channels on sites, the encoding included.
    ///
    /// # Errors
    ///
    /// When a size is 0, or the group needs a square torus and this is none.
    pub fn new(
        config: LatticeNetConfig,
        shape: [usize; 2],
        sites: usize,
        params: &Params<'_>,
    ) -> Result<Self> {
        Self::with_readout(config, Fibre::Scalar, shape, sites, params)
    }

    /// The same network with a number for every element of the group in the place of one per site: its output is
    /// `[B, |P|, h, w]`, a function on the group in the order of
    /// [`write_regular_index`](sympe_groups::lattice::LatticeElement::write_regular_index). It has no bias: elements are compared.
    ///
    /// ```
    /// use candle_core::{DType, Device, Tensor};
    /// use sympe_nn::models::{Backbone, LatticeInput, LatticeNet, LatticeNetConfig};
    /// use sympe_nn::params::ParamStore;
    ///
    /// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
    /// let net = LatticeNet::on_group(LatticeNetConfig::default(), [4, 4], 1, &store.root())?;
    /// let ones = Tensor::ones((1, 4, 4), DType::F32, &Device::Cpu)?;
    /// assert_eq!(net.forward_t(&LatticeInput::new(&ones, &ones, &ones)?, false)?.dims(), [1, 8, 4, 4]);
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn on_group(
        config: LatticeNetConfig,
        shape: [usize; 2],
        sites: usize,
        params: &Params<'_>,
    ) -> Result<Self> {
        Self::with_readout(config, Fibre::Regular, shape, sites, params)
    }

    fn with_readout(
        config: LatticeNetConfig,
        output: Fibre,
        shape: [usize; 2],
        sites: usize,
        params: &Params<'_>,
    ) -> Result<Self> {
        let LatticeNetConfig {
            group,
            channels,
            blocks,
            kernel,
            relaxed,
        } = config;
        if channels == 0 || kernel == 0 || sites == 0 {
            candle_core::bail!(
                "a lattice network of {channels} channels, kernel {kernel}, {sites} inputs on sites"
            );
        }
        if group.needs_square() && shape[0] != shape[1] {
            candle_core::bail!("{group} needs a square torus, got {} × {}", shape[0], shape[1]);
        }
        let conv = |config: GroupConvConfig, inputs: usize, name: &str| -> Result<Conv> {
            let params = params.at(name);
            Ok(if relaxed == 0 {
                Conv::Equivariant(GroupConv::new(config, inputs, channels, &params)?)
            } else {
                let conv = RelaxedGroupConv::new(config, inputs, channels, relaxed, shape, &params)?;
                Conv::Relaxed(conv)
            })
        };
        // Lifting stays on the sites, whatever the parity of the kernel.
        let lifting = |input: Fibre| GroupConvConfig::new(group, input, Fibre::Regular, kernel / 2 * 2 + 1);
        let inner = GroupConvConfig::new(group, Fibre::Regular, Fibre::Regular, kernel);
        // The second convolution of a block mixes channels; after an even kernel it must also lead back to the sites.
        let back = GroupConvConfig {
            from: inner.to(),
            kernel: if kernel % 2 == 1 { [1, 1] } else { inner.kernel },
            ..inner
        };
        debug_assert_eq!(back.to(), Location::Sites);
        let readout = GroupConvConfig::new(group, Fibre::Regular, output, 1);
        Ok(Self {
            shape,
            from_directions: conv(lifting(Fibre::Directions), 1, "from_directions")?,
            from_sites: conv(lifting(Fibre::Scalar), sites, "from_sites")?,
            blocks: (0..blocks)
                .map(|block| {
                    Ok([
                        conv(inner, channels, &format!("blocks.{block}.0"))?,
                        conv(back, channels, &format!("blocks.{block}.1"))?,
                    ])
                })
                .collect::<Result<_>>()?,
            readout: match output {
                Fibre::Scalar => GroupConv::new(readout, channels, 1, &params.at("readout"))?,
                _ => GroupConv::without_bias(readout, channels, 1, &params.at("readout"))?,
            },
        })
    }
}

impl Backbone for LatticeNet {
    type Input = LatticeInput;
    /// `[B, h, w]`; of a network [on the group](LatticeNet::on_group) `[B, |P|, h, w]`.
    type Output = Tensor;

    /// Training uses the fast convolution, evaluation the exact one.
    fn forward_t(&self, input: &LatticeInput, train: bool) -> Result<Tensor> {
        let (_, _, h, w) = input.sites.dims4()?;
        if [h, w] != self.shape {
            let [rows, columns] = self.shape;
            candle_core::bail!("the input lives on {h} × {w} sites, expected {rows} × {columns}");
        }
        let method = if train {
            ConvMethod::Fast
        } else {
            ConvMethod::Exact
        };
        let directions = self.from_directions.forward(&input.directions, method)?;
        let sites = self.from_sites.forward(&input.sites, method)?;
        // The product lets couplings choose among the patterns of the encoding from the first layer on.
        let mut x = ((&directions * &sites)? + (&directions + &sites)?)?;
        for [first, second] in &self.blocks {
            let inner = ops::silu(&first.forward(&ops::silu(&x)?, method)?)?;
            x = (x + second.forward(&inner, method)?)?;
        }
        let x = ops::silu(&x)?;
        let output = self.readout.forward_with(&x, method)?;
        match self.readout.config().output {
            Fibre::Scalar => output.squeeze(1),
            _ => Ok(output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::ParamStore;
    use candle_core::{DType, Device};

    #[test]
    fn the_number_of_parameters_is_known_before_there_are_any() -> Result<()> {
        let sizes = [
            (Wallpaper::P4m, 12, 2, 3),
            (Wallpaper::P4m, 10, 1, 2),
            (Wallpaper::P1, 40, 3, 3),
            (Wallpaper::P4, 16, 1, 1),
        ];
        for (group, channels, blocks, kernel) in sizes {
            for relaxed in [0, 3] {
                let config = LatticeNetConfig {
                    group,
                    channels,
                    blocks,
                    kernel,
                    relaxed,
                };
                let store = ParamStore::new(0, DType::F32, &Device::Cpu);
                LatticeNet::new(config, [4, 4], 5, &store.root())?;
                let (exact, about) = (store.count() as f64, config.parameters_about(5) as f64);
                assert!(
                    (0.9..1.25).contains(&(about / exact)),
                    "{config:?}: {exact}, about {about}"
                );
            }
        }
        let wide = LatticeNetConfig {
            channels: usize::MAX,
            ..Default::default()
        };
        assert_eq!(wide.parameters_about(1), usize::MAX);
        Ok(())
    }
}
