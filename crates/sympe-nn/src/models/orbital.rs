//! Networks that are equivariant under a permutation group of one's choice, by labels of its orbitals.

use super::backbone::Backbone;
use super::graph::GraphInput;
use crate::layers::{GnnLayer, Linear};
use crate::params::Params;
use candle_core::{DType, Device, Result, Tensor};
use serde::{Deserialize, Serialize};
use sympe_groups::PermGroup;

/// A tensor of labels has at most so many entries, 2 GiB of `f32`.
const MOST_LABELS: usize = 1 << 29;

/// The orbits and orbitals of a permutation group as features of nodes and of pairs of nodes, one-hot.
///
/// A network `F` that every permutation commutes with, given features `v` besides `x`, makes `x ↦ F(x, v)`, which commutes with the
/// permutations that fix `v`. The largest features that a group `G` fixes are its orbitals, the orbits on pairs; what fixes *them* is
/// the 2-closure of `G` (`SymmetrySearch::two_closure` of `sympe-canon` computes it). So a network for all of `S_n` becomes one for any
/// group that is 2-closed: cyclic, dihedral and wreath products, symmetries of lattices and of graphs. Of a group that is transitive
/// on pairs, such as the even permutations, nothing is left but `S_n`.
///
/// ```
/// use candle_core::{DType, Device};
/// use sympe_groups::PermGroup;
/// use sympe_nn::models::OrbitalFeatures;
/// // A ring: all nodes alike; itself, the next, the one after, and so on.
/// let ring = OrbitalFeatures::new(&PermGroup::cyclic(5), DType::F32, &Device::Cpu)?;
/// assert_eq!((ring.nodes().dims(), ring.pairs().dims()), (&[5, 1][..], &[5, 5, 4][..]));
/// // With reflections, the next and the last are one.
/// let turned = OrbitalFeatures::new(&PermGroup::dihedral(5), DType::F32, &Device::Cpu)?;
/// assert_eq!(turned.pairs().dims(), [5, 5, 2]);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # References
///
/// A. Goel et al., *Any-subgroup equivariant networks via symmetry breaking*, ICLR 2026 (arXiv 2603.19486); H. Wielandt, *Permutation
/// groups through invariant relations and invariant functions*, 1969.
#[derive(Clone, Debug)]
pub struct OrbitalFeatures {
    nodes: Tensor,
    pairs: Tensor,
}

impl OrbitalFeatures {
    /// The labels of a group on `N = degree` nodes. `O(N² · generators)` time and `N² · orbitals` numbers.
    ///
    /// # Errors
    ///
    /// When that are more than 2²⁹.
    pub fn new(group: &PermGroup, dtype: DType, device: &Device) -> Result<Self> {
        let (n, orbitals) = (group.degree(), group.orbitals());
        let [diagonal, others]: [Vec<_>; 2] = [true, false].map(|equal| {
            orbitals
                .iter()
                .filter(|of| (of[0].0 == of[0].1) == equal)
                .collect()
        });
        let entries = (n * n).saturating_mul(others.len());
        if entries > MOST_LABELS {
            candle_core::bail!(
                "orbital features of {n} nodes with {} orbitals are {entries} numbers, expected at most {MOST_LABELS}",
                others.len()
            );
        }
        let mut nodes = vec![0f32; n * diagonal.len()];
        for (label, orbital) in diagonal.iter().enumerate() {
            for &(i, _) in *orbital {
                nodes[i as usize * diagonal.len() + label] = 1.0;
            }
        }
        let mut pairs = vec![0f32; entries];
        for (label, orbital) in others.iter().enumerate() {
            for &(i, j) in *orbital {
                pairs[(i as usize * n + j as usize) * others.len() + label] = 1.0;
            }
        }
        let tensor = |values: Vec<f32>, shape: &[usize]| {
            Tensor::from_vec(values, shape, &Device::Cpu)?
                .to_dtype(dtype)?
                .to_device(device)
        };
        Ok(Self {
            nodes: tensor(nodes, &[n, diagonal.len()])?,
            pairs: tensor(pairs, &[n, n, others.len()])?,
        })
    }

    /// The orbit of each node, `[N, orbits]`.
    #[must_use]
    pub fn nodes(&self) -> &Tensor {
        &self.nodes
    }

    /// The orbital of each ordered pair of distinct nodes, `[N, N, orbitals]`; zeros on the diagonal.
    #[must_use]
    pub fn pairs(&self) -> &Tensor {
        &self.pairs
    }

    /// A batch of graphs on these nodes with the labels as further channels, for a network of your choice that takes encodings of nodes
    /// and of pairs.
    ///
    /// # Errors
    ///
    /// When the graphs have another number of nodes, padding included.
    pub fn adjoin_to(&self, input: &GraphInput) -> Result<GraphInput> {
        use super::backbone::Adjoin;
        let (batch, n) = input.mask.dims2()?;
        self.of_degree(n)?;
        let input = input.adjoin(&batched(&self.nodes, batch)?)?;
        match self.pairs.dim(2)? {
            0 => Ok(input),
            _ => input.adjoin_pairs(&batched(&self.pairs, batch)?),
        }
    }

    fn of_degree(&self, n: usize) -> Result<()> {
        let degree = self.nodes.dim(0)?;
        if n != degree {
            candle_core::bail!("{n} nodes, expected {degree}, the degree of the group");
        }
        Ok(())
    }
}

/// The same for every element of a batch.
fn batched(x: &Tensor, batch: usize) -> Result<Tensor> {
    let shape: Vec<usize> = [batch].iter().chain(x.dims()).copied().collect();
    x.unsqueeze(0)?.broadcast_as(shape)?.contiguous()
}

/// The sizes of an [`OrbitalNet`].
///
/// ```
/// use sympe_nn::models::OrbitalNetConfig;
/// assert_eq!(OrbitalNetConfig::default(), OrbitalNetConfig { hidden: 32, layers: 2 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrbitalNetConfig {
    /// Width of the layers.
    pub hidden: usize,
    /// Layers of messages between all pairs of nodes.
    pub layers: usize,
}

impl Default for OrbitalNetConfig {
    fn default() -> Self {
        Self {
            hidden: 32,
            layers: 2,
        }
    }
}

/// A network on `N` nodes that commutes with a given permutation group, and with no permutation outside of its 2-closure (for generic
/// weights and at least one layer): messages between all pairs that depend on the orbital of the pair.
///
/// With draws from the group it is a network of SymPE: their encodings join the features, and it is jointly equivariant.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_groups::PermGroup;
/// use sympe_nn::action::Permuted;
/// use sympe_nn::check::Check;
/// use sympe_nn::models::{Backbone, OrbitalNet, OrbitalNetConfig};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F64, &Device::Cpu);
/// let ring = PermGroup::cyclic(5);
/// let net = OrbitalNet::new(&ring, 1, 1, OrbitalNetConfig::default(), &store.root())?;
/// let x = Tensor::new(&[[[0.3f64], [1.2], [-0.5], [0.1], [0.9]]], &Device::Cpu)?;
/// let (model, nodes) = (|x: &[Tensor]| net.forward_t(&x[0], false), Permuted::dim(1));
/// let under = |group: PermGroup| Check::new("ring", group.generators().to_vec(), model).input(&x, &nodes).output(&nodes);
/// under(ring.clone()).ensure_equivariant()?;
/// assert!(under(PermGroup::dihedral(5)).ensure_equivariant().is_err());
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OrbitalNet {
    labels: OrbitalFeatures,
    embed: Linear,
    layers: Vec<GnnLayer>,
    readout: Linear,
}

impl OrbitalNet {
    /// A network from `inputs` to `outputs` numbers per node.
    ///
    /// # Errors
    ///
    /// When a size is 0, or the names are taken; see also [`OrbitalFeatures::new`].
    pub fn new(
        group: &PermGroup,
        inputs: usize,
        outputs: usize,
        config: OrbitalNetConfig,
        params: &Params<'_>,
    ) -> Result<Self> {
        let OrbitalNetConfig { hidden, layers } = config;
        if hidden == 0 || layers == 0 || inputs == 0 || outputs == 0 {
            candle_core::bail!(
                "an orbital network of {layers} layers of width {hidden} from {inputs} to {outputs} numbers per node, expected at \
                 least 1 of each"
            );
        }
        let labels = OrbitalFeatures::new(group, params.dtype(), params.device())?;
        let attributes = labels.pairs.dim(2)?.max(1);
        let layer = |index| {
            GnnLayer::with_attributes(hidden, attributes, hidden, true, &params.at("layers").at(index))
        };
        Ok(Self {
            embed: Linear::new(inputs + labels.nodes.dim(1)?, hidden, &params.at("embed"))?,
            layers: (0..layers).map(layer).collect::<Result<_>>()?,
            readout: Linear::new(hidden, outputs, &params.at("readout"))?,
            labels,
        })
    }

    /// The labels of the group.
    #[must_use]
    pub fn labels(&self) -> &OrbitalFeatures {
        &self.labels
    }

    /// The orbital of each pair as the layers take it: `[B, N, N, A]`, or `[B, N, N]` for one.
    fn attributes(&self, batch: usize) -> Result<Tensor> {
        let pairs = &self.labels.pairs;
        match pairs.dim(2)? {
            0 => batched(&pairs.sum(2)?, batch),
            1 => batched(&pairs.squeeze(2)?, batch),
            _ => batched(pairs, batch),
        }
    }
}

impl Backbone for OrbitalNet {
    /// `[B, N, inputs]`.
    type Input = Tensor;
    /// `[B, N, outputs]`.
    type Output = Tensor;

    fn forward_t(&self, x: &Tensor, _: bool) -> Result<Tensor> {
        let (batch, n, _) = x.dims3()?;
        self.labels.of_degree(n)?;
        let h = Tensor::cat(&[x, &batched(&self.labels.nodes, batch)?], 2)?;
        let distinct = Tensor::ones((n, n), x.dtype(), x.device())? - Tensor::eye(n, x.dtype(), x.device())?;
        let (distinct, attributes) = (batched(&distinct?, batch)?, self.attributes(batch)?);
        let h = self.layers.iter().try_fold(self.embed.forward(&h)?, |h, layer| {
            layer.forward(&h, &attributes, &distinct)
        })?;
        self.readout.forward(&h)
    }
}
