//! What a loaded document is made of, the same for every format.
//!
//! All coordinates are points (1/72 inch) with the origin at the top left of the page as a
//! reader sees it (after page rotation, inside the crop box) and y downwards. Words and lines
//! hold no text of their own: they point into [`Page::text`], so a page owns one string.
//! This module holds data only; how it is found is the business of the format modules.

use super::block::Block;
use super::geometry::Rect;
use super::sniff::Format;

/// A document: its pages in order and what belongs to the whole.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// What the bytes were found to be.
    pub format: Format,
    /// Pages in reading order; formats without pages have one.
    pub pages: Vec<Page>,
    /// Title, author and the like.
    pub metadata: Metadata,
    /// Form fields, in the order of the field tree.
    pub fields: Vec<FormField>,
    /// Files embedded in the document.
    pub attachments: Vec<Attachment>,
    /// Fonts that words refer to by index.
    pub fonts: Vec<Font>,
    /// What went wrong without stopping the load.
    pub warnings: Vec<Warning>,
}

/// One page (or the only "page" of a format without pages).
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Page number, from 1.
    pub number: u32,
    /// Name of the sheet or title of the slide this page is.
    pub name: Option<String>,
    /// Width in points as shown; 0 for formats without geometry.
    pub width: f32,
    /// Height in points as shown; 0 for formats without geometry.
    pub height: f32,
    /// Clockwise turn that was applied to show the page: 0, 90, 180 or 270 degrees.
    pub rotation: u16,
    /// Default text: drawing order with repairs, lines ended by `\n`, words parted by one blank.
    pub text: String,
    /// Words in the order of `text`; empty for formats without geometry.
    pub words: Vec<Word>,
    /// Lines in the order of `text`; together they cover all words.
    pub lines: Vec<Line>,
    /// Blocks as a format without geometry gives them; for the others see [`Document::blocks`].
    pub flow: Vec<Block>,
    /// Straight horizontal and vertical lines that are drawn (thin filled rectangles and the
    /// sides of stroked rectangles included), clipped to the page.
    pub rules: Vec<Rule>,
    /// Filled rectangles that are too thick to be a rule (shaded rows, boxes), in drawing order.
    pub fills: Vec<Rect>,
    /// Small round outlines, such as the circles that one ticks on forms.
    pub rings: Vec<Rect>,
    /// Links to addresses and pages.
    pub links: Vec<Link>,
    /// Pictures drawn on the page.
    pub images: Vec<Image>,
    /// A picture covers over half of the page and there is hardly any text of its own, or
    /// there is nothing but a picture: what stands in it is read by OCR.
    pub is_scan: bool,
    /// Glyphs for which no letter could be found (they stand as U+FFFD in `text`).
    pub unmapped_glyphs: u32,
}

/// A stretch of [`Page::text`], in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextSpan {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A run of glyphs without a gap, in one style.
///
/// A change of font, size or weight in the middle of a word does not end it; the style is that
/// of its first glyph.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Word {
    /// Where its letters stand in the page's text.
    pub span: TextSpan,
    /// Box from ascent to descent, axis-parallel even for rotated text.
    pub bbox: Rect,
    /// y of the baseline for upright text; x of the baseline for vertical or quarter-turned text.
    pub baseline: f32,
    /// Font size in points as shown (scaling by matrices applied).
    pub size: f32,
    /// Index into [`Document::fonts`].
    pub font: u32,
    /// Turn of the baseline against the reading direction, clockwise degrees (0 is upright,
    /// 90 reads from top to bottom).
    pub angle: i16,
    /// Direction of the letters along the baseline.
    pub direction: Direction,
    /// Bold and italic, from the font's name, flags or weight.
    pub style: FontStyle,
    /// Drawn so that nobody sees it (render mode 3: OCR layers and planted text).
    pub hidden: bool,
    /// How sure OCR is of it, from 0 to 1; `None` for text that the document itself holds.
    pub confidence: Option<f32>,
}

/// Words that follow each other on one baseline in drawing order.
///
/// A line may run over a gap between columns where the producer drew it so; layout splits it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Line {
    /// Where it stands in the page's text, without the line end.
    pub span: TextSpan,
    /// Index of its first word in [`Page::words`].
    pub words_start: u32,
    /// One past the index of its last word.
    pub words_end: u32,
    /// Union of the boxes of its words.
    pub bbox: Rect,
    /// Baseline of its first word, see [`Word::baseline`].
    pub baseline: f32,
    /// Turn of the baseline, see [`Word::angle`].
    pub angle: i16,
    /// Main direction of its letters.
    pub direction: Direction,
}

/// Direction of letters along a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Latin, Cyrillic, Greek and most others.
    #[default]
    LeftToRight,
    /// Arabic and Hebrew; the text is in logical order.
    RightToLeft,
    /// Vertical writing, columns from right to left.
    TopToBottom,
}

/// Weight and slant of a font.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FontStyle {
    /// Heavier than regular text.
    pub bold: bool,
    /// Slanted.
    pub italic: bool,
}

/// A font of the document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Font {
    /// Base name without the subset tag (`ABCDEF+`).
    pub name: String,
    /// Bold and italic.
    pub style: FontStyle,
    /// All letters are equally wide.
    pub monospaced: bool,
}

/// A straight line along an axis: `bbox` is thin in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rule {
    /// Its extent; the short side is the thickness (never negative, may be 0).
    pub bbox: Rect,
    /// It was filled (a thin rectangle) and not stroked.
    pub filled: bool,
}

impl Rule {
    /// True when it runs from left to right.
    #[must_use]
    pub fn is_horizontal(&self) -> bool {
        self.bbox.width() >= self.bbox.height()
    }
}

/// A link of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Where one clicks.
    pub bbox: Rect,
    /// Where it leads.
    pub target: LinkTarget,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkTarget {
    /// An address outside the document.
    Uri(String),
    /// A page of the document, from 1.
    Page(u32),
}

/// A picture drawn on a page.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Image {
    /// Where it is shown, clipped to the page.
    pub bbox: Rect,
    /// Columns of pixels.
    pub width_px: u32,
    /// Rows of pixels.
    pub height_px: u32,
}

/// Title, author and the like; empty strings are left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata {
    /// Title.
    pub title: Option<String>,
    /// Author.
    pub author: Option<String>,
    /// Subject.
    pub subject: Option<String>,
    /// Keywords as one string.
    pub keywords: Option<String>,
    /// Program that wrote the source.
    pub creator: Option<String>,
    /// Program that wrote the file.
    pub producer: Option<String>,
    /// Date of creation as the file writes it.
    pub created: Option<String>,
    /// Date of the last change as the file writes it.
    pub modified: Option<String>,
    /// Natural language, as a BCP 47 tag.
    pub language: Option<String>,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq)]
pub struct FormField {
    /// Full name, parts joined by dots.
    pub name: String,
    /// What a person may enter.
    pub kind: FieldKind,
    /// Current value; several for a list with more than one choice, none when nothing is set.
    pub values: Vec<String>,
    /// What may be chosen: export values of a choice or the states of a button.
    pub options: Vec<String>,
    /// Label for people (`TU`), where the form gives one.
    pub label: Option<String>,
    /// Page of its first widget, from 1.
    pub page: Option<u32>,
    /// Box of its first widget.
    pub bbox: Option<Rect>,
    /// May not be changed.
    pub read_only: bool,
    /// Must be filled before sending.
    pub required: bool,
}

/// What a form field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Text of one or more lines.
    Text,
    /// On or off.
    CheckBox,
    /// One of several.
    RadioButton,
    /// A button that holds no value.
    PushButton,
    /// A choice from a list.
    Choice,
    /// A signature.
    Signature,
}

/// A file inside the document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attachment {
    /// Its file name.
    pub name: String,
    /// Media type, where the document names one.
    pub media_type: Option<String>,
    /// Description for people.
    pub description: Option<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Something that went wrong without stopping the load.
#[derive(Debug, Clone, PartialEq)]
pub struct Warning {
    /// What kind of thing.
    pub kind: WarningKind,
    /// The page it concerns, from 1.
    pub page: Option<u32>,
    /// What happened, in a sentence for people.
    pub message: String,
}

/// Kinds of warnings, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarningKind {
    /// The file's structure was damaged and repaired.
    Damaged,
    /// A limit cut something off.
    LimitReached,
    /// Letters could not be told from glyphs.
    UnmappedText,
    /// The page is a picture and its text was not read.
    Scan,
    /// Hidden text is part of the page's text.
    HiddenText,
    /// Something the format allows is not read.
    Unsupported,
}

impl Document {
    /// The text of all pages, parted by form feeds.
    #[must_use]
    pub fn text(&self) -> String {
        let mut whole = String::with_capacity(self.pages.iter().map(|p| p.text.len() + 1).sum());
        for (index, page) in self.pages.iter().enumerate() {
            if index > 0 {
                whole.push('\u{c}');
            }
            whole.push_str(&page.text);
        }
        whole
    }
}

impl Page {
    /// The letters of a span of this page; empty when the span is not of this page.
    #[must_use]
    pub fn slice(&self, span: TextSpan) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The letters of a word of this page.
    #[must_use]
    pub fn word_text(&self, word: &Word) -> &str {
        self.slice(word.span)
    }

    /// The words of a line of this page.
    #[must_use]
    pub fn line_words(&self, line: &Line) -> &[Word] {
        self.words.get(line.words_start as usize..line.words_end as usize).unwrap_or_default()
    }
}
