//! Group convolution, lifting and readout in one: all equivariant linear maps between fields.

use super::field::{Fibre, Location};
use crate::ops::{ConvMethod, periodic_conv};
use crate::params::{Init, Params};
use candle_core::{Result, Tensor};
use std::collections::HashMap;
use sympe_groups::lattice::{PointOperation, Wallpaper};

/// What a [`GroupConv`] maps to what.
///
/// ```
/// use sympe_groups::lattice::Wallpaper;
/// use sympe_nn::layers::lattice::{Fibre, GroupConvConfig, Location};
/// let lifting = GroupConvConfig::new(Wallpaper::P4m, Fibre::Scalar, Fibre::Regular, 2);
/// assert_eq!(lifting.to(), Location::Plaquettes);
/// let back = GroupConvConfig { from: lifting.to(), ..GroupConvConfig::new(Wallpaper::P4m, Fibre::Regular, Fibre::Scalar, 2) };
/// assert_eq!(back.to(), Location::Sites);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupConvConfig {
    /// The wallpaper group.
    pub group: Wallpaper,
    /// Fibre of the input.
    pub input: Fibre,
    /// Fibre of the output.
    pub output: Fibre,
    /// Rows and columns of the filters: both odd or both even, and equal if the group turns rows into columns.
    pub kernel: [usize; 2],
    /// Where the input is.
    pub from: Location,
}

impl GroupConvConfig {
    /// Square filters on a field on sites.
    #[must_use]
    pub fn new(group: Wallpaper, input: Fibre, output: Fibre, kernel: usize) -> Self {
        Self {
            group,
            input,
            output,
            kernel: [kernel, kernel],
            from: Location::Sites,
        }
    }

    /// Where the output is.
    #[must_use]
    pub fn to(&self) -> Location {
        self.from.after(self.kernel[0])
    }

    fn check(&self) -> Result<()> {
        let [k, l] = self.kernel;
        if k == 0 || l == 0 || k % 2 != l % 2 || (self.group.needs_square() && k != l) {
            candle_core::bail!(
                "a {k} × {l} filter cannot be equivariant under {}: expected both sides odd or both even{}",
                self.group,
                if self.group.needs_square() {
                    ", and equal"
                } else {
                    ""
                }
            );
        }
        Ok(())
    }

    /// The filter entry that is read at the output's own position (or, between the two lattices, next to it).
    fn origin(&self) -> [usize; 2] {
        self.kernel.map(|side| match self.from {
            Location::Sites => (side - 1) / 2,
            Location::Plaquettes => side / 2,
        })
    }

    /// The image of a filter position, whose coordinates are measured from the middle in half steps.
    fn offset_image(&self, point: PointOperation, [p, q]: [usize; 2]) -> [usize; 2] {
        let centred = |x: usize, side: usize| 2 * x as i64 - (side as i64 - 1);
        let [k, l] = self.kernel;
        let [a, b] = point.apply([centred(p, k), centred(q, l)]);
        let back = |x: i64, side: usize| ((x + side as i64 - 1) / 2) as usize;
        [back(a, k), back(b, l)]
    }

    /// How weights and biases start.
    fn fan_in(&self, inputs: usize) -> Init {
        let [k, l] = self.kernel;
        Init::FanIn(inputs * self.input.size(self.group) * k * l)
    }

    /// The orbits of the point group on triples (output `s`, input `t`, filter position): an equivariant filter is
    /// constant on each. Returns the orbit of every triple, in that order, and how many there are.
    fn orbits(&self) -> (Vec<u32>, usize) {
        let points = self.group.points();
        let (outputs, inputs) = (self.output.size(self.group), self.input.size(self.group));
        let [k, l] = self.kernel;
        let at = |s: usize, t: usize, [p, q]: [usize; 2]| ((s * inputs + t) * k + p) * l + q;
        let mut orbit = vec![u32::MAX; outputs * inputs * k * l];
        let mut count = 0;
        for index in 0..orbit.len() {
            if orbit[index] != u32::MAX {
                continue;
            }
            let offset = [index / l % k, index % l];
            let (s, t) = (index / (k * l * inputs), index / (k * l) % inputs);
            for &point in &points {
                let image = at(
                    self.output.image(point, s, &points),
                    self.input.image(point, t, &points),
                    self.offset_image(point, offset),
                );
                orbit[image] = count as u32;
            }
            count += 1;
        }
        (orbit, count)
    }

    /// The orbits of the point group on the output fibre: a bias is constant on each.
    fn bias_orbits(&self) -> (Vec<u32>, usize) {
        let points = self.group.points();
        let mut numbers = HashMap::new();
        let mut orbit = Vec::new();
        for s in 0..self.output.size(self.group) {
            let least = points
                .iter()
                .map(|&point| self.output.image(point, s, &points))
                .min();
            let next = numbers.len() as u32;
            orbit.push(*numbers.entry(least).or_insert(next));
        }
        (orbit, numbers.len())
    }
}

/// A convolution that is equivariant under a wallpaper group, `[B, I·T, h, w]` to `[B, O·S, h, w]`, for any two fibres:
///
/// ```text
/// y(o, s, r) = b(o, s) + Σ_{i, t, δ} W(o, i, [s, t, δ])·x(i, t, r + δ),
/// ```
///
/// where `[s, t, δ]` is the orbit of the triple under the point group. From scalars or directions to the regular fibre
/// it is the *lifting convolution*, from regular to regular the *group convolution* (Cohen & Welling 2016), from
/// regular to scalar a *readout*; under p1 it is a plain convolution. No map of this form that is equivariant is left
/// out. It is exactly equivariant on tori of any size, odd or even, square or (where the group allows) not.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_groups::lattice::Wallpaper;
/// use sympe_nn::layers::lattice::{Fibre, GroupConv, GroupConvConfig};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let config = GroupConvConfig::new(Wallpaper::P4m, Fibre::Scalar, Fibre::Regular, 3);
/// let lifting = GroupConv::new(config, 2, 5, &store.root())?;
/// let y = lifting.forward(&Tensor::ones((1, 2, 6, 6), DType::F32, &Device::Cpu)?)?;
/// assert_eq!(y.dims(), [1, 5 * 8, 6, 6]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct GroupConv {
    config: GroupConvConfig,
    channels: [usize; 2],
    weight: Tensor,
    index: Tensor,
    /// A number per orbit of the output fibre and channel, and the orbit of each number of the fibre.
    bias: Option<[Tensor; 2]>,
}

impl GroupConv {
    /// From `inputs` to `outputs` channels. Weights and biases start uniform on `±1/√fan_in`, the fan-in being the
    /// number of terms of the sum.
    ///
    /// # Errors
    ///
    /// When the filter has a shape that the group does not allow, or the names are taken.
    pub fn new(config: GroupConvConfig, inputs: usize, outputs: usize, params: &Params<'_>) -> Result<Self> {
        let mut conv = Self::without_bias(config, inputs, outputs, params)?;
        let (orbits, count) = config.bias_orbits();
        let bias = params.get("bias", (outputs, count), config.fan_in(inputs))?;
        conv.bias = Some([bias, Tensor::new(orbits, params.device())?]);
        Ok(conv)
    }

    /// The same without a bias.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn without_bias(
        config: GroupConvConfig,
        inputs: usize,
        outputs: usize,
        params: &Params<'_>,
    ) -> Result<Self> {
        config.check()?;
        let (orbits, count) = config.orbits();
        Ok(Self {
            config,
            channels: [inputs, outputs],
            weight: params.get("weight", (outputs, inputs, count), config.fan_in(inputs))?,
            index: Tensor::new(orbits, params.device())?,
            bias: None,
        })
    }

    /// What it maps to what.
    #[must_use]
    pub fn config(&self) -> &GroupConvConfig {
        &self.config
    }

    /// The filters of the plain convolution that this is, `[O·S, I·T, k, l]`.
    ///
    /// # Errors
    ///
    /// Candle's device errors.
    pub fn filter(&self) -> Result<Tensor> {
        let ([inputs, outputs], [k, l]) = (self.channels, self.config.kernel);
        let group = self.config.group;
        let (s, t) = (self.config.output.size(group), self.config.input.size(group));
        self.weight
            .reshape((outputs * inputs, ()))?
            .index_select(&self.index, 1)?
            .reshape((outputs, inputs, s, t, k * l))?
            .permute((0, 2, 1, 3, 4))?
            .reshape((outputs * s, inputs * t, k, l))
    }

    /// Applies it, exactly; `x` is `[B, I·T, h, w]`.
    ///
    /// # Errors
    ///
    /// When `x` has the wrong number of channels.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.forward_with(x, ConvMethod::Exact)
    }

    /// Applies it with the given method: the fast one for training, the exact one where equivariance is measured.
    ///
    /// # Errors
    ///
    /// When `x` has the wrong number of channels.
    pub fn forward_with(&self, x: &Tensor, method: ConvMethod) -> Result<Tensor> {
        let of_fibre = |[bias, index]: &[Tensor; 2]| bias.index_select(index, 1)?.flatten_all();
        let bias = self.bias.as_ref().map(of_fibre).transpose()?;
        periodic_conv(x, &self.filter()?, bias.as_ref(), self.config.origin(), method)
    }
}
