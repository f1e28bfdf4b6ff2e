//! A Python environment with the official SDK, made once and kept under `target/`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The version whose dependencies are installed; the others run on the same ones.
pub(crate) const MAIN_PIN: &str = "0.0.105";
/// Older and newer versions, each in a folder of its own.
pub(crate) const OTHER_PINS: [&str; 3] = ["0.0.96", "0.0.118", "0.0.142"];
/// Readers of PDFs that are not ours: qpdf, pypdf, and the engine of a browser's viewer.
const READERS: [&str; 3] = ["pikepdf==10.18.0", "pypdf==7.1.1", "pypdfium2==5.15.2"];

/// The SDK does not import on an older one.
const PYTHON_MIN: (u32, u32) = (3, 12);

/// The environment, made on first use.
pub(crate) struct Environment {
    root: PathBuf,
}

impl Environment {
    /// The one of this checkout. Without a Python that is new enough this panics: the SDK
    /// is what the product promises to serve, so nothing stands in for it.
    pub(crate) fn get() -> &'static Self {
        static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
        ENVIRONMENT.get_or_init(Self::make)
    }

    fn make() -> Self {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let environment = Self { root: target.join("sdk-venv") };
        // Another test run may be making it right now.
        let lock = File::create(target.join("sdk-venv.lock")).unwrap();
        lock.lock().unwrap();
        let marker = environment.root.join("complete");
        let recipe = format!("{MAIN_PIN} {OTHER_PINS:?} {READERS:?}");
        let is_made = fs::read_to_string(&marker).is_ok_and(|made_by| made_by == recipe);
        // The Python it was made from may have gone since.
        if is_made && version_of(&environment.interpreter()) >= Some(PYTHON_MIN) {
            return environment;
        }
        let _ = fs::remove_dir_all(&environment.root);
        environment.install();
        fs::write(marker, recipe).unwrap();
        environment
    }

    fn install(&self) {
        let python = find_python();
        run(Command::new(python).args(["-m", "venv"]).arg(&self.root));
        let pip = || {
            let mut command = Command::new(self.interpreter());
            command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            // What is imported is compiled when it is imported, the rest never.
            command.arg("--no-compile");
            command
        };
        run(pip().arg(format!("retab=={MAIN_PIN}")));
        run(pip().args(READERS));
        for pin in OTHER_PINS {
            let mut command = pip();
            command.args(["--no-deps", "--target"]).arg(self.folder_of(pin));
            run(command.arg(format!("retab=={pin}")));
        }
    }

    fn interpreter(&self) -> PathBuf {
        self.root.join("bin").join("python")
    }

    fn folder_of(&self, pin: &str) -> PathBuf {
        self.root.join("pins").join(pin)
    }

    /// A command that runs a script with the readers.
    pub(crate) fn readers(&self, script: &Path) -> Command {
        let mut command = Command::new(self.interpreter());
        command.arg(script).env("PYTHONPYCACHEPREFIX", self.root.join("compiled"));
        command.env_remove("PYTHONPATH");
        command
    }

    /// A command that runs a script with this version of the SDK, past all proxies.
    pub(crate) fn script(&self, pin: &str, script: &Path) -> Command {
        let mut command = Command::new(self.interpreter());
        command.arg(script).env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        // Compiled modules go there, and not into the folder of the scripts.
        command.env("PYTHONPYCACHEPREFIX", self.root.join("compiled"));
        command.env_remove("PYTHONDONTWRITEBYTECODE").env_remove("PYTHONPATH");
        for name in ["RETAB_API_KEY", "RETAB_API_BASE_URL"] {
            command.env_remove(name);
        }
        if pin != MAIN_PIN {
            command.env("PYTHONPATH", self.folder_of(pin));
        }
        command
    }
}

/// A Python that is new enough: the one named by `DOCSPOOL_TEST_PYTHON`, one on the path,
/// one in a usual folder, or one that a version manager keeps.
pub(crate) fn find_python() -> PathBuf {
    const NAMES: [&str; 5] = ["python3.12", "python3.13", "python3.14", "python3", "python"];
    let named = std::env::var_os("DOCSPOOL_TEST_PYTHON").map(PathBuf::from);
    // A test run may know little of the shell it was started from.
    let folders = ["", "/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"].map(Path::new);
    let usual = folders.into_iter().flat_map(|folder| NAMES.map(|name| folder.join(name)));
    let mut tried = Vec::new();
    let candidates = named.into_iter().chain(usual).chain(kept_by_pyenv()).chain(kept_by_uv());
    for candidate in candidates {
        match version_of(&candidate) {
            Some(version) if version >= PYTHON_MIN => return candidate,
            Some(version) => tried.push(format!("{} is {version:?}", candidate.display())),
            None => tried.push(format!("{} does not run", candidate.display())),
        }
    }
    panic!(
        "the SDK tests need Python 3.12 or newer with venv; install one, or name it in \
         DOCSPOOL_TEST_PYTHON. Tried: {}",
        tried.join("; ")
    );
}

/// The oldest come first, as they stand in a folder that is in order.
fn kept_by_pyenv() -> Vec<PathBuf> {
    let named = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let at_home = std::env::home_dir().map(|home| home.join(".pyenv"));
    let roots =
        named.into_iter().chain(at_home).chain(["/root/.pyenv", "/opt/pyenv"].map(Into::into));
    let versions = roots.filter_map(|root| fs::read_dir(root.join("versions")).ok()).flatten();
    let versions = versions.flatten().map(|entry| entry.path().join("bin").join("python3"));
    let mut versions: Vec<PathBuf> = versions.collect();
    versions.sort();
    versions.dedup();
    versions
}

fn kept_by_uv() -> Option<PathBuf> {
    let mut command = Command::new("uv");
    let found = command.args(["python", "find", "3.12"]).stderr(Stdio::null()).output().ok()?;
    Some(PathBuf::from(String::from_utf8(found.stdout).ok()?.trim()))
}

pub(crate) fn version_of(python: &Path) -> Option<(u32, u32)> {
    let program = "import sys, venv; print(sys.version_info[0], sys.version_info[1])";
    let mut command = Command::new(python);
    let output = command.args(["-c", program]).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Runs a command that must end well.
pub(crate) fn run(command: &mut Command) {
    try_run(command).unwrap_or_else(|why| panic!("{why}"));
}

/// Runs a command to a good end.
///
/// # Errors
/// What it said, when it ended badly or did not start.
pub(crate) fn try_run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "{command:?} failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}
