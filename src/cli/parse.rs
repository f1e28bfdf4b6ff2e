//! `parse`: the document core alone, many files at a time.
//!
//! Owns the order of the output and what each format looks like.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_channel::{Receiver, Sender};
use docspool::document::render::TableFormat;
use docspool::document::{Document, FieldKind, FormField, LoadOptions, Ocr, Page, Warning, Word};
use serde_json::{Value, json};

use super::args::{Format, ParseArgs};
use super::config::Config;
use super::exit::Exit;
use super::failure::Failure;
use super::input;
use super::ocr;
use super::output::Output;
use super::sink::Sink;

/// Stack of a thread that reads documents: damaged ones nest deep.
const STACK_BYTES: usize = 32 * 1024 * 1024;
/// Documents that may be read ahead of the one to be printed next, for each thread.
const READ_AHEAD: usize = 4;

type Parsed = Result<String, Failure>;

pub(crate) fn run(output: &Output, config: &Config, args: ParseArgs) -> Result<Exit, Failure> {
    let ocr = Ocr::new(ocr::for_workers(config, Some(threads(&args))));
    let mut sink = Sink::open(output, args.output.as_deref())?;
    if let [file] = args.files.as_slice() {
        let text = in_a_thread(|| read_one(file, &args, &ocr))??;
        sink.write(&text)?;
        return Ok(Exit::Done);
    }
    let bar = output.bar(args.files.len());
    let mut exit = Exit::Done;
    read_many(&args, &ocr, |file, parsed| {
        bar.inc(1);
        bar.suspend(|| match parsed {
            Ok(text) if args.format == Format::Json => sink.write(&text),
            Ok(text) => sink.write(&format!("==> {} <==\n{text}", file.display())),
            Err(failure) => {
                exit = exit.max(Exit::Failed);
                let line = json!({"path": file.to_string_lossy(), "error": failure.message});
                output.fail(&failure.about(file.display()));
                match args.format {
                    Format::Json => sink.write(&line.to_string()),
                    _ => Ok(()),
                }
            }
        })
    })?;
    bar.finish_and_clear();
    Ok(exit)
}

fn in_a_thread<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Failure> {
    let crashed = || Failure::new(Exit::Bug, "reading the document crashed");
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("parse".to_owned()).stack_size(STACK_BYTES);
        let thread = builder.spawn_scoped(scope, work).map_err(|error| no_thread(&error))?;
        thread.join().map_err(|_| crashed())
    })
}

fn no_thread(error: &io::Error) -> Failure {
    Failure::new(Exit::Refused, format!("the system gives no thread: {error}"))
}

/// Threads that read documents, each one at a time.
fn threads(args: &ParseArgs) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    args.jobs.map_or(cores, usize::from).min(args.files.len()).max(1)
}

/// Reads all files on several threads and hands them on in the order they were named.
fn read_many(
    args: &ParseArgs,
    ocr: &Ocr,
    mut take: impl FnMut(&Path, Parsed) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let threads = threads(args);
    let (permit, permits) = crossbeam_channel::bounded(threads * READ_AHEAD);
    let (done, finished) = crossbeam_channel::unbounded();
    for _ in 0..threads * READ_AHEAD {
        // The channel has room for exactly these.
        let _ = permit.send(());
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for index in 0..threads {
            let (permits, done, next) = (permits.clone(), done.clone(), &next);
            std::thread::Builder::new()
                .name(format!("parse-{index}"))
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, move || read_some(args, ocr, next, &permits, &done))
                .map_err(|error| no_thread(&error))?;
        }
        drop(done);
        // Owned here, so that an early return closes it and the threads end.
        let permit = permit;
        let mut early = BTreeMap::new();
        for (at, file) in args.files.iter().enumerate() {
            let parsed = loop {
                if let Some(parsed) = early.remove(&at) {
                    break parsed;
                }
                let gone = |_| Failure::new(Exit::Bug, "a reading thread ended early");
                let (index, parsed) = finished.recv().map_err(gone)?;
                early.insert(index, parsed);
            };
            take(file, parsed)?;
            // Threads that have nothing left to do have gone.
            let _ = permit.try_send(());
        }
        Ok(())
    })
}

fn read_some(
    args: &ParseArgs,
    ocr: &Ocr,
    next: &AtomicUsize,
    permits: &Receiver<()>,
    done: &Sender<(usize, Parsed)>,
) {
    while permits.recv().is_ok() {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(file) = args.files.get(at) else { return };
        let parsed = catch_unwind(AssertUnwindSafe(|| read_one(file, args, ocr)));
        let crashed = |_| Err(Failure::new(Exit::Bug, "reading the document crashed"));
        if done.send((at, parsed.unwrap_or_else(crashed))).is_err() {
            return;
        }
    }
}

fn read_one(file: &Path, args: &ParseArgs, ocr: &Ocr) -> Parsed {
    let (bytes, name) = (input::read(file)?, input::file_name(file));
    let options = LoadOptions {
        password: args.password.as_deref(),
        file_name: Some(&name),
        ocr: Some(ocr),
        ..LoadOptions::default()
    };
    let document = Document::load(&bytes, &options)?;
    let wanted = |page: &&Page| args.pages.as_ref().is_none_or(|pages| pages.contains(page.number));
    let pages: Vec<&Page> = document.pages.iter().filter(wanted).collect();
    Ok(match args.format {
        Format::Text => join(&pages, "\u{c}", |page| page.text.clone()),
        Format::Markdown => markdown(&document, &pages).join("\n\n"),
        Format::Words => join(&pages, "", word_lines),
        Format::Json => {
            let path = (args.files.len() > 1).then(|| file.to_string_lossy());
            json_object(path.as_deref(), &document, &pages).to_string()
        }
    })
}

fn join(pages: &[&Page], between: &str, show: impl Fn(&Page) -> String) -> String {
    pages.iter().map(|page| show(page)).collect::<Vec<_>>().join(between)
}

/// The pages as Markdown with pipe tables.
fn markdown(document: &Document, pages: &[&Page]) -> Vec<String> {
    let shown = document.markdown(TableFormat::Markdown).into_iter().zip(&document.pages);
    let is_wanted = |number| pages.binary_search_by_key(&number, |page| page.number).is_ok();
    shown.filter(|(_, page)| is_wanted(page.number)).map(|(markdown, _)| markdown).collect()
}

/// `page x0 y0 x1 y1 word`, parted by tabs; boxes in points from the top left.
fn word_lines(page: &Page) -> String {
    let line = |word: &Word| {
        let (b, text) = (word.bbox, page.word_text(word));
        format!("{}\t{:.1}\t{:.1}\t{:.1}\t{:.1}\t{text}\n", page.number, b.x0, b.y0, b.x1, b.y1)
    };
    page.words.iter().map(line).collect()
}

fn json_object(path: Option<&str>, document: &Document, pages: &[&Page]) -> Value {
    let mut object = serde_json::Map::new();
    if let Some(path) = path {
        object.insert("path".to_owned(), json!(path));
    }
    let texts: Vec<&str> = pages.iter().map(|page| page.text.as_str()).collect();
    object.insert("pages".to_owned(), json!(texts));
    object.insert("markdown".to_owned(), json!(markdown(document, pages)));
    if !document.fields.is_empty() {
        let fields = document.fields.iter().map(|field| (field.name.clone(), field_object(field)));
        object.insert("fields".to_owned(), Value::Object(fields.collect()));
    }
    let shown = |warning: &Warning| json!({"page": warning.page, "message": warning.message});
    let warnings: Vec<Value> = document.warnings.iter().map(shown).collect();
    object.insert("warnings".to_owned(), Value::Array(warnings));
    Value::Object(object)
}

fn field_object(field: &FormField) -> Value {
    let kind = match field.kind {
        FieldKind::Text => "text",
        FieldKind::CheckBox => "checkbox",
        FieldKind::RadioButton => "radio",
        FieldKind::PushButton => "button",
        FieldKind::Choice => "choice",
        FieldKind::Signature => "signature",
    };
    let value = match field.values.as_slice() {
        [] => Value::Null,
        [one] => json!(one),
        many => json!(many),
    };
    json!({"type": kind, "value": value})
}
