//! What the canonicalizers of domains are asked about.

use std::borrow::Cow;
use sympe_canon::CanonError;
use sympe_canon::graph::ColoredGraph;
use sympe_canon::lattice::LatticeField;

/// What can be looked at as a coloured graph.
pub trait HasGraph {
    /// Number of nodes.
    fn nodes(&self) -> usize;
    /// The graph; what it costs to make it is paid by the breaking that needs it.
    fn graph(&self) -> Cow<'_, ColoredGraph>;
}

impl HasGraph for ColoredGraph {
    fn nodes(&self) -> usize {
        self.n()
    }

    fn graph(&self) -> Cow<'_, ColoredGraph> {
        Cow::Borrowed(self)
    }
}

/// What can be looked at as a field on a torus.
pub trait HasField {
    /// The field, values that count as equal made equal.
    ///
    /// # Errors
    ///
    /// When there is no such field, for example of values that are not finite.
    fn field(&self) -> Result<LatticeField<i64>, CanonError>;
}

impl HasField for LatticeField<i64> {
    fn field(&self) -> Result<LatticeField<i64>, CanonError> {
        Ok(self.clone())
    }
}
