//! Work on threads of its own, for as long as nobody interrupts it.
//!
//! The thread that calls from Python releases the interpreter and waits; every few milliseconds it looks at the clock and
//! asks the interpreter for signals, so that a time limit and Ctrl-C end what runs in the pool.

use crate::errors::Fault;
use pyo3::exceptions::{PyRuntimeError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use sympe_canon::CanonError;
use sympe_canon::graph::StopFlag;

/// How often signals are asked for.
const PULSE: Duration = Duration::from_millis(20);

/// The most nodes and edges of what the calling thread does by itself.
pub(crate) const SMALL: usize = 4096;

/// Search-tree nodes that the calling thread visits by itself, in each graph.
const FEW_NODES: u64 = 100;

/// A pool, by the process that made it and its number of threads.
type Entry = (u32, usize, Arc<ThreadPool>);

/// The pools made so far. Threads do not survive a fork: a child sees its parent's pools, and makes its own.
static POOLS: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// How a call may spend threads and time.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    threads: usize,
    timeout: Option<f64>,
}

impl Limits {
    /// Checked limits: `threads` defaults to those that the process may use.
    ///
    /// # Errors
    ///
    /// `ValueError` for no threads, or a limit of time that is not a positive number.
    pub(crate) fn new(threads: Option<usize>, timeout: Option<f64>) -> PyResult<Self> {
        let threads = match threads {
            Some(0) => {
                return Err(PyValueError::new_err(
                    "threads is 0, expected at least 1, or None for all",
                ));
            }
            Some(threads) => threads,
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        if let Some(seconds) = timeout.filter(|&seconds| seconds.is_nan() || seconds <= 0.0) {
            return Err(PyValueError::new_err(format!(
                "timeout is {seconds}, expected a positive number of seconds, or None"
            )));
        }
        Ok(Self { threads, timeout })
    }

    /// [`run`](Self::run) for searches of graphs with so many nodes and edges in all, given the search-tree nodes that each may visit.
    /// What is small is searched by the calling thread first, for a time that nobody notices: handing it to another thread and
    /// back takes longer than most searches.
    pub(crate) fn search<T: Send>(
        self,
        py: Python<'_>,
        size: usize,
        max_nodes: u64,
        job: impl Fn(&StopFlag, u64) -> Result<Vec<T>, (usize, Fault)> + Send + Sync,
    ) -> PyResult<Result<Vec<T>, (usize, Fault)>> {
        if size <= SMALL {
            match py.detach(|| job(&StopFlag::default(), max_nodes.min(FEW_NODES))) {
                Err((_, Fault::Canon(CanonError::BudgetExhausted { .. }))) if max_nodes > FEW_NODES => {}
                done => return Ok(done),
            }
        }
        self.run(py, |stop| job(stop, max_nodes))
    }

    /// Runs `job` on a pool. It must look at the flag often and end soon after it is set; its result is then dropped.
    ///
    /// # Errors
    ///
    /// `TimeoutError`, or what a signal handler raised: `KeyboardInterrupt`, as a rule.
    pub(crate) fn run<T: Send>(self, py: Python<'_>, job: impl FnOnce(&StopFlag) -> T + Send) -> PyResult<T> {
        let start = Instant::now();
        let limit = self
            .timeout
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        py.detach(move || {
            let pool = pool(self.threads)?;
            let (stop, (sender, receiver)) = (StopFlag::default(), mpsc::channel());
            pool.in_place_scope(|scope| {
                let flag = stop.clone();
                scope.spawn(move |_| {
                    // The receiver waits below until this has been sent, or dropped by a panic.
                    let _ = sender.send(job(&flag));
                });
                let mut ended = None;
                loop {
                    match receiver.recv_timeout(PULSE.min(until(start, limit))) {
                        Ok(done) => return ended.map_or(Ok(done), Err),
                        // The job panicked, which the end of the scope passes on.
                        Err(RecvTimeoutError::Disconnected) => {
                            return Err(PyRuntimeError::new_err("the search panicked"));
                        }
                        Err(RecvTimeoutError::Timeout) if ended.is_some() => {}
                        Err(RecvTimeoutError::Timeout) => {
                            ended = Python::attach(|py| py.check_signals()).err();
                            if ended.is_none() && limit.is_some_and(|limit| start.elapsed() >= limit) {
                                let seconds = self.timeout.unwrap_or_default();
                                ended = Some(PyTimeoutError::new_err(format!(
                                    "the search did not end within {seconds} seconds (its timeout)"
                                )));
                            }
                            if ended.is_some() {
                                stop.stop();
                            }
                        }
                    }
                }
            })
        })
    }
}

/// The time that is left, at least a millisecond.
fn until(start: Instant, limit: Option<Duration>) -> Duration {
    limit.map_or(Duration::MAX, |limit| {
        limit
            .saturating_sub(start.elapsed())
            .max(Duration::from_millis(1))
    })
}

/// A pool of so many threads, of this process.
fn pool(threads: usize) -> PyResult<Arc<ThreadPool>> {
    let build = || {
        ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|i| format!("sympe-{i}"))
            .build()
            .map(Arc::new)
            .map_err(|error| PyValueError::new_err(format!("cannot start {threads} threads: {error}")))
    };
    // Never waits: where a fork has copied the lock while another thread held it, nobody will open it again.
    let Ok(mut pools) = POOLS.try_lock() else {
        return build();
    };
    let process = std::process::id();
    let found = pools
        .iter()
        .find(|entry| (entry.0, entry.1) == (process, threads));
    if let Some(entry) = found {
        return Ok(entry.2.clone());
    }
    let pool = build()?;
    pools.push((process, threads, pool.clone()));
    Ok(pool)
}
