//! The graph transformer layer: nodes, pairs and the whole graph update each other.

use super::linear::Linear;
use crate::ops::{self, Dropout, EdgeAttention, FeedForward, Norm};
use crate::params::{Init, Params};
use candle_core::{Result, Tensor};

/// The sizes of a [`GraphTransformerLayer`]; triples are for nodes, pairs, globals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphTransformerWidths {
    /// Channels of the three streams.
    pub features: [usize; 3],
    /// Hidden widths of their feed-forward blocks.
    pub feed_forward: [usize; 3],
    /// Must divide the channels of nodes. Attention is per channel, so it only sets the scale `1/√(channels/heads)`.
    pub heads: usize,
}

/// What flows between layers: features of nodes `[B, N, X]`, of ordered pairs `[B, N, N, E]`, of graphs `[B, Y]`.
#[derive(Clone, Debug)]
pub struct GraphStreams {
    /// Zero in padding.
    pub nodes: Tensor,
    /// Zero in padding; the diagonal counts.
    pub edges: Tensor,
    /// One row per graph.
    pub globals: Tensor,
}

/// A layer of DiGress' graph transformer (Vignac et al. 2023): attention modulated by edges and globals, pooled
/// statistics for the globals, a feed-forward block per stream; residual connections with layer norm after each.
///
/// Statistics are those of real nodes and pairs: the published code pools padding too.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_nn::layers::{GraphStreams, GraphTransformerLayer, GraphTransformerWidths};
/// use sympe_nn::params::ParamStore;
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let widths = GraphTransformerWidths { features: [8, 4, 4], feed_forward: [8, 8, 8], heads: 2 };
/// let layer = GraphTransformerLayer::new(widths, true, &store.root())?;
/// let ones = |shape: &[usize]| Tensor::ones(shape, DType::F32, &Device::Cpu);
/// let streams = GraphStreams { nodes: ones(&[1, 3, 8])?, edges: ones(&[1, 3, 3, 4])?, globals: ones(&[1, 4])? };
/// let streams = layer.forward(&streams, &ones(&[1, 3])?, None)?;
/// assert_eq!(streams.edges.dims(), [1, 3, 3, 4]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct GraphTransformerLayer {
    scale: f64,
    /// `[q | k | v]`.
    qkv: Linear,
    /// Globals to `[edge mul | edge add | node mul | node add]`.
    modulate: Linear,
    film: Linear,
    edges_out: Linear,
    nodes_out: Linear,
    globals: Option<GlobalsUpdate>,
    attention_norms: [LayerNorm; 2],
    blocks: [Block; 2],
}

#[derive(Clone, Debug)]
struct GlobalsUpdate {
    from_globals: Linear,
    from_nodes: Linear,
    from_edges: Linear,
    hidden: Linear,
    output: Linear,
    norm: LayerNorm,
    block: Block,
}

/// Added to variances, in norms and in pooled deviations.
const EPSILON: f64 = 1e-5;

#[derive(Clone, Debug)]
struct LayerNorm {
    gain: Tensor,
    bias: Tensor,
}

impl LayerNorm {
    fn new(width: usize, params: &Params<'_>) -> Result<Self> {
        Ok(Self {
            gain: params.get("gain", width, Init::Constant(1.0))?,
            bias: params.get("bias", width, Init::Constant(0.0))?,
        })
    }

    fn get(&self) -> Norm<'_> {
        Norm {
            gain: &self.gain,
            bias: &self.bias,
            epsilon: EPSILON,
        }
    }
}

/// A feed-forward block with its residual connection.
#[derive(Clone, Debug)]
struct Block {
    first: Linear,
    second: Linear,
    norm: LayerNorm,
}

impl Block {
    fn new(width: usize, hidden: usize, params: &Params<'_>) -> Result<Self> {
        Ok(Self {
            first: Linear::new(width, hidden, &params.at("first"))?,
            second: Linear::new(hidden, width, &params.at("second"))?,
            norm: LayerNorm::new(width, &params.at("norm"))?,
        })
    }

    fn forward(&self, x: &Tensor, rows: Option<&Tensor>, dropout: [Option<Dropout>; 2]) -> Result<Tensor> {
        let block = FeedForward {
            first: self.first.parts(),
            second: self.second.parts(),
            norm: self.norm.get(),
            dropout,
        };
        ops::feed_forward(x, &block, rows)
    }
}

/// The places of dropout in a layer, by their first mask: blocks take two, the others one.
#[derive(Clone, Copy)]
enum Place {
    Nodes,
    Edges,
    Globals,
    NodesBlock,
    EdgesBlock = 5,
    GlobalsBlock = 7,
}

/// Masks in a layer, at most.
const PLACES: u64 = 16;

/// Where the dropout masks of one layer come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerDropout {
    /// In `[0, 1)`.
    pub probability: f64,
    /// The seed of the step.
    pub seed: u64,
    /// The position of the layer in its network, so that layers get masks of their own.
    pub layer: u64,
}

impl LayerDropout {
    /// The masks of a place: the first, and the one after it.
    fn at(self, place: Place) -> Result<[Dropout; 2]> {
        let place = self.layer * PLACES + place as u64;
        Ok([
            Dropout::new(self.probability, self.seed, place)?,
            Dropout::new(self.probability, self.seed, place + 1)?,
        ])
    }
}

/// The dropout of a place with one mask, if there is dropout.
fn mask_at(dropout: Option<LayerDropout>, place: Place) -> Result<Option<Dropout>> {
    Ok(masks_at(dropout, place)?[0])
}

/// Those of a place with two masks.
fn masks_at(dropout: Option<LayerDropout>, place: Place) -> Result<[Option<Dropout>; 2]> {
    match dropout {
        Some(dropout) => Ok(dropout.at(place)?.map(Some)),
        None => Ok([None, None]),
    }
}

impl GraphTransformerLayer {
    /// A layer; without `updates_globals` they pass through, as in a last layer, after which nothing reads them.
    ///
    /// # Errors
    ///
    /// When a width is 0, the heads do not divide the channels of nodes, or the names are taken.
    pub fn new(widths: GraphTransformerWidths, updates_globals: bool, params: &Params<'_>) -> Result<Self> {
        let GraphTransformerWidths {
            features: [x, e, y],
            feed_forward,
            heads,
        } = widths;
        if [x, e, y, heads].contains(&0) || feed_forward.contains(&0) || x % heads != 0 {
            candle_core::bail!(
                "a graph transformer of widths {:?}, feed-forward {feed_forward:?} and {heads} heads: expected widths \
                 above 0 and heads that divide the first",
                widths.features
            );
        }
        let linear = |inputs, outputs, name: &str| Linear::new(inputs, outputs, &params.at(name));
        let (norms, blocks) = (params.at("norms"), params.at("blocks"));
        let globals = updates_globals.then(|| GlobalsUpdate::new(widths, &params.at("globals")));
        Ok(Self {
            scale: ((x / heads) as f64).sqrt().recip(),
            qkv: linear(x, 3 * x, "qkv")?,
            modulate: linear(y, 4 * x, "modulate")?,
            film: linear(e, 2 * x, "film")?,
            edges_out: linear(x, e, "edges")?,
            nodes_out: linear(x, x, "nodes")?,
            globals: globals.transpose()?,
            attention_norms: [
                LayerNorm::new(x, &norms.at("nodes"))?,
                LayerNorm::new(e, &norms.at("edges"))?,
            ],
            blocks: [
                Block::new(x, feed_forward[0], &blocks.at("nodes"))?,
                Block::new(e, feed_forward[1], &blocks.at("edges"))?,
            ],
        })
    }

    /// Applies the layer; `mask` `[B, N]` is 1 for real nodes.
    ///
    /// # Errors
    ///
    /// When the shapes do not fit.
    pub fn forward(
        &self,
        streams: &GraphStreams,
        mask: &Tensor,
        dropout: Option<LayerDropout>,
    ) -> Result<GraphStreams> {
        let GraphStreams {
            nodes,
            edges,
            globals,
        } = streams;
        let pairs = ops::pairs(mask)?;
        let attended = ops::edge_attention(&EdgeAttention {
            edges,
            qkv: &self.qkv.forward(nodes)?,
            globals: &self.modulate.forward(globals)?,
            film: self.film.parts(),
            output: self.edges_out.parts(),
            mask,
            scale: self.scale,
        })?;
        let new_globals = match &self.globals {
            Some(update) => update.forward(streams, mask, &pairs, dropout)?,
            None => globals.clone(),
        };
        let [nodes_norm, edges_norm] = &self.attention_norms;
        let nodes = ops::residual_norm(
            nodes,
            &self.nodes_out.forward(&attended.nodes)?,
            &nodes_norm.get(),
            Some(mask),
            mask_at(dropout, Place::Nodes)?,
        )?;
        let edges = ops::residual_norm(
            edges,
            &attended.edges,
            &edges_norm.get(),
            Some(&pairs),
            mask_at(dropout, Place::Edges)?,
        )?;
        let [nodes_block, edges_block] = &self.blocks;
        Ok(GraphStreams {
            nodes: nodes_block.forward(&nodes, Some(mask), masks_at(dropout, Place::NodesBlock)?)?,
            edges: edges_block.forward(&edges, Some(&pairs), masks_at(dropout, Place::EdgesBlock)?)?,
            globals: new_globals,
        })
    }
}

impl GlobalsUpdate {
    fn new(widths: GraphTransformerWidths, params: &Params<'_>) -> Result<Self> {
        let [x, e, y] = widths.features;
        let linear = |inputs, outputs, name: &str| Linear::new(inputs, outputs, &params.at(name));
        Ok(Self {
            from_globals: linear(y, y, "from_globals")?,
            from_nodes: linear(4 * x, y, "from_nodes")?,
            from_edges: linear(4 * e, y, "from_edges")?,
            hidden: linear(y, y, "hidden")?,
            output: linear(y, y, "output")?,
            norm: LayerNorm::new(y, &params.at("norm"))?,
            block: Block::new(y, widths.feed_forward[2], &params.at("block"))?,
        })
    }

    fn forward(
        &self,
        streams: &GraphStreams,
        mask: &Tensor,
        pairs: &Tensor,
        dropout: Option<LayerDropout>,
    ) -> Result<Tensor> {
        let nodes = ops::pooled_statistics(&streams.nodes, mask, EPSILON)?;
        let edges = ops::pooled_statistics(&streams.edges, pairs, EPSILON)?;
        let sum = (self.from_globals.forward(&streams.globals)? + self.from_nodes.forward(&nodes)?)?;
        let sum = (sum + self.from_edges.forward(&edges)?)?;
        let delta = self.output.forward(&ops::relu(&self.hidden.forward(&sum)?)?)?;
        let dropped = mask_at(dropout, Place::Globals)?;
        let y = ops::residual_norm(&streams.globals, &delta, &self.norm.get(), None, dropped)?;
        self.block
            .forward(&y, None, masks_at(dropout, Place::GlobalsBlock)?)
    }
}
