//! Processes that `mpirun` started, on one machine or on many.

use super::Communicator;
use crate::TrainError;
use mpi::Threading;
use mpi::environment::Universe;
use mpi::point_to_point::MatchedReceiveVec;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator as _, Destination, Source};
use std::fmt;
use std::thread;
use std::time::Duration;

/// All processes that were started together.
pub(super) struct World {
    // MPI is finalized with it.
    _universe: Universe,
    rank: usize,
    size: usize,
    /// Number and count among those of this machine.
    local: [usize; 2],
}

/// A message that has not come by then is waited for asleep: the others may be at an evaluation, which takes their cores.
const IMPATIENT: u32 = 2000;
/// Between looks for a message.
const NAP: Duration = Duration::from_micros(100);

impl World {
    /// Of a program that a variable named `origin` says to be one of several.
    pub(super) fn new(origin: &str) -> Result<Self, TrainError> {
        // Runs are trained in a thread with a stack of its own.
        let (universe, threading) = mpi::initialize_with_threading(Threading::Serialized)
            .ok_or_else(|| TrainError::config(origin, "MPI has been initialized before"))?;
        if threading < Threading::Serialized {
            let message = format!("this MPI has the threading level {threading:?}, expected Serialized");
            return Err(TrainError::config(origin, message));
        }
        let world = universe.world();
        let local = world.split_shared(world.rank());
        Ok(Self {
            rank: world.rank() as usize,
            size: world.size() as usize,
            local: [local.rank() as usize, local.size() as usize],
            _universe: universe,
        })
    }

    fn check(&self, rank: usize) -> Result<i32, TrainError> {
        if rank >= self.size {
            return Err(TrainError::Lost {
                rank,
                size: self.size,
            });
        }
        Ok(rank as i32)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "World({} of {})", self.rank, self.size)
    }
}

impl Communicator for World {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn local_rank(&self) -> usize {
        self.local[0]
    }

    fn local_size(&self) -> usize {
        self.local[1]
    }

    fn send(&self, to: usize, message: &[u8]) -> Result<(), TrainError> {
        let to = self.check(to)?;
        if i32::try_from(message.len()).is_err() {
            let message = format!("a message of {} bytes, expected less than 2³¹", message.len());
            return Err(TrainError::config("MPI", message));
        }
        SimpleCommunicator::world().process_at_rank(to).send(message);
        Ok(())
    }

    fn receive(&self, from: usize) -> Result<Vec<u8>, TrainError> {
        let world = SimpleCommunicator::world();
        let from = world.process_at_rank(self.check(from)?);
        let mut looks = 0u32;
        loop {
            if let Some(found) = from.immediate_matched_probe() {
                return Ok(found.matched_receive_vec().0);
            }
            looks = looks.saturating_add(1);
            if looks > IMPATIENT {
                thread::sleep(NAP);
            } else {
                std::hint::spin_loop();
            }
        }
    }

    fn abort(&self) {
        SimpleCommunicator::world().abort(1)
    }
}
