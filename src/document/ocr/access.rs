//! What an engine needs of the machine, for a process that is shut off from the rest.
//!
//! Owns which files those are. Whether and how a process is shut off is told elsewhere.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::setup::{OcrEngine, OcrOptions};
use crate::base::sandbox::Access;

/// Where tesseract's language data lies when it is not told, below the folder it is
/// installed in.
const DATA_FOLDERS: [&str; 3] = ["share/tessdata", "share/tesseract", "share/tesseract-ocr"];
/// What scripts are made of.
const COMMAND_FOLDERS: [&str; 2] = ["/usr", "/bin"];

impl OcrOptions {
    /// Adds to `access` what the engine needs to be opened and to read pictures.
    #[must_use]
    pub fn access(&self, access: Access) -> Access {
        match (self.decided(), &self.models, &self.tesseract) {
            (OcrEngine::PpOcr, Some(models), _) => access.read(models),
            (OcrEngine::Tesseract, _, Some(program)) => self.access_of(program, access),
            _ => access,
        }
    }

    fn access_of(&self, program: &Path, access: Access) -> Access {
        let mut access = access.run(program).libraries();
        if is_script(program) {
            access = COMMAND_FOLDERS.iter().fold(access, |access, folder| access.run(*folder));
        }
        if let Some(folder) = &self.tessdata {
            access = access.read(folder);
        }
        // Its libraries and data lie beside the folder of the program itself, which a link may
        // lead to.
        let real = std::fs::canonicalize(program);
        let real = real.as_deref().unwrap_or(program);
        let prefixes = [program, real].map(|path| path.parent().and_then(Path::parent));
        for prefix in prefixes.into_iter().flatten().chain([Path::new("/usr/local")]) {
            access = access.read(prefix.join("lib"));
            for folder in DATA_FOLDERS {
                access = access.read(prefix.join(folder));
            }
        }
        access
    }
}

fn is_script(program: &Path) -> bool {
    let mut start = [0_u8; 2];
    let read = File::open(program).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && &start == b"#!"
}
