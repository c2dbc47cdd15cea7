//! Batches of graphs.

use super::backbone::Adjoin;
use crate::ops;
use candle_core::{Result, Tensor};

/// A batch of graphs.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_nn::models::{Adjoin, GraphInput};
/// let adjacency = Tensor::new(&[[[0f32, 1.0], [1.0, 0.0]]], &Device::Cpu)?;
/// let mask = Tensor::new(&[[1f32, 1.0]], &Device::Cpu)?;
/// let input = GraphInput::new(adjacency, mask)?;
/// let input = input.adjoin(&Tensor::new(&[[[0.5f32], [-0.5]]], &Device::Cpu)?)?;
/// assert_eq!(input.encoding.unwrap().dims(), [1, 2, 1]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct GraphInput {
    /// `[B, N, N]`, 0 or 1, zero diagonal, zero in padding.
    pub adjacency: Tensor,
    /// `[B, N]`, 1 for real nodes.
    pub mask: Tensor,
    /// `[B, N, D]`: what breaks symmetry, or `None`.
    pub encoding: Option<Tensor>,
    /// `[B, N, N, E]`: the same of pairs of nodes, or `None`.
    pub pair_encoding: Option<Tensor>,
    /// Classes of nodes and of pairs, or `None` for bare graphs.
    pub classes: Option<GraphClasses>,
}

/// The classes of a batch of graphs.
#[derive(Clone, Debug)]
pub struct GraphClasses {
    /// `[B, N]`, `u32`; in padding any class.
    pub nodes: Tensor,
    /// `[B, N, N]`, `u32`: 0 where there is no edge, on the diagonal and in padding.
    pub pairs: Tensor,
}

impl GraphInput {
    /// A batch without an encoding.
    ///
    /// # Errors
    ///
    /// When `adjacency` is not `[B, N, N]` or `mask` not `[B, N]`.
    pub fn new(adjacency: Tensor, mask: Tensor) -> Result<Self> {
        let (batch, n, columns) = adjacency.dims3()?;
        if n != columns || mask.dims() != [batch, n] {
            candle_core::bail!(
                "adjacency {:?} and mask {:?} do not fit",
                adjacency.dims(),
                mask.dims()
            );
        }
        Ok(Self {
            adjacency,
            mask,
            encoding: None,
            pair_encoding: None,
            classes: None,
        })
    }

    /// The same with classes of nodes and of pairs.
    ///
    /// ```
    /// use candle_core::{Device, Tensor};
    /// use sympe_nn::models::{GraphClasses, GraphInput};
    /// let adjacency = Tensor::new(&[[[0f32, 1.0], [1.0, 0.0]]], &Device::Cpu)?;
    /// let input = GraphInput::new(adjacency, Tensor::new(&[[1f32, 1.0]], &Device::Cpu)?)?;
    /// // Carbon and oxygen, and a double bond between them.
    /// let nodes = Tensor::new(&[[0u32, 2]], &Device::Cpu)?;
    /// let pairs = Tensor::new(&[[[0u32, 2], [2, 0]]], &Device::Cpu)?;
    /// assert!(input.with_classes(GraphClasses { nodes, pairs })?.classes.is_some());
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When they are not of the shape of the mask and of the adjacency.
    pub fn with_classes(self, classes: GraphClasses) -> Result<Self> {
        let (nodes, pairs) = (classes.nodes.dims(), classes.pairs.dims());
        if nodes != self.mask.dims() || pairs != self.adjacency.dims() {
            candle_core::bail!(
                "classes of nodes {nodes:?} and of pairs {pairs:?} do not fit mask {:?} and adjacency {:?}",
                self.mask.dims(),
                self.adjacency.dims()
            );
        }
        Ok(Self {
            classes: Some(classes),
            ..self
        })
    }

    /// The same with channels `[B, N, N, E]` of pairs beside those that there are.
    ///
    /// # Errors
    ///
    /// When they are of other pairs than the adjacency's.
    pub fn adjoin_pairs(&self, encoding: &Tensor) -> Result<Self> {
        let (batch, n, columns, _) = encoding.dims4()?;
        if self.adjacency.dims() != [batch, n, columns] {
            candle_core::bail!(
                "encoding of pairs {:?} does not fit adjacency {:?}",
                encoding.dims(),
                self.adjacency.dims()
            );
        }
        let encoding = match &self.pair_encoding {
            Some(before) => Tensor::cat(&[before, encoding], 3)?,
            None => encoding.clone(),
        };
        Ok(Self {
            pair_encoding: Some(encoding),
            ..self.clone()
        })
    }

    /// `[B, N, N]`, 1 for ordered pairs of distinct real nodes.
    ///
    /// # Errors
    ///
    /// Candle's device errors.
    pub fn pairs(&self) -> Result<Tensor> {
        ops::distinct_pairs(&self.mask)
    }
}

impl Adjoin for GraphInput {
    fn adjoin(&self, encoding: &Tensor) -> Result<Self> {
        fits_mask(encoding, &self.mask)?;
        let encoding = match &self.encoding {
            Some(before) => Tensor::cat(&[before, encoding], 2)?,
            None => encoding.clone(),
        };
        Ok(Self {
            encoding: Some(encoding),
            ..self.clone()
        })
    }
}

/// Refuses an encoding `[B, N, D]` of other nodes than those of the mask `[B, N]`.
pub(super) fn fits_mask(encoding: &Tensor, mask: &Tensor) -> Result<()> {
    let (batch, n, _) = encoding.dims3()?;
    if mask.dims() != [batch, n] {
        candle_core::bail!(
            "encoding {:?} does not fit mask {:?}",
            encoding.dims(),
            mask.dims()
        );
    }
    Ok(())
}
