//! Which engine reads pictures, and the engine itself once it has been needed.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::ppocr::PpOcr;
use super::tesseract::Tesseract;
use super::{OcrError, Recognizer, models};

/// Which engine is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OcrEngine {
    /// The models where they are, else tesseract where it is.
    #[default]
    Auto,
    /// The models, inside this process.
    PpOcr,
    /// The program.
    Tesseract,
    /// None: pictures stay pictures.
    Off,
}

impl OcrEngine {
    /// All engines by the names that people write.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("auto", Self::Auto),
        ("pp-ocr", Self::PpOcr),
        ("tesseract", Self::Tesseract),
        ("off", Self::Off),
    ];

    /// The engine of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, engine)| engine)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        let named = Self::NAMES.into_iter().find(|(_, engine)| *engine == self);
        named.map_or("auto", |(name, _)| name)
    }
}

/// Where engines are and what they may use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OcrOptions {
    /// Which one is wanted.
    pub engine: OcrEngine,
    /// Folder of the model files, see [`models`].
    pub models: Option<PathBuf>,
    /// The program tesseract, with its whole path.
    pub tesseract: Option<PathBuf>,
    /// Folder of tesseract's language data; `None` leaves it to the program.
    pub tessdata: Option<PathBuf>,
    /// Languages for tesseract, as it names them (`deu+eng`); empty for what is installed.
    pub languages: String,
    /// Threads that one page may use; 0 is 1.
    pub threads: usize,
}

/// A handle on the engine. Cheap to clone; the engine is opened when it is first needed and
/// stays open.
#[derive(Clone, Default)]
pub struct Ocr(Arc<Inner>);

#[derive(Default)]
struct Inner {
    options: OcrOptions,
    engine: OnceLock<Result<Box<dyn Recognizer>, OcrError>>,
}

impl Ocr {
    /// A handle on the engine that these options name.
    #[must_use]
    pub fn new(options: OcrOptions) -> Self {
        Self(Arc::new(Inner { options, engine: OnceLock::new() }))
    }

    /// A handle on an engine of the caller's own.
    #[must_use]
    pub fn with(engine: Box<dyn Recognizer>) -> Self {
        let engine = OnceLock::from(Ok(engine));
        Self(Arc::new(Inner { options: OcrOptions::default(), engine }))
    }

    /// What it was made with.
    #[must_use]
    pub fn options(&self) -> &OcrOptions {
        &self.0.options
    }

    /// The engine.
    ///
    /// # Errors
    /// [`OcrError::NotSetUp`] when there is none, [`OcrError::Unusable`] when the one that is
    /// wanted does not open.
    pub fn recognizer(&self) -> Result<&dyn Recognizer, OcrError> {
        match self.0.engine.get_or_init(|| open(&self.0.options)) {
            Ok(engine) => Ok(engine.as_ref()),
            Err(error) => Err(error.clone()),
        }
    }
}

impl std::fmt::Debug for Ocr {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Ocr").field(&self.0.options).finish()
    }
}

impl OcrOptions {
    /// The engine that is used: [`OcrEngine::Auto`] is decided by what there is.
    pub(super) fn decided(&self) -> OcrEngine {
        match self.engine {
            OcrEngine::Auto if self.models.as_deref().is_some_and(models::are_in) => {
                OcrEngine::PpOcr
            }
            OcrEngine::Auto if self.tesseract.is_some() => OcrEngine::Tesseract,
            OcrEngine::Auto => OcrEngine::Off,
            named => named,
        }
    }
}

fn open(options: &OcrOptions) -> Result<Box<dyn Recognizer>, OcrError> {
    match options.decided() {
        OcrEngine::PpOcr => Ok(Box::new(PpOcr::open(options)?)),
        OcrEngine::Tesseract => Ok(Box::new(Tesseract::open(options)?)),
        OcrEngine::Off | OcrEngine::Auto => Err(OcrError::NotSetUp),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OcrError, Reading};
    use super::*;
    use crate::document::picture::raster::Raster;

    #[test]
    fn a_caller_brings_an_engine() {
        struct Blind;
        impl Recognizer for Blind {
            fn name(&self) -> &'static str {
                "blind"
            }
            fn read(
                &self,
                _: &Raster,
                _: bool,
                _: &dyn Fn() -> std::ops::ControlFlow<()>,
            ) -> Result<Reading, OcrError> {
                Ok(Reading::Lines(Vec::new()))
            }
        }
        let ocr = Ocr::with(Box::new(Blind));
        assert_eq!(ocr.recognizer().map(Recognizer::name), Ok("blind"));
    }

    #[test]
    fn without_any_engine_the_error_says_what_to_do() {
        let error = Ocr::default().recognizer().err();
        assert_eq!(error, Some(OcrError::NotSetUp));
        assert!(OcrError::NotSetUp.to_string().contains("docspool ocr import"));
    }

    #[test]
    fn names_come_back() {
        for (name, engine) in OcrEngine::NAMES {
            assert_eq!((OcrEngine::from_name(name), engine.name()), (Some(engine), name));
        }
    }
}
