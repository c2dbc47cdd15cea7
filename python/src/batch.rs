//! Batches in, results out: each item on its own, in parallel, the first fault named whichever thread found it.

use crate::errors::Fault;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use sympe_canon::graph::StopFlag;

/// `solve` for each of `0..count`, with a workspace per thread; or the first item with a fault. Items after one with a fault, or
/// after a stop, are not begun. On a thread of no pool all is done by this thread.
pub(crate) fn solve_all<T: Send, W>(
    count: usize,
    min_len: usize,
    stop: &StopFlag,
    workspace: impl Fn() -> W + Sync + Send,
    solve: impl Fn(&mut W, usize) -> Result<T, Fault> + Sync + Send,
) -> Result<Vec<T>, (usize, Fault)> {
    if rayon::current_thread_index().is_none() {
        let mut workspace = workspace();
        let solve = |i| solve(&mut workspace, i).map_err(|fault| (i, fault));
        return (0..count).map(solve).collect();
    }
    let first_fault = AtomicUsize::new(usize::MAX);
    let results: Vec<Result<T, Fault>> = (0..count)
        .into_par_iter()
        .with_min_len(min_len)
        .map_init(workspace, |workspace, i| {
            if stop.is_stopped() || i > first_fault.load(Ordering::Relaxed) {
                return Err(Fault::Skipped);
            }
            let result = solve(workspace, i);
            if result.is_err() {
                first_fault.fetch_min(i, Ordering::Relaxed);
            }
            result
        })
        .collect();
    // An item before the first fault was begun, so the first error is that fault.
    results
        .into_iter()
        .enumerate()
        .map(|(i, result)| result.map_err(|fault| (i, fault)))
        .collect()
}
