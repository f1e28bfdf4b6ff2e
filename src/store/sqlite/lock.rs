//! One process for each data file.
//!
//! An exclusive lock on `<file>.lock`, taken before the data file is opened. The operating
//! system frees it with the process, however that ends, so a lock is never stale.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::base::platform;
use crate::store::StoreError;

/// Held as long as the store is open.
#[derive(Debug)]
pub(super) struct FileLock {
    file: Mutex<File>,
}

impl FileLock {
    /// Takes the lock of the data file at `path`.
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        let lock_path = lock_path(path);
        let failed = |error: std::io::Error| {
            StoreError::NotStored(format!("{} cannot be locked: {error}", lock_path.display()))
        };
        let mut file = platform::open_private_file(&lock_path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The refusal is the same without its name.
                let _ = (&mut file).take(512).read_to_string(&mut holder);
                return Err(StoreError::Locked { holder: holder.trim().to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let lock = Self { file: Mutex::new(file) };
        lock.write(&format!("pid {}", std::process::id())).map_err(failed)?;
        Ok(lock)
    }

    /// Writes down where this process listens, for the refusal of another.
    pub(super) fn set_address(&self, address: &str) -> std::io::Result<()> {
        self.write(&format!("pid {}, {address}", std::process::id()))
    }

    fn write(&self, text: &str) -> std::io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{text}")
    }
}

impl Drop for FileLock {
    /// Frees the lock itself: closing the file does not while a process that was forked at
    /// this moment, to become a child of ours, still holds a copy of it.
    fn drop(&mut self) {
        let _ = self.file.get_mut().unwrap_or_else(PoisonError::into_inner).unlock();
    }
}

/// What the process that has the data file at `path` wrote down; `None` when none has it.
pub(super) fn holder(path: &Path) -> std::io::Result<Option<String>> {
    let file = match File::open(lock_path(path)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        // Freed at once, with the file.
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.take(512).read_to_string(&mut holder)?;
            Ok(Some(holder.trim().to_owned()))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}
