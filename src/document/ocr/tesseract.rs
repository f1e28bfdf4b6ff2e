//! The program tesseract, run once for each page.
//!
//! The picture goes in over a pipe as PGM and the words come out as its TSV table; no file is
//! written, since a child process of the engine may write none. A page that takes too long,
//! or is no longer wanted, ends the program.

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::super::geometry::Rect;
use super::super::picture::raster::{Raster, Turn};
use super::setup::OcrOptions;
use super::{OcrError, OcrLine, OcrWord, Reading, Recognizer};
use crate::base::clock::{Clock, SystemClock};
use crate::base::{limits, platform};

const NAME: &str = "tesseract";

/// Pixels of the long side that are enough: an A4 page at 150 dots an inch, whose lines are
/// about as high as the 36 pixels that the program makes them.
const LONG_SIDE_ENOUGH_PX: usize = 1754;
/// Dots an inch that the program is told, for its notion of what is small.
const DPI: &str = "200";
/// Pictures are enlarged by no more than this.
const ENLARGE_MAX: usize = 3;
/// Below this mean confidence a page may lie on its side or head.
const DOUBTFUL: f32 = 0.6;
/// Below so many letters it may too.
const LETTERS_FEW: usize = 20;
/// The program's own confidence that it found the orientation.
const ORIENTATION_SURE: f32 = 1.0;
/// Words that are read less surely than this were none.
const CONFIDENCE_MIN: f32 = 0.3;
/// A line that is this much taller than wide lies on its side.
const TALL: f32 = 1.5;
/// A gap this wide, in heights of the line, parts a line.
const GAP_OF_HEIGHT: f32 = 1.6;
/// Languages that are used at once where none are named: each makes reading slower.
const LANGUAGES_MAX: usize = 4;
/// How often a running program is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(15);

/// The engine.
pub(super) struct Tesseract {
    program: PathBuf,
    tessdata: Option<PathBuf>,
    languages: String,
    threads: usize,
}

impl Tesseract {
    /// Finds out whether the program runs and which languages it has.
    pub(super) fn open(options: &OcrOptions) -> Result<Self, OcrError> {
        let unusable = |detail: String| OcrError::Unusable { engine: NAME, detail };
        let Some(program) = options.tesseract.clone() else {
            return Err(unusable("it is not installed, or not on the PATH".to_owned()));
        };
        let mut engine = Self {
            program,
            tessdata: options.tessdata.clone(),
            languages: options.languages.clone(),
            threads: options.threads.max(1),
        };
        let installed = engine.installed_languages().map_err(|error| match error {
            OcrError::Failed { detail, .. } => unusable(detail),
            other => other,
        })?;
        let lacks = |name: &&str| !installed.iter().any(|installed| installed == name);
        if engine.languages.is_empty() {
            engine.languages = usual_languages(installed);
        } else if let Some(missing) = engine.languages.split('+').find(lacks) {
            let detail = format!("it has no language {missing}; it has {}", installed.join(", "));
            return Err(unusable(detail));
        }
        if engine.languages.is_empty() {
            return Err(unusable("it has no language data; install some".to_owned()));
        }
        Ok(engine)
    }

    fn installed_languages(&self) -> Result<Vec<String>, OcrError> {
        let listed = self.run(&["--list-langs"], None, &|| ControlFlow::Continue(()))?;
        // The first line is a heading.
        let names = listed.lines().skip(1).map(str::trim).filter(|name| !name.is_empty());
        Ok(names.map(str::to_owned).collect())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().env("LC_ALL", "C").env("OMP_THREAD_LIMIT", self.threads.to_string());
        if let Some(folder) = &self.tessdata {
            command.env("TESSDATA_PREFIX", folder);
        }
        command.args(arguments).stderr(Stdio::piped()).stdout(Stdio::piped()).stdin(Stdio::piped());
        command
    }

    /// Runs the program to its end and gives what it printed.
    fn run(
        &self,
        arguments: &[&str],
        picture: Option<&Raster>,
        checkpoint: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<String, OcrError> {
        let failed = |detail: String| OcrError::Failed { engine: NAME, detail };
        let spawned = self.command(arguments).spawn();
        let mut running =
            Running(spawned.map_err(|error| failed(not_started(&self.program, &error)))?);
        let seconds = (limits::OCR_PROGRAM_DEADLINE_MS / 1000).unsigned_abs();
        platform::limit_processor_seconds(&running.0, seconds * self.threads as u64);
        let (stdin, stdout, stderr) =
            (running.0.stdin.take(), running.0.stdout.take(), running.0.stderr.take());
        std::thread::scope(|scope| {
            let thread = |name: &str| std::thread::Builder::new().name(format!("tesseract-{name}"));
            let writer = thread("in").spawn_scoped(scope, move || {
                // A program that has ended takes no more; how it ended tells why.
                stdin.zip(picture).map(|(mut pipe, picture)| write_pgm(&mut pipe, picture))
            });
            let printed = thread("out").spawn_scoped(scope, move || read_pipe(stdout));
            let said = thread("err").spawn_scoped(scope, move || read_pipe(stderr));
            let (_writer, printed, said) = match (writer, printed, said) {
                (Ok(writer), Ok(printed), Ok(said)) => (writer, printed, said),
                _ => return Err(failed("the system gives no thread".to_owned())),
            };
            let ended = running.wait(checkpoint);
            // The pipes end with the program, or did when it was killed.
            drop(running);
            let printed = printed.join().unwrap_or_default();
            let said = said.join().unwrap_or_default();
            match ended? {
                true => Ok(printed),
                false => {
                    let line = said.lines().find(|line| !line.trim().is_empty());
                    Err(failed(line.unwrap_or("it gave no reason").trim().to_owned()))
                }
            }
        })
    }

    /// How the program would turn the page; `None` where it does not know.
    fn orientation(
        &self,
        picture: &Raster,
        checkpoint: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<Option<Turn>, OcrError> {
        let arguments = ["-", "-", "--psm", "0", "--dpi", DPI];
        let said = match self.run(&arguments, Some(picture), checkpoint) {
            Ok(said) => said,
            Err(OcrError::Cancelled) => return Err(OcrError::Cancelled),
            // Too few letters, or its data for this is not installed.
            Err(_) => return Ok(None),
        };
        Ok(turn_of(&said))
    }
}

impl Recognizer for Tesseract {
    fn name(&self) -> &'static str {
        NAME
    }

    fn read(
        &self,
        picture: &Raster,
        may_turn: bool,
        checkpoint: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<Reading, OcrError> {
        let long = picture.width().max(picture.height()).max(1);
        let by =
            ((LONG_SIDE_ENOUGH_PX as f32 / long as f32).round() as usize).clamp(1, ENLARGE_MAX);
        let fits = picture.width() * picture.height() * by * by <= limits::OCR_PIXELS_MAX;
        let by = if fits { by } else { 1 };
        let large = picture.resized(picture.width() * by, picture.height() * by);
        let arguments = ["-", "-", "-l", &self.languages, "--psm", "3", "--dpi", DPI, "tsv"];
        let table = self.run(&arguments, Some(&large), checkpoint)?;
        let lines = lines_of(&table, by as f32);
        if may_turn
            && is_doubtful(&lines)
            && let Some(turn) = self.orientation(&large, checkpoint)?
        {
            return Ok(Reading::Turn(turn));
        }
        Ok(Reading::Lines(lines))
    }
}

/// A program that is ended when nobody waits for it any more.
struct Running(Child);

impl Running {
    /// Waits for the end; whether it was a good one.
    fn wait(&mut self, checkpoint: &dyn Fn() -> ControlFlow<()>) -> Result<bool, OcrError> {
        let started_ms = SystemClock.boot_ms();
        loop {
            match self.0.try_wait() {
                Ok(Some(status)) => return Ok(status.success()),
                Ok(None) => {}
                Err(error) => {
                    return Err(OcrError::Failed { engine: NAME, detail: error.to_string() });
                }
            }
            if checkpoint().is_break() {
                return Err(OcrError::Cancelled);
            }
            if SystemClock.boot_ms().saturating_sub(started_ms) > limits::OCR_PROGRAM_DEADLINE_MS {
                let seconds = limits::OCR_PROGRAM_DEADLINE_MS / 1000;
                let detail = format!("it took longer than {seconds} seconds for a page");
                return Err(OcrError::Failed { engine: NAME, detail });
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended takes no harm.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn not_started(program: &Path, error: &std::io::Error) -> String {
    format!("{} does not start: {error}", program.display())
}

fn write_pgm(pipe: &mut impl Write, picture: &Raster) -> std::io::Result<()> {
    write!(pipe, "P5\n{} {}\n255\n", picture.width(), picture.height())?;
    pipe.write_all(picture.pixels())
}

fn read_pipe(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What came before an error is still worth something.
        let _ = pipe.take(limits::OCR_PROGRAM_BYTES_MAX).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// English first, then as many others as are not too many.
fn usual_languages(installed: Vec<String>) -> String {
    let is_language = |name: &&String| *name != "osd" && *name != "equ" && !name.contains('/');
    let (english, others): (Vec<&String>, Vec<&String>) =
        installed.iter().filter(is_language).partition(|name| *name == "eng");
    let names = english.into_iter().chain(others).take(LANGUAGES_MAX);
    names.map(String::as_str).collect::<Vec<_>>().join("+")
}

fn is_doubtful(lines: &[OcrLine]) -> bool {
    let words: Vec<&OcrWord> = lines.iter().flat_map(|line| &line.words).collect();
    let letters: usize = words.iter().map(|word| word.text.chars().count()).sum();
    let sum: f32 = words.iter().map(|w| w.confidence * w.text.chars().count() as f32).sum();
    let lying = lines.iter().filter(|line| line.is_vertical);
    let lying: usize = lying.flat_map(|line| &line.words).map(|w| w.text.chars().count()).sum();
    letters < LETTERS_FEW || sum < letters as f32 * DOUBTFUL || lying * 2 > letters
}

/// Reads `Rotate: 90` and how sure that is.
fn turn_of(said: &str) -> Option<Turn> {
    let value = |name: &str| {
        said.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f32>().ok())
    };
    if value("Orientation confidence:")? < ORIENTATION_SURE {
        return None;
    }
    match value("Rotate:")? as u16 {
        90 => Some(Turn::Right),
        180 => Some(Turn::Half),
        270 => Some(Turn::Left),
        _ => None,
    }
}

/// The lines of the TSV table, whose picture was enlarged `by` that much. Its columns: level,
/// page, block, paragraph, line, word, left, top, width, height, confidence, text.
fn lines_of(table: &str, by: f32) -> Vec<OcrLine> {
    let mut lines: Vec<OcrLine> = Vec::new();
    let mut line_box = Rect::default();
    let mut is_new = true;
    for row in table.lines() {
        let columns: Vec<&str> = row.splitn(12, '\t').collect();
        let [level, _, _, _, _, _, left, top, width, height, confidence, text] = columns.as_slice()
        else {
            continue;
        };
        let number = |text: &str| text.parse::<f32>().unwrap_or(0.0);
        let (left, top) = (number(left) / by, number(top) / by);
        let bbox = Rect::new(left, top, left + number(width) / by, top + number(height) / by);
        match *level {
            "4" => (line_box, is_new) = (bbox, true),
            "5" => {
                let confidence = number(confidence) / 100.0;
                let text = text.trim();
                if text.is_empty() || confidence < CONFIDENCE_MIN {
                    continue;
                }
                let gap = line_box.height() * GAP_OF_HEIGHT;
                // Text that lies on its side is found too, word below word.
                let is_vertical = line_box.height() > line_box.width() * TALL;
                let bbox = match is_vertical {
                    true => bbox,
                    false => Rect { y0: line_box.y0, y1: line_box.y1, ..bbox },
                };
                let word = OcrWord { text: text.replace(' ', ""), bbox, confidence };
                match lines.last_mut().filter(|line| !is_new && bbox.x0 - line.bbox.x1 < gap) {
                    Some(line) => {
                        line.bbox = line.bbox.union(&bbox);
                        line.words.push(word);
                    }
                    None => {
                        lines.push(OcrLine { bbox, words: vec![word], is_vertical });
                    }
                }
                is_new = false;
            }
            _ => {}
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_becomes_lines_that_wide_gaps_part() {
        let table = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\
                     \theight\tconf\ttext\n\
                     4\t1\t1\t1\t1\t0\t20\t40\t400\t20\t-1\t\n\
                     5\t1\t1\t1\t1\t1\t20\t44\t60\t12\t96.5\tTotal\n\
                     5\t1\t1\t1\t1\t2\t90\t44\t40\t12\t91\tdue\n\
                     5\t1\t1\t1\t1\t3\t360\t44\t60\t12\t88\t12.50\n\
                     5\t1\t1\t1\t1\t4\t425\t44\t5\t12\t3\t|\n";
        let lines = lines_of(table, 2.0);
        let texts: Vec<Vec<&str>> = lines
            .iter()
            .map(|line| line.words.iter().map(|word| word.text.as_str()).collect())
            .collect();
        assert_eq!(texts, [vec!["Total", "due"], vec!["12.50"]]);
        let [first, second] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(first.bbox, Rect { x0: 10.0, y0: 20.0, x1: 65.0, y1: 30.0 });
        assert_eq!(second.words.first().map(|word| word.confidence), Some(0.88));
        assert_eq!(lines_of("noise\n1\t2", 1.0), []);
    }

    #[test]
    fn the_orientation_is_taken_when_it_is_sure() {
        let said = |rotate: u16, sure: f32| {
            format!("Page number: 0\nRotate: {rotate}\nOrientation confidence: {sure}\n")
        };
        assert_eq!(turn_of(&said(90, 5.0)), Some(Turn::Right));
        assert_eq!(turn_of(&said(270, 5.0)), Some(Turn::Left));
        assert_eq!(
            (turn_of(&said(180, 0.2)), turn_of(&said(0, 9.0)), turn_of("")),
            (None, None, None)
        );
    }

    #[test]
    fn english_comes_first_and_data_that_is_no_language_not_at_all() {
        let installed = ["deu", "eng", "osd", "script/Latin"].map(str::to_owned).to_vec();
        assert_eq!(usual_languages(installed), "eng+deu");
    }
}
