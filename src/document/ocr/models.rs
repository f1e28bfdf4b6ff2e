//! The model files: which ones are known, how they come out of a wheel into a folder, and
//! whether they are whole.
//!
//! The wheel is PyPI's `rapidocr`, 3.9 or newer, which carries the PP-OCRv6 models of the
//! PaddleOCR project (Apache-2.0). A wheel is a zip file (PEP 427). Only files whose SHA-256
//! stands in [`FILES`] are taken, whatever they are called in it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::base::limits;

/// What a model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Finds lines in a picture.
    Detection,
    /// Reads the letters of a line; holds its dictionary.
    Recognition,
}

/// A model file that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelFile {
    /// Its name in the folder.
    pub name: &'static str,
    /// What it does.
    pub role: Role,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: &'static str,
}

/// The model files of this version.
pub const FILES: [ModelFile; 2] = [
    ModelFile {
        name: "PP-OCRv6_det_small.onnx",
        role: Role::Detection,
        bytes: 9_929_594,
        sha256: "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    },
    ModelFile {
        name: "PP-OCRv6_rec_small.onnx",
        role: Role::Recognition,
        bytes: 21_234_383,
        sha256: "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    },
];

/// The folder of the models inside a data folder.
pub const FOLDER: &str = "models";
/// Command that fetches the wheel.
pub const DOWNLOAD: &str = "pip download --no-deps rapidocr==3.10.0";

/// Path of the file with this role.
#[must_use]
pub fn path(folder: &Path, role: Role) -> PathBuf {
    let file = FILES.into_iter().find(|file| file.role == role);
    folder.join(file.map_or("", |file| file.name))
}

/// Whether all files are in a folder, told by their sizes.
#[must_use]
pub fn are_in(folder: &Path) -> bool {
    let is_there = |file: &ModelFile| {
        fs::metadata(folder.join(file.name)).is_ok_and(|found| found.len() == file.bytes)
    };
    FILES.iter().all(is_there)
}

/// How a known file stands in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// As it should be.
    Whole,
    /// Not there.
    Missing,
    /// There, but not the file that is known, or not readable.
    Damaged,
}

/// Looks at each known file; reads and hashes them whole.
#[must_use]
pub fn inspect(folder: &Path) -> Vec<(ModelFile, Installed)> {
    let state = |file: &ModelFile| match File::open(folder.join(file.name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Installed::Missing,
        Err(_) => Installed::Damaged,
        Ok(opened) => match hash_of(opened) {
            Ok(hash) if hash == file.sha256 => Installed::Whole,
            _ => Installed::Damaged,
        },
    };
    FILES.iter().map(|file| (*file, state(file))).collect()
}

/// Why models were not taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file could not be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The wheel is no zip file, or a damaged one.
    #[error("{} is no wheel: {detail}", path.display())]
    NoWheel {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The wheel does not hold the models that are known.
    #[error(
        "{} does not hold {}; get the wheel with `{DOWNLOAD}`",
        path.display(),
        missing.join(" and ")
    )]
    NoModels {
        /// The file.
        path: PathBuf,
        /// Names of the files that were not found.
        missing: Vec<&'static str>,
    },
}

/// A wheel with all models in it, checked.
#[derive(Debug)]
pub struct Wheel {
    models: Vec<(ModelFile, Vec<u8>)>,
}

impl Wheel {
    /// Reads a wheel and checks its models.
    ///
    /// # Errors
    /// [`ImportError`]; the wheel must hold every file of [`FILES`].
    pub fn read(path: &Path) -> Result<Self, ImportError> {
        let no_wheel = |detail: String| ImportError::NoWheel { path: path.to_owned(), detail };
        let file = File::open(path).map_err(|error| io_error(path, error))?;
        let mut archive =
            zip::ZipArchive::new(file).map_err(|error| no_wheel(error.to_string()))?;
        let mut models: Vec<(ModelFile, Vec<u8>)> = Vec::new();
        for index in 0..archive.len().min(limits::ARCHIVE_ENTRIES_MAX) {
            let mut entry = archive.by_index(index).map_err(|error| no_wheel(error.to_string()))?;
            let size = entry.size();
            // The hash decides; the size says which entries are worth hashing.
            if !FILES.iter().any(|file| file.bytes == size) {
                continue;
            }
            let mut bytes = Vec::new();
            let read = entry.by_ref().take(size).read_to_end(&mut bytes);
            read.map_err(|error| no_wheel(error.to_string()))?;
            let hash = hex(&Sha256::digest(&bytes));
            if let Some(file) = FILES.into_iter().find(|file| file.sha256 == hash) {
                models.push((file, bytes));
            }
        }
        let is_found = |file: &ModelFile| models.iter().any(|(found, _)| found == file);
        let missing: Vec<&str> =
            FILES.iter().filter(|file| !is_found(file)).map(|file| file.name).collect();
        if missing.is_empty() {
            return Ok(Self { models });
        }
        Err(ImportError::NoModels { path: path.to_owned(), missing })
    }

    /// Writes the models into a folder, which is made when it is not there. Each file appears
    /// whole or not at all.
    ///
    /// # Errors
    /// [`ImportError::Io`].
    pub fn install(&self, folder: &Path) -> Result<Vec<PathBuf>, ImportError> {
        fs::create_dir_all(folder).map_err(|error| io_error(folder, error))?;
        let mut paths = Vec::new();
        for (file, bytes) in &self.models {
            let path = folder.join(file.name);
            let part = folder.join(format!("{}.part", file.name));
            write_whole(&part, bytes).map_err(|error| io_error(&part, error))?;
            fs::rename(&part, &path).map_err(|error| io_error(&path, error))?;
            paths.push(path);
        }
        Ok(paths)
    }
}

fn io_error(path: &Path, error: io::Error) -> ImportError {
    ImportError::Io { path: path.to_owned(), error }
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn hash_of(mut file: File) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; limits::CHUNK_BYTES];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(hex(&hasher.finalize())),
            count => hasher.update(chunk.get(..count).unwrap_or_default()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use zip::write::SimpleFileOptions;

    fn wheel(folder: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
        let path = folder.join("some.whl");
        let mut writer = zip::ZipWriter::new(File::create(&path).unwrap());
        for (name, bytes) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap();
        path
    }

    #[test]
    fn a_wheel_without_the_models_is_refused_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let forged = vec![0; FILES[0].bytes as usize];
        let path = wheel(folder.path(), &[("rapidocr/models/PP-OCRv6_det_small.onnx", &forged)]);
        let error = Wheel::read(&path).unwrap_err();
        assert!(matches!(error, ImportError::NoModels { ref missing, .. } if missing.len() == 2));
        assert!(error.to_string().contains(DOWNLOAD), "{error}");
    }

    #[test]
    fn what_is_no_zip_is_no_wheel() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.whl");
        fs::write(&path, b"nothing").unwrap();
        assert!(matches!(Wheel::read(&path), Err(ImportError::NoWheel { .. })));
    }

    #[test]
    fn files_of_another_content_are_damaged() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!are_in(folder.path()));
        fs::write(folder.path().join(FILES[0].name), b"x").unwrap();
        let states: Vec<Installed> =
            inspect(folder.path()).into_iter().map(|(_, state)| state).collect();
        assert_eq!(states, [Installed::Damaged, Installed::Missing]);
    }
}
