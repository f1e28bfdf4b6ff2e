//! Reading what stands in pictures: a trait for engines, two engines, and the way from a
//! picture to the words of a page.
//!
//! Owns [`Recognizer`] and what a page becomes when one has read it. [`ppocr`] runs models
//! inside this process, [`tesseract`] runs a program. Where models and program are is told by
//! [`OcrOptions`]; nothing here looks for them or fetches them.

mod access;
pub mod models;
mod order;
mod page;
mod ppocr;
mod ruling;
mod setup;
mod skew;
mod tesseract;

use std::ops::ControlFlow;

use super::geometry::Rect;
use super::picture::raster::{Raster, Turn};

pub use self::models::{ImportError, Installed, Wheel};
pub(super) use self::page::{add_font, fit, read_page};
pub use self::setup::{Ocr, OcrEngine, OcrOptions};

/// An engine that reads text in a picture.
pub trait Recognizer: Send + Sync {
    /// Its name, for people.
    fn name(&self) -> &'static str;

    /// Reads a picture of a page whose lines run straight.
    ///
    /// With `may_turn` it may answer that the page lies on its side or head and must be turned
    /// first. `checkpoint` is asked now and then whether the text is still wanted.
    ///
    /// # Errors
    /// [`OcrError::Cancelled`] when `checkpoint` says so, else what went wrong.
    fn read(
        &self,
        picture: &Raster,
        may_turn: bool,
        checkpoint: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<Reading, OcrError>;
}

/// What an engine says of a picture.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// The lines it found, in no special order.
    Lines(Vec<OcrLine>),
    /// The picture must be turned like this to be read.
    Turn(Turn),
}

/// Words on one baseline without a wide gap.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OcrLine {
    /// Its box in pixels, from the top of high letters to the bottom of low ones.
    pub bbox: Rect,
    /// Its words in the order of reading.
    pub words: Vec<OcrWord>,
    /// Its letters stand one above the other, or lie on their sides.
    pub is_vertical: bool,
}

/// A word.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OcrWord {
    /// Its letters; no blanks.
    pub text: String,
    /// Its box in pixels.
    pub bbox: Rect,
    /// How sure the engine is, from 0 to 1.
    pub confidence: f32,
}

/// Why a picture was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OcrError {
    /// No engine is set up.
    #[error(
        "no OCR engine is set up; import models with `docspool ocr import` or install tesseract \
         (`docspool ocr status` tells more)"
    )]
    NotSetUp,
    /// An engine that was asked for cannot be used.
    #[error("{engine} cannot be used: {detail}")]
    Unusable {
        /// Its name.
        engine: &'static str,
        /// What is wrong and what mends it.
        detail: String,
    },
    /// The engine failed on this picture.
    #[error("{engine} failed: {detail}")]
    Failed {
        /// Its name.
        engine: &'static str,
        /// What it said.
        detail: String,
    },
    /// The text is no longer wanted.
    #[error("reading the picture was cancelled")]
    Cancelled,
}
