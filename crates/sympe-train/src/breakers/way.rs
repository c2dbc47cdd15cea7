//! One way of breaking symmetry: what the host draws for an input, and what the device makes of it.

use super::kernel::WithEncodings;
use crate::domain::Domain;
use rand::Rng;
use std::fmt::Debug;
use sympe_canon::CanonError;
use sympe_nn::params::Params;

/// What the host drew for one input.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// `g̃⁻¹(i)` per place; empty unless the way draws group elements and these move places.
    pub places: Vec<u32>,
    /// The matrix of `g̃`, row by row; empty unless the way draws group elements and these move vectors.
    pub matrix: Vec<f32>,
    /// The sign of `g̃`; 1 where the group has none, or nothing is drawn.
    pub sign: f32,
    /// Channels of places, `n · D` numbers, or thrice as many of vectors; or the noise of a learned kernel. Empty unless the way makes one
    /// of them itself.
    pub features: Vec<f32>,
    /// Channels of pairs of places `[n, n, E]`, symmetric; empty unless the way makes channels of pairs.
    pub pairs: Vec<f32>,
}

impl Default for Drawn {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            matrix: Vec::new(),
            sign: 1.0,
            features: Vec::new(),
            pairs: Vec::new(),
        }
    }
}

/// What the device gets from the host, and so what a way of breaking consists of there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing; Curie's principle binds.
    Nothing,
    /// Channels of places, and of pairs where there are any and `pairs` says so.
    Features {
        /// Whether pairs of places have channels, too.
        pairs: bool,
    },
    /// Group elements, at which an object `v` is read.
    Elements {
        /// Whether `v` is trained, or stays as it starts.
        learned: bool,
    },
    /// Noise, of which a [learned kernel](Way::kernel) makes group elements; `v` is trained, too.
    Noise,
}

/// What is known of a way of breaking without an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its name in files, tables and on the command line.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// What the device gets.
    pub takes: Takes,
}

/// A way of breaking symmetry in a domain. A new one is a file with this trait and a line in
/// [`Breakable::ALL`](crate::breakers::Breakable::ALL); implemented for every `D: Domain` it is there in all of them.
pub trait Way<D: Domain>: Debug + Send + Sync {
    /// What is known of it without an input.
    fn facts(&self) -> Facts;

    /// Draws for one input what [`Facts::takes`] says. The law of what is drawn for `k·x` is that for `x`, moved by `k`.
    ///
    /// # Errors
    ///
    /// When the input cannot be canonicalized.
    fn draw(
        &self,
        domain: &D,
        input: &D::Input,
        kept: &D::Kept,
        rng: &mut dyn Rng,
    ) -> Result<Drawn, CanonError>;

    /// What makes group elements of noise and reads them, for ways that take it; the others have none. Learned objects become
    /// parameters at `params`.
    ///
    /// # Errors
    ///
    /// When options are out of range, or a parameter name is taken.
    fn kernel(&self, _domain: &D, _params: &Params<'_>) -> candle_core::Result<Option<WithEncodings>> {
        Ok(None)
    }
}

impl Drawn {
    /// The places of a group element, or its matrix.
    pub(super) fn element<D: Domain>(domain: &D, element: &D::Element) -> Self {
        let mut drawn = Self::default();
        drawn.sign = domain.write(element, &mut drawn.places);
        domain.write_matrix(element, &mut drawn.matrix);
        drawn
    }
}
