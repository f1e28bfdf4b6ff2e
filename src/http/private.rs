//! The directory of the private socket between gate and tiny_http.
//!
//! Owns its making and its removal, and that of those whose server was killed before it could
//! remove its own. It must not know what goes over the socket.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::platform;

const NAME_PREFIX: &str = "docspool-";
/// Sockets in it are called so, and a number.
#[cfg(unix)]
pub(crate) const SOCKET_PREFIX: &str = "inner-";

/// A directory that only this user can enter; removed in the end.
pub(crate) struct PrivateDirectory {
    path: PathBuf,
}

impl PrivateDirectory {
    /// Makes one in `parent`, or where the system keeps temporary files.
    ///
    /// # Errors
    /// The parent, and what the system said.
    pub(crate) fn make(parent: Option<PathBuf>) -> Result<Self, (PathBuf, io::Error)> {
        let parent = parent.unwrap_or_else(|| PathBuf::from(platform::TEMPORARY_DIRECTORY));
        #[cfg(unix)]
        stale::remove(&parent);
        Self::make_in(&parent).map_err(|error| (parent, error))
    }

    fn make_in(parent: &Path) -> io::Result<Self> {
        let path = parent.join(format!("{NAME_PREFIX}{:016x}", getrandom::u64()?));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // Fails if it exists: nobody can have prepared it for us.
        builder.create(&path)?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PrivateDirectory {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::debug!(%error, "cannot remove the private directory");
        }
    }
}

/// What killed servers have left.
#[cfg(unix)]
mod stale {
    use std::fs::{self, DirEntry};
    use std::io::ErrorKind;
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    use std::os::unix::net::UnixStream;
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use super::{NAME_PREFIX, SOCKET_PREFIX};
    use crate::base::limits::{PRIVATE_DIRECTORIES_REMOVED_MAX, PRIVATE_DIRECTORY_AGE_MS};

    /// Removes such directories. What cannot be removed, or read, is nobody's loss.
    pub(super) fn remove(parent: &Path) {
        let Ok(entries) = fs::read_dir(parent) else { return };
        let left = entries.flatten().filter_map(|entry| Some((entry.path(), sockets(&entry)?)));
        for (directory, sockets) in left.take(PRIVATE_DIRECTORIES_REMOVED_MAX) {
            let _ = sockets.iter().try_for_each(fs::remove_file);
            let _ = fs::remove_dir(directory);
        }
    }

    /// The sockets in a directory of ours that is not new, if that is all there is in it and
    /// nobody listens to any.
    fn sockets(entry: &DirEntry) -> Option<Vec<PathBuf>> {
        let name = entry.file_name();
        let number = name.to_str()?.strip_prefix(NAME_PREFIX)?;
        let is_named = number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit());
        // Not through a link: it may lead anywhere.
        let facts = is_named.then(|| entry.metadata().ok()).flatten()?;
        let is_ours = facts.is_dir() && facts.uid() == rustix::process::geteuid().as_raw();
        let age = facts.modified().ok()?.elapsed().ok()?;
        if !is_ours || age < Duration::from_millis(PRIVATE_DIRECTORY_AGE_MS) {
            return None;
        }
        let mut sockets = Vec::new();
        for entry in fs::read_dir(entry.path()).ok()? {
            let entry = entry.ok()?;
            let is_named = entry.file_name().to_str()?.starts_with(SOCKET_PREFIX);
            if !is_named || !entry.file_type().ok()?.is_socket() || is_heard(&entry.path()) {
                return None;
            }
            sockets.push(entry.path());
        }
        Some(sockets)
    }

    /// Whether somebody listens to a socket, or it is not certain that nobody does.
    fn is_heard(path: &Path) -> bool {
        let refused = UnixStream::connect(path).err();
        refused.is_none_or(|error| error.kind() != ErrorKind::ConnectionRefused)
    }
}
