//! What a person sees: data on standard output, talk on standard error.
//!
//! Owns colour, quiet, and the escaping of control characters, so that text out of a
//! document or a job cannot steer the terminal it is shown on.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use indicatif::ProgressBar;

use super::failure::Failure;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How a word is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Good,
    Doubtful,
    Bad,
    Quiet,
    Strong,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Doubtful => "33",
            Self::Bad => "31;1",
            Self::Quiet => "2",
            Self::Strong => "1",
        }
    }
}

/// Both streams, and how to write to them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    colour_out: bool,
    colour_talk: bool,
    out_is_terminal: bool,
    quiet: bool,
}

impl Output {
    /// `no_color` is whether NO_COLOR is set and not empty.
    pub(crate) fn new(colour: Colour, no_color: bool, quiet: bool) -> Self {
        let decide = |is_terminal: bool| match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => is_terminal && !no_color,
        };
        let out_is_terminal = io::stdout().is_terminal();
        Self {
            colour_out: decide(out_is_terminal),
            colour_talk: decide(io::stderr().is_terminal()),
            out_is_terminal,
            quiet,
        }
    }

    /// Writes data and a line end.
    pub(crate) fn line(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")?;
        out.flush()?;
        Ok(())
    }

    /// Writes the text of a document: as it is into a file or a pipe, escaped on a terminal.
    pub(crate) fn document(&self, text: &str) -> Result<(), Failure> {
        let shown = if self.out_is_terminal {
            Cow::Owned(escape(&text.replace('\u{c}', "\n"), Keep::Layout).into_owned())
        } else {
            Cow::Borrowed(text)
        };
        let mut out = io::stdout().lock();
        out.write_all(shown.as_bytes())?;
        if !shown.is_empty() && !shown.ends_with('\n') {
            out.write_all(b"\n")?;
        }
        out.flush()?;
        Ok(())
    }

    /// Tells something that is not the data. Unwritable talk is lost.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Tells that something is odd.
    pub(crate) fn warn(&self, text: &str) {
        let head = self.talk_paint(Paint::Doubtful, "warning:");
        let _ = writeln!(io::stderr(), "{head} {}", escape(text, Keep::Nothing));
    }

    /// Tells why the command failed.
    pub(crate) fn fail(&self, failure: &Failure) {
        if failure.message.is_empty() {
            return;
        }
        let head = self.talk_paint(Paint::Bad, "error:");
        let _ = writeln!(io::stderr(), "{head} {}", escape(&failure.message, Keep::Nothing));
        for hint in &failure.hints {
            let head = self.talk_paint(Paint::Strong, "hint:");
            let _ = writeln!(io::stderr(), "{head} {}", escape(hint, Keep::Nothing));
        }
    }

    /// Paints a word for standard output.
    pub(crate) fn paint(&self, paint: Paint, text: &str) -> String {
        painted(self.colour_out, paint, text)
    }

    /// Paints a word for standard error.
    pub(crate) fn talk_paint(&self, paint: Paint, text: &str) -> String {
        painted(self.colour_talk, paint, text)
    }

    /// A progress bar on standard error, hidden where nobody would see or welcome it.
    pub(crate) fn bar(&self, length: usize) -> ProgressBar {
        match !self.quiet && io::stderr().is_terminal() {
            true => ProgressBar::new(length as u64),
            false => ProgressBar::hidden(),
        }
    }
}

fn painted(colour: bool, paint: Paint, text: &str) -> String {
    if colour { format!("\u{1b}[{}m{text}\u{1b}[0m", paint.code()) } else { text.to_owned() }
}

/// What [`escape`] leaves alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Everything must stay on one line.
    Nothing,
    /// Line ends and tabs.
    Layout,
}

/// Text without characters that steer a terminal: controls show as `\u{1b}`, and so do the
/// marks that turn the direction of what follows.
pub(crate) fn escape(text: &str, keep: Keep) -> Cow<'_, str> {
    let steers = |c: char| match c {
        '\n' | '\t' => keep == Keep::Nothing,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    };
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' if steers(c) => escaped.push_str("\\n"),
            '\t' if steers(c) => escaped.push_str("\\t"),
            c if steers(c) => {
                // Writing to a string does not fail.
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_steer_the_terminal() {
        let nasty = "a\u{1b}]0;owned\u{7}b\n\u{202e}c\u{9b}2J";
        assert_eq!(escape(nasty, Keep::Layout), "a\\u{1b}]0;owned\\u{7}b\n\\u{202e}c\\u{9b}2J");
        assert_eq!(escape("x\ny\tz", Keep::Nothing), "x\\ny\\tz");
        assert!(matches!(escape("Grüße, 文書", Keep::Nothing), Cow::Borrowed(_)));
    }
}
