//! `ocr`: takes models over and tells what reads pictures; and how the engine's options travel
//! from the settings to a child process.

use std::path::{Path, PathBuf};

use docspool::document::ocr::{ImportError, Installed, Wheel, models};
use docspool::document::{Ocr, OcrEngine, OcrOptions};
use serde_json::{Value, json};

use super::args::ChildOcrArgs;
use super::config::{Config, Environment};
use super::exit::Exit;
use super::failure::Failure;
use super::output::{Output, Paint};

/// The options that settings and environment make.
pub(crate) fn options(
    engine: &str,
    data_dir: &Path,
    models_dir: &str,
    tesseract: &str,
    languages: &str,
    environment: &Environment,
) -> OcrOptions {
    let models = match models_dir.is_empty() {
        true => data_dir.join(models::FOLDER),
        false => PathBuf::from(models_dir),
    };
    let tessdata = environment.get("TESSDATA_PREFIX").filter(|folder| !folder.is_empty());
    OcrOptions {
        engine: OcrEngine::from_name(engine).unwrap_or_default(),
        models: Some(models),
        tesseract: find_program(tesseract, environment),
        tessdata: tessdata.map(PathBuf::from),
        languages: Some(languages).filter(|l| *l != "auto").unwrap_or_default().to_owned(),
        threads: 1,
    }
}

/// A program by its path, or by its name on the PATH.
fn find_program(name: &str, environment: &Environment) -> Option<PathBuf> {
    let named = Path::new(name);
    if named.components().count() > 1 {
        return std::path::absolute(named).ok().filter(|path| path.is_file());
    }
    let folders = environment.get("PATH").map(String::as_str).unwrap_or_default();
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let mut paths = std::env::split_paths(folders).map(|folder| folder.join(&file));
    paths.find(|path| path.is_absolute() && path.is_file())
}

/// The options for one of so many workers: they share the processors.
pub(crate) fn for_workers(config: &Config, workers: Option<usize>) -> OcrOptions {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = workers.unwrap_or(cores).max(1);
    OcrOptions { threads: (cores / workers).max(1), ..config.ocr.clone() }
}

/// As words for the command of a child.
pub(crate) fn to_arguments(options: &OcrOptions) -> Vec<String> {
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let words = [
        ("--ocr", Some(options.engine.name().to_owned())),
        ("--ocr-models", path(&options.models)),
        ("--tesseract", path(&options.tesseract)),
        ("--tessdata", path(&options.tessdata)),
        ("--ocr-languages", Some(options.languages.clone()).filter(|l| !l.is_empty())),
        ("--ocr-threads", Some(options.threads.to_string())),
    ];
    let given = words.into_iter().filter_map(|(flag, value)| Some(format!("{flag}={}", value?)));
    given.collect()
}

pub(crate) fn from_arguments(arguments: ChildOcrArgs) -> OcrOptions {
    OcrOptions {
        engine: OcrEngine::from_name(&arguments.engine).unwrap_or_default(),
        models: arguments.models,
        tesseract: arguments.tesseract,
        tessdata: arguments.tessdata,
        languages: arguments.languages,
        threads: arguments.threads,
    }
}

pub(crate) fn import(output: &Output, config: &Config, wheel: &Path) -> Result<Exit, Failure> {
    let folder = config.ocr.models.as_deref().unwrap_or(Path::new(models::FOLDER));
    let paths = Wheel::read(wheel)?.install(folder)?;
    for path in &paths {
        output.line(&path.display().to_string())?;
    }
    output.say("the models are in place; children that are started from now on use them");
    Ok(Exit::Done)
}

pub(crate) fn status(output: &Output, config: &Config, as_json: bool) -> Result<Exit, Failure> {
    let ocr = Ocr::new(config.ocr.clone());
    let used = ocr.recognizer().map(|engine| engine.name());
    let folder = config.ocr.models.as_deref().unwrap_or(Path::new(models::FOLDER));
    let files = models::inspect(folder);
    let word = |state: Installed| match state {
        Installed::Whole => "whole",
        Installed::Missing => "missing",
        Installed::Damaged => "damaged",
    };
    if as_json {
        let files: Vec<Value> = files
            .iter()
            .map(|(file, state)| json!({"name": file.name, "state": word(*state)}))
            .collect();
        let error = used.as_ref().err().map(ToString::to_string);
        output.json(&json!({
            "engine": used.as_ref().ok(),
            "error": error,
            "models": {"folder": folder, "files": files},
            "tesseract": config.ocr.tesseract,
        }))?;
    } else {
        let shown = match &used {
            Ok(name) => output.paint(Paint::Good, name),
            Err(_) => output.paint(Paint::Bad, "none"),
        };
        output.line(&format!("engine     {shown}"))?;
        output.line(&format!("models     {}", folder.display()))?;
        for (file, state) in &files {
            output.line(&format!("           {:<8} {}", word(*state), file.name))?;
        }
        let program = config.ocr.tesseract.as_deref();
        let program = program.map_or("not found".to_owned(), |path| path.display().to_string());
        output.line(&format!("tesseract  {program}"))?;
    }
    match used {
        Ok(_) => Ok(Exit::Done),
        Err(error) => {
            output.say(&format!(
                "{error}\nmodels: {}, then docspool ocr import FILE.whl",
                models::DOWNLOAD
            ));
            Ok(Exit::Failed)
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        let exit = match &error {
            ImportError::Io { error, .. } if error.kind() == std::io::ErrorKind::NotFound => {
                Exit::NotFound
            }
            ImportError::Io { .. } => Exit::Refused,
            _ => Exit::Failed,
        };
        Self::new(exit, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        ocr: ChildOcrArgs,
    }

    #[test]
    fn options_travel_to_a_child_and_arrive() {
        let full = OcrOptions {
            engine: OcrEngine::Tesseract,
            models: Some("/a b/models".into()),
            tesseract: Some("/usr/bin/tesseract".into()),
            tessdata: Some("/data".into()),
            languages: "deu+eng".to_owned(),
            threads: 3,
        };
        for options in [full, OcrOptions { threads: 1, ..OcrOptions::default() }] {
            let words = [vec!["child".to_owned()], to_arguments(&options)].concat();
            assert_eq!(from_arguments(Line::parse_from(words).ocr), options);
        }
    }

    #[test]
    fn a_bare_name_is_looked_up_on_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join(format!("reader{}", std::env::consts::EXE_SUFFIX));
        std::fs::write(&program, "").unwrap();
        let path = format!("/nowhere:{}", folder.path().display());
        let environment = Environment::from([("PATH".to_owned(), path)]);
        assert_eq!(find_program("reader", &environment), Some(program.clone()));
        assert_eq!(find_program("writer", &environment), None);
        assert_eq!(find_program("reader", &Environment::new()), None);
        let whole = program.display().to_string();
        assert_eq!(find_program(&whole, &Environment::new()), Some(program));
    }
}
