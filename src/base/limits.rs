//! Every bound of the program, with its unit and its default, in one place.
//!
//! A limit that a person may set is the default of an option of the same name; the
//! others are fixed. Neighbours that must agree are held together at compile time.

// ---- document: bytes in, pages out ------------------------------------------------

/// Pages read from one document; later pages are left out with a warning.
pub const DOCUMENT_PAGES_MAX: usize = 20_000;
/// Bytes of all decoded streams of one document together.
pub const DOCUMENT_DECODED_BYTES_MAX: usize = 1 << 30;
/// Bytes one stream may decode to; the rest of it is dropped with a warning.
pub const DOCUMENT_STREAM_DECODED_BYTES_MAX: usize = 64 << 20;
/// Filters chained on one stream.
pub const DOCUMENT_STREAM_FILTERS_MAX: usize = 16;
/// Objects that a rebuild of a damaged file collects.
pub const DOCUMENT_OBJECTS_MAX: usize = 1_000_000;
/// References followed from one object to the next before the chain counts as a ring.
pub const DOCUMENT_REFERENCE_DEPTH_MAX: usize = 32;
/// Levels of a page tree, a field tree or a name tree.
pub const DOCUMENT_TREE_DEPTH_MAX: usize = 64;
/// Operands kept for one operator of a content stream; more are dropped.
pub const DOCUMENT_CONTENT_OPERANDS_MAX: usize = 65_536;
/// Graphics states saved inside each other; deeper ones are only counted.
pub const DOCUMENT_STATE_DEPTH_MAX: usize = 512;
/// Marked-content sequences open at once; deeper ones are only counted.
pub const DOCUMENT_MARKED_DEPTH_MAX: usize = 512;
/// Bytes of decoded forms kept for the next time they are drawn, for one document.
pub const DOCUMENT_FORM_CACHE_BYTES_MAX: usize = 16 << 20;
/// Pictures kept of one page.
pub const DOCUMENT_PAGE_IMAGES_MAX: usize = 5_000;
/// Operators run for one page, its forms included.
pub const DOCUMENT_PAGE_OPERATORS_MAX: usize = 4_000_000;
/// Glyphs kept of one page.
pub const DOCUMENT_PAGE_GLYPHS_MAX: usize = 400_000;
/// Glyphs kept of one document.
pub const DOCUMENT_GLYPHS_MAX: usize = 8_000_000;
/// Ruling lines and filled rectangles kept of one page.
pub const DOCUMENT_PAGE_RULES_MAX: usize = 20_000;
/// Form XObjects drawn inside each other.
pub const DOCUMENT_FORM_DEPTH_MAX: usize = 16;
/// Form XObjects drawn on one page.
pub const DOCUMENT_PAGE_FORMS_MAX: usize = 4_096;
/// Entries of one character map (CMap), its ranges counted once each.
pub const DOCUMENT_CMAP_ENTRIES_MAX: usize = 200_000;
/// Form fields read from one document.
pub const DOCUMENT_FIELDS_MAX: usize = 20_000;
/// Embedded files listed from one document.
pub const DOCUMENT_ATTACHMENTS_MAX: usize = 1_000;
/// Links kept of one page.
pub const DOCUMENT_PAGE_LINKS_MAX: usize = 5_000;
/// Warnings kept of one document; the count goes on.
pub const DOCUMENT_WARNINGS_MAX: usize = 100;

const _: () = assert!(DOCUMENT_STREAM_DECODED_BYTES_MAX <= DOCUMENT_DECODED_BYTES_MAX);
const _: () = assert!(DOCUMENT_PAGE_GLYPHS_MAX <= DOCUMENT_GLYPHS_MAX);
