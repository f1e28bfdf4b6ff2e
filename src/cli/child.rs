//! `child`: the hidden command that an engine starts as its child process.

use std::io;
use std::path::PathBuf;

use docspool::base::sandbox::Access;
use docspool::document::{Ocr, OcrOptions};
use docspool::process::Processors;
use docspool::{Engine, EngineBuilder, Isolation};

use super::config::Config;
use super::exit::Exit;
use super::failure::Failure;
use super::ocr;

/// Where processors run, by the configuration.
fn isolation(config: &Config, workers: Option<usize>) -> Result<Isolation, Failure> {
    if config.in_process {
        return Ok(Isolation::InProcess);
    }
    let program = std::env::current_exe().map_err(|error| {
        Failure::new(Exit::Refused, format!("this program cannot find itself: {error}"))
            .hint("run with --in-process")
    })?;
    let memory = config.child_memory_bytes.to_string();
    let mut arguments = vec!["child".to_owned(), "--memory".to_owned(), memory];
    arguments.extend(ocr::to_arguments(&ocr::for_workers(config, workers)));
    Ok(Isolation::Child { program, arguments })
}

/// The engine as far as `serve` and `run` set it up alike; `workers` as the builder is told,
/// or as many as there are processors.
pub(crate) fn engine(
    config: &Config,
    data_file: PathBuf,
    workers: Option<usize>,
) -> Result<EngineBuilder, Failure> {
    let ocr = Ocr::new(ocr::for_workers(config, workers));
    let builder = Engine::builder(data_file)
        .isolation(isolation(config, workers)?)
        .processors(Processors::standard().with_ocr(ocr))
        .job_deadline(config.job_deadline)
        .fetch(config.fetch);
    Ok(match &config.model {
        Some(model) => builder.model(model.clone()),
        None => builder,
    })
}

pub(crate) fn run(memory_bytes: u64, options: OcrOptions) -> Result<Exit, Failure> {
    let (input, output) = (io::stdin().lock(), io::stdout().lock());
    // A large answer would otherwise be searched for line ends.
    let output = io::BufWriter::with_capacity(64 * 1024, output);
    let processors = Processors::standard().with_ocr(Ocr::new(options));
    docspool::serve_child(&processors, memory_bytes, Access::none(), input, output)
        .map_err(|error| Failure::new(Exit::Failed, format!("the parent broke off: {error}")))?;
    Ok(Exit::Done)
}
