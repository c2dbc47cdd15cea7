//! What others have to say of graphs: this crate knows no networks.

use crate::error::Cause;
use std::collections::BTreeMap;
use std::fmt;
use sympe_canon::graph::ColoredGraph;

/// Asks networks, by name, about a graph and its orbits: how far the embeddings of interchangeable vertices lie apart at most. The
/// number is the seed of draws.
pub type Spreads = Box<dyn Fn(&ColoredGraph, &[Vec<u32>], u64) -> Result<BTreeMap<String, f64>, Cause>>;

/// Networks that have something to say about graphs: this crate knows none.
#[derive(Clone, Copy)]
pub struct Networks<'a> {
    /// The flag that asks for them.
    pub flag: &'static str,
    /// Loads them, once it is clear that the file holds graphs.
    pub load: &'a dyn Fn() -> Result<Spreads, Cause>,
}

impl fmt::Debug for Networks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Networks").field(&self.flag).finish()
    }
}
