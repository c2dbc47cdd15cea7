//! How long symmetry breaking takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Time added up over all threads that share the clock.
///
/// ```
/// let clock = sympe_train::clock::Clock::default();
/// assert_eq!(clock.time(|| 6 * 7), 42);
/// assert!(clock.seconds() > 0.0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    /// Counts the time that `work` takes.
    pub fn time<R>(&self, work: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = work();
        let nanos = start.elapsed().as_nanos() as u64;
        self.0.fetch_add(nanos, Ordering::Relaxed);
        result
    }

    /// Seconds counted so far.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.0.load(Ordering::Relaxed) as f64 * 1e-9
    }
}
