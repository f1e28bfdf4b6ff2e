//! What OCR tests need: pages as a scanner gives them, the models in a data folder, and the
//! program tesseract. Made once and kept under `target/`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::python::{find_python, run};

/// The wheel that carries the models.
const WHEEL: &str = "rapidocr==3.10.0";
/// Draws the pages, and carries the font they are set in.
const PILLOW: &str = "pillow==13.0.0";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ocr/draw.py");

/// Pages, wheel and data folder.
pub(crate) struct OcrKit {
    root: PathBuf,
}

impl OcrKit {
    /// The one of this checkout, made on first use.
    pub(crate) fn get() -> &'static Self {
        static KIT: OnceLock<OcrKit> = OnceLock::new();
        KIT.get_or_init(Self::make)
    }

    fn make() -> Self {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let kit = Self { root: target.join("ocr-kit") };
        // Another test run may be making it right now.
        let lock = File::create(target.join("ocr-kit.lock")).unwrap();
        lock.lock().unwrap();
        let marker = kit.root.join("complete");
        let recipe = format!("{WHEEL} {PILLOW} {}", fs::read_to_string(SCRIPT).unwrap());
        if fs::read_to_string(&marker).is_ok_and(|made_by| made_by == recipe) {
            return kit;
        }
        let _ = fs::remove_dir_all(&kit.root);
        kit.fetch();
        fs::write(marker, recipe).unwrap();
        kit
    }

    fn fetch(&self) {
        let environment = self.root.join("venv");
        run(Command::new(find_python()).args(["-m", "venv"]).arg(&environment));
        let python = environment.join("bin").join("python");
        let pip = |verb: &str| {
            let mut command = Command::new(&python);
            command.args(["-m", "pip", verb, "--quiet", "--disable-pip-version-check"]);
            command
        };
        run(pip("install").args(["--no-compile", PILLOW]));
        run(pip("download").args(["--no-deps", WHEEL, "--dest"]).arg(self.root.join("wheel")));
        run(Command::new(&python).arg(SCRIPT).arg(self.root.join("pages")));
        let data_dir = self.data_dir();
        let mut import = Command::new(env!("CARGO_BIN_EXE_docspool"));
        run(import.args(["ocr", "import"]).arg(self.wheel()).arg("--data-dir").arg(data_dir));
    }

    /// The wheel as pip downloads it.
    pub(crate) fn wheel(&self) -> PathBuf {
        let mut entries = fs::read_dir(self.root.join("wheel")).unwrap();
        entries.next().expect("pip download gave a wheel").unwrap().path()
    }

    /// A data folder with the models in it.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.root.join("data")
    }

    /// A page that was drawn.
    pub(crate) fn page(&self, name: &str) -> PathBuf {
        self.root.join("pages").join(name)
    }
}

/// The program tesseract. Where there is none a developer is told so and the test says
/// nothing; `CI=true` asks for it.
pub(crate) fn tesseract() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join("tesseract"));
    let found = found.into_iter().find(|path| path.is_file());
    if found.is_none() {
        let is_needed = std::env::var("CI").is_ok_and(|value| value == "true");
        let message = "tesseract is not on the PATH; install tesseract-ocr to test that engine";
        assert!(!is_needed, "{message}");
        eprintln!("{message}");
    }
    found
}
