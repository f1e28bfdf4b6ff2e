//! Forms: where they take values, and writing values into them.
//!
//! [`Form::open`] finds the fields of a PDF, interactive ones or, where there are none, the
//! blanks that are drawn on its pages. [`Form::fill`] writes values so that every reader shows
//! them. It sees documents and PDF objects; it must not know instructions, endpoints or jobs.

mod acroform;
mod annotate;
mod arabic;
mod detect;
pub mod error;
pub mod field;
mod file;
mod flat;
mod key;
mod label;
mod phrase;
mod write;

use crate::document::sniff::sniff;
use crate::document::{Document, DocumentError, Format, LoadOptions, Rect};

use acroform::AcroField;
pub use error::FormError;
pub use field::{Field, Label, Role};
use file::PdfFile;
pub use write::{Colour, Filled, Style};

/// A form that is open.
pub struct Form {
    file: PdfFile,
    document: Document,
    acro: Vec<AcroField>,
    fields: Vec<Field>,
}

/// A field as a template describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// Its key.
    pub key: String,
    /// What it asks for.
    pub description: String,
    /// A box to be ticked, not text.
    pub is_checkbox: bool,
    /// Page, from 1.
    pub page: u32,
    /// Left, top, width and height in fractions of the page.
    pub bbox: [f32; 4],
}

impl Form {
    /// Opens a form and finds its fields.
    ///
    /// # Errors
    /// [`FormError::NotAForm`] for documents of other types, [`FormError::Document`] when it
    /// cannot be read.
    pub fn open(bytes: &[u8], options: &LoadOptions<'_>) -> Result<Self, FormError> {
        match sniff(bytes, options.file_name) {
            Ok(Format::Pdf) => {}
            Ok(format) => {
                return Err(FormError::NotAForm { found: format.media_type().to_owned() });
            }
            Err(found) => {
                let supported = vec![Format::Pdf.media_type()];
                let found = found.to_owned();
                return Err(DocumentError::UnsupportedMediaType { found, supported }.into());
            }
        }
        let mut file = PdfFile::open(bytes, options)?;
        acroform::make_nameable(&mut file);
        let document = crate::document::pdf::read(file.opened(), options)?;
        let acro = detect::interactive(&file);
        let fields = match acro.iter().any(detect::takes_values) {
            true => detect::fields_of(&document, &acro),
            false => flat::fields(&document),
        };
        Ok(Self { file, document, acro, fields })
    }

    /// Its fields, in reading order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Pages of the form.
    #[must_use]
    pub fn page_count(&self) -> usize {
        self.document.pages.len()
    }

    /// The same form with the fields of a template: a given box that lies on a field of the
    /// form is that field, any other one is a blank.
    #[must_use]
    pub fn with_template(mut self, given: &[Given]) -> Self {
        self.fields = detect::given(&self.document, &self.fields, given);
        self
    }

    /// Writes values, each with the index of its field: text, the label of an option, or
    /// `true` and `false` for boxes.
    ///
    /// # Errors
    /// [`FormError::Unwritable`] when the file cannot be put together.
    pub fn fill(self, values: &[(usize, String)], style: Style) -> Result<Filled, FormError> {
        write::fill(self.file, &self.acro, &self.fields, values, style)
    }

    /// The file with the box and key of each field drawn on its pages.
    ///
    /// # Errors
    /// [`FormError::Unwritable`] when the file cannot be put together.
    pub fn annotated(self) -> Result<Vec<u8>, FormError> {
        write::annotated(self.file, &self.fields)
    }
}

impl Field {
    /// Left, top, width and height of its box in fractions of the page.
    #[must_use]
    pub fn fractions(&self) -> [f64; 4] {
        let (width, height) = self.page_size;
        let part = |value: f32, whole: f32| {
            let part = f64::from(value) / f64::from(whole.max(1.0));
            (part.clamp(0.0, 1.0) * 1e5).round() / 1e5
        };
        let Rect { x0, y0, x1, y1 } = self.bbox;
        let (left, top) = (part(x0, width), part(y0, height));
        let (right, bottom) = (part(x1, width), part(y1, height));
        let span = |from: f64, to: f64| ((to - from).max(0.0) * 1e5).round() / 1e5;
        [left, top, span(left, right), span(top, bottom)]
    }
}
