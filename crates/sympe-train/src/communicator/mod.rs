//! Processes that train together, as far as training knows of them: they send messages to each other.
//!
//! Everything that they do together is made of messages between two of them, in an order that depends on nothing but their number:
//! so the same number of processes gives the same sums bit for bit, whatever carries the messages.

#[cfg(feature = "mpi")]
mod mpi;
mod threads;

pub use threads::Threads;

use crate::TrainError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::Arc;

/// One of several processes, numbered from 0, that pass messages to each other. `()` is the one that is alone.
///
/// # Laws
///
/// * The ranks of the processes are `0`, …, [`size`](Self::size)` − 1`.
/// * What one sends to another arrives there once, whole, and in the order in which it was sent.
pub trait Communicator: Debug + Send + Sync {
    /// The number of this process.
    fn rank(&self) -> usize;

    /// How many there are.
    fn size(&self) -> usize;

    /// Its number among those of its machine: which of the devices of the machine is its own.
    fn local_rank(&self) -> usize {
        self.rank()
    }

    /// How many there are on its machine, which share its cores.
    fn local_size(&self) -> usize {
        self.size()
    }

    /// Sends a message to another process.
    ///
    /// # Errors
    ///
    /// When it is gone, or the message cannot be sent.
    fn send(&self, to: usize, message: &[u8]) -> Result<(), TrainError>;

    /// Waits for the next message of another process.
    ///
    /// # Errors
    ///
    /// When it is gone.
    fn receive(&self, from: usize) -> Result<Vec<u8>, TrainError>;

    /// Ends the other processes: this one has failed, and they would wait for it.
    fn abort(&self) {}
}

/// The process that is alone.
impl Communicator for () {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn send(&self, to: usize, _: &[u8]) -> Result<(), TrainError> {
        Err(TrainError::Lost { rank: to, size: 1 })
    }

    fn receive(&self, from: usize) -> Result<Vec<u8>, TrainError> {
        Err(TrainError::Lost { rank: from, size: 1 })
    }
}

/// ```
/// use std::thread;
/// use sympe_train::communicator::{Communicator, Threads};
/// let sum_of = |process: Threads| {
///     let process: &dyn Communicator = &process;
///     let mut values = [1.0, process.rank() as f32];
///     process.sum(&mut values).map(|()| values)
/// };
/// let processes: Vec<_> = Threads::new(3).into_iter().map(|process| thread::spawn(move || sum_of(process))).collect();
/// for process in processes {
///     assert_eq!(process.join().unwrap()?, [3.0, 0.0 + 1.0 + 2.0]);
/// }
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
impl dyn Communicator + '_ {
    /// Whether this is the process that writes files and says what is done.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.rank() == 0
    }

    /// The message of process 0, which the others need not know before; along a tree, log₂ of the number of processes messages deep.
    ///
    /// # Errors
    ///
    /// Those of [`Communicator::send`] and [`Communicator::receive`].
    pub fn broadcast(&self, message: &mut Vec<u8>) -> Result<(), TrainError> {
        let (rank, size) = (self.rank(), self.size());
        for step in steps(size).rev() {
            if rank % (2 * step) == step {
                *message = self.receive(rank - step)?;
            } else if rank % (2 * step) == 0 && rank + step < size {
                self.send(rank + step, message)?;
            }
        }
        Ok(())
    }

    /// The value of process 0, as JSON; that of the others is taken for nothing.
    ///
    /// # Errors
    ///
    /// Those of `broadcast`; when the processes are not of one program.
    pub(crate) fn share<V: Serialize + DeserializeOwned>(&self, value: V) -> Result<V, TrainError> {
        if self.size() == 1 {
            return Ok(value);
        }
        let mut message = serde_json::to_vec(&value).expect("shared values are JSON");
        self.broadcast(&mut message)?;
        serde_json::from_slice(&message).map_err(|error| {
            let message = format!("process 0 runs another program: {error}");
            TrainError::config(format!("process {}", self.rank()), message)
        })
    }

    /// Every value becomes its sum over all processes: in the order of a tree of their ranks, so the same bit for bit at every call, and
    /// in every process. As many messages of the length of `values` as `broadcast` sends, twice.
    ///
    /// # Errors
    ///
    /// Those of [`Communicator::send`] and [`Communicator::receive`]; when another process has another number of values.
    pub fn sum(&self, values: &mut [f32]) -> Result<(), TrainError> {
        let (rank, size) = (self.rank(), self.size());
        if size == 1 {
            return Ok(());
        }
        for step in steps(size) {
            if rank % (2 * step) == step {
                self.send(rank - step, &bytes(values))?;
                break;
            }
            if rank + step < size {
                let message = self.receive(rank + step)?;
                let other = floats(&message, values.len(), rank + step)?;
                for (value, other) in values.iter_mut().zip(other) {
                    *value += other;
                }
            }
        }
        let mut message = if rank == 0 { bytes(values) } else { Vec::new() };
        self.broadcast(&mut message)?;
        let sums = floats(&message, values.len(), 0)?;
        for (value, sum) in values.iter_mut().zip(sums) {
            *value = sum;
        }
        Ok(())
    }

    /// In process 0 the messages of all, by rank; nothing in the others.
    ///
    /// # Errors
    ///
    /// Those of [`Communicator::send`] and [`Communicator::receive`].
    pub fn gather(&self, message: Vec<u8>) -> Result<Vec<Vec<u8>>, TrainError> {
        if self.rank() > 0 {
            self.send(0, &message)?;
            return Ok(Vec::new());
        }
        let others = (1..self.size()).map(|rank| self.receive(rank));
        std::iter::once(Ok(message)).chain(others).collect()
    }
}

/// The powers of two below `size`.
fn steps(size: usize) -> impl DoubleEndedIterator<Item = usize> {
    (0..size.next_power_of_two().trailing_zeros()).map(|exponent| 1 << exponent)
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// The values of a message, of which there have to be `count`.
fn floats(message: &[u8], count: usize, from: usize) -> Result<impl Iterator<Item = f32>, TrainError> {
    if message.len() != 4 * count {
        let message = format!("sent {} bytes, expected those of {count} values", message.len());
        return Err(TrainError::config(format!("process {from}"), message));
    }
    let value = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    Ok(message.chunks_exact(4).map(value))
}

/// The process that is alone, as most functions ask for it.
#[must_use]
pub fn alone() -> Arc<dyn Communicator> {
    Arc::new(())
}

/// Variables by which what starts processes tells them that there are several: those of Open MPI, of MPICH and its kin, and of PMIx.
const SEVERAL: [&str; 3] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"];

/// The processes that this one was started among by `mpirun`; `()` if it was started alone.
///
/// # Errors
///
/// When it was started by `mpirun`, and was built without the cargo feature `mpi`, or MPI cannot be initialized.
pub fn world() -> Result<Arc<dyn Communicator>, TrainError> {
    let Some(name) = SEVERAL.into_iter().find(|name| std::env::var_os(name).is_some()) else {
        return Ok(alone());
    };
    #[cfg(feature = "mpi")]
    {
        Ok(Arc::new(mpi::World::new(name)?))
    }
    #[cfg(not(feature = "mpi"))]
    {
        let message = "says that this is one of several processes, which needs the cargo feature 'mpi': rebuild with --features mpi, or start the program without mpirun";
        Err(TrainError::config(name, message))
    }
}
