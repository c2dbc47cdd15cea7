//! What a search may spend: search-tree nodes, and time for as long as nobody stops it.

use crate::CanonError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that stops searches, and whatever else looks at it, from another thread: for time limits and keyboards.
///
/// Clones are one flag. Once set it stays so.
///
/// ```
/// use sympe_canon::CanonError;
/// use sympe_canon::graph::{ColoredGraph, GraphSymmetry, StopFlag, SymmetrySearch};
///
/// let cycle = ColoredGraph::from_edges(5, false, (0..5).map(|v| (v, (v + 1) % 5)))?;
/// let (search, mut symmetry, stop) = (SymmetrySearch::default(), GraphSymmetry::default(), StopFlag::default());
/// search.run_into_until(&cycle, &mut symmetry, &stop)?;
/// assert_eq!(symmetry.order(), 10u32.into());
/// stop.stop(); // as a rule from a thread that watches the clock
/// let stopped = search.run_into_until(&cycle, &mut symmetry, &stop).unwrap_err();
/// assert_eq!(stopped, CanonError::Stopped { nodes: 1 });
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Stops all that looks at the flag.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has called [`stop`](Self::stop).
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// An error once it is set, after so many steps.
    pub(crate) fn check(&self, steps: u64) -> Result<(), CanonError> {
        match self.is_stopped() {
            true => Err(CanonError::Stopped { nodes: steps }),
            false => Ok(()),
        }
    }
}

/// The budget of a search.
#[derive(Clone, Debug, Default)]
pub(super) struct Budget {
    /// Search-tree nodes that may be visited.
    pub(super) nodes: u64,
    /// Looked at before every node.
    pub(super) stop: Option<StopFlag>,
}

impl Budget {
    /// An error if the search has been stopped from outside, after so many nodes.
    pub(super) fn check_stop(&self, nodes: u64) -> Result<(), CanonError> {
        self.stop.as_ref().map_or(Ok(()), |stop| stop.check(nodes))
    }
}
