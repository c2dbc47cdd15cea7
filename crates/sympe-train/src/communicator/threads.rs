//! Processes that are threads of one.

use super::Communicator;
use crate::TrainError;
use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

/// A [`Communicator`] among threads of one process, each with a member of its own: for trying what several processes do, and for tests.
///
/// ```
/// use sympe_train::communicator::{Communicator, Threads};
/// let [first, second] = Threads::new(2).try_into().unwrap();
/// first.send(1, b"loss")?;
/// assert_eq!(second.receive(0)?, b"loss");
/// drop(first);
/// assert_eq!(second.receive(0).unwrap_err().to_string(), "process 0 of 2 is gone: what is left is the last checkpoint, continue with --resume");
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
pub struct Threads {
    rank: usize,
    to: Vec<Sender<Vec<u8>>>,
    from: Vec<Mutex<Receiver<Vec<u8>>>>,
}

impl Threads {
    /// `size` members, in the order of their ranks.
    #[must_use]
    pub fn new(size: usize) -> Vec<Self> {
        let mut members: Vec<Self> = (0..size)
            .map(|rank| Self {
                rank,
                to: Vec::new(),
                from: Vec::new(),
            })
            .collect();
        for from in 0..size {
            for to in 0..size {
                let (sender, receiver) = channel();
                members[from].to.push(sender);
                members[to].from.push(Mutex::new(receiver));
            }
        }
        members
    }

    fn lost(&self, rank: usize) -> TrainError {
        TrainError::Lost {
            rank,
            size: self.size(),
        }
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Threads({} of {})", self.rank, self.to.len())
    }
}

impl Communicator for Threads {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.to.len()
    }

    fn send(&self, to: usize, message: &[u8]) -> Result<(), TrainError> {
        let sender = self.to.get(to).ok_or_else(|| self.lost(to))?;
        sender.send(message.to_vec()).map_err(|_| self.lost(to))
    }

    fn receive(&self, from: usize) -> Result<Vec<u8>, TrainError> {
        let receiver = self.from.get(from).ok_or_else(|| self.lost(from))?;
        let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
        receiver.recv().map_err(|_| self.lost(from))
    }
}
