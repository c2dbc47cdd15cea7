//! The device half of learned kernels: what they see, and what makes group elements of noise.

use candle_core::Tensor;
use std::sync::Arc;
use sympe_nn::breaking::Breaker;
use sympe_nn::encoding::OrbitEncoding;
use sympe_nn::learned::{DrawModule, GraphView};
use sympe_nn::models::{LatticeInput, PointInput};

/// A learned kernel, and what encodes its draws as channels of places and of pairs of places.
pub type WithEncodings = (LearnedKernel, [Breaker; 2]);

/// What encodings and learned kernels see of the inputs of a batch.
#[derive(Clone, Debug)]
pub enum Seen {
    /// Nothing.
    Nothing,
    /// Graphs.
    Graphs {
        /// `[B, N, N]`, zero on the diagonal and in padding: for encodings that see graphs.
        adjacency: Option<Tensor>,
        /// Channels of nodes and pairs: for learned kernels.
        view: Option<GraphView>,
    },
    /// Couplings and fields.
    Torus(LatticeInput),
    /// Clouds of points, without vectors.
    Points(PointInput),
}

impl Seen {
    /// The adjacency of graphs.
    pub(super) fn adjacency(&self) -> Option<&Tensor> {
        match self {
            Self::Graphs { adjacency, .. } => adjacency.as_ref(),
            Self::Nothing | Self::Torus(_) | Self::Points(_) => None,
        }
    }
}

/// What makes group elements of noise, on the device.
#[derive(Clone, Debug)]
pub enum LearnedKernel {
    /// Ranks of the nodes of graphs.
    Ranks(Arc<dyn DrawModule<Input = GraphView>>),
    /// Elements of a wallpaper group, and the orbit of the field that they move.
    Elements(Arc<dyn DrawModule<Input = LatticeInput>>, OrbitEncoding),
    /// Frames of clouds of points.
    Frames(Arc<dyn DrawModule<Input = PointInput>>),
}

impl LearnedKernel {
    /// Weights of places or of group elements, or matrices, for the noise of a batch, and the signs `[B]` of what was drawn, where the
    /// group has any.
    pub(super) fn weights(
        &self,
        noise: &Tensor,
        seen: &Seen,
    ) -> candle_core::Result<(Tensor, Option<Tensor>)> {
        match (self, seen) {
            (Self::Ranks(kernel), Seen::Graphs { view: Some(view), .. }) => {
                Ok((kernel.forward(view, noise)?, None))
            }
            (Self::Frames(kernel), Seen::Points(input)) => Ok((kernel.forward(input, noise)?, None)),
            (Self::Elements(kernel, orbit), Seen::Torus(input)) => {
                let weights = kernel.forward(input, noise)?;
                let signs = orbit.signs(&weights)?;
                Ok((weights, signs))
            }
            _ => candle_core::bail!(
                "a learned kernel draws for inputs that it sees: expected encode_in with them"
            ),
        }
    }
}
