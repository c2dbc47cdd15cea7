//! What symmetry is broken of: an input, the kernel that draws group elements for it, and how a draw becomes the indices
//! that a learned object is read at, or the matrix that it is moved by.
//!
//! A domain knows nothing of the ways of breaking, and a way that needs only what every domain has is written once for
//! all of them (see [`breakers`](crate::breakers)).

mod graphs;
mod input;
mod kernels;
mod points;
mod torus;

pub use graphs::{GraphEncoding, Graphs, KeptGraph};
pub use input::{HasField, HasGraph};
pub use kernels::kernel_axis;
pub use points::{KeptCloud, Points};
pub use sympe_data::kernel::Kernel;
pub use torus::Torus;

use rand::Rng;
use std::fmt::Debug;
use std::sync::OnceLock;
use sympe_canon::CanonError;
use sympe_groups::Group;
use sympe_nn::breaking::Breaker;
use sympe_nn::params::Params;

/// What is in a cell, or what is found for it now. Two threads may look for it at once; both find the same.
pub(crate) fn get_or_try_init<T, E>(
    cell: &OnceLock<T>,
    find: impl FnOnce() -> Result<T, E>,
) -> Result<&T, E> {
    if let Some(found) = cell.get() {
        return Ok(found);
    }
    let found = find()?;
    Ok(cell.get_or_init(|| found))
}

/// A domain of symmetry breaking.
///
/// Laws, of every input `x` and every element `k` of the group:
///
/// * `draw(k·x)` has the law of `k·draw(x)` (the kernel is equivariant), whatever has been kept of `x`;
/// * `haar(x)` is uniform on the group that acts on `x`;
/// * `write` makes `g̃⁻¹` of `g̃`: the encoding at place `i` of `x` is that of place `g̃⁻¹(i)` of the learned object;
/// * or `write_matrix` makes the matrix of `g̃`, by which the learned object is moved.
///
/// ```
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_canon::graph::ColoredGraph;
/// use sympe_train::breakers::Drawn;
/// use sympe_train::domain::{Domain, Graphs, Kernel, KeptGraph};
///
/// let graphs = Graphs::new(16, Kernel::ExactDepthFirst).with_channels(8, 0);
/// let path = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)])?;
/// let g = graphs.draw(&path, &KeptGraph::default(), &mut ChaCha8Rng::seed_from_u64(0))?;
/// let mut places = Vec::new();
/// assert_eq!(graphs.write(&g, &mut places), 1.0);
/// assert_eq!(g.images()[places[0] as usize], 0);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
pub trait Domain: Clone + Debug + Send + Sync + 'static {
    /// What is canonicalized.
    type Input: ?Sized;
    /// What is found out about an input once and kept for later draws; the default knows nothing.
    type Kept: Debug + Default + Send + Sync;
    /// The group.
    type Element: Group;
    /// The dimension of channels in tensors of this domain.
    const CHANNEL_AXIS: usize;
    /// Numbers in a channel of a place: more than one where channels are vectors.
    const COMPONENTS: usize = 1;

    /// Channels of the encoding of places.
    fn dim(&self) -> usize;
    /// Channels of the encoding of pairs of places; 0 where pairs have none.
    fn pair_dim(&self) -> usize;
    /// Factor on the initial values of learned objects, and on noise.
    fn scale(&self) -> f64;
    /// Nodes or sites of an input.
    fn places(&self, input: &Self::Input) -> usize;

    /// A draw from the inversion kernel of `input`.
    ///
    /// # Errors
    ///
    /// When the input cannot be canonicalized.
    fn draw(
        &self,
        input: &Self::Input,
        kept: &Self::Kept,
        rng: &mut dyn Rng,
    ) -> Result<Self::Element, CanonError>;

    /// A uniformly random element of the whole group.
    fn haar(&self, input: &Self::Input, rng: &mut dyn Rng) -> Self::Element;

    /// Appends `g̃⁻¹(i)` of every place `i`, or nothing where the group does not move places but vectors; returns the sign of
    /// `g̃`, 1 where the group has none.
    fn write(&self, element: &Self::Element, places: &mut Vec<u32>) -> f32;

    /// Appends the matrix of `g̃`, row by row; nothing where places say all.
    fn write_matrix(&self, _: &Self::Element, _: &mut Vec<f32>) {}

    /// The encoding of places for the way of breaking `name`: a learned object `v`, which is fixed where `params` is frozen.
    ///
    /// # Errors
    ///
    /// When a parameter name is taken.
    fn encoding(&self, name: &'static str, params: &Params<'_>) -> candle_core::Result<Breaker>;

    /// The same of pairs of places, for domains with [`pair_dim`](Self::pair_dim) above 0.
    ///
    /// # Errors
    ///
    /// When a parameter name is taken.
    fn pair_encoding(&self, name: &'static str, params: &Params<'_>) -> candle_core::Result<Breaker>;

    /// Both; that of pairs is none where they have no channels.
    ///
    /// # Errors
    ///
    /// When a parameter name is taken.
    fn encodings(&self, name: &'static str, params: &Params<'_>) -> candle_core::Result<[Breaker; 2]> {
        let pairs = match self.pair_dim() {
            0 => Breaker::none(),
            _ => self.pair_encoding(name, params)?,
        };
        Ok([self.encoding(name, params)?, pairs])
    }
}
