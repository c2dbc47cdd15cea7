//! A folder in which one process works at a time.

use crate::TrainError;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek, Write};
use std::path::Path;
use std::time::Duration;

/// Held while a process works in a folder; the system releases it however the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Closing the file is not enough: a program that is just being started still has a copy of it.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl Lock {
    /// Takes the folder, and says in its file `lock` who has it.
    ///
    /// # Errors
    ///
    /// When another process has it: the error says which. When the file cannot be written.
    pub(crate) fn take(folder: &Path) -> Result<Self, TrainError> {
        let path = folder.join("lock");
        // Not truncated: until the lock is taken, what is in it is about the process that has it.
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).read(true).write(true);
        let mut file = file.open(&path).map_err(TrainError::io(&path))?;
        match file.try_lock() {
            Ok(()) => {
                let holder = holder_of_this_process();
                let mut note = || {
                    file.set_len(0)?;
                    file.rewind()?;
                    file.write_all(holder.as_bytes())
                };
                // On a full disk the lock is held all the same: only its name is missing.
                let _ = note();
                Ok(Self { file })
            }
            Err(TryLockError::WouldBlock) => Err(TrainError::InUse {
                path: folder.to_owned(),
                holder: holder(&path),
            }),
            Err(TryLockError::Error(source)) => Err(TrainError::Io { path, source }),
        }
    }
}

fn holder_of_this_process() -> String {
    let words: Vec<String> = std::env::args().collect();
    format!("process {} ({})\n", std::process::id(), words.join(" "))
}

/// Who has the lock, by its file. Between taking it and saying so is a moment.
fn holder(path: &Path) -> String {
    for _ in 0..20 {
        let text = fs::read_to_string(path).unwrap_or_default();
        if let Some(line) = text.strip_suffix('\n').filter(|line| !line.is_empty()) {
            return line.to_owned();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    "another process".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_hears_who_is_first_and_comes_in_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        let message = Lock::take(folder.path()).unwrap_err().to_string();
        let expected = format!("is in use by process {} (", std::process::id());
        assert!(message.contains(&expected), "{message}");
        drop(first);
        Lock::take(folder.path()).unwrap();
    }
}
