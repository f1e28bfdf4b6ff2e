//! The file of API keys, and the keyring that a server checks them with.
//!
//! Owns `keys.json` in the data directory: for each key its hash, the beginning that is
//! shown, a name and the organization it is bound to; never the key itself. The command
//! changes the file while the server runs; the server notices within about a second. It
//! must not know requests.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::base::clock::Clock;
use crate::base::secret::{self, KeyHash};
use crate::base::{id, limits, platform};

/// Name of the file in the data directory.
pub const KEY_FILE_NAME: &str = "keys.json";

/// What can go wrong with the key file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The file could not be read or written.
    #[error("the key file {path:?} cannot be used: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not what this program writes.
    #[error("the key file {path:?} is damaged ({why}); restore it, or delete it and make new keys")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        why: String,
    },
    /// A name or organization that cannot be.
    #[error("{0}")]
    Invalid(String),
    /// No key like that, or more than one.
    #[error("{0}")]
    NotFound(String),
    /// The operating system gave no randomness.
    #[error("no key can be made: {0}")]
    Random(#[from] getrandom::Error),
}

/// What is kept of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// `key_…`.
    pub id: String,
    /// Its beginning, to tell it from others.
    pub prefix: String,
    /// SHA-256, 64 hexadecimal digits.
    pub hash: String,
    /// What a person calls it.
    pub name: String,
    /// The organization whose jobs it shows.
    pub organization: String,
    /// Creation, in milliseconds since the Unix epoch.
    pub created_ms: i64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Contents {
    keys: Vec<KeyRecord>,
}

/// The key file, as the command line changes it.
#[derive(Debug, Clone)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// The key file of a data directory. It need not exist.
    #[must_use]
    pub fn in_directory(data_dir: &Path) -> Self {
        Self { path: data_dir.join(KEY_FILE_NAME) }
    }

    /// All keys, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub fn list(&self) -> Result<Vec<KeyRecord>, KeysError> {
        let mut text = String::new();
        match std::fs::File::open(&self.path) {
            Ok(mut file) => file.read_to_string(&mut text).map_err(|error| self.failed(error))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed(error)),
        };
        let contents: Contents =
            serde_json::from_str(&text).map_err(|error| self.damaged(&error.to_string()))?;
        if contents.keys.iter().any(|key| KeyHash::from_hex(&key.hash).is_none()) {
            return Err(self.damaged("a hash is not 64 hexadecimal digits"));
        }
        Ok(contents.keys)
    }

    /// Makes a key. Its text is given out this once and kept nowhere.
    ///
    /// # Errors
    /// When name or organization cannot be, or the file cannot be written.
    pub fn create(
        &self,
        name: &str,
        organization: &str,
        clock: &dyn Clock,
    ) -> Result<(String, KeyRecord), KeysError> {
        check_name(name)?;
        check_organization(organization)?;
        if let Some(folder) = self.path.parent() {
            platform::create_private_dir(folder).map_err(|error| self.failed(error))?;
        }
        let text = secret::new_api_key()?;
        let created_ms = clock.wall_ms();
        let record = KeyRecord {
            id: id::IdSource::default().next("key_", created_ms),
            prefix: secret::shown_part(&text),
            hash: KeyHash::of(&text).to_hex(),
            name: name.to_owned(),
            organization: organization.to_owned(),
            created_ms,
        };
        self.change(|keys| {
            if keys.len() >= limits::API_KEYS_MAX {
                let most = limits::API_KEYS_MAX;
                return Err(KeysError::Invalid(format!("there are {most} keys; revoke some")));
            }
            keys.push(record.clone());
            Ok(())
        })?;
        Ok((text, record))
    }

    /// Takes a key out of use, named by its id, its beginning, its name, or the key itself.
    ///
    /// # Errors
    /// When no key or more than one is meant, or the file cannot be written.
    pub fn revoke(&self, which: &str) -> Result<KeyRecord, KeysError> {
        let hash = KeyHash::of(which).to_hex();
        let is_meant = |key: &KeyRecord| {
            key.id == which || key.prefix == which || key.name == which || key.hash == hash
        };
        self.change(|keys| {
            let mut meant = keys.iter().enumerate().filter(|(_, key)| is_meant(key));
            match (meant.next(), meant.next()) {
                (Some((place, _)), None) => Ok(keys.remove(place)),
                (None, _) => Err(KeysError::NotFound(format!(
                    "there is no key {which:?}; docspool keys list shows them"
                ))),
                (Some(_), Some(_)) => Err(KeysError::NotFound(format!(
                    "more than one key is {which:?}; name it by its id"
                ))),
            }
        })
    }

    /// Changes the file under a lock, in one step that a crash cannot halve.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut Vec<KeyRecord>) -> Result<T, KeysError>,
    ) -> Result<T, KeysError> {
        let lock = platform::open_private_file(&self.path.with_extension("json.lock"))
            .map_err(|error| self.failed(error))?;
        lock.lock().map_err(|error| self.failed(error))?;
        let mut keys = self.list()?;
        let result = change(&mut keys)?;
        self.write(&Contents { keys }).map_err(|error| self.failed(error))?;
        Ok(result)
    }

    fn write(&self, contents: &Contents) -> std::io::Result<()> {
        let next = self.path.with_extension("json.new");
        let mut file = platform::open_private_file(&next)?;
        file.set_len(0)?;
        file.write_all(&serde_json::to_vec_pretty(contents)?)?;
        file.sync_all()?;
        std::fs::rename(&next, &self.path)?;
        let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        platform::sync_directory(parent.unwrap_or(Path::new(".")))
    }

    /// What tells one version of the file from another; `None` when there is none.
    fn stamp(&self) -> std::io::Result<Option<(SystemTime, u64)>> {
        match std::fs::metadata(&self.path) {
            Ok(found) => Ok(Some((found.modified()?, found.len()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn failed(&self, source: std::io::Error) -> KeysError {
        KeysError::File { path: self.path.clone(), source }
    }

    fn damaged(&self, why: &str) -> KeysError {
        KeysError::Damaged { path: self.path.clone(), why: why.to_owned() }
    }
}

fn check_name(name: &str) -> Result<(), KeysError> {
    let most = limits::API_KEY_NAME_CHARS_MAX;
    if name.is_empty() || name.chars().count() > most || name.chars().any(char::is_control) {
        return Err(KeysError::Invalid(format!(
            "the name of a key must have 1 to {most} characters, none of them control characters"
        )));
    }
    Ok(())
}

fn check_organization(organization: &str) -> Result<(), KeysError> {
    if id::is_plausible_id(organization) {
        return Ok(());
    }
    let most = limits::ID_LENGTH_MAX;
    Err(KeysError::Invalid(format!(
        "an organization must have 1 to {most} characters, only letters, digits, _ and -"
    )))
}

/// What a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<T> {
    /// No key is needed.
    Open,
    /// The key is good for this.
    Known(T),
    /// A key is needed, and this is none.
    Unknown,
}

#[derive(Debug, Default)]
struct Ring {
    stamp: Option<(SystemTime, u64)>,
    keys: Vec<(KeyHash, String)>,
}

/// The keys as a running server knows them.
///
/// Once a key has been seen, keys are needed until the server is started anew: a file
/// that vanishes or loses its last key closes the server instead of opening it.
pub struct Keyring {
    file: KeyFile,
    clock: Arc<dyn Clock>,
    ring: RwLock<Ring>,
    needed: AtomicBool,
    next_check_ms: AtomicI64,
}

impl Keyring {
    /// Reads the key file. With `needed`, a key is needed even while there is none.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub fn open(file: KeyFile, clock: Arc<dyn Clock>, needed: bool) -> Result<Self, KeysError> {
        let ring = Self::read(&file)?;
        let needed = AtomicBool::new(needed || !ring.keys.is_empty());
        let next_check_ms = clock.boot_ms().saturating_add(limits::API_KEYS_CHECK_MS).into();
        Ok(Self { file, clock, ring: RwLock::new(ring), needed, next_check_ms })
    }

    /// Whether a key is needed.
    #[must_use]
    pub fn is_needed(&self) -> bool {
        self.refresh();
        self.needed.load(Ordering::Acquire)
    }

    /// The organization that a key is bound to. Takes the same time for every key.
    #[must_use]
    pub fn check(&self, key: Option<&str>) -> Verdict<String> {
        if !self.is_needed() {
            return Verdict::Open;
        }
        let Some(hash) = key.map(KeyHash::of) else { return Verdict::Unknown };
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = None;
        for (kept, organization) in &ring.keys {
            if kept.matches(hash) {
                found = Some(organization);
            }
        }
        found.map_or(Verdict::Unknown, |organization| Verdict::Known(organization.clone()))
    }

    fn read(file: &KeyFile) -> Result<Ring, KeysError> {
        // The stamp comes first: a change in between is then seen at the next look.
        let stamp = file.stamp().map_err(|error| file.failed(error))?;
        let keys = file.list()?.into_iter().filter_map(|record| {
            KeyHash::from_hex(&record.hash).map(|hash| (hash, record.organization))
        });
        Ok(Ring { stamp, keys: keys.collect() })
    }

    /// Looks at most once a second whether the file has changed. A file that cannot be
    /// read leaves the keys as they were.
    fn refresh(&self) {
        let now_ms = self.clock.boot_ms();
        let due_ms = self.next_check_ms.load(Ordering::Relaxed);
        let later_ms = now_ms.saturating_add(limits::API_KEYS_CHECK_MS);
        let mine = now_ms >= due_ms
            && self
                .next_check_ms
                .compare_exchange(due_ms, later_ms, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if !mine {
            return;
        }
        let known = self.ring.read().unwrap_or_else(PoisonError::into_inner).stamp;
        if self.file.stamp().is_ok_and(|stamp| stamp == known) {
            return;
        }
        match Self::read(&self.file) {
            Ok(ring) => {
                if !ring.keys.is_empty() {
                    self.needed.store(true, Ordering::Release);
                }
                tracing::info!(keys = ring.keys.len(), "the key file has changed");
                *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
            }
            Err(error) => tracing::warn!(%error, "the keys stay as they were"),
        }
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Keyring({:?})", self.file.path)
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
