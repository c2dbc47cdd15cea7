//! What a learned kernel sees of a batch of graphs.

use crate::models::GraphInput;
use crate::ops;
use candle_core::{Result, Tensor};

/// A batch of graphs with channels of nodes and of pairs, as a learned kernel sees it.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_nn::learned::GraphView;
/// let adjacency = Tensor::new(&[[[0f32, 1.0], [1.0, 0.0]]], &Device::Cpu)?;
/// let view = GraphView::new(adjacency, Tensor::new(&[[1f32, 1.0]], &Device::Cpu)?)?;
/// // A carbon and an oxygen.
/// let nodes = Tensor::new(&[[[1f32, 0.0], [0.0, 1.0]]], &Device::Cpu)?;
/// assert_eq!(view.with_nodes(nodes)?.channels(), [2, 1]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct GraphView {
    /// `[B, N, F]`, or `None` where nodes have no channels.
    pub nodes: Option<Tensor>,
    /// `[B, N, N]` or `[B, N, N, A]`: attributes of pairs.
    pub pairs: Tensor,
    /// `[B, N]`, 1 for real nodes.
    pub mask: Tensor,
}

impl GraphView {
    /// A batch of bare graphs: `adjacency` `[B, N, N]`, zero on the diagonal and in padding; `mask` `[B, N]`. Several attributes of a
    /// pair are `[B, N, N, A]`.
    ///
    /// # Errors
    ///
    /// When the two do not fit.
    pub fn new(adjacency: Tensor, mask: Tensor) -> Result<Self> {
        let (batch, n) = mask.dims2()?;
        let dims = adjacency.dims();
        if !matches!(dims.len(), 3 | 4) || dims[..3] != [batch, n, n] {
            candle_core::bail!(
                "attributes of pairs {dims:?} and mask {:?} do not fit",
                mask.dims()
            );
        }
        Ok(Self {
            nodes: None,
            pairs: adjacency,
            mask,
        })
    }

    /// The graphs that an autoencoder gets, with the classes of nodes and pairs as channels where there are any: so many of each.
    ///
    /// # Errors
    ///
    /// When a class is none of them, or the input has no classes where some are expected.
    pub fn of(input: &GraphInput, classes: Option<[usize; 2]>) -> Result<Self> {
        let Some([nodes, pairs]) = classes else {
            return Self::new(input.adjacency.clone(), input.mask.clone());
        };
        let Some(found) = &input.classes else {
            candle_core::bail!(
                "the graphs are bare, a learned kernel of {nodes} classes of nodes expects some"
            );
        };
        let dtype = input.mask.dtype();
        let one_hot = |classes: &Tensor, count: usize| ops::one_hot(classes, count, dtype);
        // No edge is no attribute.
        let pairs = one_hot(&found.pairs, pairs)?
            .narrow(3, 1, pairs - 1)?
            .contiguous()?;
        Self::new(pairs, input.mask.clone())?.with_nodes(one_hot(&found.nodes, nodes)?)
    }

    /// The same with channels `[B, N, F]` of nodes.
    ///
    /// # Errors
    ///
    /// When they are of other nodes than the mask's.
    pub fn with_nodes(self, nodes: Tensor) -> Result<Self> {
        let (batch, n, _) = nodes.dims3()?;
        if self.mask.dims() != [batch, n] {
            candle_core::bail!(
                "channels {:?} of nodes do not fit mask {:?}",
                nodes.dims(),
                self.mask.dims()
            );
        }
        Ok(Self {
            nodes: Some(nodes),
            ..self
        })
    }

    /// Channels of nodes and attributes of pairs.
    #[must_use]
    pub fn channels(&self) -> [usize; 2] {
        let nodes = self.nodes.as_ref().map_or(0, |nodes| nodes.dims()[2]);
        [nodes, self.pairs.dims().get(3).copied().unwrap_or(1)]
    }
}
